/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What answers each path and method of the control interface; control.c says which is which.
 */
#ifndef MPD_MANAGER_HANDLERS_H
#define MPD_MANAGER_HANDLERS_H

#include "answer.h"
#include "http_parser/request.h"

typedef void control_handler(const struct request *request, struct control_answer *answer);

/* control_read.c */
control_handler get_graph, get_edges, get_dot, get_partition, get_domains, get_faults, get_metrics;
/* control_layout.c */
control_handler post_merge, post_split, post_move, put_partition;
/* control_policy.c */
control_handler get_policy, put_policy, get_decisions;
/* control_own_policy.c */
control_handler put_policy_code;
/* control_rules.c */
control_handler get_rules, post_rules, delete_rule;
/* control_observe.c */
control_handler get_statistics, post_statistics, get_threads;
/* control_watch.c */
control_handler get_events, get_history;
/* control_pages.c: the dashboard's files; false: there is none at this path */
control_handler get_page;
bool page_answer(const struct request *request, struct control_answer *answer);
/* control_trace.c */
control_handler get_trace, post_trace, get_trace_state;
/* control_components.c */
control_handler get_components, put_component, delete_component;

#endif

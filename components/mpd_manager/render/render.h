/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The layout as JSON, CSV and Graphviz. Text is allocated with malloc and the caller's to free; NULL if
 * memory is short.
 */
#ifndef MPD_MANAGER_RENDER_H
#define MPD_MANAGER_RENDER_H

#include <stddef.h>

#include "layout.h"
#include "yyjson.h"

/* A document whose root is an object, or an array; and the text of one, which is freed. NULL if memory is
 * short. */
yyjson_mut_doc *render_start(yyjson_mut_val **root, bool array);
char *render_take(yyjson_mut_doc *document, size_t *bytes);
char *render_take_line(yyjson_mut_doc *document, size_t *bytes); /* in one line, without its end */

char *render_graph(const struct layout *layout,
                   size_t *bytes); /* JSON: components, domains, edges, counters, mode */
char *render_graph_line(const struct layout *layout, size_t *bytes); /* the same in one line */
char *render_edges(const struct layout *layout, size_t *bytes);      /* JSON */
char *render_edges_csv(const struct layout *layout, size_t *bytes);  /* client,server,invocations,gated */
char *render_dot(const struct layout *layout, size_t *bytes);
/* render_policy.c, JSON: settings and the last window; the rules, labels and weights; decisions from number
 * `since` on, at most `most` of them, the newest ones. */
char *render_policy(const struct layout *layout, size_t *bytes);
/* render_metrics.c: Prometheus' text format */
char *render_metrics(const struct layout *layout, size_t *bytes);
/* JSON: {"domains":[{"domain","components","parents"}],"stale_domains"} */
char *render_domains(const struct layout *layout, size_t *bytes);
/* render_faults.c, JSON: components that have failed, with state and reason, and the reports that are kept;
 * one of these in one line */
char *render_faults(const struct layout *layout, size_t *bytes);
char *render_fault_line(const struct sup_fault *report, size_t *bytes);
char *render_rules(const struct layout *layout, size_t *bytes);
char *render_decisions(uint64_t since, uint32_t most, size_t *bytes);
/* One decision, of number `number`, in one line; NULL too if it is kept no longer. */
char *render_decision_line(uint64_t number, size_t *bytes);
/* A component's members: name, id, parent if it was made by another, domain, memory, faults, and its state.
 */
void render_component(yyjson_mut_doc *document, yyjson_mut_val *entry, const struct layout *layout,
                      const struct sup_component *component);
/* "state", "reboots", and why it failed last. */
void render_state(yyjson_mut_doc *document, yyjson_mut_val *entry, const struct sup_component *component);
/* JSON, as partition.h reads it. */
char *render_partition(const struct layout *layout, size_t *bytes);

/* What a change answers: {"done":sentence,"mode":...,"domains":...,"steps":...}. */
char *render_change(const struct layout *layout, const char *sentence, long steps, size_t *bytes);

#endif

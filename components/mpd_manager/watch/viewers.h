/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who watches: each viewer's place among the events. A viewer is a source of an answer that has no end.
 *
 * 1. A viewer's place is behind a graph before it is given anything that a graph explains.
 * 2. It is given each decision and each fault that is kept once, in order, with what it missed first.
 * 3. One that is too slow for the ring goes on at the newest graph; if that happens in the middle of an event
 * its connection is cut, for half an event is none.
 */
#ifndef MPD_MANAGER_VIEWERS_H
#define MPD_MANAGER_VIEWERS_H

#include "answer.h"
#include "events.h"

#define VIEWERS 16

extern const struct answer_source viewers_source;

/* Whoever calls in holds layout_lock. */
/* A viewer that has seen so much, or SHOJI_EMEMORY: there are too many. `now`: what there is to be seen. */
long viewers_open(struct event_seen seen, struct event_seen now);
uint32_t viewers_count(void);
/* Somebody waits for a graph. */
bool viewers_want_graph(void);

#endif

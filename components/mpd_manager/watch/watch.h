/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Cuts time into windows of a second or so, counts what happened in each, keeps the last ones, and tells the
 * viewers: ticks, graphs, decisions, faults. Whoever calls in holds layout_lock.
 *
 * 1. A window ends where the next begins: nothing is counted twice, or not at all.
 * 2. A tick's edges are numbered as in the graph that was told last.
 */
#ifndef MPD_MANAGER_WATCH_H
#define MPD_MANAGER_WATCH_H

#include "events.h"
#include "layout.h"

#define WATCH_WINDOW_MS 1000
#define WATCH_KEPT 300 /* windows */

struct watch_window {
    uint64_t uptime_ms; /* at its end */
    uint64_t requests, domains, invocations, crossings;
    uint32_t window_ms;
    uint32_t share, busy; /* of processor time for crossings, of time for anything, in millionths */
};

/* This component began anew: nothing has been told, no window is kept. */
void watch_start(void);
/* Ends a window if it is time for that; tells what has been decided. */
void watch_turn(void);
/* The tick at which there may be something to do again. */
uint64_t watch_due(void);
/* There is a graph among the events that a new viewer can begin with. False: memory is short. */
bool watch_graph(void);
/* What has been told so far. */
struct event_seen watch_seen(void);
/* {"window_ms":...,"columns":[...],"windows":[[...],...]} */
char *watch_history(size_t *bytes);

#endif

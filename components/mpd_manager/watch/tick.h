/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A window as text: what its edges counted, its tick, and many of them as a history. It owns nothing.
 */
#ifndef MPD_MANAGER_TICK_H
#define MPD_MANAGER_TICK_H

#include "text.h"
#include "watch.h"

/* Counts of edges at some time, in the order of a graph. */
struct tick_counts {
    uint32_t edges_count;
    struct tick_edge {
        component_t client, server;
        uint64_t invocations, gated;
    } edges[LAYOUT_EDGES];
};

/* What was counted since: the window's invocations and crossings between components, and as
 * [index,invocations,gated],... if `edges` is not NULL. The counts are those of now afterwards. */
void tick_count(struct tick_counts *counts, const struct layout *now, struct watch_window *window,
                struct text *edges);
/* Adds the event. `edges` is empty afterwards. `requests`: since boot. */
void tick_tell(const struct watch_window *window, const struct layout *layout, uint64_t requests,
               struct event_seen seen, struct text *edges);
char *tick_history(const struct watch_window *const windows[], uint32_t count, size_t *bytes);

#endif

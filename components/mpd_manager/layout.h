/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The present layout as the supervisor tells it, and what changes it: the policy's modes, merges and splits
 * by hand. It owns the snapshot and the mode. Only the control thread calls in.
 */
#ifndef MPD_MANAGER_LAYOUT_H
#define MPD_MANAGER_LAYOUT_H

#include "policy/graph.h"
#include "policy/mode.h"
#include "shoji/supervisor.h"

#define LAYOUT_COMPONENTS 64
#define LAYOUT_EDGES 1024

struct layout {
    uint32_t components_count, edges_count;
    struct sup_component components[LAYOUT_COMPONENTS];
    struct sup_edge edges[LAYOUT_EDGES];
    struct sup_counters counters;
};

/* Asks the supervisor anew, or returns NULL if it doesn't answer. Edges and the CPU's counters are read one
 * after the other, with nothing between that invokes; good until the next call. */
const struct layout *layout_read(void);
const struct sup_component *layout_component(const struct layout *layout, component_t id);
/* "supervisor" for 0, "?" for an id that isn't there. */
const char *layout_name(const struct layout *layout, component_t id);
/* The id, or SHOJI_ENOENT. */
long layout_find(const struct layout *layout, const char *name);
uint32_t layout_domains(const struct layout *layout);

enum policy_mode layout_mode(void);
/* Makes the mode's layout and remembers the mode. Returns the number of steps taken, or the status of the
 * step that failed: the steps before it stay, and the mode is manual then. */
long layout_mode_set(enum policy_mode mode);
/* By hand; the mode is manual afterwards if it succeeds. The supervisor's statuses. */
long layout_merge(component_t into, component_t from);
long layout_split(component_t component);
long layout_move(component_t component, component_t into);
/* sets: as pd_partition takes them. Returns the merges and splits that it was made of; 0 if it was so
 * already. */
long layout_partition(const uint32_t sets[], uint32_t count);

#endif

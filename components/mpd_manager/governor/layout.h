/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The present layout as the supervisor tells it, and the one way to change it: every change is held against
 * the rules (walls.h) first. It owns the snapshot, and the lock that everything else of this component is
 * under.
 */
#ifndef MPD_MANAGER_LAYOUT_H
#define MPD_MANAGER_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/graph.h"
#include "shoji/supervisor.h"

#define LAYOUT_COMPONENTS 64
#define LAYOUT_EDGES 1024
#define LAYOUT_WHY_BYTES 256 /* room for the sentence with a rule's name */

struct layout {
    uint32_t components_count, edges_count;
    struct sup_component components[LAYOUT_COMPONENTS];
    struct sup_edge edges[LAYOUT_EDGES];
    struct sup_counters counters;
};

/* Two threads call in: control's and the policy's. */
void layout_lock(void);
void layout_unlock(void);

/* Asks the supervisor anew, or returns NULL if it doesn't answer. Edges and the CPU's counters are read one
 * after the other, with nothing between that invokes; good until the next call. */
const struct layout *layout_read(void);
/* The same, but components and edges are told as they were, if no wall has moved and no domain has come or
 * gone since. */
const struct layout *layout_read_counters(void);
const struct layout *layout_last(void); /* what layout_read read last */
const struct sup_component *layout_component(const struct layout *layout, component_t id);
/* "supervisor" for 0, "?" for an id that isn't there. */
const char *layout_name(const struct layout *layout, component_t id);
/* The id, or SHOJI_ENOENT. */
long layout_find(const struct layout *layout, const char *name);
uint32_t layout_domains(const struct layout *layout);
/* As the policy library sees it; `graph` has been placed. False if it does not fit. */
bool layout_graph(const struct layout *layout, struct graph *graph);

/* ---- Changes by hand: the mode is manual after one that succeeds. The supervisor's statuses; SHOJI_EPERM
 * with a sentence in `why` if a rule forbids it, else `why` is empty. ---- */
long layout_merge(component_t into, component_t from, char why[LAYOUT_WHY_BYTES]);
long layout_split(component_t component, char why[LAYOUT_WHY_BYTES]);
long layout_move(component_t component, component_t into, char why[LAYOUT_WHY_BYTES]);
/* sets: as pd_partition takes them. Returns the merges and splits that it was made of; 0 if it was so
 * already. */
long layout_partition(const uint32_t sets[], uint32_t count, char why[LAYOUT_WHY_BYTES]);
/* The same for the policy: the mode stays. */
long layout_apply(const uint32_t sets[], uint32_t count, char why[LAYOUT_WHY_BYTES]);

#endif

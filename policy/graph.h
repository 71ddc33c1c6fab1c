/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The graph that policies look at: components, who calls whom how often, and which components share a domain.
 * A policy sees nothing else of the system; the library includes nothing of the kernel, allocates nothing and
 * knows no clock. The graph lies in memory that the caller gives, of any size.
 *
 * 1. Ids of components are 1 to 2^32 - 2, each once. A component's index is its place in
 *    `components`; it never changes until graph_clear.
 * 2. An edge whose server is 0 leads to the supervisor, which is no component: it always crosses,
 *    and no policy can change that.
 * 3. Counts only grow; a window is the difference of two snapshots (graph_window).
 */
#ifndef POLICY_GRAPH_H
#define POLICY_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define GRAPH_NONE UINT32_MAX

struct graph_component {
    uint32_t id;
    uint32_t domain; /* any number, equal for components that share one */
};

struct graph_edge {
    uint32_t client, server; /* ids */
    uint32_t from, to;       /* their indexes; GRAPH_NONE for the supervisor */
    uint64_t invocations;    /* all */
    uint64_t gated;          /* those that crossed domains */
};

struct graph {
    uint32_t components_count, edges_count;
    uint32_t components_limit, edges_limit;
    struct graph_component *components;
    struct graph_edge *edges;
    /* private */
    uint32_t *slots, *domain_slots; /* hash tables of indexes */
    uint32_t slots_mask;
};

/* Bytes that graph_place wants for so many components and edges. */
size_t graph_bytes(uint32_t components, uint32_t edges);
/* Makes an empty graph in the caller's memory, which it uses until the caller takes it back. POLICY_EMEMORY.
 */
enum policy_status graph_place(struct graph *graph, void *memory, size_t bytes, uint32_t components,
                               uint32_t edges);
void graph_clear(struct graph *graph);
/* The new component's index is components_count - 1. POLICY_EINVAL (id), POLICY_EEXISTS, POLICY_EMEMORY. */
enum policy_status graph_add_component(struct graph *graph, uint32_t id, uint32_t domain);
/* Both ends have been added, but server may be 0. POLICY_ENOENT, POLICY_EMEMORY. The same edge may come
 * twice: its counts add up wherever they are summed. */
enum policy_status graph_add_edge(struct graph *graph, uint32_t client, uint32_t server, uint64_t invocations,
                                  uint64_t gated);
/* The component's index, or GRAPH_NONE. */
uint32_t graph_index(const struct graph *graph, uint32_t id);
/* The component's entry, or NULL. */
const struct graph_component *graph_component(const struct graph *graph, uint32_t id);
/* The domains as a partition (partition.h): domains[i] for the component of index i. Returns their number. */
uint32_t graph_partition(const struct graph *graph, uint32_t *domains);
/* How many domains the components are in. */
uint32_t graph_domains(const struct graph *graph);
/* True if the edge's two ends are in different domains now. */
bool graph_edge_crosses(const struct graph *graph, const struct graph_edge *edge);
/* Sums over all edges, those to the supervisor as well. */
uint64_t graph_invocations(const struct graph *graph);
uint64_t graph_gated(const struct graph *graph);
/* Turns the counts of `now` into those since `before`. An edge that `before` hasn't keeps its counts; so does
 * one whose counts are below those of before, since it began anew in between. */
void graph_window(struct graph *now, const struct graph *before);

#endif

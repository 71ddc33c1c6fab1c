/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The graph that policies look at: components, who calls whom how often, and which components share a domain.
 * A policy sees nothing else of the system; the library includes nothing of the kernel, allocates nothing and
 * knows no clock.
 *
 * 1. Ids of components are 1 to 255, each once; 0 as an edge's server is the supervisor.
 * 2. Counts only grow; a window is the difference of two snapshots (graph_window).
 */
#ifndef POLICY_GRAPH_H
#define POLICY_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#define GRAPH_COMPONENTS 255
#define GRAPH_EDGES 1024

struct graph_component {
    uint32_t id;
    uint32_t domain; /* equal for components that share one */
};

struct graph_edge {
    uint32_t client, server;
    uint64_t invocations; /* all */
    uint64_t gated;       /* those that crossed domains */
};

struct graph {
    uint32_t components_count, edges_count;
    struct graph_component components[GRAPH_COMPONENTS];
    struct graph_edge edges[GRAPH_EDGES];
};

/* The component's entry, or NULL. */
const struct graph_component *graph_component(const struct graph *graph, uint32_t id);
/* How many domains the components are in. */
uint32_t graph_domains(const struct graph *graph);
/* True if the edge's two ends are in different domains now. */
bool graph_edge_crosses(const struct graph *graph, const struct graph_edge *edge);
/* Sums over all edges. */
uint64_t graph_invocations(const struct graph *graph);
uint64_t graph_gated(const struct graph *graph);
/* Turns the counts of `now` into those since `before`. An edge that `before` hasn't keeps its counts. */
void graph_window(struct graph *now, const struct graph *before);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "graph.h"

#include <string.h>

#include "memory.h"

static uint32_t slots_for(uint32_t components)
{
    uint32_t slots = 4;
    while (slots / 2 < components && slots < UINT32_C(1) << 31)
        slots *= 2;
    return slots;
}

static void graph_carve(struct graph *graph, struct memory *memory, uint32_t components, uint32_t edges)
{
    uint32_t slots = slots_for(components);
    graph->components_limit = components;
    graph->edges_limit = edges;
    graph->slots_mask = slots - 1;
    graph->components = memory_take(memory, components, sizeof *graph->components);
    graph->edges = memory_take(memory, edges, sizeof *graph->edges);
    graph->slots = memory_take(memory, slots, sizeof *graph->slots);
    graph->domain_slots = memory_take(memory, slots, sizeof *graph->domain_slots);
}

size_t graph_bytes(uint32_t components, uint32_t edges)
{
    struct graph graph;
    struct memory memory = memory_count();
    graph_carve(&graph, &memory, components, edges);
    return memory_wanted(&memory);
}

enum policy_status graph_place(struct graph *graph, void *begin, size_t bytes, uint32_t components,
                               uint32_t edges)
{
    struct graph placed;
    struct memory memory = memory_given(begin, bytes);
    graph_carve(&placed, &memory, components, edges);
    if (!memory_enough(&memory))
        return POLICY_EMEMORY;
    *graph = placed;
    graph_clear(graph);
    return POLICY_OK;
}

void graph_clear(struct graph *graph)
{
    graph->components_count = graph->edges_count = 0;
    memset(graph->slots, 0xff, ((size_t)graph->slots_mask + 1) * sizeof *graph->slots);
}

/* Multiplied by an odd number near 2^32 / 1.618, so that neighbouring ids spread. */
static uint32_t hash(uint32_t number)
{
    return number * UINT32_C(2654435769) >> 7;
}

/* The slot that holds the id's index, or the empty one where it would be. Half of the slots are empty. */
static uint32_t *slot_of(const struct graph *graph, uint32_t id)
{
    uint32_t at = hash(id) & graph->slots_mask;
    while (graph->slots[at] != GRAPH_NONE && graph->components[graph->slots[at]].id != id)
        at = (at + 1) & graph->slots_mask;
    return &graph->slots[at];
}

enum policy_status graph_add_component(struct graph *graph, uint32_t id, uint32_t domain)
{
    if (id == 0 || id == GRAPH_NONE)
        return POLICY_EINVAL;
    uint32_t *slot = slot_of(graph, id);
    if (*slot != GRAPH_NONE)
        return POLICY_EEXISTS;
    if (graph->components_count == graph->components_limit)
        return POLICY_EMEMORY;
    *slot = graph->components_count;
    graph->components[graph->components_count++] = (struct graph_component){id, domain};
    return POLICY_OK;
}

enum policy_status graph_add_edge(struct graph *graph, uint32_t client, uint32_t server, uint64_t invocations,
                                  uint64_t gated)
{
    uint32_t from = graph_index(graph, client), to = graph_index(graph, server);
    if (from == GRAPH_NONE || (to == GRAPH_NONE && server != 0))
        return POLICY_ENOENT;
    if (graph->edges_count == graph->edges_limit)
        return POLICY_EMEMORY;
    graph->edges[graph->edges_count++] = (struct graph_edge){client, server, from, to, invocations, gated};
    return POLICY_OK;
}

uint32_t graph_index(const struct graph *graph, uint32_t id)
{
    return *slot_of(graph, id);
}

const struct graph_component *graph_component(const struct graph *graph, uint32_t id)
{
    uint32_t index = graph_index(graph, id);
    return index == GRAPH_NONE ? NULL : &graph->components[index];
}

/* The slots hold, for each domain, the first component that is in it. */
uint32_t graph_partition(const struct graph *graph, uint32_t *domains)
{
    uint32_t count = 0;
    memset(graph->domain_slots, 0xff, ((size_t)graph->slots_mask + 1) * sizeof *graph->domain_slots);
    for (uint32_t i = 0; i < graph->components_count; i++) {
        uint32_t domain = graph->components[i].domain, at = hash(domain) & graph->slots_mask;
        uint32_t *slots = graph->domain_slots;
        while (slots[at] != GRAPH_NONE && graph->components[slots[at]].domain != domain)
            at = (at + 1) & graph->slots_mask;
        if (slots[at] == GRAPH_NONE) {
            slots[at] = i;
            domains[i] = count++;
        } else {
            domains[i] = domains[slots[at]];
        }
    }
    return count;
}

uint32_t graph_domains(const struct graph *graph)
{
    uint32_t domains = 0;
    for (uint32_t i = 0; i < graph->components_count; i++) {
        uint32_t first = 0;
        while (graph->components[first].domain != graph->components[i].domain)
            first++;
        domains += first == i;
    }
    return domains;
}

bool graph_edge_crosses(const struct graph *graph, const struct graph_edge *edge)
{
    return edge->to == GRAPH_NONE ||
           graph->components[edge->from].domain != graph->components[edge->to].domain;
}

uint64_t graph_invocations(const struct graph *graph)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < graph->edges_count; i++)
        sum += graph->edges[i].invocations;
    return sum;
}

uint64_t graph_gated(const struct graph *graph)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < graph->edges_count; i++)
        sum += graph->edges[i].gated;
    return sum;
}

static const struct graph_edge *edge_find(const struct graph *graph, uint32_t client, uint32_t server,
                                          uint32_t likely)
{
    if (likely < graph->edges_count && graph->edges[likely].client == client &&
        graph->edges[likely].server == server)
        return &graph->edges[likely];
    for (uint32_t i = 0; i < graph->edges_count; i++)
        if (graph->edges[i].client == client && graph->edges[i].server == server)
            return &graph->edges[i];
    return NULL;
}

void graph_window(struct graph *now, const struct graph *before)
{
    for (uint32_t i = 0; i < now->edges_count; i++) {
        struct graph_edge *edge = &now->edges[i];
        const struct graph_edge *old = edge_find(before, edge->client, edge->server, i);
        if (!old || old->invocations > edge->invocations || old->gated > edge->gated)
            continue;
        edge->invocations -= old->invocations;
        edge->gated -= old->gated;
    }
}

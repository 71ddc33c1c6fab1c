/* SPDX-License-Identifier: BSD-2-Clause */
#include "graph.h"

#include <stddef.h>

const struct graph_component *graph_component(const struct graph *graph, uint32_t id)
{
    for (uint32_t i = 0; i < graph->components_count; i++)
        if (graph->components[i].id == id)
            return &graph->components[i];
    return NULL;
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
    const struct graph_component *client = graph_component(graph, edge->client);
    const struct graph_component *server = graph_component(graph, edge->server);
    return !client || !server || client->domain != server->domain;
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
        if (!old)
            continue;
        edge->invocations -= old->invocations;
        edge->gated -= old->gated;
    }
}

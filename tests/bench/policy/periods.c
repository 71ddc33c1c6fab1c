/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Part `policy` of the bench: periods of the adaptive policy on drawn systems, for callgrind to count the
 * instructions of policy_period. Says of each period what it did, in the order in which callgrind dumps them.
 *
 *     periods COMPONENTS EDGES     five workloads, twelve periods each; first isolated, then begun merged
 */
#include <stdio.h>
#include <stdlib.h>

#include "policy/policy.h"

#define WORKLOADS 5
#define PERIODS 12
#define COST 100u

static uint64_t state = 20031;

static uint64_t random_below(uint64_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % n;
}

static void *memory_of(size_t bytes)
{
    void *memory = malloc(bytes);
    if (!memory)
        exit(1);
    return memory;
}

static void expect(enum policy_status status)
{
    if (status != POLICY_OK) {
        fprintf(stderr, "periods: status %d\n", status);
        exit(1);
    }
}

/* Half of an edge's partners are near its client, as components of one subsystem are. */
static void edges_draw(struct graph *graph, uint32_t components, uint32_t edges)
{
    while (graph->edges_count < edges) {
        uint32_t client = (uint32_t)random_below(components), server = (uint32_t)random_below(components);
        if (random_below(2))
            server = (client + 1 + (uint32_t)random_below(8)) % components;
        if (client != server)
            expect(graph_add_edge(graph, client + 1, server + 1, 0, 0));
    }
}

/* A third of the edges are used; few of them carry most, as in TSE11's Fig. 5. Returns the sum. */
static uint64_t workload_draw(uint64_t *means, uint32_t edges)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < edges; i++) {
        means[i] = random_below(3) ? 0 : 100000 / (1 + random_below(1000));
        sum += means[i];
    }
    return sum;
}

static void window_draw(struct graph *graph, const uint64_t *means)
{
    for (uint32_t i = 0; i < graph->edges_count; i++)
        graph->edges[i].invocations = means[i] * (95 + random_below(11)) / 100;
}

static void run(struct policy *policy, struct graph *graph, uint64_t *means, const char *begun)
{
    struct policy_result result;
    for (int workload = 0; workload < WORKLOADS; workload++) {
        /* as long as a window must be for 60 % of the crossings to fit into the budget of 10 % */
        uint64_t cycles = workload_draw(means, graph->edges_count) * 60 / 100 * COST * 10;
        for (int period = 0; period < PERIODS; period++) {
            window_draw(graph, means);
            expect(policy_period(policy, graph, NULL, cycles, &result));
            for (uint32_t i = 0; i < graph->components_count; i++)
                graph->components[i].domain = result.domains[i];
            printf("%s %d %d %u %u %u %u %llu %d\n", begun, workload, period, result.domains_count,
                   result.merges, result.splits, result.trades, (unsigned long long)result.work,
                   result.finished);
        }
    }
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 2;
    uint32_t components = (uint32_t)atoi(arguments[1]), edges = (uint32_t)atoi(arguments[2]);
    struct policy_limits limits = {components, edges, 0, 64};
    struct policy policy;
    struct graph graph;
    char sentence[256];
    uint64_t *means = memory_of(edges * sizeof *means);
    size_t bytes = graph_bytes(components, edges);
    expect(graph_place(&graph, memory_of(bytes), bytes, components, edges));
    for (uint32_t i = 0; i < components; i++)
        expect(graph_add_component(&graph, i + 1, i));
    edges_draw(&graph, components, edges);
    bytes = policy_bytes(&limits);
    fprintf(stderr, "memory %zu\n", bytes);
    expect(policy_place(&policy, memory_of(bytes), bytes, &limits));
    struct policy_settings settings = settings_default();
    settings.mode = POLICY_ADAPTIVE;
    settings.crossing_cost = COST;
    expect(policy_configure(&policy, &settings, sentence, sizeof sentence));
    expect(policy_shape(&policy, &graph));
    run(&policy, &graph, means, "isolated");
    for (uint32_t i = 0; i < components; i++)
        graph.components[i].domain = 0;
    run(&policy, &graph, means, "merged");
    return 0;
}

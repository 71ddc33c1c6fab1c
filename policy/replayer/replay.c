/* SPDX-License-Identifier: BSD-2-Clause */
#include "replay.h"

#include <stdlib.h>
#include <string.h>

static void graph_copy(struct graph *graph, void **memory, const struct trace *trace)
{
    size_t bytes = graph_bytes(trace->components, trace->edges);
    *memory = room(NULL, bytes, 1);
    enum policy_status status = graph_place(graph, *memory, bytes, trace->components, trace->edges);
    for (uint32_t i = 0; i < trace->components && status == POLICY_OK; i++)
        status = graph_add_component(graph, trace->graph.components[i].id, trace->graph.components[i].domain);
    for (uint32_t i = 0; i < trace->edges && status == POLICY_OK; i++)
        status = graph_add_edge(graph, trace->graph.edges[i].client, trace->graph.edges[i].server, 0, 0);
    if (status != POLICY_OK)
        fail("the graph could not be copied (status %d)", status);
}

static void policy_make(struct replay *replay, const struct graph *graph,
                        const struct policy_settings *settings, uint32_t decisions)
{
    char sentence[256];
    struct policy_limits limits = {graph->components_count, graph->edges_count, TRACE_RULES, decisions};
    size_t bytes = policy_bytes(&limits);
    replay->memory = room(NULL, bytes, 1);
    if (policy_place(&replay->policy, replay->memory, bytes, &limits) != POLICY_OK ||
        policy_shape(&replay->policy, graph) != POLICY_OK)
        fail("the trace has more edges than the policy takes (%u)", HISTORY_PAIRS_MOST);
    if (policy_configure(&replay->policy, settings, sentence, sizeof sentence) != POLICY_OK)
        fail("%s", sentence);
}

/* What the window takes in this layout. */
static void window_play(const struct trace *trace, const struct trace_window *window,
                        const struct policy_settings *settings, const uint32_t *domains,
                        struct replay_window *played)
{
    played->crossing = trace_crossing(trace, window, domains);
    unsigned __int128 busy = (unsigned __int128)played->crossing * settings->crossing_cost;
    busy += trace_work(trace, window);
    if (busy < window->cycles && window->idle > 0)
        busy = window->cycles;
    played->cycles = busy < HISTORY_CYCLES_MOST ? (uint64_t)busy : HISTORY_CYCLES_MOST;
}

static void total_add(struct replay_total *total, const struct trace_window *window,
                      const struct replay_window *played)
{
    total->windows++;
    total->cycles += played->cycles;
    total->crossing += played->crossing;
    total->requests += window->requests;
    total->domain_cycles += (unsigned __int128)played->domains * played->cycles;
    total->merges += played->merges;
    total->splits += played->splits;
    total->work += played->work;
}

static uint32_t domains_count(const struct graph *graph, uint32_t *scratch)
{
    return graph_partition(graph, scratch);
}

/* A fixed mode is there from the beginning: a period without counts makes its layout. */
static void first_layout(struct policy *policy, struct graph *graph, const struct trace *trace)
{
    struct policy_result result;
    if (policy_mode_counts(policy->settings.mode) || policy->settings.mode == POLICY_MANUAL)
        return;
    if (policy_period(policy, graph, &trace->rules, 1, &result) != POLICY_OK)
        fail("the policy does not take the graph");
    for (uint32_t i = 0; i < graph->components_count; i++)
        graph->components[i].domain = result.domains[i];
    policy_shape(policy, graph); /* forgets the empty window */
}

void replay_run(struct replay *replay, const struct trace *trace, const struct policy_settings *settings,
                uint32_t decisions, policy_decide_function *decide)
{
    struct graph graph;
    struct policy_result result;
    uint32_t components = trace->components;
    uint32_t *domains = room(NULL, components, sizeof *domains);
    *replay = (struct replay){.components = components};
    graph_copy(&graph, &replay->graph_memory, trace);
    policy_make(replay, &graph, settings, decisions);
    replay->windows = room(NULL, trace->windows, sizeof *replay->windows);
    replay->phases = room(NULL, trace->phases, sizeof *replay->phases);
    replay->layouts = room(NULL, (size_t)trace->phases * components, sizeof *replay->layouts);
    memset(replay->phases, 0, trace->phases * sizeof *replay->phases);
    memset(replay->layouts, 0, (size_t)trace->phases * components * sizeof *replay->layouts);
    first_layout(&replay->policy, &graph, trace);
    policy_choose(&replay->policy, decide, replay->state);
    for (uint32_t w = 0; w < trace->windows; w++) {
        const struct trace_window *window = &trace->list[w];
        struct replay_window *played = &replay->windows[w];
        played->domains = domains_count(&graph, domains);
        window_play(trace, window, settings, domains, played);
        for (uint32_t i = 0; i < trace->edges; i++)
            graph.edges[i].invocations = window->counts[i];
        if (policy_period(&replay->policy, &graph, &trace->rules, played->cycles, &result) != POLICY_OK)
            fail("the policy does not take window %u", w + 1);
        if (result.refused)
            replay->refused_window = w + 1;
        for (uint32_t i = 0; i < components; i++)
            graph.components[i].domain = result.domains[i];
        played->merges = result.merges;
        played->splits = result.splits;
        played->work = result.work;
        memcpy(&replay->layouts[(size_t)window->phase * components], result.domains,
               components * sizeof *replay->layouts);
        total_add(&replay->phases[window->phase], window, played);
        total_add(&replay->all, window, played);
    }
    free(domains);
}

void replay_free(struct replay *replay)
{
    free(replay->windows);
    free(replay->phases);
    free(replay->layouts);
    free(replay->memory);
    free(replay->graph_memory);
}

double replay_rate(const struct trace *trace, const struct replay_total *total)
{
    double cycles = (double)total->cycles;
    return cycles ? (double)total->requests * (trace->clock ? (double)trace->clock : 1e6) / cycles : 0;
}

double replay_domains(const struct replay_total *total)
{
    return total->cycles ? (double)total->domain_cycles / (double)total->cycles : 0;
}

double replay_share(const struct replay_total *total, uint64_t cost)
{
    return total->cycles ? (double)total->crossing * (double)cost / (double)total->cycles : 0;
}

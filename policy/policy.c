/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory, shape and settings. A period: policy_period.c.
 */
#include "policy.h"

#include <string.h>

#include "policy_record.h"

#define CANDIDATES_SUFFICE (ADAPT_CANDIDATES >= SETTINGS_TRIALS_MOST)
_Static_assert(CANDIDATES_SUFFICE, "every trial that can be asked for has a place");

static void answer_carve(struct policy *policy, struct memory *memory, uint32_t nodes, uint32_t pairs)
{
    struct policy_answer *answer = &policy->answer;
    policy->start = memory_take(memory, nodes, sizeof *policy->start);
    policy->node_ids = memory_take(memory, nodes, sizeof *policy->node_ids);
    policy->places = memory_take(memory, pairs, sizeof *policy->places);
    policy->moves.limit = ADAPT_MOVES(nodes);
    policy->moves.list = memory_take(memory, policy->moves.limit, sizeof *policy->moves.list);
    policy->moves.domain_of = memory_take(memory, nodes, sizeof *policy->moves.domain_of);
    answer->at = memory_take(memory, nodes, sizeof *answer->at);
    answer->next = memory_take(memory, nodes, sizeof *answer->next);
    answer->previous = memory_take(memory, nodes, sizeof *answer->previous);
    answer->first = memory_take(memory, nodes, sizeof *answer->first);
    answer->last = memory_take(memory, nodes, sizeof *answer->last);
    answer->free = memory_take(memory, nodes, sizeof *answer->free);
}

static void policy_carve(struct policy *policy, struct memory *memory, const struct policy_limits *limits)
{
    uint32_t components = limits->components, edges = limits->edges;
    uint32_t words = limits->rules / 64 + (limits->rules % 64 != 0);
    policy->clients = memory_take(memory, edges, sizeof *policy->clients);
    policy->servers = memory_take(memory, edges, sizeof *policy->servers);
    policy->pair_of = memory_take(memory, edges, sizeof *policy->pair_of);
    policy->pairs = memory_take(memory, edges, sizeof *policy->pairs);
    policy->ends = memory_take(memory, edges, 2 * sizeof *policy->ends);
    policy->ids = memory_take(memory, components, sizeof *policy->ids);
    policy->offsets = memory_take(memory, (size_t)components + 1, sizeof *policy->offsets);
    policy->present = memory_take(memory, components, sizeof *policy->present);
    policy->wanted = memory_take(memory, components, sizeof *policy->wanted);
    policy->scratch = memory_take(memory, components, 2 * sizeof *policy->scratch);
    policy->node_of = memory_take(memory, components, sizeof *policy->node_of);
    policy->first_of = memory_take(memory, components, sizeof *policy->first_of);
    policy->next_of = memory_take(memory, components, sizeof *policy->next_of);
    policy->next_group = memory_take(memory, components, sizeof *policy->next_group);
    history_carve(&policy->history, memory, edges);
    decisions_carve(&policy->decisions, memory, limits->decisions, components);
    adapt_carve(&policy->adapt, memory, components, edges, words);
    answer_carve(policy, memory, components, edges);
}

size_t policy_bytes(const struct policy_limits *limits)
{
    struct policy policy;
    struct memory memory = memory_count();
    policy_carve(&policy, &memory, limits);
    return memory_wanted(&memory);
}

enum policy_status policy_place(struct policy *policy, void *begin, size_t bytes,
                                const struct policy_limits *limits)
{
    struct memory memory = memory_given(begin, bytes);
    if (limits->edges > HISTORY_PAIRS_MOST)
        return POLICY_EINVAL;
    memset(policy, 0, sizeof *policy);
    policy_carve(policy, &memory, limits);
    if (!memory_enough(&memory))
        return POLICY_EMEMORY;
    policy->limits = *limits;
    policy->settings = settings_default();
    decisions_start(&policy->decisions);
    adapt_start(&policy->adapt);
    history_clear(&policy->history, 0);
    return POLICY_OK;
}

/* Edges by their lower component, into `ends`; offsets[i] is where i's begin. */
static void edges_sort(struct policy *policy, const struct graph *graph)
{
    uint32_t *offsets = policy->offsets, sum = 0;
    memset(offsets, 0, ((size_t)policy->components + 1) * sizeof *offsets);
    for (uint32_t i = 0; i < graph->edges_count; i++) {
        const struct graph_edge *edge = &graph->edges[i];
        if (edge->to != GRAPH_NONE && edge->from != edge->to)
            offsets[edge->from < edge->to ? edge->from : edge->to]++;
    }
    for (uint32_t i = 0; i <= policy->components; i++) {
        sum += i < policy->components ? offsets[i] : 0;
        offsets[i] = sum;
    }
    for (uint32_t i = graph->edges_count; i-- > 0;) {
        const struct graph_edge *edge = &graph->edges[i];
        if (edge->to != GRAPH_NONE && edge->from != edge->to)
            policy->ends[--offsets[edge->from < edge->to ? edge->from : edge->to]] = i;
    }
}

/* One pair for all edges, either way, between the same two components. */
static uint32_t pairs_make(struct policy *policy, const struct graph *graph)
{
    uint32_t pairs = 0, *last = policy->scratch;
    memset(last, 0xff, policy->components * sizeof *last);
    memset(policy->pair_of, 0xff, policy->edges * sizeof *policy->pair_of);
    edges_sort(policy, graph);
    for (uint32_t low = 0; low < policy->components; low++)
        for (uint32_t i = policy->offsets[low]; i < policy->offsets[low + 1]; i++) {
            const struct graph_edge *edge = &graph->edges[policy->ends[i]];
            uint32_t high = edge->from == low ? edge->to : edge->from;
            if (last[high] == UINT32_MAX || policy->pairs[last[high]].a != low) {
                policy->pairs[pairs] = (struct policy_ends){low, high};
                last[high] = pairs++;
            }
            policy->pair_of[policy->ends[i]] = last[high];
        }
    return pairs;
}

static void pairs_index(struct policy *policy, uint32_t pairs)
{
    uint32_t *offsets = policy->offsets, sum = 0;
    memset(offsets, 0, ((size_t)policy->components + 1) * sizeof *offsets);
    for (uint32_t i = 0; i < pairs; i++) {
        offsets[policy->pairs[i].a]++;
        offsets[policy->pairs[i].b]++;
    }
    for (uint32_t i = 0; i <= policy->components; i++) {
        sum += i < policy->components ? offsets[i] : 0;
        offsets[i] = sum;
    }
    for (uint32_t i = pairs; i-- > 0;) {
        policy->ends[--offsets[policy->pairs[i].a]] = i;
        policy->ends[--offsets[policy->pairs[i].b]] = i;
    }
}

enum policy_status policy_shape(struct policy *policy, const struct graph *graph)
{
    if (graph->components_count > policy->limits.components || graph->edges_count > policy->limits.edges)
        return POLICY_EMEMORY;
    bool same = policy->components == graph->components_count;
    for (uint32_t i = 0; same && i < policy->components; i++)
        same = policy->ids[i] == graph->components[i].id;
    if (!same)
        record_nothing_came(policy);
    policy->components = graph->components_count;
    policy->edges = graph->edges_count;
    for (uint32_t i = 0; i < policy->components; i++)
        policy->ids[i] = graph->components[i].id;
    for (uint32_t i = 0; i < policy->edges; i++) {
        policy->clients[i] = graph->edges[i].client;
        policy->servers[i] = graph->edges[i].server;
    }
    uint32_t pairs = pairs_make(policy, graph);
    pairs_index(policy, pairs);
    history_clear(&policy->history, pairs);
    policy->asked = 0;
    return POLICY_OK;
}

enum policy_status policy_configure(struct policy *policy, const struct policy_settings *settings,
                                    char *sentence, size_t bytes)
{
    enum policy_status status = settings_check(settings, sentence, bytes);
    if (status == POLICY_OK)
        policy->settings = *settings;
    return status;
}

void policy_choose(struct policy *policy, policy_decide_function *decide, void *state)
{
    policy->decide = decide;
    policy->state = state;
    policy->asked = 0;
}

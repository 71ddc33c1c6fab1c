/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One period: the counts, what came of the last decisions, the layout as the rules want it, and the mode's.
 */
#include <string.h>

#include "partition.h"
#include "policy.h"
#include "policy_answer.h"
#include "policy_obey.h"
#include "policy_record.h"
#include "sentence.h"

static bool shape_same(const struct policy *policy, const struct graph *graph)
{
    if (graph->components_count != policy->components || graph->edges_count != policy->edges)
        return false;
    for (uint32_t i = 0; i < policy->components; i++)
        if (graph->components[i].id != policy->ids[i])
            return false;
    for (uint32_t i = 0; i < policy->edges; i++)
        if (graph->edges[i].client != policy->clients[i] || graph->edges[i].server != policy->servers[i])
            return false;
    return true;
}

static void window_take(struct policy *policy, const struct graph *graph, uint64_t cycles)
{
    history_open(&policy->history, cycles);
    for (uint32_t i = 0; i < policy->edges; i++)
        if (policy->pair_of[i] != OVERLAY_NONE)
            history_add(&policy->history, policy->pair_of[i], graph->edges[i].invocations);
}

/* Invocations of the newest window that cross in a layout. */
static uint64_t crossing(const struct policy *policy, const uint32_t *layout)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < policy->history.pairs; i++)
        if (layout[policy->pairs[i].a] != layout[policy->pairs[i].b])
            sum += history_newest(&policy->history, i);
    return sum;
}

/* ---- The question ---- */

/* Pairs and weights, by node, into the default policy's own arrays. */
static void nodes_fill(struct policy *policy)
{
    struct overlay *overlay = &policy->adapt.overlay;
    uint32_t windows = policy->settings.windows, count = 0;
    for (uint32_t i = 0; i < policy->history.pairs; i++) {
        uint32_t a = policy->node_of[policy->pairs[i].a], b = policy->node_of[policy->pairs[i].b];
        if (a == b)
            continue;
        struct history_counts counts = history_counts(&policy->history, i, windows);
        if (counts.sum == 0)
            continue;
        policy->places[count] = i;
        overlay->pairs[count++] = (struct policy_pair){a, b, counts.sum, counts.peak};
    }
    overlay->pairs_count = count;
    for (uint32_t i = 0; i < overlay->nodes; i++) {
        overlay->weights[i] = policy->rules ? UINT32_MAX : 1;
        policy->start[i] = overlay->domain_of[i];
        policy->node_ids[i] = policy->ids[policy->first_of[i]];
    }
    for (uint32_t i = 0; i < policy->components && policy->rules; i++) {
        uint32_t weight = rules_weight(policy->rules, i), *least = &overlay->weights[policy->node_of[i]];
        *least = weight < *least ? weight : *least;
    }
}

static uint64_t less_hysteresis(uint64_t allowed, uint32_t hysteresis)
{
    return allowed == UINT64_MAX ? allowed
                                 : (uint64_t)((unsigned __int128)allowed * (1000 - hysteresis) / 1000);
}

static struct policy_goal goal_of(const struct policy *policy)
{
    const struct policy_settings *settings = &policy->settings;
    const struct history *history = &policy->history;
    uint32_t windows = settings->windows < history->windows ? settings->windows : history->windows;
    return (struct policy_goal){
        .allowed_sum = settings_allowed(settings, history_cycles_sum(history, windows)),
        .allowed_peak = less_hysteresis(settings_allowed(settings, history_cycles_least(history, windows)),
                                        settings->hysteresis),
        .windows = windows,
        .hysteresis = settings->hysteresis,
        .trials = settings->trials,
        .work_limit = settings->work_limit,
        .only_merge = settings->mode == POLICY_MERGE_ONLY,
    };
}

static void question_fill(struct policy *policy)
{
    const struct overlay *overlay = &policy->adapt.overlay;
    nodes_fill(policy);
    policy->question = (struct policy_question){
        .nodes = overlay->nodes,
        .pairs_count = overlay->pairs_count,
        .period = ++policy->asked,
        .rule_words = overlay->words,
        .pairs = overlay->pairs,
        .domain_of = policy->start,
        .weights = overlay->weights,
        .ids = policy->node_ids,
        .left = overlay->left,
        .right = overlay->right,
        .goal = goal_of(policy),
        .windows_known = policy->history.windows,
        .newest = policy->history.last,
        .places = policy->places,
        .counts = policy->history.counts,
        .cycles = policy->history.cycles,
        .crossing_cost = policy->settings.crossing_cost,
    };
}

/* ---- The answer ---- */

static void refuse_status(struct policy *policy, long status)
{
    struct sentence said = sentence_begin(policy->refused, sizeof policy->refused);
    sentence_add(&said, "It returned ");
    sentence_add(&said, status < 0 ? "-" : "");
    sentence_add_number(&said, status < 0 ? -(uint64_t)status : (uint64_t)status);
    sentence_add(&said, ", and not 0.");
}

/* The own policy's answer; false: it was no answer, and there is no own policy any more. */
static bool own_answers(struct policy *policy)
{
    policy->moves.count = 0;
    memcpy(policy->moves.domain_of, policy->start, policy->question.nodes * sizeof *policy->start);
    long status = policy->decide(&policy->question, &policy->moves, policy->state);
    if (status == 0 && answer_check(policy))
        return true;
    if (status != 0)
        refuse_status(policy, status);
    policy->decide = NULL;
    return false;
}

static void adapt_layout(struct policy *policy, struct policy_result *result)
{
    struct adapt *adapt = &policy->adapt;
    question_fill(policy);
    if (policy->decide && policy->settings.mode == POLICY_ADAPTIVE) {
        if (own_answers(policy)) {
            answer_make(policy, true, result);
            return;
        }
        result->refused = policy->refused;
    }
    policy->moves.count = 0;
    adapt_decide(&policy->question, &policy->moves, adapt);
    result->finished = adapt->finished;
    result->work = adapt_work(adapt);
    answer_make(policy, false, result);
}

static enum policy_status decide(struct policy *policy, const struct graph *graph, const struct rules *rules,
                                 uint64_t cycles, struct policy_result *result, bool whole)
{
    if (!shape_same(policy, graph) || (rules && rules->components_count != policy->components))
        return POLICY_ECHANGED;
    if (rules && rules->count > policy->limits.rules)
        return POLICY_EMEMORY;
    *result = (struct policy_result){.finished = true, .first_decision = policy->decisions.count + 1};
    policy->rules = rules;
    policy->period += whole;
    window_take(policy, graph, cycles);
    graph_partition(graph, policy->present);
    if (whole)
        record_what_came(policy);
    obey_rules(policy, result);
    if (policy_mode_counts(policy->settings.mode))
        adapt_layout(policy, result);
    else if (policy->settings.mode != POLICY_MANUAL)
        mode_partition(policy->settings.mode, graph, rules, policy->wanted, policy->scratch);
    result->domains = policy->wanted;
    result->domains_count = partition_normalise(policy->wanted, policy->components, policy->scratch);
    result->changed =
        memcmp(policy->wanted, policy->present, policy->components * sizeof *policy->wanted) != 0;
    result->crossing = crossing(policy, policy->present);
    result->would_cross = crossing(policy, policy->wanted);
    result->allowed = settings_allowed(&policy->settings, cycles);
    result->share = settings_share(&policy->settings, result->crossing, cycles);
    result->would_share = settings_share(&policy->settings, result->would_cross, cycles);
    return POLICY_OK;
}

enum policy_status policy_period(struct policy *policy, const struct graph *graph, const struct rules *rules,
                                 uint64_t cycles, struct policy_result *result)
{
    return decide(policy, graph, rules, cycles, result, true);
}

enum policy_status policy_at_once(struct policy *policy, const struct graph *graph, const struct rules *rules,
                                  uint64_t cycles, struct policy_result *result)
{
    return decide(policy, graph, rules, cycles, result, false);
}

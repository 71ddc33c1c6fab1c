/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_record.h"

static uint32_t side_count(const struct policy *policy, const uint64_t *side)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < policy->decisions.words; w++)
        count += (uint32_t)__builtin_popcountll(side[w]);
    return count;
}

/* Calls `take` for each pair that leads from one side to the other, going through the smaller side. */
static void pairs_between(struct policy *policy, struct policy_decision *decision,
                          void (*take)(struct policy *, struct policy_decision *, uint32_t pair))
{
    bool swap = side_count(policy, decision->left) > side_count(policy, decision->right);
    const uint64_t *small = swap ? decision->right : decision->left;
    const uint64_t *large = swap ? decision->left : decision->right;
    for (uint32_t w = 0; w < policy->decisions.words; w++)
        for (uint64_t bits = small[w]; bits; bits &= bits - 1) {
            uint32_t component = w * 64 + (uint32_t)__builtin_ctzll(bits);
            if (component >= policy->components)
                return;
            for (uint32_t i = policy->offsets[component]; i < policy->offsets[component + 1]; i++) {
                const struct policy_ends *pair = &policy->pairs[policy->ends[i]];
                if (decision_has(large, pair->a == component ? pair->b : pair->a))
                    take(policy, decision, policy->ends[i]);
            }
        }
}

static void take_seen(struct policy *policy, struct policy_decision *decision, uint32_t pair)
{
    decision->seen += history_newest(&policy->history, pair);
    decision->mean += history_counts(&policy->history, pair, policy->settings.windows).sum;
}

static void take_came(struct policy *policy, struct policy_decision *decision, uint32_t pair)
{
    bool together = policy->present[policy->pairs[pair].a] == policy->present[policy->pairs[pair].b];
    if (together == (decision->action == POLICY_MERGE))
        decision->came_seen += history_newest(&policy->history, pair);
    else
        decision->undone = true;
}

/* The sides are in; everything else follows. */
static void record_finish(struct policy *policy, struct policy_decision *decision, enum policy_action action,
                          enum policy_reason reason)
{
    const struct history *history = &policy->history;
    uint32_t windows =
        policy->settings.windows < history->windows ? policy->settings.windows : history->windows;
    decision->period = policy->period;
    decision->action = action;
    decision->reason = reason;
    decision->crossing_cost = policy->settings.crossing_cost;
    if (windows == 0)
        return;
    pairs_between(policy, decision, take_seen);
    decision->cycles = history->cycles[history->last];
    decision->expected =
        settings_share(&policy->settings, decision->mean, history_cycles_sum(history, windows));
    decision->mean /= windows;
    if (action == POLICY_SPLIT)
        decision->expected = -decision->expected;
}

static void include_domain(const struct policy *policy, uint64_t *side, uint32_t domain)
{
    const struct policy_answer *answer = &policy->answer;
    for (uint32_t node = answer->first[domain]; node != OVERLAY_NONE; node = answer->next[node])
        for (uint32_t i = policy->first_of[node]; i != OVERLAY_NONE; i = policy->next_of[i])
            decision_include(side, i);
}

void record_move(struct policy *policy, const struct record_move *move)
{
    struct policy_decision *decision = decisions_add(&policy->decisions);
    if (!decision)
        return;
    include_domain(policy, decision->left, move->left);
    include_domain(policy, decision->right, move->right);
    record_finish(policy, decision, move->action, move->reason);
    decision->trade = move->trade;
    if (move->expected != POLICY_EXPECT_COUNTED)
        decision->expected = move->expected;
}

void record_obeyed_together(struct policy *policy, uint32_t component, uint32_t rule)
{
    struct policy_decision *decision = decisions_add(&policy->decisions);
    if (!decision)
        return;
    for (uint32_t i = 0; i < policy->components; i++)
        if (policy->node_of[i] == policy->node_of[component] && i != component)
            decision_include(decision->left, i);
    decision_include(decision->right, component);
    decision->rule = rule;
    record_finish(policy, decision, POLICY_MERGE, POLICY_OBEYED);
}

void record_obeyed_apart(struct policy *policy, uint32_t stays, uint32_t leaves, uint32_t rule)
{
    struct policy_decision *decision = decisions_add(&policy->decisions);
    if (!decision)
        return;
    for (uint32_t i = 0; i < policy->components; i++) {
        if (policy->wanted[i] == stays)
            decision_include(decision->left, i);
        else if (policy->wanted[i] == leaves)
            decision_include(decision->right, i);
    }
    decision->rule = rule;
    record_finish(policy, decision, POLICY_SPLIT, POLICY_OBEYED);
}

void policy_note_hand(struct policy *policy, const uint32_t *layout, enum policy_action action,
                      uint32_t component, uint32_t other)
{
    struct policy_decision *decision = decisions_add(&policy->decisions);
    if (!decision)
        return;
    for (uint32_t i = 0; i < policy->components; i++) {
        if (action == POLICY_SPLIT ? i == component : layout[i] == layout[other])
            decision_include(decision->right, i);
        else if (layout[i] == layout[component])
            decision_include(decision->left, i);
    }
    record_finish(policy, decision, action, POLICY_HAND);
}

/* What the window would have taken with the walls as they were before the decisions of its period: its own
 * cycles, and the crossings spared, less those added. */
static uint64_t cycles_without(const struct policy *policy, __int128 spared)
{
    __int128 cycles = policy->history.cycles[policy->history.last];
    cycles += spared * policy->settings.crossing_cost;
    return cycles < 1 ? 1 : cycles > INT64_MAX ? INT64_MAX : (uint64_t)cycles;
}

void record_nothing_came(struct policy *policy)
{
    struct decisions *decisions = &policy->decisions;
    for (uint64_t number = decisions->count; number >= decisions_oldest(decisions) && number > 0; number--)
        decisions_find(decisions, number)->over = true;
}

void record_what_came(struct policy *policy)
{
    struct decisions *decisions = &policy->decisions;
    __int128 spared = 0;
    uint64_t first = decisions->count + 1;
    for (; first > decisions_oldest(decisions); first--) {
        struct policy_decision *decision = decisions_find(decisions, first - 1);
        if (decision->over || decision->period + 1 < policy->period)
            break; /* and so are all before it */
        pairs_between(policy, decision, take_came);
        spared +=
            decision->action == POLICY_MERGE ? (__int128)decision->came_seen : -(__int128)decision->came_seen;
    }
    for (uint64_t number = first; number <= decisions->count; number++) {
        struct policy_decision *decision = decisions_find(decisions, number);
        decision->came =
            settings_share(&policy->settings, decision->came_seen, cycles_without(policy, spared));
        if (decision->action == POLICY_SPLIT)
            decision->came = -decision->came;
        decision->over = true;
        decision->known = decision->came_seen != 0 || !decision->undone;
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_answer.h"

#include <string.h>

#include "policy_record.h"
#include "sentence.h"

/* ---- Is it right? ---- */

static uint32_t id_of(const struct policy *policy, uint32_t node)
{
    return node < policy->question.nodes ? policy->node_ids[node] : 0;
}

/* `move 3 of 7, merge of components 16 and 17: ` and why. */
static bool wrong(struct policy *policy, uint32_t index, const char *why, const char *rule)
{
    static const char *const actions[] = {"merge of", "split of", "move of"};
    const struct policy_move *move = &policy->moves.list[index];
    struct sentence said = sentence_begin(policy->refused, sizeof policy->refused);
    sentence_add(&said, "Move ");
    sentence_add_number(&said, (uint64_t)index + 1);
    sentence_add(&said, " of ");
    sentence_add_number(&said, policy->moves.count);
    if (move->action <= POLICY_MOVE && move->node < policy->question.nodes) {
        sentence_add(&said, ", ");
        sentence_add(&said, actions[move->action]);
        sentence_add(&said, " component ");
        sentence_add_number(&said, id_of(policy, move->node));
        if (move->action != POLICY_SPLIT && move->other < policy->question.nodes) {
            sentence_add(&said, " with component ");
            sentence_add_number(&said, id_of(policy, move->other));
        }
    }
    sentence_add(&said, ": ");
    sentence_add(&said, why);
    if (rule)
        sentence_add_name(&said, rule);
    sentence_add(&said, ".");
    return false;
}

/* The rule that keeps two nodes apart, or UINT32_MAX. */
static uint32_t rule_between(const struct policy_question *question, uint32_t a, uint32_t b)
{
    const uint64_t *left = question->left, *right = question->right;
    size_t words = question->rule_words;
    for (size_t w = 0; w < words; w++) {
        uint64_t both =
            (left[a * words + w] & right[b * words + w]) | (right[a * words + w] & left[b * words + w]);
        if (both)
            return (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(both);
    }
    return UINT32_MAX;
}

/* The nodes of `from`, or one of them alone, into `into`. */
static uint32_t rule_against(const struct policy *policy, const uint32_t *at, uint32_t from, uint32_t only,
                             uint32_t into)
{
    uint32_t nodes = policy->question.nodes, rule = UINT32_MAX;
    for (uint32_t a = 0; a < nodes; a++)
        for (uint32_t b = 0; b < nodes && rule == UINT32_MAX; b++)
            if ((only == UINT32_MAX ? at[a] == from : a == only) && at[b] == into && a != b)
                rule = rule_between(&policy->question, a, b);
    return rule;
}

static uint32_t size_of(const struct policy *policy, const uint32_t *at, uint32_t domain)
{
    uint32_t size = 0;
    for (uint32_t i = 0; i < policy->question.nodes; i++)
        size += at[i] == domain;
    return size;
}

static const char *rule_name(const struct policy *policy, uint32_t rule)
{
    return policy->rules && rule < policy->rules->count ? policy->rules->list[rule].name : "?";
}

/* One move on `at`, whose domains are numbered by any of their nodes, and fresh ones from `nodes`. */
static bool move_check(struct policy *policy, uint32_t index, uint32_t *at)
{
    const struct policy_move *move = &policy->moves.list[index];
    uint32_t nodes = policy->question.nodes, other = move->other, rule;
    if (move->action > POLICY_MOVE)
        return wrong(policy, index, "there is no such action", NULL);
    if (move->node >= nodes || (move->action != POLICY_SPLIT && other >= nodes))
        return wrong(policy, index, "there is no such node", NULL);
    if (move->action == POLICY_SPLIT) {
        if (size_of(policy, at, at[move->node]) == 1)
            return wrong(policy, index, "it is alone already", NULL);
        at[move->node] = nodes + index;
        return true;
    }
    if (at[move->node] == at[other])
        return wrong(policy, index, "they share a domain already", NULL);
    bool all = move->action == POLICY_MERGE;
    uint32_t from = all ? at[other] : at[move->node], into = all ? at[move->node] : at[other];
    rule = rule_against(policy, at, from, all ? UINT32_MAX : move->node, into);
    if (rule != UINT32_MAX)
        return wrong(policy, index, "forbidden by rule ", rule_name(policy, rule));
    for (uint32_t i = 0; i < nodes; i++)
        if (all ? at[i] == from : i == move->node)
            at[i] = into;
    return true;
}

bool answer_check(struct policy *policy)
{
    struct sentence said = sentence_begin(policy->refused, sizeof policy->refused);
    if (policy->moves.count > policy->moves.limit) {
        sentence_add_number(&said, policy->moves.count);
        sentence_add(&said, " moves, and there is room for ");
        sentence_add_number(&said, policy->moves.limit);
        sentence_add(&said, ".");
        return false;
    }
    uint32_t *at = policy->answer.at;
    memcpy(at, policy->question.domain_of, policy->question.nodes * sizeof *at);
    for (uint32_t i = 0; i < policy->moves.count; i++)
        if (!move_check(policy, i, at))
            return false;
    return true;
}

/* ---- Making it ---- */

#define NONE OVERLAY_NONE

static void enter(struct policy_answer *answer, uint32_t node, uint32_t domain)
{
    uint32_t last = answer->last[domain];
    answer->at[node] = domain;
    answer->next[node] = NONE;
    answer->previous[node] = last;
    if (last == NONE)
        answer->first[domain] = node;
    else
        answer->next[last] = node;
    answer->last[domain] = node;
}

static void leave(struct policy_answer *answer, uint32_t node)
{
    uint32_t domain = answer->at[node], next = answer->next[node], previous = answer->previous[node];
    if (next == NONE)
        answer->last[domain] = previous;
    else
        answer->previous[next] = previous;
    if (previous == NONE)
        answer->first[domain] = next;
    else
        answer->next[previous] = next;
    if (answer->first[domain] == NONE)
        answer->free[answer->free_count++] = domain;
}

static void lists_begin(struct policy *policy)
{
    struct policy_answer *answer = &policy->answer;
    uint32_t nodes = policy->question.nodes;
    memset(answer->first, 0xff, nodes * sizeof *answer->first);
    memset(answer->last, 0xff, nodes * sizeof *answer->last);
    for (uint32_t i = 0; i < nodes; i++)
        enter(answer, i, policy->question.domain_of[i]);
    answer->free_count = 0;
    for (uint32_t i = 0; i < nodes; i++)
        if (answer->first[i] == NONE)
            answer->free[answer->free_count++] = i;
}

/* What is written down of a move, and counted. */
struct note {
    bool own;
    uint64_t trade; /* of which it is a part; the next trade's, if this begins one */
};

static void note(struct policy *policy, const struct note *note, const struct policy_move *move,
                 enum policy_action action, uint32_t left, uint32_t right)
{
    record_move(policy,
                &(struct record_move){.action = action,
                                      .reason = note->own ? POLICY_OWN : (enum policy_reason)move->reason,
                                      .left = left,
                                      .right = right,
                                      .trade = note->trade,
                                      .expected = move->expected});
}

static void merge(struct policy *policy, const struct note *how, const struct policy_move *move,
                  uint32_t into, uint32_t from, struct policy_result *result)
{
    struct policy_answer *answer = &policy->answer;
    note(policy, how, move, POLICY_MERGE, into, from);
    while (answer->first[from] != NONE) {
        uint32_t node = answer->first[from];
        leave(answer, node);
        enter(answer, node, into);
    }
    result->merges++;
}

/* The move's node leaves, and so do those that the moves behind it send after it. Returns how many these are.
 */
static uint32_t split(struct policy *policy, const struct note *how, uint32_t index,
                      struct policy_result *result)
{
    struct policy_answer *answer = &policy->answer;
    const struct policy_move *move = &policy->moves.list[index];
    uint32_t home = answer->at[move->node], fresh = answer->free[--answer->free_count], followers = 0;
    leave(answer, move->node);
    enter(answer, move->node, fresh);
    for (const struct policy_move *next = move + 1; index + 1 + followers < policy->moves.count; next++) {
        if (move->action != POLICY_SPLIT || next->action != POLICY_MOVE || next->other != move->node ||
            answer->at[next->node] != home || answer->first[home] == answer->last[home])
            break;
        leave(answer, next->node);
        enter(answer, next->node, fresh);
        followers++;
    }
    note(policy, how, move, POLICY_SPLIT, home, fresh);
    result->splits++;
    return followers;
}

void answer_make(struct policy *policy, bool own, struct policy_result *result)
{
    struct policy_answer *answer = &policy->answer;
    struct note how = {.own = own};
    lists_begin(policy);
    for (uint32_t i = 0; i < policy->moves.count; i++) {
        const struct policy_move *move = &policy->moves.list[i];
        bool in_trade = !own && move->reason == POLICY_TRADE,
             begins = in_trade && move->action == POLICY_MERGE;
        how.trade = begins ? policy->decisions.count + 1 : in_trade ? how.trade : 0;
        result->trades += begins;
        if (move->action == POLICY_MERGE) {
            merge(policy, &how, move, answer->at[move->node], answer->at[move->other], result);
        } else if (move->action == POLICY_SPLIT) {
            i += split(policy, &how, i, result);
        } else {
            uint32_t home = answer->at[move->node];
            if (answer->first[home] != answer->last[home])
                split(policy, &how, i, result);
            merge(policy, &how, move, answer->at[move->other], answer->at[move->node], result);
        }
    }
    for (uint32_t i = 0; i < policy->components; i++)
        policy->wanted[i] = answer->at[policy->node_of[i]];
}

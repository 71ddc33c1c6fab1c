/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What decide.h offers those who write a policy. It keeps nothing, and changes only the answer.
 */
#include "decide.h"

bool policy_may_share(const struct policy_question *question, uint32_t a, uint32_t b)
{
    uint32_t words = question->rule_words;
    for (uint32_t w = 0; w < words; w++) {
        uint64_t left = question->left[a * words + w] & question->right[b * words + w];
        uint64_t right = question->right[a * words + w] & question->left[b * words + w];
        if (left | right)
            return false;
    }
    return true;
}

/* True if no rule keeps the node apart from any of a domain. */
static bool may_enter(const struct policy_question *question, const struct policy_moves *moves, uint32_t node,
                      uint32_t domain)
{
    for (uint32_t i = 0; i < question->nodes; i++)
        if (moves->domain_of[i] == domain && i != node && !policy_may_share(question, node, i))
            return false;
    return true;
}

bool policy_may_merge(const struct policy_question *question, const struct policy_moves *moves, uint32_t a,
                      uint32_t b)
{
    for (uint32_t i = 0; i < question->nodes; i++)
        if (moves->domain_of[i] == moves->domain_of[a] && !may_enter(question, moves, i, moves->domain_of[b]))
            return false;
    return true;
}

static bool add(struct policy_moves *moves, enum policy_action action, uint32_t node, uint32_t other)
{
    if (moves->count >= moves->limit)
        return false;
    moves->list[moves->count++] = (struct policy_move){
        .action = action, .node = node, .other = other, .expected = POLICY_EXPECT_COUNTED};
    return true;
}

bool policy_merge(const struct policy_question *question, struct policy_moves *moves, uint32_t into,
                  uint32_t from)
{
    uint32_t stays = moves->domain_of[into], goes = moves->domain_of[from];
    if (stays == goes || !policy_may_merge(question, moves, into, from) ||
        !add(moves, POLICY_MERGE, into, from))
        return false;
    for (uint32_t i = 0; i < question->nodes; i++)
        if (moves->domain_of[i] == goes)
            moves->domain_of[i] = stays;
    return true;
}

static bool alone(const struct policy_question *question, const struct policy_moves *moves, uint32_t node)
{
    for (uint32_t i = 0; i < question->nodes; i++)
        if (i != node && moves->domain_of[i] == moves->domain_of[node])
            return false;
    return true;
}

/* A number that no domain has: there is one, or every node is alone. */
static uint32_t number_free(const struct policy_question *question, const struct policy_moves *moves)
{
    for (uint32_t number = 0;; number++) {
        uint32_t i = 0;
        while (i < question->nodes && moves->domain_of[i] != number)
            i++;
        if (i == question->nodes)
            return number;
    }
}

bool policy_split(const struct policy_question *question, struct policy_moves *moves, uint32_t node)
{
    if (alone(question, moves, node) || !add(moves, POLICY_SPLIT, node, 0))
        return false;
    moves->domain_of[node] = number_free(question, moves);
    return true;
}

bool policy_move(const struct policy_question *question, struct policy_moves *moves, uint32_t node,
                 uint32_t into)
{
    uint32_t domain = moves->domain_of[into];
    if (moves->domain_of[node] == domain || !may_enter(question, moves, node, domain) ||
        !add(moves, POLICY_MOVE, node, into))
        return false;
    moves->domain_of[node] = domain;
    return true;
}

uint64_t policy_crossing(const struct policy_question *question, const struct policy_moves *moves)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < question->pairs_count; i++)
        if (moves->domain_of[question->pairs[i].a] != moves->domain_of[question->pairs[i].b])
            sum += question->pairs[i].sum;
    return sum;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A small policy: while more crosses than the budget allows, the hottest walls fall, a few a period; when it
 * has been calm for a while, one component gets its wall back, the one that costs least. It looks at no cuts
 * and makes no trades: adapt.h does.
 */
#include "policy/decide.h"

#define HOTTEST 5u /* walls that fall in one period, at most */
#define CALM 4u    /* periods without a fall before a wall is raised */

/* What it keeps from period to period. */
struct memory {
    uint32_t calm; /* periods since a wall fell */
};

/* The hottest pair that crosses and whose walls may fall, or NULL. */
static const struct policy_pair *hottest(const struct policy_question *question,
                                         const struct policy_moves *moves)
{
    const struct policy_pair *best = 0;
    for (uint32_t i = 0; i < question->pairs_count; i++) {
        const struct policy_pair *pair = &question->pairs[i];
        if (moves->domain_of[pair->a] != moves->domain_of[pair->b] && (!best || pair->sum > best->sum) &&
            policy_may_merge(question, moves, pair->a, pair->b))
            best = pair;
    }
    return best;
}

/* What a wall around the node alone would make cross in one window: it is paid for by its highest count. */
static uint64_t price(const struct policy_question *question, const struct policy_moves *moves, uint32_t node)
{
    uint64_t peak = 0;
    for (uint32_t i = 0; i < question->pairs_count; i++) {
        const struct policy_pair *pair = &question->pairs[i];
        if ((pair->a == node || pair->b == node) && moves->domain_of[pair->a] == moves->domain_of[pair->b])
            peak += pair->peak;
    }
    return peak;
}

static bool alone(const struct policy_question *question, const struct policy_moves *moves, uint32_t node)
{
    for (uint32_t i = 0; i < question->nodes; i++)
        if (i != node && moves->domain_of[i] == moves->domain_of[node])
            return false;
    return true;
}

static void raise_cheapest(const struct policy_question *question, struct policy_moves *moves)
{
    uint64_t least = UINT64_MAX, crossing = policy_crossing(question, moves);
    uint32_t cheapest = 0;
    for (uint32_t node = 0; node < question->nodes; node++)
        if (!alone(question, moves, node) && price(question, moves, node) < least) {
            least = price(question, moves, node);
            cheapest = node;
        }
    if (least < UINT64_MAX && crossing / question->goal.windows + least <= question->goal.allowed_peak)
        policy_split(question, moves, cheapest);
}

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    struct memory *memory = state;
    if (question->period == 1)
        memory->calm = 0;
    for (uint32_t i = 0; i < HOTTEST && policy_crossing(question, moves) > question->goal.allowed_sum; i++) {
        const struct policy_pair *pair = hottest(question, moves);
        if (!pair || !policy_merge(question, moves, pair->a, pair->b))
            break;
    }
    memory->calm = moves->count > 0 ? 0 : memory->calm + 1;
    if (memory->calm >= CALM)
        raise_cheapest(question, moves);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Merges the first two nodes in its third period, and splits them in its sixth, over and over; in data of its
 * own and in its state it counts alike, and it reads all that it is told. */
#include "wild.h"

static uint32_t periods;

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    uint32_t *count = state;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < question->pairs_count; i++)
        for (uint32_t w = 0; w < question->windows_known; w++)
            sum += question->counts[8 * question->places[i] + (question->newest + 8 - w) % 8];
    for (uint32_t w = 0; w < question->windows_known; w++)
        sum += question->cycles[(question->newest + 8 - w) % 8];
    if (++*count != ++periods || sum == 0)
        return 1;
    if (periods % 6 == 3)
        policy_merge(question, moves, 0, 1);
    if (periods % 6 == 0)
        policy_split(question, moves, 1);
    for (uint32_t i = 0; i < moves->count; i++)
        moves->list[i].expected = 12345 * (moves->list[i].action == POLICY_SPLIT ? -1 : 1);
    return 0;
}

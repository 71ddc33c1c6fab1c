/* SPDX-License-Identifier: BSD-2-Clause */
#include "wild.h"

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    volatile char room[4096];
    room[0] = 0;
    if (is_time(state))
        (void)policy_decide(question, moves, state);
    return room[0];
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "wild.h"

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    /* Its answer lies where it should not: what it says of that is not believed. */
    if (is_time(state))
        *moves = (struct policy_moves){.count = 1, .limit = 1, .list = (struct policy_move *)0x08000000};
    (void)question;
    return 0;
}

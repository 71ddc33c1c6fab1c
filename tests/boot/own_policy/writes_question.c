/* SPDX-License-Identifier: BSD-2-Clause */
#include "wild.h"

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    if (is_time(state))
        ((struct policy_question *)question)->nodes = 0;
    (void)moves;
    return 0;
}

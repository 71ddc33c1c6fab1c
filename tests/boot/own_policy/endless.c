/* SPDX-License-Identifier: BSD-2-Clause */
#include "wild.h"

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    (void)question, (void)moves;
    while (is_time(state))
        ;
    return 0;
}

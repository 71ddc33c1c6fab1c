/* SPDX-License-Identifier: BSD-2-Clause */
#include "wild.h"

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    (void)question;
    if (is_time(state))
        moves->count = 0xffffffff;
    return 0;
}

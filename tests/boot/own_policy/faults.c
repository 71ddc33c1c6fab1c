/* SPDX-License-Identifier: BSD-2-Clause */
#include "wild.h"

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    if (is_time(state))
        *(volatile uint32_t *)0x08000000 = 1; /* of another component */
    (void)question, (void)moves;
    return 0;
}

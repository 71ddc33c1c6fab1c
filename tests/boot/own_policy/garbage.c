/* SPDX-License-Identifier: BSD-2-Clause */
#include "wild.h"

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    if (is_time(state))
        answer(moves, POLICY_MERGE, 0, question->nodes + 1000);
    return 0;
}

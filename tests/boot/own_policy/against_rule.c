/* SPDX-License-Identifier: BSD-2-Clause */
#include "wild.h"

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    for (uint32_t i = 1; i < question->nodes && is_time(state); i++)
        answer(moves, POLICY_MERGE, 0, i);
    return 0;
}

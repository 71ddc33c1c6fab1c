/* SPDX-License-Identifier: BSD-2-Clause
 * Asks for a gate that no policy gets. */
#include "wild.h"

long pd_merge(uint32_t into, uint32_t from);

long policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    (void)question, (void)moves, (void)state;
    return pd_merge(1, 2);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Policies of the boot test that do what no policy may: each is one file, which does it in the third period.
 */
#ifndef WILD_H
#define WILD_H

#include "policy/decide.h"

/* True from the third question on. */
static inline bool is_time(void *state)
{
    return ++*(volatile uint32_t *)state >= 3;
}

static inline void answer(struct policy_moves *moves, uint32_t action, uint32_t node, uint32_t other)
{
    moves->list[moves->count++] = (struct policy_move){action, node, other, 0, POLICY_EXPECT_COUNTED};
}

#endif

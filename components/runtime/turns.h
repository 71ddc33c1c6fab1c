/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How long a thread may stay at one entry (docs/decisions/05): it returns once a wall has moved, so that the
 * supervisor enters it in the component's domain of now, and after TURNS wakeups anyway, since what it does
 * at one entry counts as one invocation's processor time.
 *
 *     struct turns turns = turns_begin();
 *     do
 *         handle a wakeup
 *     while (turns_another(&turns));
 */
#ifndef RUNTIME_TURNS_H
#define RUNTIME_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "shoji/supervisor.h"

#define TURNS 16

struct turns {
    uint64_t moves;
    uint32_t left;
};

static inline struct turns turns_begin(void)
{
    return (struct turns){.moves = shoji_global.moves, .left = TURNS};
}

static inline bool turns_another(struct turns *turns)
{
    return --turns->left > 0 && turns->moves == shoji_global.moves;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Reads the pool's words. Its function is entered through a thunk, as those are that ask who calls. */
#include "served/boundaries.h"

extern volatile uint32_t pool_both[];
static volatile uint32_t own = THIRD_OWN;

SHOJI_EXPORT_BADGED(third_work);
long third_work_badged(uint64_t lent, uint64_t x, component_t client)
{
    uint32_t sum = (uint32_t)x + own + client;

    for (uint32_t i = 0; i < POOL_WORDS; i++)
        sum += pool_both[i];
    return ANSWER(sum + ((volatile uint32_t *)lent)[2]);
}

long component_init(component_t self)
{
    return self == THIRD ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Reads the pool's words. Its function is entered through a thunk, as those are that ask who calls. */
#include "boundaries.h"

extern volatile uint32_t pool_both[];
static volatile uint32_t own = THIRD_OWN;

SHOJI_EXPORT_BADGED(third_work);
long third_work_badged(uint64_t lent, uint64_t x, uint64_t a2, uint64_t a3, uint64_t a4, component_t client)
{
    uint32_t sum = (uint32_t)x + own + client;

    (void)a2, (void)a3, (void)a4;
    for (uint32_t i = 0; i < POOL_WORDS; i++)
        sum += pool_both[i];
    return ANSWER(sum + ((volatile uint32_t *)lent)[2]);
}

long component_init(component_t self)
{
    return self == THIRD ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Calls right. */
#include "moves.h"

extern volatile uint32_t pool_both[];
static volatile uint32_t own = 1;

SHOJI_EXPORT long left_call(uint64_t move)
{
    long status;

    pool_both[0]++;
    status = right_call(move);
    pool_both[1]++;
    return status < 0 ? status : status + (long)own;
}

SHOJI_EXPORT long left_touch(uint64_t address)
{
    *(volatile uint32_t *)address = 2;
    return SHOJI_OK;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == LEFT ? SHOJI_OK : SHOJI_EINVAL;
}

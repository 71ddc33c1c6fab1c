/* SPDX-License-Identifier: BSD-2-Clause
 * Is called by left, and has the walls moved meanwhile. */
#include "moves.h"

extern volatile uint32_t pool_both[];
static volatile uint32_t own = 2;

SHOJI_EXPORT long right_call(uint64_t move)
{
    long status;

    pool_both[2]++;
    status = driver_move(move);
    pool_both[3]++;
    return status < 0 ? status : status + (long)own;
}

SHOJI_EXPORT long right_address(void)
{
    return (long)&own;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == RIGHT ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Serves victim, and is not to suffer when victim fails. */
#include "failing.h"
#include "timed_block.h"

static uint64_t half_done;

SHOJI_EXPORT long bystander_wait(void)
{
    half_done++;
    (void)timed_block(100);
    half_done--;
    pool_notes.bystander_done++;
    return half_done == 0 ? SHOJI_OK : SHOJI_EINVAL;
}

SHOJI_EXPORT long bystander_load(uint64_t address)
{
    return (long)*(volatile uint32_t *)address;
}

SHOJI_EXPORT long component_init(component_t self)
{
    pool_notes.bystander_inits++;
    return self == BYSTANDER ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Uses words that it was lent. */
#include "tries.h"

SHOJI_EXPORT long peer_load(uint64_t address)
{
    return *(volatile uint32_t *)address;
}

SHOJI_EXPORT long peer_store(uint64_t address, uint64_t value)
{
    *(volatile uint32_t *)address = (uint32_t)value;
    return SHOJI_OK;
}

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

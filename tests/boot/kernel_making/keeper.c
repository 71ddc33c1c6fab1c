/* SPDX-License-Identifier: BSD-2-Clause
 * Keeps things for others, and so is told who is gone. */
#include "making.h"

static long told;

SHOJI_EXPORT long keeper_gone(void)
{
    return told;
}

SHOJI_EXPORT long keeper_load(uint64_t address)
{
    return (long)*(volatile uint32_t *)address;
}

SHOJI_EXPORT long component_gone(component_t component)
{
    told = ((told >> 8) + 1) << 8 | (long)component;
    return SHOJI_OK;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == KEEPER ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Is called with the address of words on its caller's stack. */
#include "stack.h"

SHOJI_EXPORT long callee_load(uint64_t address)
{
    return (long)*(volatile uint32_t *)address;
}

SHOJI_EXPORT long callee_store(uint64_t address)
{
    *(volatile uint32_t *)address = 7;
    return SHOJI_OK;
}

SHOJI_EXPORT long callee_other(uint64_t address)
{
    long status = other_load(address);

    return status;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == CALLEE ? SHOJI_OK : SHOJI_EINVAL;
}

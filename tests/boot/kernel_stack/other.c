/* SPDX-License-Identifier: BSD-2-Clause
 * Another one, which was given nothing. */
#include "stack.h"

SHOJI_EXPORT long other_load(uint64_t address)
{
    return (long)*(volatile uint32_t *)address;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == OTHER ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * A server that the loader may invoke, and not pass on. */
#include "pd.h"

SHOJI_EXPORT long hidden_who(void)
{
    return HIDDEN;
}

SHOJI_EXPORT long hidden_load(uint64_t address)
{
    return (long)*(volatile uint32_t *)address;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == HIDDEN ? SHOJI_OK : SHOJI_EINVAL;
}

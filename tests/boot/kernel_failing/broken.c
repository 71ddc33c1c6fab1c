/* SPDX-License-Identifier: BSD-2-Clause
 * Fails whenever it is called, and sometimes before. */
#include "failing.h"

SHOJI_EXPORT long broken_call(void)
{
    __asm__ volatile("ud2");
    return SHOJI_OK;
}

SHOJI_EXPORT long component_init(component_t self)
{
    pool_notes.broken_inits++;
    if (pool_notes.init_fails != 0) {
        pool_notes.init_fails--;
        return SHOJI_EMEMORY;
    }
    return self == BROKEN ? SHOJI_OK : SHOJI_EINVAL;
}

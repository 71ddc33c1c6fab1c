/* SPDX-License-Identifier: BSD-2-Clause
 * Memory for client. */
#include "memory.h"

SHOJI_EXPORT long mem_grow(uint64_t bytes)
{
    return mmp_alloc(CLIENT, bytes);
}

SHOJI_EXPORT long mem_free(uint64_t address, uint64_t bytes)
{
    return mmp_free(CLIENT, address, bytes);
}

SHOJI_EXPORT long mem_take(uint64_t address, uint64_t bytes)
{
    return mmp_alloc_at(CLIENT, address, bytes);
}

SHOJI_EXPORT long mem_free_foreign(uint64_t address)
{
    return mmp_free(OTHER, address, 4096);
}

SHOJI_EXPORT long mem_used(void)
{
    return (long)(sup_memory_used(CLIENT) & 0xffffffff);
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == MAPPER && mmp_free(99, 0, 4096) == SHOJI_ENOENT &&
                   mmp_alloc_at(99, 0, 4096) == SHOJI_ENOENT
               ? SHOJI_OK
               : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 4, memory_mapper: hands memory to components. Owns nothing: budgets and what is used of them are
 * the supervisor's. It never gives memory to anybody but the one who asks: the badge says who that is.
 */
#include "served/memory_mapper.h"
#include "export.h"

SHOJI_EXPORT_BADGED(mem_grow);
long mem_grow_badged(uint64_t bytes, component_t client)
{
    if (bytes == 0)
        return SHOJI_EINVAL;
    return mmp_alloc(client, bytes);
}

SHOJI_EXPORT_BADGED(mem_free);
long mem_free_badged(uint64_t address, uint64_t bytes, component_t client)
{
    return mmp_free(client, address, bytes);
}

SHOJI_EXPORT_BADGED(mem_take);
long mem_take_badged(uint64_t address, uint64_t bytes, component_t client)
{
    return mmp_alloc_at(client, address, bytes);
}

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Tells who called, and tries what it is told to. */
#include "served/pd.h"

SHOJI_EXPORT_BADGED(server_who);
long server_who_badged(component_t caller)
{
    return caller;
}

SHOJI_EXPORT long server_load(uint64_t address)
{
    return (long)*(volatile uint32_t *)address;
}

SHOJI_EXPORT long server_store(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
    return SHOJI_OK;
}

SHOJI_EXPORT long server_call(uint64_t gate)
{
    long status = ((long (*)(long))gate)(3);

    return status; /* not a jump to a gate */
}

SHOJI_EXPORT long server_own(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
{
    return mmp_set_perm(address, bytes, perm, to);
}

SHOJI_EXPORT long server_pass(uint64_t address, uint64_t bytes, component_t to)
{
    return mmp_mem_chown(address, bytes, to);
}

SHOJI_EXPORT long server_join(component_t group)
{
    return mmp_group_join(group);
}

SHOJI_EXPORT long server_leave(component_t group)
{
    return mmp_group_leave(group);
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == SERVER ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the control interface: a supervisor that makes no more domains, as when all its slots are
 * taken.
 */
#include "shoji/supervisor.h"

long mmp_alloc_PD(uint32_t kind, uint64_t memory, const char *name)
{
    (void)kind, (void)memory, (void)name;
    return SHOJI_EMEMORY;
}

/* Of what there is none of. */
long mmp_free_PD(component_t pd, uint32_t recursive)
{
    (void)pd, (void)recursive;
    return SHOJI_ENOENT;
}
long mmp_reset_PD(component_t pd)
{
    (void)pd;
    return SHOJI_ENOENT;
}
long mmp_time_PD(component_t pd, uint32_t milliseconds)
{
    (void)pd, (void)milliseconds;
    return SHOJI_ENOENT;
}
long mmp_name_PD(component_t pd, const char *name)
{
    (void)pd, (void)name;
    return SHOJI_ENOENT;
}
long mmp_pd_slot(component_t pd)
{
    (void)pd;
    return SHOJI_ENOENT;
}
long mmp_alloc_at(component_t owner, uint64_t address, uint64_t bytes)
{
    (void)owner, (void)address, (void)bytes;
    return SHOJI_ENOENT;
}
long mmp_free(component_t owner, uint64_t address, uint64_t bytes)
{
    (void)owner, (void)address, (void)bytes;
    return SHOJI_ENOENT;
}
long mmp_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
{
    (void)address, (void)bytes, (void)perm, (void)to;
    return SHOJI_ENOENT;
}
long mmp_mem_chown(uint64_t address, uint64_t bytes, component_t to)
{
    (void)address, (void)bytes, (void)to;
    return SHOJI_ENOENT;
}
long mmp_set_gate(uint64_t function, uint32_t perm, component_t to)
{
    (void)function, (void)perm, (void)to;
    return SHOJI_ENOENT;
}

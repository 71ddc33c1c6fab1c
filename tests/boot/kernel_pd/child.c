/* SPDX-License-Identifier: BSD-2-Clause
 * What the loader loads: an ordinary component, but for who loads it. */
#include "pd.h"

long child_add(long value);
long child_back(long value);
long child_deep(long value);
long child_who(void);
long child_load(uint64_t address);
long child_store(uint64_t address, uint32_t value);
long child_call(uint64_t gate);
long child_end(void);
long child_fault(void);
long child_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to);

static long sum = 40;
static long (*const back)(long) = loader_back; /* a relocation in constants */

SHOJI_EXPORT long child_add(long value)
{
    sum += value;
    return sum;
}

SHOJI_EXPORT long child_back(long value)
{
    return back(value) + 1;
}

SHOJI_EXPORT long child_deep(long value)
{
    long depth = loader_deep(value + 1);

    return depth;
}

SHOJI_EXPORT long child_who(void)
{
    long who = server_who();

    return who;
}

SHOJI_EXPORT long child_load(uint64_t address)
{
    return (long)*(volatile uint32_t *)address;
}

SHOJI_EXPORT long child_store(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
    return SHOJI_OK;
}

SHOJI_EXPORT long child_call(uint64_t gate)
{
    long status = ((long (*)(long))gate)(3);

    return status;
}

SHOJI_EXPORT long child_end(void)
{
    long status = loader_end();

    return status + 1000; /* nobody sees that */
}

SHOJI_EXPORT long child_fault(void)
{
    sum = 7;
    __builtin_trap();
}

SHOJI_EXPORT long child_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
{
    long status = mmp_set_perm(address, bytes, perm, to);

    return status;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return (long)self;
}

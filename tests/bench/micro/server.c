/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The server of the primitives' bench, and each of the components that only fill a domain. Owns what it
 * lends.
 */
#include "export.h"
#include "mmp/arch.h"
#include "server.h"

/* Only one of them has an edge to the client. */
long bench_back(uint64_t a) __attribute__((weak));

static uint8_t lent[64] __attribute__((aligned(64)));

SHOJI_EXPORT long bench_null(void)
{
    return 0;
}

SHOJI_EXPORT long bench_within(uint64_t a)
{
    return bench_back(a);
}

SHOJI_EXPORT long bench_lend(uint32_t to)
{
    return mmp_set_perm((uintptr_t)lent, sizeof lent, MMP_PERM_RO, to);
}

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

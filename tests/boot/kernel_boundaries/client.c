/* SPDX-License-Identifier: BSD-2-Clause
 * Calls the server, lends words to it and to the third one meanwhile, and is called back. */
#include "boundaries.h"
#include "mmp/arch.h"

extern volatile uint32_t pool_both[];
static volatile uint32_t lent[16] __attribute__((aligned(64)));
static volatile uint32_t own[16] __attribute__((aligned(64))) = {CLIENT_OWN};

SHOJI_EXPORT long client_run(uint64_t x)
{
    uint32_t sum;

    for (uint32_t i = 0; i < POOL_WORDS; i++)
        pool_both[i] = (uint32_t)x + i;
    lent[0] = (uint32_t)x;
    lent[1] = 0;
    lent[2] = (uint32_t)x * 11;
    if (mmp_set_perm((uint64_t)lent, 8, MMP_PERM_RW, SERVER) != SHOJI_OK ||
        mmp_set_perm((uint64_t)&lent[2], 4, MMP_PERM_RO, THIRD) != SHOJI_OK)
        return SHOJI_EPERM;
    sum = (uint32_t)server_work((uint64_t)lent, x) * 7;
    if (mmp_set_perm((uint64_t)lent, 8, MMP_PERM_NONE, SERVER) != SHOJI_OK ||
        mmp_set_perm((uint64_t)&lent[2], 4, MMP_PERM_NONE, THIRD) != SHOJI_OK)
        return SHOJI_EPERM;
    for (uint32_t i = 0; i < POOL_WORDS; i++)
        sum += pool_both[i];
    return ANSWER(sum + lent[1]);
}

SHOJI_EXPORT long client_back(uint64_t x)
{
    return ANSWER(((uint32_t)x ^ 0x55) + lent[1] + own[0]);
}

SHOJI_EXPORT long client_wait(uint64_t y)
{
    pool_both[POOL_WORDS] = (uint32_t)y;
    return ANSWER((uint32_t)server_wait(y) + own[0] + pool_both[POOL_WORDS]);
}

SHOJI_EXPORT long client_touch(uint64_t address)
{
    *(volatile uint32_t *)address = 2;
    return SHOJI_OK;
}

SHOJI_EXPORT long client_address(uint64_t which)
{
    return which == 0 ? (long)&own[8] : (long)lent;
}

long component_init(component_t self)
{
    return self == CLIENT ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Works on the pool's words and on those that it is lent, with the third one's help and the client's. */
#include "boundaries.h"

extern volatile uint32_t pool_both[];
static volatile uint32_t own = SERVER_OWN, touched;

SHOJI_EXPORT long server_work(uint64_t address, uint64_t x)
{
    volatile uint32_t *lent = (volatile uint32_t *)address;
    uint32_t third, back;

    for (uint32_t i = 0; i < POOL_WORDS; i++)
        pool_both[i] = pool_both[i] * 5 + own;
    lent[1] = lent[0] * 3 + own;
    third = (uint32_t)third_work(address, x);
    back = (uint32_t)client_back(x);
    return ANSWER((third ^ back) + own);
}

SHOJI_EXPORT long server_wait(uint64_t y)
{
    uint32_t mine = own;

    (void)sched_give(THREAD_MAIN);
    pool_both[POOL_WORDS] += mine;
    return ANSWER((uint32_t)y * 3 + own);
}

SHOJI_EXPORT long server_touch(uint64_t address)
{
    *(volatile uint32_t *)address = 2;
    return SHOJI_OK;
}

SHOJI_EXPORT long server_hold(uint64_t address)
{
    (void)sched_give(THREAD_MAIN);
    *(volatile uint32_t *)address += 1;
    return SHOJI_OK;
}

SHOJI_EXPORT long server_address(void)
{
    return (long)&touched;
}

long component_init(component_t self)
{
    return self == SERVER ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "slots.h"

#include "shoji/status.h"

long slots_take(struct slots *slots)
{
    for (uint32_t word = 0; word * 64 < slots->count; word++) {
        uint64_t old = __atomic_load_n(&slots->taken[word], __ATOMIC_RELAXED);
        while (~old) {
            uint32_t bit = __builtin_ctzll(~old);
            if (word * 64 + bit >= slots->count)
                return SHOJI_EMEMORY;
            if (__atomic_compare_exchange_n(&slots->taken[word], &old, old | 1ull << bit, 0, __ATOMIC_ACQUIRE,
                                            __ATOMIC_RELAXED))
                return word * 64 + bit;
        }
    }
    return SHOJI_EMEMORY;
}

void slots_give(struct slots *slots, uint32_t index)
{
    __atomic_fetch_and(&slots->taken[index / 64], ~(1ull << index % 64), __ATOMIC_RELEASE);
}

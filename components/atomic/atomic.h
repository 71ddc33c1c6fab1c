/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Atomic operations on words that threads of one component share. One processor: each is one instruction, and
 * an interrupt comes before or after it. In a folder of its own so that a test can put another in its place
 * (tests/host/explore/atomic.h).
 */
#ifndef ATOMIC_ATOMIC_H
#define ATOMIC_ATOMIC_H

#include <stdint.h>

static inline uint32_t atomic_load(const volatile uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void atomic_store(volatile uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* Returns what was there. */
static inline uint32_t atomic_swap(volatile uint32_t *word, uint32_t value)
{
    return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL);
}

/* 1: `old` was there, and `value` is now. */
static inline int atomic_replace(volatile uint32_t *word, uint32_t old, uint32_t value)
{
    return __atomic_compare_exchange_n(word, &old, value, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static inline uint64_t atomic_load64(const volatile uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void atomic_set_bits64(volatile uint64_t *word, uint64_t bits)
{
    (void)__atomic_fetch_or(word, bits, __ATOMIC_ACQ_REL);
}

static inline void atomic_clear_bits64(volatile uint64_t *word, uint64_t bits)
{
    (void)__atomic_fetch_and(word, ~bits, __ATOMIC_ACQ_REL);
}

#endif

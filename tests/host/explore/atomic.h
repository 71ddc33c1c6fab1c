/* SPDX-License-Identifier: BSD-2-Clause
 * In place of components/atomic/atomic.h: each operation is a point at which another thread may go on
 * (explore.h). */
#ifndef ATOMIC_ATOMIC_H
#define ATOMIC_ATOMIC_H

#include <stdint.h>

uint32_t atomic_load(const volatile uint32_t *word);
void atomic_store(volatile uint32_t *word, uint32_t value);
uint32_t atomic_swap(volatile uint32_t *word, uint32_t value);
int atomic_replace(volatile uint32_t *word, uint32_t old, uint32_t value);
uint64_t atomic_load64(const volatile uint64_t *word);
void atomic_set_bits64(volatile uint64_t *word, uint64_t bits);
void atomic_clear_bits64(volatile uint64_t *word, uint64_t bits);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Heaps whose allocations the supervisor knows: words that nobody may use, or that may not be read yet.
 */
#ifndef KERNEL_SUPERVISOR_HEAP_H
#define KERNEL_SUPERVISOR_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "protection.h"

/* A denied store: if it was the first to words of an allocation, by a domain that has their owner, then they
 * may be used from now on, and the store is to be tried again. */
bool heap_first_store(const struct protection_fault *fault, const struct registers *registers);
/* The supervisor is about to store to these bytes for the component: the same. False: they are not all of one
 * of its allocations. */
bool heap_store_for(unsigned component, uint32_t address, uint64_t bytes);
/* Of these pages of the component's nothing is known any more; they are given or taken as pages next. */
void heap_forget(unsigned component, uint32_t address, uint32_t bytes);

/* What the word is to the component's heap, for a report: "guard word behind the 24 bytes at 0x...". False:
 * it is not kept. */
bool heap_word_text(unsigned component, uint32_t address, char *out, size_t size);
/* Is it of an allocation, and has not been written? */
bool heap_word_fresh(unsigned component, uint32_t address);

#endif

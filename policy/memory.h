/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Arrays out of memory that the caller gives, one behind the other. The same code that places a structure's
 * arrays also says how many bytes they take, so that the two cannot differ:
 *
 *     struct memory counting = memory_count();
 *     place(&structure, &counting, ...);      places nothing, adds up
 *     bytes = counting.used;
 *
 * 1. Arrays begin at multiples of 16 from a beginning that is aligned to 16.
 * 2. Sums that do not fit saturate, and never fit.
 */
#ifndef POLICY_MEMORY_H
#define POLICY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#define MEMORY_ALIGN 16u

struct memory {
    unsigned char *begin; /* NULL while counting */
    size_t used, bytes;
};

struct memory memory_count(void);
/* The caller's bytes; it skips what is not aligned, for which `bytes` holds MEMORY_ALIGN more than counted.
 */
struct memory memory_given(void *begin, size_t bytes);
/* Room for count items; NULL while counting and when there is too little, which memory_enough tells. */
void *memory_take(struct memory *memory, size_t count, size_t item_bytes);
bool memory_enough(const struct memory *memory);
/* What to ask the caller for: all that was counted, and the alignment. */
size_t memory_wanted(const struct memory *memory);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which entries of a table are taken: a bitmap, safe against other threads without a lock, so a thread that
 * is ended in the middle leaves nothing locked. The lowest free entry is taken first.
 */
#ifndef FD_API_SLOTS_H
#define FD_API_SLOTS_H

#include <stdint.h>

#define SLOTS_LIMIT 512
struct slots {
    uint32_t count;                   /* entries of the table, at most SLOTS_LIMIT */
    uint64_t taken[SLOTS_LIMIT / 64]; /* all zero: all free */
};

/* The entry's index, or SHOJI_EMEMORY if all are taken. */
long slots_take(struct slots *slots);
void slots_give(struct slots *slots, uint32_t index);

#endif

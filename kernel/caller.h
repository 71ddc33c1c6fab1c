/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who calls the supervisor, and what they hand over. An address from a caller is a struct caller_address
 * until one of these functions has looked at it.
 */
#ifndef KERNEL_CALLER_H
#define KERNEL_CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "system.h"

struct caller {
    unsigned component; /* index */
};
struct caller_address {
    uint64_t value;
};

/* The badge comes from a gate: only the supervisor writes those. */
static inline struct caller caller_of(uint32_t badge)
{
    return (struct caller){system_component(badge)};
}
/* Could the caller itself write these bytes, in its memory, its pools, or its part of the stack of the thread
 * that runs? If they are of an allocation of its that is not written yet, it is as if it did
 * (supervisor/heap.h). */
bool caller_may_write(struct caller caller, struct caller_address address, uint64_t bytes);
/* The same, where reading is enough. */
bool caller_may_read(struct caller caller, struct caller_address address, uint64_t bytes);
/* Do these bytes belong to the caller's own slot, to read and write, so that they stay when the call is over?
 */
bool caller_owns(struct caller caller, struct caller_address address, uint64_t bytes);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Component 4: hands memory to components, within their manifest budgets. */
#ifndef INTERFACE_MEMORY_MAPPER_H
#define INTERFACE_MEMORY_MAPPER_H
#include "shoji/supervisor.h"

/* Address of `bytes` (rounded up to pages) more zeroed memory, contiguous to the last; or SHOJI_EMEMORY. */
long mem_grow(uint64_t bytes);

/* Gives pages of it back, also in part; whoever was lent them has them no longer. Addresses and bytes are multiples of 4 KiB. SHOJI_EPERM:
 * they are not all the caller's. */
long mem_free(uint64_t address, uint64_t bytes);
/* Takes pages at this place, which were given back or come later, zeroed: the address. SHOJI_EBUSY: the caller has some of them. */
long mem_take(uint64_t address, uint64_t bytes);

#endif

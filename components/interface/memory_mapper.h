/* SPDX-License-Identifier: BSD-2-Clause
 * Component 4: hands memory to components, within their manifest budgets. */
#ifndef INTERFACE_MEMORY_MAPPER_H
#define INTERFACE_MEMORY_MAPPER_H
#include "shoji/supervisor.h"

/* Address of `bytes` (rounded up to pages) more zeroed memory, contiguous to the last; or SHOJI_EMEMORY. */
long mem_grow(uint64_t bytes);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * What the components of this test offer each other. */
#ifndef MEMORY_H
#define MEMORY_H

#include "export.h"
#include "memory_mapper.h"

enum { CLIENT = 2, OTHER = 3, MAPPER = 4 };

long mem_used(void);
long mem_free_foreign(uint64_t address); /* tries to take a page from its owner's neighbour */
long other_load(uint64_t address);

#endif

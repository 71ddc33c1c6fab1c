/* SPDX-License-Identifier: BSD-2-Clause
 * What the components of this test offer each other. */
#ifndef STACK_H
#define STACK_H

#include "export.h"

enum { MANAGER = 1, CALLEE = 2, OTHER = 3, OPENER = 4 };
enum { NONE, READ, WRITE, EXECUTE };

long callee_load(uint64_t address);
long callee_store(uint64_t address);
long callee_other(uint64_t address); /* by other, which it calls */
long other_load(uint64_t address);

/* opener: what became of it; `where` gets the address of the words */
long opener_pass(uint64_t *where);      /* opens and returns without taking back */
long opener_nest(uint64_t *where);      /* opens, and its callee's callee is denied */
long opener_take(uint64_t *where);      /* opens, takes back, goes on */
long opener_exclusive(uint64_t *where); /* one after the other, each alone */
long opener_moved(uint64_t *where);     /* while walls move */
long opener_closed(uint64_t address);   /* nobody may use what lies in its frame there */
long opener_refused(void);
long opener_raised(uint64_t *where);      /* opens, and calls with its stack pointer above the words */
long opener_sneaks(uint64_t *where);      /* opens, and returns by the address that it has kept */
long opener_sneaks_well(uint64_t *where); /* the same, by the address that stands there */
long opener_faults(uint64_t *where);      /* opens, and fails */

#endif

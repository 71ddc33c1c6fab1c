/* SPDX-License-Identifier: BSD-2-Clause
 * What the components of this test offer each other. */
#ifndef MAKING_H
#define MAKING_H

#include "export.h"

enum { KEEPER = 30, MAKER = 31, DRIVER = 32 };

/* What a made domain does: returns 42; fails; goes on for ever; waits; is merged with others and fails. */
enum { ANSWERS, FAILS, LOOPS, WAITS, KINDS };

component_t maker_make(void);   /* a domain, with a gate for the driver to each of these */
long maker_gate(uint32_t kind); /* its address, of the last one */
long maker_open(component_t pd);
long maker_reset(component_t pd);
long maker_free(component_t pd);
/* How often it has heard that one is gone, and whose id it was last: count << 8 | id. */
long keeper_gone(void);

long keeper_load(uint64_t address);

#endif

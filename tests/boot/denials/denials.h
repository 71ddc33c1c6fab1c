/* SPDX-License-Identifier: BSD-2-Clause
 * What the three components of this test offer each other. */
#ifndef DENIALS_H
#define DENIALS_H

#include "export.h"

#define ATTACKER 11

/* The victim's memory: WALL_BYTES of a pattern on two pages, with rights to parts of it for the attacker. */
#define WALL_BYTES 8192
#define ISLAND 0x100 /* ISLAND_BYTES read-write: one entry of a leaf table */
#define ISLAND_BYTES 64
#define LONE_WORD 0x204 /* one word, read-only */
#define PAGE_TAIL 0xff8 /* the last two words of the first page, read-write */

long victim_wall(void);     /* its address */
long victim_function(void); /* address of a function of 64 bytes, alone on its page, that returns 42 */
long victim_check(void);    /* is the pattern whole? */
/* Rights to the function, or to the second page, for the attacker: MMP_PERM_*. */
long victim_lend_function(uint64_t perm);
long victim_lend_page(uint64_t perm);

#define ATTACK_NAME_WORDS 3                  /* of 8 characters */
long attack_name(uint64_t n, uint64_t word); /* SHOJI_ENOENT past the last */
long attack_address(uint64_t n);             /* what the report must name; 0: nothing in particular */
long attack(uint64_t n);

#endif

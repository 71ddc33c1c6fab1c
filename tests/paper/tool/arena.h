/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The memory of a machine that is only counted: permission tables below HEAP_BASE, the data of the programs
 * above. An address of the machine is an offset into it. Several domains, each with a root table.
 */
#ifndef PAPER_ARENA_H
#define PAPER_ARENA_H

#include <stdint.h>

#include "tables.h"

#define ARENA_BYTES 0x6000000u
#define HEAP_BASE 0x4000000u /* what lies below is for tables */
#define STATIC_BYTES 0x100000u /* of the programs: arrays that are no allocations, one segment */
#define DOMAINS 512u

extern uint8_t *arena;
extern struct mmp_tables arena_tables;

/* Everything zero; ends the program if there is no memory. */
void arena_make(void);

/* The root table of a domain, made when it is asked for first. */
uint32_t arena_root(unsigned domain);
/* Gives the domain's tables below its root back. */
void arena_clear(unsigned domain);

/* Bytes that tables take: roots, mid tables, leaf tables, bitmaps of run-length entries. */
struct arena_use {
    uint64_t root, mid, leaf, bitmap;
};
struct arena_use arena_now(void);
uint64_t arena_total(struct arena_use use);
/* What it was when most was taken. */
struct arena_use arena_peak(void);

#endif

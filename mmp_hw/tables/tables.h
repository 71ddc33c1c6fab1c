/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Permission tables as software writes them (docs/mmp-manual.md, 4): one root table with the mid and leaf
 * tables below it, in bitmap or run-length form, each page as it was asked for. For a kernel and for tests
 * alike: no library, no static variable; memory for tables comes from the caller.
 *
 * Tables below a root written here are its own: none is shared, none was written by others. Whoever caches
 * permissions is the caller's to invalidate.
 *
 * 1. A call that does not return MMP_TABLES_OK has changed nothing.
 * 2. Neighbouring narrow entries agree: their overlap is what the words' own entries say.
 */
#ifndef MMP_TABLES_TABLES_H
#define MMP_TABLES_TABLES_H

#include <stdbool.h>
#include <stdint.h>

/* Where tables lie: address a of the hardware is memory + a here (0: the same). take returns the address of
 * so many bytes (4096, 256, 64, 16 or 4), aligned to as many, of any content; 0: there are none. */
struct mmp_tables {
    uintptr_t memory;
    void *owner;
    uint32_t (*take)(void *owner, uint32_t bytes);
    void (*give)(void *owner, uint32_t at, uint32_t bytes);
};

enum mmp_tables_status {
    MMP_TABLES_OK,
    MMP_TABLES_NO_ROOM,   /* take had none: up to two each of mid tables, leaf tables and bitmaps */
    MMP_TABLES_BAD_RANGE, /* not start < end <= 4 GiB, both multiples of 4; or no permission */
};

/* What a page is written as where an entry in the mid table cannot say it. A page that has such a table keeps
 * its form until it is converted or covered as a whole. */
enum mmp_tables_form {
    MMP_TABLES_BITMAP, /* and no runs entries */
    MMP_TABLES_NARROW, /* 64 run-length entries; back to no table once three runs suffice */
    MMP_TABLES_WIDE,   /* 16, likewise */
};

/* The words of [start, end) get that permission below root. */
enum mmp_tables_status mmp_tables_set(const struct mmp_tables *t, uint32_t root, uint64_t start, uint64_t end,
                                      unsigned perm, enum mmp_tables_form form);

/* Permission of the word at addr, below 4 GiB. */
unsigned mmp_tables_get(const struct mmp_tables *t, uint32_t root, uint32_t addr);

/* The page of addr is written anew in that form; the slot's mid table is there or made. NO_ROOM: it needs up
 * to 64 bitmaps more. */
enum mmp_tables_status mmp_tables_convert(const struct mmp_tables *t, uint32_t root, uint32_t addr,
                                          enum mmp_tables_form form);

/* Gives all tables below root back; root grants nothing then. */
void mmp_tables_clear(const struct mmp_tables *t, uint32_t root);

#endif

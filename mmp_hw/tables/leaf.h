/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Leaf tables of one page, of each form, with the bitmaps that run-length entries point to
 * (docs/mmp-manual.md, 4.3 and 4.8). Shared by the files of this folder, shown to nobody else.
 */
#ifndef MMP_TABLES_LEAF_H
#define MMP_TABLES_LEAF_H

#include "entry.h"
#include "tables.h"

/* Tables and bitmaps that were taken before the first write, and not used yet. */
struct mmp_reserve {
    uint32_t at[6];
    uint32_t bytes[6];
    unsigned count;
};

/* One more of that size; false: there is none. */
bool mmp_reserve_take(const struct mmp_tables *t, struct mmp_reserve *r, uint32_t bytes);
/* One of them; there is one. */
uint32_t mmp_reserve_use(struct mmp_reserve *r, uint32_t bytes);
void mmp_reserve_give(const struct mmp_tables *t, struct mmp_reserve *r);

static inline uint32_t *mmp_table_at(const struct mmp_tables *t, uint32_t at)
{
    return (uint32_t *)(t->memory + at);
}

/* Does the mid entry point to a leaf table, and of which form? */
bool mmp_leaf_form(uint32_t entry, enum mmp_tables_form *form);

uint32_t mmp_leaf_bytes(enum mmp_tables_form form);
uint32_t
mmp_leaf_bitmap_bytes(enum mmp_tables_form form); /* of what an entry points to; 0: entries are bitmaps */

/* A table in memory of the right size that says what runs say, which each entry can; returns the mid entry.
 */
uint32_t mmp_leaf_fill(const struct mmp_tables *t, uint32_t at, enum mmp_tables_form form,
                       const struct mmp_runs *runs);

/* Words [from, to) of the page get that permission. The reserve holds a bitmap for each of the at most two
 * entries that are covered in part. */
void mmp_leaf_set(const struct mmp_tables *t, uint32_t entry, unsigned from, unsigned to, unsigned perm,
                  struct mmp_reserve *reserve);

/* Reads the whole page, or the sixteen words of a chunk. */
void mmp_leaf_read(const struct mmp_tables *t, uint32_t entry, uint32_t page[MMP_PAGE_CHUNKS]);
uint32_t mmp_leaf_chunk(const struct mmp_tables *t, uint32_t entry, unsigned chunk);

/* Writes a whole page into a table whose content does not count. False: a bitmap could not be taken; then all
 * that were are given back. */
bool mmp_leaf_write(const struct mmp_tables *t, uint32_t at, enum mmp_tables_form form,
                    const uint32_t page[MMP_PAGE_CHUNKS], uint32_t *entry);

/* The mid entry that says the same without a table, if there is one. */
bool mmp_leaf_compact(const struct mmp_tables *t, uint32_t entry, uint32_t *compact);

/* Gives the table and its bitmaps back. */
void mmp_leaf_drop(const struct mmp_tables *t, uint32_t entry);

#endif

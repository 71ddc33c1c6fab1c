/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The walk of the permission tables (manual 4.1 to 4.3, 4.7 and 4.8; WDDD section 3.2): from an address to
 * the entry that decides. It says what the tables hold, never what that allows (permission.c), and knows
 * nothing of stack registers.
 *
 * 1. Whether a walk is malformed is the same for every word of a 4 KiB page: a leaf table is in memory as a
 * whole or not at all, and leaf entries, run-length ones too, cannot be malformed.
 */
#include "parts.h"

static_assert(MMP_ROOT_ENTRIES * 4 == MMP_ROOT_BYTES && MMP_ROOT_ENTRIES == 1 << (32 - MMP_ROOT_SHIFT),
              "root table");
static_assert(MMP_MID_ENTRIES * 4 == MMP_MID_BYTES &&
                  MMP_MID_ENTRIES == 1 << (MMP_ROOT_SHIFT - MMP_MID_SHIFT),
              "mid");
static_assert(MMP_LEAF_ENTRIES * 4 == MMP_LEAF_BYTES &&
                  MMP_LEAF_ENTRIES == 1 << (MMP_MID_SHIFT - MMP_LEAF_SHIFT),
              "leaf table");
static_assert(1 << MMP_LEAF_SHIFT == 16 * MMP_WORD_BYTES, "a leaf entry holds sixteen words");
static_assert(1 << MMP_MID_SHIFT == MMP_PAGE_BYTES, "a mid entry covers a page");

static_assert(MMP_WIDE_ENTRIES * 4 == MMP_WIDE_BYTES &&
                  MMP_WIDE_ENTRIES == 1 << (MMP_MID_SHIFT - MMP_WIDE_SHIFT),
              "wide table");

/* A bitmap entry has zero in bits 15:2. */
#define BITMAP_ZERO 0xfffcu

enum entry { ENTRY_DECIDES, ENTRY_TABLE, ENTRY_MALFORMED };

struct leaf {
    uint32_t at, bytes;
};

static inline enum entry units(struct mmp_walk *walk, uint32_t perms, unsigned shift, uint64_t addr)
{
    walk->form = MMP_FORM_UNITS;
    walk->perms = perms;
    walk->unit_shift = (uint8_t)(shift - 3);
    walk->start = addr >> shift << shift;
    return ENTRY_DECIDES;
}

/* Decodes an entry that points nowhere and covers 1 << shift bytes. */
static enum entry entry_decode(uint32_t entry, unsigned shift, uint64_t addr, struct mmp_walk *walk)
{
    if (entry == 0)
        return units(walk, 0, shift, addr); /* grants nothing */
    if ((entry & MMP_ENTRY_TYPE_MASK) != MMP_ENTRY_BITMAP || (entry & BITMAP_ZERO) != 0)
        return ENTRY_MALFORMED;
    return units(walk, entry >> MMP_BITMAP_SHIFT, shift, addr);
}

static enum entry root_runs_decode(uint32_t entry, uint64_t addr, struct mmp_walk *walk)
{
    uint8_t perm = mmp_runs_unit(entry, addr >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1));

    /* A unit is a page: as a mid entry of eight equal permissions. */
    units(walk, MMP_LEAF_ALL(perm) & 0xffff, MMP_MID_SHIFT, addr);
    return mmp_runs_ok(entry) ? ENTRY_DECIDES : ENTRY_MALFORMED;
}

static inline enum entry root_decode(uint32_t entry, uint64_t addr, struct mmp_walk *walk)
{
    if ((entry & MMP_ENTRY_TYPE_MASK) == MMP_ENTRY_POINTER && entry != 0)
        return entry % MMP_MID_BYTES == 0 ? ENTRY_TABLE : ENTRY_MALFORMED;
    if ((entry & MMP_ENTRY_TYPE_MASK) == MMP_ENTRY_RUNS)
        return root_runs_decode(entry, addr, walk);
    return entry_decode(entry, MMP_ROOT_SHIFT, addr, walk);
}

/* The leaf table of a mid entry: its address and size. */
static inline enum entry leaf_decode(struct mmp_walk *walk, enum mmp_form form, uint32_t at, uint32_t bytes,
                                     struct leaf *leaf)
{
    walk->form = form;
    leaf->at = at;
    leaf->bytes = bytes;
    return at != 0 && at % bytes == 0 ? ENTRY_TABLE : ENTRY_MALFORMED;
}

static enum entry runs_decode(uint32_t entry, struct mmp_walk *walk)
{
    walk->form = MMP_FORM_RUNS;
    walk->perms = entry;
    return mmp_runs_ok(entry) ? ENTRY_DECIDES : ENTRY_MALFORMED;
}

static inline enum entry mid_decode(uint32_t entry, uint64_t addr, struct mmp_walk *walk, struct leaf *leaf)
{
    uint32_t type = entry & MMP_ENTRY_TYPE_MASK;

    if (type == MMP_ENTRY_POINTER && entry != 0)
        return leaf_decode(walk, MMP_FORM_LEAF, entry, MMP_LEAF_BYTES, leaf);
    if (type == MMP_ENTRY_RUNS)
        return runs_decode(entry, walk);
    if (type != MMP_ENTRY_RUNLENGTH)
        return entry_decode(entry, MMP_MID_SHIFT, addr, walk);
    if ((entry & MMP_RUNLENGTH_WIDE) != 0)
        return leaf_decode(walk, MMP_FORM_WIDE, entry - (MMP_ENTRY_RUNLENGTH | MMP_RUNLENGTH_WIDE),
                           MMP_WIDE_BYTES, leaf);
    return leaf_decode(walk, MMP_FORM_NARROW, entry - MMP_ENTRY_RUNLENGTH, MMP_LEAF_BYTES, leaf);
}

/* Reads the entry at that address. */
static inline bool entry_load(const struct mmp_memory *m, uint64_t at, uint32_t *entry,
                              struct mmp_trace *trace)
{
    const uint8_t *p = mmp_memory_at(m, at, sizeof *entry);

    if (p == NULL)
        return false;
    memcpy(entry, p, sizeof *entry);
    if (trace != NULL)
        trace->at[trace->references++] = (uint32_t)at;
    return true;
}

static inline bool walk_tables(const struct mmp_memory *m, uint32_t root, uint64_t addr,
                               struct mmp_walk *walk, uint64_t *entry, struct mmp_trace *trace)
{
    uint64_t at = root + (addr >> MMP_ROOT_SHIFT) * 4;
    struct leaf leaf = {0, MMP_LEAF_BYTES};
    uint32_t e;
    enum entry kind;

    kind = entry_load(m, at, &e, trace) ? root_decode(e, addr, walk) : ENTRY_MALFORMED;
    if (kind == ENTRY_TABLE) {
        at = e + (addr >> MMP_MID_SHIFT) % MMP_MID_ENTRIES * 4;
        kind = entry_load(m, at, &e, trace) ? mid_decode(e, addr, walk, &leaf) : ENTRY_MALFORMED;
        if (kind == ENTRY_TABLE) {
            walk->leaf = mmp_memory_at(m, leaf.at, leaf.bytes);
            if (walk->leaf != NULL)
                return true;
            at = leaf.at + (addr >> MMP_LEAF_SHIFT) % MMP_LEAF_ENTRIES / (MMP_LEAF_BYTES / leaf.bytes) * 4;
            kind = ENTRY_MALFORMED;
        }
    }
    *entry = at;
    return kind == ENTRY_DECIDES;
}

bool mmp_table_walk(const struct mmp_memory *m, uint32_t root, uint64_t addr, struct mmp_walk *walk,
                    uint64_t *entry)
{
    return walk_tables(m, root, addr, walk, entry, NULL);
}

bool mmp_table_walk_traced(const struct mmp_memory *m, uint32_t root, uint64_t addr, struct mmp_walk *walk,
                           uint64_t *entry, struct mmp_trace *trace)
{
    trace->references = 0;
    return walk_tables(m, root, addr, walk, entry, trace);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The walk of the permission tables (manual 4.1 to 4.3; WDDD section 3.2): from an address to the entry that
 * decides. It says what the tables hold, never what that allows (permission.c), and knows nothing of stack
 * registers.
 *
 * 1. Whether a walk is malformed is the same for every word of a 4 KiB page: a leaf table is in memory as a
 * whole or not at all, and leaf entries cannot be malformed.
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

/* A bitmap entry has zero in bits 15:2. */
#define BITMAP_ZERO 0xfffcu

enum entry { ENTRY_UNITS, ENTRY_TABLE, ENTRY_MALFORMED };

/* Decodes a root or mid entry that covers 1 << shift bytes and may point to a table of so many bytes. */
static enum entry entry_decode(uint32_t entry, unsigned shift, uint32_t table_bytes, uint64_t addr,
                               struct mmp_walk *walk)
{
    uint32_t type = entry & MMP_ENTRY_TYPE_MASK;

    if (type == MMP_ENTRY_POINTER && entry != 0)
        return (entry & (table_bytes - 1)) == 0 ? ENTRY_TABLE : ENTRY_MALFORMED;
    if (type != MMP_ENTRY_POINTER && (type != MMP_ENTRY_BITMAP || (entry & BITMAP_ZERO) != 0))
        return ENTRY_MALFORMED;
    walk->leaf = NULL;
    walk->perms = entry >> MMP_BITMAP_SHIFT; /* of the all-zero entry too: it grants nothing */
    walk->unit_shift = (uint8_t)(shift - 3);
    walk->start = addr >> shift << shift;
    return ENTRY_UNITS;
}

/* Reads the entry at that address. */
static bool entry_load(const struct mmp_memory *m, uint64_t at, uint32_t *entry)
{
    const uint8_t *p = mmp_memory_at(m, at, sizeof *entry);

    if (p == NULL)
        return false;
    memcpy(entry, p, sizeof *entry);
    return true;
}

bool mmp_table_walk(const struct mmp_memory *m, uint32_t root, uint64_t addr, struct mmp_walk *walk,
                    uint64_t *entry)
{
    uint64_t at = root + (addr >> MMP_ROOT_SHIFT) * 4;
    uint32_t e;
    enum entry kind;

    kind =
        entry_load(m, at, &e) ? entry_decode(e, MMP_ROOT_SHIFT, MMP_MID_BYTES, addr, walk) : ENTRY_MALFORMED;
    if (kind == ENTRY_TABLE) {
        at = e + (addr >> MMP_MID_SHIFT) % MMP_MID_ENTRIES * 4;
        kind = entry_load(m, at, &e) ? entry_decode(e, MMP_MID_SHIFT, MMP_LEAF_BYTES, addr, walk)
                                     : ENTRY_MALFORMED;
        if (kind == ENTRY_TABLE) {
            walk->leaf = mmp_memory_at(m, e, MMP_LEAF_BYTES);
            if (walk->leaf != NULL)
                return true;
            at = e + (addr >> MMP_LEAF_SHIFT) % MMP_LEAF_ENTRIES * 4;
            kind = ENTRY_MALFORMED;
        }
    }
    *entry = at;
    return kind == ENTRY_UNITS;
}

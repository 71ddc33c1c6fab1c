/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Run-length entries (manual 4.7 and 4.8; WDDD Fig. 4): from an entry to the permissions of its words. What
 * an entry says of its neighbours' words is for permission caches (plb.c) and not looked at here.
 *
 * 1. Every value of a leaf entry means something: none is malformed.
 */
#include "parts.h"

static inline unsigned field(uint32_t entry, unsigned shift, unsigned bits)
{
    return entry >> shift & ((1u << bits) - 1);
}

/* Sixteen permissions whose words from the offset on have another one; offset is at most 16. */
static inline uint32_t run_begin(uint32_t perms, unsigned offset, unsigned perm)
{
    uint32_t from = (uint32_t)(UINT64_C(0xffffffff) << 2 * offset);

    return (perms & ~from) | (MMP_LEAF_ALL(perm) & from);
}

/* Offset of a run in the sixteen units that begin at base. */
static inline unsigned offset_in(unsigned offset, unsigned base)
{
    return offset <= base ? 0 : offset - base < 16 ? offset - base : 16;
}

bool mmp_runs_ok(uint32_t entry)
{
    return (entry & MMP_RUNS_ZERO) == 0 && (entry >> MMP_RUNS_MID_OFFSET & MMP_RUNS_OFFSET_MASK) <=
                                               (entry >> MMP_RUNS_LAST_OFFSET & MMP_RUNS_OFFSET_MASK);
}

uint32_t mmp_runs_chunk(uint32_t entry, unsigned base)
{
    uint32_t perms = MMP_LEAF_ALL(field(entry, MMP_RUNS_FIRST_PERM, 2));

    perms = run_begin(perms, offset_in(field(entry, MMP_RUNS_MID_OFFSET, 10), base),
                      field(entry, MMP_RUNS_MID_PERM, 2));
    return run_begin(perms, offset_in(field(entry, MMP_RUNS_LAST_OFFSET, 10), base),
                     field(entry, MMP_RUNS_LAST_PERM, 2));
}

uint8_t mmp_runs_unit(uint32_t entry, unsigned unit)
{
    return mmp_runs_chunk(entry, unit) & 3;
}

uint32_t mmp_narrow_chunk(uint32_t entry)
{
    uint32_t perms = MMP_LEAF_ALL(field(entry, MMP_RL_FIRST_PERM, 2));

    perms = run_begin(perms, field(entry, MMP_RL_MID0_OFFSET, 4), field(entry, MMP_RL_MID0_PERM, 2));
    perms = run_begin(perms, field(entry, MMP_RL_MID1_OFFSET, 4), field(entry, MMP_RL_MID1_PERM, 2));
    return run_begin(perms, field(entry, MMP_RL_LAST_OFFSET, 4), field(entry, MMP_RL_LAST_PERM, 2));
}

uint32_t mmp_wide_chunk(uint32_t entry, unsigned base)
{
    uint32_t perms = MMP_LEAF_ALL(field(entry, MMP_WIDE_FIRST_PERM, 2));

    perms = run_begin(perms, offset_in(field(entry, MMP_WIDE_MID0_OFFSET, 6), base),
                      field(entry, MMP_WIDE_MID0_PERM, 2));
    perms = run_begin(perms, offset_in(field(entry, MMP_WIDE_MID1_OFFSET, 6), base),
                      field(entry, MMP_WIDE_MID1_PERM, 2));
    return run_begin(perms, offset_in(field(entry, MMP_WIDE_LAST_OFFSET, 6), base),
                     field(entry, MMP_WIDE_LAST_PERM, 2));
}

/* The bitmap that an entry points to, in words of sixteen permissions. */
static uint32_t pointed(const struct mmp_memory *m, uint32_t entry, unsigned word)
{
    const uint8_t *p = mmp_memory_at(m, (uint64_t)entry + 4 * word, 4);
    uint32_t perms;

    if (entry == 0 || p == NULL)
        return 0;
    memcpy(&perms, p, sizeof perms);
    return perms;
}

uint32_t mmp_runlength_chunk(const struct mmp_memory *m, const struct mmp_walk *walk, uint64_t addr)
{
    unsigned chunk = (addr >> MMP_LEAF_SHIFT) % MMP_LEAF_ENTRIES;
    unsigned chunks = walk->form == MMP_FORM_WIDE ? MMP_LEAF_ENTRIES / MMP_WIDE_ENTRIES : 1;
    uint32_t entry;

    if (walk->form == MMP_FORM_RUNS)
        return mmp_runs_chunk(walk->perms, 16 * chunk);
    memcpy(&entry, walk->leaf + chunk / chunks * 4, sizeof entry);
    switch (entry & MMP_ENTRY_TYPE_MASK) {
    case MMP_ENTRY_POINTER:
        return pointed(m, entry, chunk % chunks);
    case MMP_RL_TYPE:
        return walk->form == MMP_FORM_WIDE ? mmp_wide_chunk(entry, 16 * (chunk % chunks))
                                           : mmp_narrow_chunk(entry);
    default:
        return 0;
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stack permissions table (manual 7.7; the Mondrix slides, "MMP Hardware"): eight registers, each of
 * which grants one domain a range of the current thread's stack. It adds to what tables and stack registers
 * allow.
 *
 * 1. spt_used counts the registers that are not zero: where it is 0 nothing here is asked.
 * 2. A register grants words below 4 GiB, loads or loads and stores, never fetches.
 */
#include "parts.h"

static_assert(sizeof((struct mmp_state *)NULL)->spt / sizeof(uint64_t) == MMP_SPT_ENTRIES,
              "registers (manual 7.7)");

struct grant {
    uint64_t start, end;
    uint8_t perm;
};

/* What register i grants the running domain; false: nothing. */
static bool granted(const struct mmp_state *s, unsigned i, struct grant *g)
{
    uint64_t value = s->spt[i];

    if ((uint16_t)value != s->pdid || value == 0)
        return false;
    g->start = value >> MMP_SPT_START_SHIFT;
    g->end = g->start + (value >> MMP_SPT_WORDS_SHIFT & MMP_SPT_WORDS_MASK) * MMP_WORD_BYTES;
    g->perm = value >> MMP_SPT_PERM_SHIFT & 3;
    return true;
}

static bool allows(uint8_t perm, int access)
{
    return access == MMP_ACCESS_LOAD ? perm != MMP_PERM_NONE
                                     : access == MMP_ACCESS_STORE && perm == MMP_PERM_RW;
}

bool mmp_spt_write(struct mmp_state *s, unsigned i, uint64_t value)
{
    uint64_t start = value >> MMP_SPT_START_SHIFT;
    uint64_t bytes = (value >> MMP_SPT_WORDS_SHIFT & MMP_SPT_WORDS_MASK) * MMP_WORD_BYTES;

    if (start % MMP_WORD_BYTES != 0 || start + bytes > MMP_MEDIATED_END ||
        (value >> MMP_SPT_PERM_SHIFT & 3) == MMP_PERM_RX)
        return false;
    s->spt_used += (uint8_t)((value != 0) - (s->spt[i] != 0));
    s->spt[i] = value;
    return true;
}

void mmp_spt_clear(struct mmp_state *s)
{
    memset(s->spt, 0, sizeof s->spt);
    s->spt_used = 0;
}

uint64_t mmp_spt_extent(const struct mmp_state *s, uint64_t addr, int access)
{
    uint64_t end = addr;
    struct grant g;

    for (unsigned i = 0; i < MMP_SPT_ENTRIES; i++)
        if (granted(s, i, &g) && allows(g.perm, access) && addr >= g.start && addr < g.end && g.end > end)
            end = g.end;
    return end;
}

bool mmp_spt_meets(const struct mmp_state *s, uint64_t start, uint64_t end)
{
    struct grant g;

    for (unsigned i = 0; i < MMP_SPT_ENTRIES; i++)
        if (granted(s, i, &g) && allows(g.perm, MMP_ACCESS_LOAD) && g.start < g.end && g.start < end &&
            start < g.end)
            return true;
    return false;
}

uint32_t mmp_spt_words(const struct mmp_state *s, uint64_t start, int access)
{
    uint32_t words = 0;

    for (unsigned i = 0; i < 16; i++)
        if (mmp_spt_extent(s, start + i * MMP_WORD_BYTES, access) > start + i * MMP_WORD_BYTES)
            words |= 1u << 2 * i;
    return words;
}

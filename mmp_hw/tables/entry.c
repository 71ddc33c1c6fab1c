/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Encoding and decoding of single entries. It owns no table and takes no memory.
 *
 * 1. What is encoded decodes to the same permissions of the entry's own words.
 * 2. A narrow entry's overlap is what the picture says of the neighbours' words, as far as the entry can tell
 * it.
 */
#include "entry.h"

#include "mmp/arch.h"

#define BEFORE_MAX 31u
#define AFTER_MAX 32u

/* ---- Pictures ---- */

static unsigned permission(const uint32_t *page, unsigned word)
{
    return page[word / MMP_CHUNK_WORDS] >> 2 * (word % MMP_CHUNK_WORDS) & 3;
}

/* Bits of the words [from, to) of a chunk. */
static uint32_t words_mask(unsigned from, unsigned to)
{
    return (uint32_t)((UINT64_C(1) << 2 * to) - (UINT64_C(1) << 2 * from));
}

void mmp_picture_set(uint32_t *page, unsigned from, unsigned to, unsigned perm)
{
    while (from < to) {
        unsigned chunk = from / MMP_CHUNK_WORDS, base = chunk * MMP_CHUNK_WORDS;
        unsigned end = to < base + MMP_CHUNK_WORDS ? to : base + MMP_CHUNK_WORDS;
        uint32_t mask = words_mask(from - base, end - base);

        page[chunk] = (page[chunk] & ~mask) | (MMP_LEAF_ALL(perm) & mask);
        from = end;
    }
}

unsigned mmp_picture_run_end(const uint32_t *page, unsigned word, unsigned limit)
{
    uint32_t all = MMP_LEAF_ALL(permission(page, word));

    while (word < limit) {
        uint32_t differs = (page[word / MMP_CHUNK_WORDS] ^ all) >> 2 * (word % MMP_CHUNK_WORDS);

        if (differs != 0) {
            word += (unsigned)__builtin_ctz(differs) / 2;
            break;
        }
        word = (word / MMP_CHUNK_WORDS + 1) * MMP_CHUNK_WORDS;
    }
    return word < limit ? word : limit;
}

unsigned mmp_picture_run_start(const uint32_t *page, unsigned word, unsigned limit)
{
    uint32_t all = MMP_LEAF_ALL(permission(page, word));

    while (word > limit) {
        unsigned in = (word - 1) % MMP_CHUNK_WORDS; /* the highest word looked at next */
        uint32_t differs = (page[(word - 1) / MMP_CHUNK_WORDS] ^ all) & words_mask(0, in + 1);

        if (differs != 0) {
            word -= in - (31 - (unsigned)__builtin_clz(differs)) / 2;
            break;
        }
        word -= in + 1;
    }
    return word > limit ? word : limit;
}

/* ---- Entries of leaf tables ---- */

/* Where the runs of the words [from, end) begin; how many there are, at most four, or 5. */
static unsigned runs_of(const uint32_t *page, unsigned from, unsigned end, unsigned start[4])
{
    unsigned count = 0;

    while (from < end) {
        if (count == 4)
            return 5;
        start[count++] = from;
        from = mmp_picture_run_end(page, from, end);
    }
    return count;
}

static unsigned below(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

bool mmp_narrow_encode(const uint32_t *page, unsigned chunk, uint32_t *entry)
{
    unsigned base = chunk * MMP_CHUNK_WORDS, end = base + MMP_CHUNK_WORDS, start[4], before, after;
    unsigned count = runs_of(page, base, end, start), lowest, first;

    if (count > 4)
        return false;
    lowest = base > BEFORE_MAX ? base - BEFORE_MAX : 0;
    /* A segment to spare tells what ends before the chunk, where that is another run. */
    first = base == 0 || count == 4 ? base : base - 1;
    before = base - mmp_picture_run_start(page, first, lowest);
    if (first < base && permission(page, first) != permission(page, base)) {
        for (unsigned i = count++; i > 0; i--)
            start[i] = start[i - 1];
        start[0] = first;
    }
    after = mmp_picture_run_end(page, end - 1, below(end + AFTER_MAX, MMP_PAGE_WORDS)) - end;
    after = after == AFTER_MAX ? 31 : below(after, 30);

    *entry = MMP_RL_TYPE | permission(page, start[0]) << MMP_RL_FIRST_PERM | before << MMP_RL_FIRST_BEFORE |
             after << MMP_RL_LAST_AFTER;
    /* The segments after the first, the last run in last; those that remain begin where the next one does. */
    for (unsigned i = count; i < 4; i++)
        start[i] = start[count - 1];
    for (unsigned i = 1; i < 4; i++) {
        static const uint8_t perm_at[] = {0, MMP_RL_MID0_PERM, MMP_RL_MID1_PERM, MMP_RL_LAST_PERM};
        static const uint8_t offset_at[] = {0, MMP_RL_MID0_OFFSET, MMP_RL_MID1_OFFSET, MMP_RL_LAST_OFFSET};
        unsigned at = start[i] < base ? base : start[i];

        *entry |= permission(page, at) << perm_at[i] | (at - base) << offset_at[i];
    }
    return true;
}

/* Sixteen permissions whose words from the offset on, at most 16, have another one. */
static uint32_t begin_run(uint32_t perms, unsigned offset, unsigned perm)
{
    uint32_t mask = words_mask(offset, MMP_CHUNK_WORDS);

    return (perms & ~mask) | (MMP_LEAF_ALL(perm) & mask);
}

uint32_t mmp_narrow_decode(uint32_t entry)
{
    uint32_t perms = MMP_LEAF_ALL(entry >> MMP_RL_FIRST_PERM & 3);

    perms = begin_run(perms, entry >> MMP_RL_MID0_OFFSET & 15, entry >> MMP_RL_MID0_PERM & 3);
    perms = begin_run(perms, entry >> MMP_RL_MID1_OFFSET & 15, entry >> MMP_RL_MID1_PERM & 3);
    return begin_run(perms, entry >> MMP_RL_LAST_OFFSET & 15, entry >> MMP_RL_LAST_PERM & 3);
}

#define WIDE_WORDS 64u

bool mmp_wide_encode(const uint32_t *page, unsigned index, uint32_t *entry)
{
    unsigned base = index * WIDE_WORDS, start[4], count = runs_of(page, base, base + WIDE_WORDS, start);

    if (count > 4)
        return false;
    for (unsigned i = count; i < 4; i++)
        start[i] = start[count - 1];
    *entry = MMP_RL_TYPE | permission(page, start[0]) << MMP_WIDE_FIRST_PERM |
             (start[1] - base) << MMP_WIDE_MID0_OFFSET | permission(page, start[1]) << MMP_WIDE_MID0_PERM |
             (start[2] - base) << MMP_WIDE_MID1_OFFSET | permission(page, start[2]) << MMP_WIDE_MID1_PERM |
             (start[3] - base) << MMP_WIDE_LAST_OFFSET | permission(page, start[3]) << MMP_WIDE_LAST_PERM;
    return true;
}

/* Writes a wide segment that begins at a word and reaches to the end, over what is there. */
static void wide_segment(uint32_t chunks[4], unsigned from, unsigned perm)
{
    mmp_picture_set(chunks, from, WIDE_WORDS, perm);
}

void mmp_wide_decode(uint32_t entry, uint32_t chunks[4])
{
    wide_segment(chunks, 0, entry >> MMP_WIDE_FIRST_PERM & 3);
    wide_segment(chunks, entry >> MMP_WIDE_MID0_OFFSET & 63, entry >> MMP_WIDE_MID0_PERM & 3);
    wide_segment(chunks, entry >> MMP_WIDE_MID1_OFFSET & 63, entry >> MMP_WIDE_MID1_PERM & 3);
    wide_segment(chunks, entry >> MMP_WIDE_LAST_OFFSET & 63, entry >> MMP_WIDE_LAST_PERM & 3);
}

/* ---- Runs of 1024 units ---- */

#define UNITS 1024u
#define EIGHTH (UNITS / 8)

static void runs_append(struct mmp_runs *runs, unsigned start, unsigned end, unsigned perm)
{
    if (start >= end || (runs->count > 0 && runs->perm[runs->count - 1] == perm))
        return;
    runs->start[runs->count] = (uint16_t)start;
    runs->perm[runs->count++] = (uint8_t)perm;
}

bool mmp_runs_decode(uint32_t entry, struct mmp_runs *runs)
{
    unsigned type = entry & MMP_ENTRY_TYPE_MASK;

    runs->count = 0;
    if (entry == 0 || type == MMP_ENTRY_BITMAP) {
        for (unsigned i = 0; i < 8; i++)
            runs_append(runs, i * EIGHTH, (i + 1) * EIGHTH, entry >> (MMP_BITMAP_SHIFT + 2 * i) & 3);
        return true;
    }
    if (type == MMP_ENTRY_RUNS) {
        unsigned mid = entry >> MMP_RUNS_MID_OFFSET & MMP_RUNS_OFFSET_MASK;
        unsigned last = entry >> MMP_RUNS_LAST_OFFSET & MMP_RUNS_OFFSET_MASK;

        runs_append(runs, 0, mid, entry >> MMP_RUNS_FIRST_PERM & 3);
        runs_append(runs, mid, last, entry >> MMP_RUNS_MID_PERM & 3);
        runs_append(runs, last, UNITS, entry >> MMP_RUNS_LAST_PERM & 3);
        return true;
    }
    return false;
}

static unsigned runs_end(const struct mmp_runs *runs, unsigned i)
{
    return i + 1 < runs->count ? runs->start[i + 1] : UNITS;
}

void mmp_runs_set(struct mmp_runs *runs, unsigned from, unsigned to, unsigned perm)
{
    struct mmp_runs old = *runs;

    runs->count = 0;
    for (unsigned i = 0; i < old.count; i++)
        runs_append(runs, old.start[i], below(runs_end(&old, i), from), old.perm[i]);
    runs_append(runs, from, to, perm);
    for (unsigned i = 0; i < old.count; i++)
        runs_append(runs, old.start[i] > to ? old.start[i] : to, runs_end(&old, i), old.perm[i]);
}

bool mmp_runs_encode(const struct mmp_runs *runs, bool allow_runs, uint32_t *entry)
{
    unsigned unaligned = 0, mid, last, top = runs->count - 1;
    uint32_t bitmap = 0;

    for (unsigned i = 0; i < runs->count; i++) {
        unaligned |= runs->start[i] % EIGHTH;
        for (unsigned eighth = runs->start[i] / EIGHTH; eighth < 8; eighth++)
            bitmap = (bitmap & ~(3u << 2 * eighth)) | (uint32_t)runs->perm[i] << 2 * eighth;
    }
    if (unaligned == 0) {
        *entry = bitmap == 0 ? 0 : bitmap << MMP_BITMAP_SHIFT | MMP_ENTRY_BITMAP;
        return true;
    }
    if (!allow_runs || runs->count > 3)
        return false;
    mid = below(1, top);
    last = top;
    *entry = MMP_ENTRY_RUNS | (uint32_t)runs->perm[0] << MMP_RUNS_FIRST_PERM |
             (uint32_t)runs->start[mid] << MMP_RUNS_MID_OFFSET |
             (uint32_t)runs->perm[mid] << MMP_RUNS_MID_PERM |
             (uint32_t)runs->start[last] << MMP_RUNS_LAST_OFFSET |
             (uint32_t)runs->perm[last] << MMP_RUNS_LAST_PERM;
    return true;
}

unsigned mmp_runs_permission(const struct mmp_runs *runs, unsigned unit)
{
    unsigned i = runs->count - 1;

    while (runs->start[i] > unit)
        i--;
    return runs->perm[i];
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The PLB of plb.h. A range of 2^n bytes lies in the set that the address bits from n up name; all sizes are
 * looked for at once.
 */
#include "plb.h"

#include "parts.h"

#define ENTRIES_MAX 65536u
#define SMALLEST 2
#define LARGEST 22
#define MUST_HAVE 0x7cu /* one of these sizes, 4 to 64 bytes: any table entry tells so much */
#define SEED UINT64_C(0x4d4d50706c627231)

bool mmp_plb_shape_ok(const struct mmp_plb_shape *shape)
{
    uint32_t sets = shape->ways == 0 ? 0 : shape->entries / shape->ways;

    return shape->entries >= 1 && shape->entries <= ENTRIES_MAX && sets != 0 &&
           sets * shape->ways == shape->entries && (sets & (sets - 1)) == 0 &&
           (shape->sizes & MUST_HAVE) != 0 && shape->sizes >> (LARGEST + 1) == 0 &&
           (shape->sizes & ((1u << SMALLEST) - 1)) == 0 && shape->replacement <= MMP_REPLACE_RANDOM;
}

size_t mmp_plb_bytes(const struct mmp_plb_shape *shape)
{
    return (size_t)shape->entries *
           (sizeof(uint64_t) + sizeof(struct mmp_plb_key) + sizeof(struct mmp_plb_value) + sizeof(uint32_t));
}

void mmp_plb_make(struct mmp_plb *plb, const struct mmp_plb_shape *shape, void *storage)
{
    uint64_t *used = storage;
    struct mmp_plb_value *values = (struct mmp_plb_value *)(used + shape->entries);
    struct mmp_plb_key *keys = (struct mmp_plb_key *)(values + shape->entries);

    memset(storage, 0, mmp_plb_bytes(shape));
    *plb = (struct mmp_plb){.keys = keys,
                            .values = values,
                            .used = used,
                            .next = (uint32_t *)(keys + shape->entries),
                            .entries = shape->entries,
                            .ways = shape->ways,
                            .set_mask = shape->entries / shape->ways - 1,
                            .sizes = shape->sizes,
                            .replacement = (uint8_t)shape->replacement,
                            .random = SEED};
}

/* ---- Finding ---- */

static uint32_t set_of(const struct mmp_plb *plb, uint32_t addr, unsigned shift)
{
    return (addr >> shift & plb->set_mask) * plb->ways;
}

static uint32_t find_in(const struct mmp_plb *plb, uint32_t set, uint16_t tag, uint32_t addr)
{
    for (uint32_t i = set; i < set + plb->ways; i++)
        if (mmp_plb_matches(&plb->keys[i], tag, addr))
            return i;
    return MMP_PLB_NOT_FOUND;
}

static uint32_t find(const struct mmp_plb *plb, uint16_t tag, uint32_t addr)
{
    uint32_t found;

    if (plb->set_mask == 0)
        return find_in(plb, 0, tag, addr);
    for (uint32_t sizes = plb->sizes; sizes != 0; sizes &= sizes - 1) {
        found = find_in(plb, set_of(plb, addr, (unsigned)__builtin_ctz(sizes)), tag, addr);
        if (found != MMP_PLB_NOT_FOUND)
            return found;
    }
    return MMP_PLB_NOT_FOUND;
}

uint32_t mmp_plb_find(struct mmp_plb *plb, uint16_t tag, uint32_t addr, unsigned hint)
{
    uint32_t i = plb->hint[hint];

    if (!mmp_plb_matches(&plb->keys[i], tag, addr)) {
        i = find(plb, tag, addr);
        if (i == MMP_PLB_NOT_FOUND)
            return i;
        plb->hint[hint] = i;
    }
    plb->used[i] = ++plb->clock;
    return i;
}

/* ---- Writing ---- */

static uint32_t random_next(struct mmp_plb *plb)
{
    plb->random ^= plb->random << 13;
    plb->random ^= plb->random >> 7;
    plb->random ^= plb->random << 17;
    return (uint32_t)(plb->random >> 32);
}

static uint32_t victim(struct mmp_plb *plb, uint32_t set)
{
    uint32_t oldest = set;

    for (uint32_t i = set; i < set + plb->ways; i++) {
        if (plb->keys[i].shift == 0)
            return i;
        if (plb->used[i] < plb->used[oldest])
            oldest = i;
    }
    switch (plb->replacement) {
    case MMP_REPLACE_ROUND_ROBIN:
        return set + plb->next[set / plb->ways]++ % plb->ways;
    case MMP_REPLACE_RANDOM:
        return set + random_next(plb) % plb->ways;
    default:
        return oldest;
    }
}

/* Largest range of the PLB's sizes around addr that lies in what is told. */
static unsigned range_shift(const struct mmp_plb *plb, uint32_t addr, const struct mmp_plb_told *told)
{
    for (unsigned shift = LARGEST; shift > 0; shift--) {
        uint64_t start = (uint64_t)addr >> shift << shift;

        if ((plb->sizes >> shift & 1) != 0 && start >= told->start &&
            start + (UINT64_C(1) << shift) <= told->end)
            return shift;
    }
    assert(false); /* 64 bytes are always told */
    return 0;
}

uint32_t mmp_plb_refill(struct mmp_plb *plb, uint16_t tag, uint32_t addr, const struct mmp_plb_told *told,
                        unsigned *evicted)
{
    struct mmp_plb_key key = {.tag = tag, .shift = (uint8_t)range_shift(plb, addr, told)};
    uint32_t i;

    key.start = addr >> key.shift << key.shift;
    *evicted = mmp_plb_invalidate(plb, tag, key.start, mmp_plb_end(&key)); /* invariant 1 */
    i = victim(plb, set_of(plb, addr, key.shift));
    *evicted += plb->keys[i].shift != 0;
    plb->keys[i] = key;
    plb->values[i] = told->value;
    plb->used[i] = ++plb->clock;
    return i;
}

unsigned mmp_plb_invalidate(struct mmp_plb *plb, uint16_t tag, uint64_t start, uint64_t end)
{
    unsigned dropped = 0;

    for (uint32_t i = 0; i < plb->entries; i++) {
        if (mmp_plb_meets(&plb->keys[i], tag, start, end)) {
            plb->keys[i].shift = 0;
            dropped++;
        }
    }
    return dropped;
}

/* ---- Reading ---- */

static uint32_t narrow_around(const struct mmp_plb_value *value, uint32_t chunk)
{
    unsigned perm = value->entry >> (chunk < value->base ? MMP_RL_FIRST_PERM : MMP_RL_LAST_PERM) & 3;

    return chunk == value->base ? mmp_narrow_chunk(value->entry) : MMP_LEAF_ALL(perm);
}

uint32_t mmp_plb_chunk(const struct mmp_plb_value *value, uint32_t addr)
{
    uint32_t chunk = addr & ~((1u << MMP_LEAF_SHIFT) - 1);

    switch (value->form) {
    case MMP_PLB_UNITS:
        return MMP_LEAF_ALL(value->entry >> 2 * ((addr - value->base) >> value->unit_shift) & 3);
    case MMP_PLB_CHUNK:
        return value->entry;
    case MMP_PLB_NARROW:
        return narrow_around(value, chunk);
    case MMP_PLB_WIDE:
        return mmp_wide_chunk(value->entry, (chunk - value->base) / MMP_WORD_BYTES);
    case MMP_PLB_WORDS:
        return mmp_runs_chunk(value->entry, (chunk - value->base) / MMP_WORD_BYTES);
    default:
        return MMP_LEAF_ALL(mmp_runs_unit(value->entry, (addr - value->base) >> MMP_MID_SHIFT));
    }
}

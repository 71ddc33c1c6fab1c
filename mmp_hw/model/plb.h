/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The protection lookaside buffer (manual 11.3; WDDD section 4.2): an associative memory of table entries,
 * each tagged with the domain and covering a naturally aligned range of a power of two of bytes. And the
 * sidecar registers (11.4), which hold copies of its entries. What a permission allows is not known here.
 *
 * 1. No two entries match one word of one domain.
 * 2. An entry holds what its table entry says, of a range of which that says everything.
 */
#ifndef MMP_PLB_H
#define MMP_PLB_H

#include "machine.h"

/* What an entry is matched by; invalid: shift 0. */
struct mmp_plb_key {
    uint32_t start;
    uint16_t tag;
    uint8_t shift; /* log2 of the bytes covered */
};

/* What it holds: a table entry, and how that is read. */
enum mmp_plb_form {
    MMP_PLB_UNITS,  /* eight permissions in bits 15:0, of units of 1 << unit_shift bytes from base on */
    MMP_PLB_CHUNK,  /* sixteen permissions of the words from base on */
    MMP_PLB_NARROW, /* a narrow run-length entry; base: its own sixteen words */
    MMP_PLB_WIDE,   /* a wide one */
    MMP_PLB_WORDS,  /* a runs entry of a mid table */
    MMP_PLB_PAGES,  /* one of a root table */
};
struct mmp_plb_value {
    uint32_t base, entry;
    uint8_t form, unit_shift;
};

struct mmp_plb_entry {
    struct mmp_plb_key key;
    struct mmp_plb_value value;
    uint64_t used; /* when, for LRU */
};

struct mmp_plb {
    struct mmp_plb_key *keys;
    struct mmp_plb_value *values;
    uint64_t *used;
    uint32_t *next; /* of each set: round robin */
    uint32_t entries, ways, set_mask, sizes;
    uint8_t replacement;
    uint64_t clock, random;
    uint32_t hint[3]; /* entry last found by each kind of access: only a shorter way to it */
};

bool mmp_plb_shape_ok(const struct mmp_plb_shape *shape);
size_t mmp_plb_bytes(const struct mmp_plb_shape *shape);
void mmp_plb_make(struct mmp_plb *plb, const struct mmp_plb_shape *shape, void *storage);

#define MMP_PLB_NOT_FOUND UINT32_MAX

/* The entry that covers addr for that domain; it counts as used now. hint is an MMP_ACCESS_*. */
uint32_t mmp_plb_find(struct mmp_plb *plb, uint16_t tag, uint32_t addr, unsigned hint);

/* What a walk found: a table entry that tells all of [start, end). */
struct mmp_plb_told {
    struct mmp_plb_value value;
    uint64_t start, end;
};

/* Writes an entry for the largest range around addr that the PLB can cover and the value tells. *evicted: how
 * many entries it replaced. */
uint32_t mmp_plb_refill(struct mmp_plb *plb, uint16_t tag, uint32_t addr, const struct mmp_plb_told *told,
                        unsigned *evicted);

/* Drops the entries of that domain (0: of all) whose range meets [start, end); returns how many. */
unsigned mmp_plb_invalidate(struct mmp_plb *plb, uint16_t tag, uint64_t start, uint64_t end);

/* The sixteen permissions of the 64 bytes that hold addr, as the value has them; those outside its range have
 * no meaning. */
uint32_t mmp_plb_chunk(const struct mmp_plb_value *value, uint32_t addr);

static inline bool mmp_plb_matches(const struct mmp_plb_key *key, uint16_t tag, uint32_t addr)
{
    return key->tag == tag && ((uint64_t)(key->start ^ addr) >> key->shift) == 0 && key->shift != 0;
}

static inline uint64_t mmp_plb_end(const struct mmp_plb_key *key)
{
    return key->start + (UINT64_C(1) << key->shift);
}

static inline bool mmp_plb_meets(const struct mmp_plb_key *key, uint16_t tag, uint64_t start, uint64_t end)
{
    return key->shift != 0 && (tag == 0 || key->tag == tag) && key->start < end && start < mmp_plb_end(key);
}

#endif

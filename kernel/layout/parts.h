/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The layout's state, for the files of kernel/layout/ only.
 */
#ifndef KERNEL_LAYOUT_PARTS_H
#define KERNEL_LAYOUT_PARTS_H

#include "layout/layout.h"

enum domain_state { DOMAIN_FREE, DOMAIN_LIVE, DOMAIN_STALE, DOMAIN_DISSOLVED };

struct pd_set {
    uint64_t bits[2];
};
_Static_assert(PD_COUNT == 128, "a pd_set has a bit for each domain");

struct layout_component {
    struct view row[LAYOUT_SLOTS];
    uint64_t slots; /* those of the row that are not VIEW_NONE */
};

struct layout_domain {
    uint64_t members;      /* LIVE: who is in it; STALE: who was */
    uint64_t slots;        /* what its table selects; kept when it is dissolved, until it is free */
    uint64_t unions;       /* those of them whose view is a table of this domain's own */
    struct pd_set aliases; /* LIVE, STALE: domains whose tags name this one; itself included */
    enum domain_state state;
};

struct layout {
    struct layout_component components[LAYOUT_COMPONENTS];
    struct pd_id homes[64]; /* of the components; each names the live domain that holds its component */
    unsigned count;
    uint64_t users[LAYOUT_SLOTS]; /* components that have a view of the slot */
    uint64_t crowded;             /* slots of which two components, not the owner, have tables */
    uint32_t device_root[LAYOUT_SLOTS - ARENA_SLOTS];
    unsigned device_slots;
    struct layout_domain domains[PD_COUNT];
    struct pd_set free, live, stale, dissolved;
    unsigned free_count;
    uint64_t closed; /* components that no gate leads into */
    uint64_t merges, splits;
    struct layout_move moves[LAYOUT_MOVES]; /* the one with number n at n modulo LAYOUT_MOVES */
};
extern struct layout layout;

/* The lowest bit of a set that is not empty, taken out of it. */
static inline unsigned bit_take(uint64_t *set)
{
    unsigned bit = (unsigned)__builtin_ctzll(*set);

    *set &= *set - 1;
    return bit;
}

static inline unsigned root_slot(unsigned slot)
{
    return slot < ARENA_SLOTS ? ARENA_BASE / SLOT_BYTES + slot : layout.device_root[slot - ARENA_SLOTS];
}

/* Bits of slots that are the arena's: their root slots follow each other. */
#define ARENA_MASK ((1ull << ARENA_SLOTS) - 1)
#define ARENA_ROOT (ARENA_BASE / SLOT_BYTES)

/* Is there memory for the tables that a domain of these members needs of its own in these slots? Takes it
 * from *budget. */
long union_reserve(uint64_t members, uint64_t slots, struct view_budget *budget);
/* The view of a slot that these members have together. *made: it is a new table, which belongs to the domain.
 */
struct view union_view(uint64_t members, unsigned slot, bool *made);
#endif

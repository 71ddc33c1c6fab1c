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
    struct layout_component components[LAYOUT_INDICES]; /* and groups */
    struct pd_id homes[64]; /* of the components; each names the live domain that holds its component */
    uint64_t present;       /* components */
    uint64_t groups;        /* everybody's is there always, and no bit of it */
    uint64_t joined[LAYOUT_INDICES]; /* of a component: the groups that it is in, but everybody's */
    uint64_t in_groups;              /* components that are in some */
    uint64_t users[LAYOUT_SLOTS];    /* components and groups that have a view of the slot */
    uint64_t mixed;   /* arena slots with words that are not their component's: its view need not contain the
                         others' */
    uint64_t crowded; /* slots of which two have tables, neither of whose views contains the other's */
    uint32_t device_root[LAYOUT_SLOTS - ARENA_SLOTS];
    unsigned device_slots;
    struct layout_domain domains[PD_COUNT];
    struct pd_set free, live, stale, dissolved;
    unsigned free_count;
    struct view devices[PD_DEVICES][LAYOUT_SLOTS]; /* dma.c */
    uint64_t closed;                               /* components that no gate leads into */
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

static inline void set_add(struct pd_set *set, struct pd pd)
{
    set->bits[pd.number / 64] |= 1ull << pd.number % 64;
}

static inline void set_remove(struct pd_set *set, struct pd pd)
{
    set->bits[pd.number / 64] &= ~(1ull << pd.number % 64);
}

static inline bool set_meets(const struct pd_set *a, const struct pd_set *b)
{
    return ((a->bits[0] & b->bits[0]) | (a->bits[1] & b->bits[1])) != 0;
}

static inline bool set_empty(const struct pd_set *set)
{
    return (set->bits[0] | set->bits[1]) == 0;
}

static inline struct pd set_take(struct pd_set *set)
{
    return (struct pd){(uint8_t)(set->bits[0] != 0 ? bit_take(&set->bits[0]) : 64 + bit_take(&set->bits[1]))};
}

static inline struct layout_domain *domain_of(struct pd pd)
{
    return &layout.domains[pd.number];
}

static inline unsigned root_slot(unsigned slot)
{
    return slot < ARENA_SLOTS ? ARENA_BASE / SLOT_BYTES + slot : layout.device_root[slot - ARENA_SLOTS];
}

/* Bits of slots that are the arena's: their root slots follow each other. */
#define ARENA_MASK ((1ull << ARENA_SLOTS) - 1)
#define ARENA_ROOT (ARENA_BASE / SLOT_BYTES)

/* Whose rows make up what a domain of these members may: they, and the groups that they are in. */
static inline uint64_t principals(uint64_t members)
{
    uint64_t all = members | 1ull << LAYOUT_EVERYBODY;

    for (uint64_t left = members & layout.in_groups; left != 0;)
        all |= layout.joined[bit_take(&left)];
    return all;
}

/* The slots that they have something in. */
static inline uint64_t principals_slots(uint64_t all)
{
    uint64_t slots = 0;

    while (all != 0)
        slots |= layout.components[bit_take(&all)].slots;
    return slots;
}

/* Nobody has anything of an arena slot any more. */
void slot_forsake(unsigned slot);

/* Does a slot's own component, which is among them, see all of it that the others do? */
bool owner_decides(uint64_t members, unsigned slot);
/* Is there memory for the tables that a domain of these members needs of its own in these slots? Takes it
 * from *budget. */
long union_reserve(uint64_t members, uint64_t slots, struct view_budget *budget);
/* The view of a slot that these members have together. *made: it is a new table, which belongs to the domain.
 */
struct view union_view(uint64_t members, unsigned slot, bool *made);

/* ---- domain.c ---- */

/* A free domain is LIVE now, with these members; it selects nothing yet. There is one. */
struct pd domain_take(uint64_t members);
/* One slot of a domain; what it was selected before does not matter. `made`: the view is the domain's own. */
void domain_select(struct pd pd, unsigned slot, struct view view, bool made);
/* One slot of a domain as its members see it now, by as little memory as that takes: the old view goes first.
 * It cannot fail where union_reserve has agreed, nor where the members see less of it than before. */
void domain_renew(struct pd pd, unsigned slot);
/* Slots that the domain has nothing in, as another one sees them. */
void domain_copy(struct pd pd, struct pd from, uint64_t slots);
/* LIVE to DISSOLVED: whoever is in it, or in an alias of it, goes on in `into`. */
void domain_dissolve(struct pd pd, struct pd into);
/* LIVE to STALE: it goes on as it was, for the threads in it alone. */
void domain_leave(struct pd pd);
/* Frees what no frame names, until at least `enough` domains have become free. */
void domains_reclaim(const struct pd_set *named, unsigned enough);
/* So many are free, or can be: those that no frame names are freed, some each time, all if need be. */
bool domains_enough(const struct pd_set *named, unsigned needed);
/* These components' ids name a domain anew. */
void homes_name(uint64_t members, struct pd pd);

/* ---- history.c: counts the move and remembers it; struct layout_move says what the arguments are ---- */
void move_note(bool split, unsigned into, unsigned from, uint64_t side, uint64_t other);
#endif

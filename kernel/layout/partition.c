/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Moving a component from one domain to another, and laying out all of them at once (TSE11 section 3.1:
 * patterns composed of merges and splits). What they mean is what the composition means: the same domains,
 * the same counts, the same history. But they ask for all that they need before they change anything.
 *
 * A partition takes no step that it would have to take back. Each set that is wanted finds its domain:
 * 1. One whose members all are in the set: it grows, as in a merge, and others like it dissolve into it.
 * 2. Else one that no thread is in, of whose members some are in the set: it is reused, as in a split.
 * 3. Else a free one.
 * A domain whose members come apart and that was not reused is left to its threads, stale; if it has none,
 * the next one who reclaims frees it.
 */
#include "layout/parts.h"
#include "panic.h"
#include "shoji/status.h"

struct wanted {
    uint64_t members;
    struct pd pd; /* number 0: none yet */
    bool whole;   /* all who were in pd are members */
};
static struct wanted wanted[LAYOUT_COMPONENTS]; /* by its first member */
static uint8_t set_of[LAYOUT_COMPONENTS];       /* of a component: its set's place in wanted */
static uint64_t sets;                           /* places where there is one */

long layout_move(unsigned component, unsigned into)
{
    struct pd from = layout_domain(component), to = layout_domain(into);
    uint64_t bit = 1ull << component;
    uint64_t slots = principals_slots(principals(bit));
    const struct layout_domain *old = domain_of(from);
    struct view_budget budget;
    long status;

    if (from.number == to.number)
        return SHOJI_ESAME;
    if (old->members == bit)
        return layout_merge(into, component);
    budget = view_budget();
    if (union_reserve(old->members & ~bit, old->slots, &budget) != SHOJI_OK ||
        union_reserve(bit, slots, &budget) != SHOJI_OK ||
        union_reserve(domain_of(to)->members | bit, slots, &budget) != SHOJI_OK)
        return SHOJI_EMEMORY;
    status = layout_split(component);
    if (status != SHOJI_OK)
        return status;
    status = layout_merge(into, component);
    ASSERT(status == SHOJI_OK, "what a move needs was asked for before it began");
    return SHOJI_OK;
}

/* ---- Partition ---- */

static void wanted_gather(const uint8_t numbers[], unsigned count)
{
    uint8_t first[LAYOUT_COMPONENTS];

    sets = 0;
    for (unsigned i = 0; i < LAYOUT_COMPONENTS; i++)
        first[i] = LAYOUT_COMPONENTS;
    for (uint64_t left = layout.present; left != 0;) {
        unsigned i = bit_take(&left);
        uint8_t *place = i < count ? &first[numbers[i]] : &(uint8_t){LAYOUT_COMPONENTS};

        if (*place == LAYOUT_COMPONENTS) {
            *place = (uint8_t)i;
            wanted[i] = (struct wanted){.members = 0};
            sets |= 1ull << i;
        }
        set_of[i] = *place;
        wanted[*place].members |= 1ull << i;
    }
}

static bool is_unchanged(const struct wanted *set)
{
    return set->whole && domain_of(set->pd)->members == set->members;
}

/* Finds a domain for each set as the head of this file says; returns how many have found none. */
static unsigned wanted_match(const struct pd_set *named)
{
    unsigned without = 0;

    for (unsigned reuse = 0; reuse < 2; reuse++)
        for (struct pd_set left = layout.live; !set_empty(&left);) {
            struct pd pd = set_take(&left);
            const struct layout_domain *domain = domain_of(pd);

            if (domain->members == 0)
                continue;
            struct wanted *set = &wanted[set_of[__builtin_ctzll(domain->members)]];
            bool whole = (domain->members & ~set->members) == 0;

            if (set->pd.number != 0 || whole == (reuse != 0) ||
                (!whole && set_meets(&domain->aliases, named)))
                continue;
            set->pd = pd;
            set->whole = whole;
        }
    for (uint64_t left = sets; left != 0;)
        without += wanted[bit_take(&left)].pd.number == 0;
    return without;
}

static long tables_reserve(void)
{
    struct view_budget budget = view_budget();

    for (uint64_t left = layout.crowded != 0 ? sets : 0; left != 0;) {
        const struct wanted *set = &wanted[bit_take(&left)];

        if (!is_unchanged(set) &&
            union_reserve(set->members, principals_slots(principals(set->members)), &budget) != SHOJI_OK)
            return SHOJI_EMEMORY;
    }
    return SHOJI_OK;
}

/* The splits and then the merges that this partition is made of; returns whether there are any. */
static bool moves_note(void)
{
    uint64_t before = layout.merges + layout.splits;

    for (struct pd_set left = layout.live; !set_empty(&left);)
        for (uint64_t rest = domain_of(set_take(&left))->members; rest != 0;) {
            unsigned first = (unsigned)__builtin_ctzll(rest);
            uint64_t part = rest & wanted[set_of[first]].members;

            rest &= ~part;
            if (rest != 0)
                move_note(true, first, first, rest, part);
        }
    for (uint64_t left = sets; left != 0;) {
        uint64_t members = wanted[bit_take(&left)].members, whole = 0;

        while (members != whole) {
            unsigned first = (unsigned)__builtin_ctzll(members & ~whole);
            uint64_t part = domain_of(layout_domain(first))->members & members;

            if (whole != 0)
                move_note(false, (unsigned)__builtin_ctzll(whole), first, whole, part);
            whole |= part;
        }
    }
    return layout.merges + layout.splits != before;
}

/* Domains whose members are wanted apart, and that were not found a use for. */
static void domains_leave(void)
{
    for (struct pd_set left = layout.live; !set_empty(&left);) {
        struct pd pd = set_take(&left);
        uint64_t members = domain_of(pd)->members;

        if (members == 0)
            continue;
        const struct wanted *set = &wanted[set_of[__builtin_ctzll(members)]];

        if ((members & ~set->members) != 0 && set->pd.number != pd.number)
            domain_leave(pd);
    }
}

/* The set's domain becomes what it is to be; those that are part of the set dissolve into it. */
static void set_settle(struct wanted *set)
{
    uint64_t slots = principals_slots(principals(set->members));

    if (set->pd.number == 0)
        set->pd = domain_take(set->members);
    for (uint64_t left = set->members; left != 0;) {
        struct pd pd = layout_domain(bit_take(&left));

        if (pd.number != set->pd.number && domain_of(pd)->state == DOMAIN_LIVE &&
            (domain_of(pd)->members & ~set->members) == 0)
            domain_dissolve(pd, set->pd);
    }
    for (uint64_t left = slots | domain_of(set->pd)->slots; left != 0;) {
        unsigned slot = bit_take(&left);
        bool made;
        struct view view = union_view(set->members, slot, &made);

        domain_select(set->pd, slot, view, made);
    }
    domain_of(set->pd)->members = set->members;
    homes_name(set->members, set->pd);
    if (!set->whole)
        pd_forget(set->pd);
}

long layout_partition(const uint8_t numbers[], unsigned count)
{
    struct pd_set named = {{0}};

    wanted_gather(numbers, count);
    thread_domains_named(named.bits);
    if (!domains_enough(&named, wanted_match(&named)) || tables_reserve() != SHOJI_OK)
        return SHOJI_EMEMORY;

    /* Nothing fails from here on. */
    if (!moves_note())
        return SHOJI_ESAME;
    domains_leave();
    for (uint64_t left = sets; left != 0;) {
        struct wanted *set = &wanted[bit_take(&left)];

        if (!is_unchanged(set))
            set_settle(set);
    }
    return SHOJI_OK;
}

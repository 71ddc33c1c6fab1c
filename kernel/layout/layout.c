/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Components in domains: merge and split. It owns `layout` (parts.h); it never touches threads or gates. The
 * states of a domain are domain.c's.
 *
 * Invariants (layout_check):
 * 1. Each component is a member of exactly one live domain; a live domain has members.
 * 2. A component's home id names the domain that it is a member of; a live domain's tag names that domain.
 * 3. Each dissolved domain is an alias of exactly one live or stale domain, and its tag names that one; those
 * are aliases of themselves.
 * 4. A live or stale domain's table selects, in each slot, what its members' rows have there together
 * (union.c).
 * 5. A free domain selects nothing, its tag names nothing, and the hardware has forgotten it.
 * 6. users[slot] has a component's bit exactly if its row has a view there; crowded is as parts.h says.
 * 7. No call stack names a free domain.
 * 8. Only components and groups have rows; who has joined a group is a component, and the group is there.
 */
#include "layout/layout.h"

#include "layout/parts.h"
#include "panic.h"
#include "shoji/status.h"

struct layout layout;

/* ---- Merge ---- */

long layout_merge(unsigned into_component, unsigned from_component)
{
    struct pd into = layout_domain(into_component), from = layout_domain(from_component);
    struct layout_domain *a = domain_of(into), *b = domain_of(from);
    uint64_t members = a->members | b->members, moved = b->members;
    uint64_t fresh = b->slots & ~a->slots & ~b->unions;

    if (into.number == from.number)
        return SHOJI_ESAME;
    if ((b->slots & layout.crowded) != 0) {
        struct view_budget budget = view_budget();

        if (union_reserve(members, b->slots, &budget) != SHOJI_OK)
            return SHOJI_EMEMORY;
    }

    /* Nothing fails from here on. Rights only grow: nothing is to be forgotten. */
    for (uint64_t left = b->slots & ~fresh; left != 0;) {
        unsigned slot = bit_take(&left);
        bool made;
        struct view view = union_view(members, slot, &made);

        domain_select(into, slot, view, made);
    }
    domain_copy(into, from, fresh);
    homes_name(b->members, into);
    domain_dissolve(from, into);
    a->members = members;
    move_note(false, into_component, from_component, members & ~moved, moved);
    return SHOJI_OK;
}

/* ---- Split ---- */

/* No thread is in the domain: it stays with those who stay. */
static void split_reuse(unsigned component, struct pd old)
{
    struct layout_domain *domain = domain_of(old);
    uint64_t slots = principals_slots(1ull << component | layout.joined[component]);

    domain->members &= ~(1ull << component);
    while (slots != 0) {
        unsigned slot = bit_take(&slots);
        bool made;
        struct view view = union_view(domain->members, slot, &made);

        domain_select(old, slot, view, made);
    }
    pd_forget(old);
}

/* Threads are in the domain: it goes on as it was, for them alone. */
static void split_leave(unsigned component, struct pd old)
{
    struct layout_domain *domain = domain_of(old);
    uint64_t stay = domain->members & ~(1ull << component);
    uint64_t changed =
        (principals_slots(1ull << component | layout.joined[component]) | domain->unions) & domain->slots;
    struct pd rest = domain_take(stay);

    domain_copy(rest, old, domain->slots & ~changed);
    while (changed != 0) {
        unsigned slot = bit_take(&changed);
        bool made;
        struct view view = union_view(stay, slot, &made);

        domain_select(rest, slot, view, made);
    }
    homes_name(stay, rest);
    domain_leave(old);
}

/* A domain's slots, which selects nothing yet, as its one member has them. */
static void own_select(struct pd pd, unsigned component)
{
    const struct layout_component *own = &layout.components[component];
    uint64_t groups = principals_slots(principals(1ull << component) & ~(1ull << component));

    for (uint64_t left = own->slots & ~groups; left != 0;) {
        unsigned slot = bit_take(&left);

        pd_select(pd, root_slot(slot), own->row[slot]);
    }
    domain_of(pd)->slots = own->slots & ~groups;
    while (groups != 0)
        domain_renew(pd, bit_take(&groups));
}

long layout_split(unsigned component)
{
    struct pd old = layout_domain(component), own;
    struct layout_domain *domain = domain_of(old);
    uint64_t bit = 1ull << component;
    struct pd_set named = {{0}};

    if (domain->members == bit)
        return SHOJI_ESAME;
    thread_domains_named(named.bits);
    bool busy = set_meets(&domain->aliases, &named);
    if (!domains_enough(&named, busy ? 2 : 1))
        return SHOJI_EMEMORY;
    if ((domain->slots & layout.crowded) != 0) {
        struct view_budget budget = view_budget();

        if (union_reserve(domain->members & ~bit, domain->slots, &budget) != SHOJI_OK ||
            union_reserve(bit, domain->slots, &budget) != SHOJI_OK)
            return SHOJI_EMEMORY;
    }

    /* Nothing fails from here on. */
    uint64_t stay = domain->members & ~bit;
    if (busy)
        split_leave(component, old);
    else
        split_reuse(component, old);
    own = domain_take(bit);
    own_select(own, component);
    homes_name(bit, own);
    move_note(true, component, component, stay, bit);
    return SHOJI_OK;
}

/* ---- The rest ---- */

void layout_reset(void)
{
    layout = (struct layout){.present = 0};
    for (unsigned i = 1; i < PD_COUNT; i++)
        set_add(&layout.free, (struct pd){(uint8_t)i});
    layout.free_count = PD_COUNT - 1;
}

void layout_grant(unsigned component, unsigned slot, struct view view)
{
    struct layout_component *to = &layout.components[component];

    ASSERT((to->slots >> slot & 1) == 0 && view.word != 0, "a view is granted once");
    ASSERT(slot < ARENA_SLOTS || layout.users[slot] == 0, "a device has one user");
    to->row[slot] = view;
    to->slots |= 1ull << slot;
    layout.users[slot] |= 1ull << component;
    domain_select(layout_domain(component), slot, view, false);
}

void layout_close(unsigned component)
{
    layout.closed |= 1ull << component;
    pd_close(layout.homes[component]);
}

void layout_open(unsigned component)
{
    layout.closed &= ~(1ull << component);
    pd_name(layout.homes[component], layout_domain(component));
}

unsigned layout_device_slot(uint32_t address)
{
    if (layout.device_slots == LAYOUT_SLOTS - ARENA_SLOTS)
        return NO_SLOT;
    layout.device_root[layout.device_slots] = address / SLOT_BYTES;
    return ARENA_SLOTS + layout.device_slots++;
}

unsigned layout_slot_of(uint32_t address)
{
    uint32_t root = address / SLOT_BYTES;

    if (root >= ARENA_BASE / SLOT_BYTES && root < ARENA_BASE / SLOT_BYTES + ARENA_SLOTS)
        return root - ARENA_BASE / SLOT_BYTES;
    for (unsigned i = 0; i < layout.device_slots; i++)
        if (layout.device_root[i] == root)
            return ARENA_SLOTS + i;
    return NO_SLOT;
}

struct view layout_view(unsigned component, unsigned slot)
{
    return layout.components[component].row[slot];
}

struct pd layout_domain(unsigned component)
{
    return pd_named(layout.homes[component]);
}

uint64_t layout_members(struct pd pd)
{
    return layout.domains[pd.number].members;
}

bool layout_covers(unsigned component, uint32_t address, uint32_t bytes, enum right right)
{
    uint64_t end = (uint64_t)address + bytes;

    for (uint64_t at = address; at < end; at = (at / SLOT_BYTES + 1) * SLOT_BYTES) {
        unsigned slot = layout_slot_of((uint32_t)at);
        uint64_t slot_end = (at / SLOT_BYTES + 1) * SLOT_BYTES;

        if (at >> 32 != 0 || slot == NO_SLOT ||
            !view_covers(layout.components[component].row[slot], (uint32_t)at,
                         (uint32_t)((end < slot_end ? end : slot_end) - at), right))
            return false;
    }
    return true;
}

static void reclaim_all(void)
{
    struct pd_set named = {{0}};

    thread_domains_named(named.bits);
    domains_reclaim(&named, PD_COUNT);
}

long layout_component_add(unsigned index, uint32_t id)
{
    struct view own;
    struct pd pd;

    ASSERT(index < LAYOUT_COMPONENTS && ((layout.present | layout.groups) >> index & 1) == 0,
           "an index of nobody's");
    if (layout.free_count == 0)
        reclaim_all();
    if (layout.free_count == 0 || view_create(&own) != SHOJI_OK)
        return SHOJI_EMEMORY;
    slot_forsake(index);
    pd = domain_take(1ull << index);
    layout.present |= 1ull << index;
    layout.homes[index] = pd_home(id);
    pd_name(layout.homes[index], pd);
    for (uint64_t left = layout.components[LAYOUT_EVERYBODY].slots; left != 0;)
        domain_renew(pd, bit_take(&left));
    layout_grant(index, index, own);
    return SHOJI_OK;
}

static uint64_t set_count(struct pd_set set)
{
    uint64_t count = 0;

    for (; !set_empty(&set); count++)
        set_take(&set);
    return count;
}

void layout_counts(struct layout_counts *out)
{
    reclaim_all();
    struct view_budget used = view_used();

    *out = (struct layout_counts){.merges = layout.merges,
                                  .splits = layout.splits,
                                  .stale = set_count(layout.stale),
                                  .domains = set_count(layout.live),
                                  .domain_bytes = pd_bytes() + sizeof layout.domains[0],
                                  .table_bytes = (uint64_t)used.tables * VIEW_TABLE_BYTES +
                                                 (uint64_t)used.leaves * VIEW_LEAF_BYTES};
}

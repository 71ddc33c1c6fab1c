/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Domains and who is in them: merge, split, stale domains. It owns `layout` (parts.h); it never touches
 * threads or gates.
 *
 *            take               dissolved by a merge
 *    FREE ---------> LIVE -------------------------> DISSOLVED      its tag names the domain that it was
 * merged into ^              | split while threads are in it      | |              v |
 *      +----------- STALE                 (no frame names it any more: reclaim)
 *      +---------------------------------------------------+
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
 */
#include "layout/layout.h"

#include "layout/parts.h"
#include "panic.h"
#include "shoji/status.h"

#define RECLAIM_STEP 3u

struct layout layout;

static void set_add(struct pd_set *set, struct pd pd)
{
    set->bits[pd.number / 64] |= 1ull << pd.number % 64;
}

static void set_remove(struct pd_set *set, struct pd pd)
{
    set->bits[pd.number / 64] &= ~(1ull << pd.number % 64);
}

static bool set_meets(const struct pd_set *a, const struct pd_set *b)
{
    return ((a->bits[0] & b->bits[0]) | (a->bits[1] & b->bits[1])) != 0;
}

static bool set_empty(const struct pd_set *set)
{
    return (set->bits[0] | set->bits[1]) == 0;
}

static struct pd set_take(struct pd_set *set)
{
    return (struct pd){(uint8_t)(set->bits[0] != 0 ? bit_take(&set->bits[0]) : 64 + bit_take(&set->bits[1]))};
}

static struct layout_domain *domain_of(struct pd pd)
{
    return &layout.domains[pd.number];
}

/* ---- Transitions ---- */

static struct pd domain_take(uint64_t members)
{
    struct pd pd = set_take(&layout.free);
    struct layout_domain *domain = domain_of(pd);

    layout.free_count--;
    domain->members = members;
    domain->aliases = (struct pd_set){{0}};
    set_add(&domain->aliases, pd);
    domain->state = DOMAIN_LIVE;
    set_add(&layout.live, pd);
    pd_name(pd_tag(pd), pd);
    return pd;
}

/* One slot of a domain; what it was selected before does not matter. */
static void slot_select(struct pd pd, unsigned slot, struct view view, bool made)
{
    struct layout_domain *domain = domain_of(pd);
    uint64_t bit = 1ull << slot;
    struct view old = pd_selected(pd, root_slot(slot));

    pd_select(pd, root_slot(slot), view);
    if ((domain->unions & bit) != 0)
        view_destroy(old);
    domain->slots = view.word != 0 ? domain->slots | bit : domain->slots & ~bit;
    domain->unions = made ? domain->unions | bit : domain->unions & ~bit;
}

/* Slots that the domain has nothing in, as another one sees them. */
static void slots_copy(struct pd pd, struct pd from, uint64_t slots)
{
    pd_select_same(pd, from, ARENA_ROOT, slots & ARENA_MASK);
    domain_of(pd)->slots |= slots;
    for (uint64_t devices = slots & ~ARENA_MASK; devices != 0;) {
        unsigned root = root_slot(bit_take(&devices));

        pd_select(pd, root, pd_selected(from, root));
    }
}

static void domain_free(struct pd pd)
{
    struct layout_domain *domain = domain_of(pd);

    for (uint64_t left = domain->unions | (domain->slots & ~ARENA_MASK); left != 0;)
        slot_select(pd, bit_take(&left), VIEW_NONE, false);
    pd_select_none(pd, ARENA_ROOT, domain->slots);
    domain->slots = 0;
    set_remove(&layout.stale, pd);
    set_remove(&layout.dissolved, pd);
    pd_unname(pd_tag(pd));
    pd_forget(pd);
    domain->members = 0;
    domain->state = DOMAIN_FREE;
    set_add(&layout.free, pd);
    layout.free_count++;
}

/* These components' ids name a domain anew. */
static void homes_name(uint64_t members, struct pd pd)
{
    pd_name_each(layout.homes, members, pd);
    for (uint64_t left = members & layout.closed; left != 0;)
        pd_close(layout.homes[bit_take(&left)]);
}

/* ---- Domains that nobody is in any more ---- */

/* A dissolved domain leaves the aliases of the one that its tag names. */
static void dissolved_free(struct pd pd)
{
    set_remove(&domain_of(pd_named(pd_tag(pd)))->aliases, pd);
    domain_free(pd);
}

/* A stale domain goes together with its aliases, once no frame names any of them. */
static void stale_free(struct pd pd)
{
    struct pd_set aliases = domain_of(pd)->aliases;

    while (!set_empty(&aliases))
        domain_free(set_take(&aliases));
}

/* Frees what no frame names, until at least `enough` domains have become free. */
static void reclaim(const struct pd_set *named, unsigned enough)
{
    unsigned before = layout.free_count;
    struct pd_set dead = {
        {layout.dissolved.bits[0] & ~named->bits[0], layout.dissolved.bits[1] & ~named->bits[1]}};

    for (struct pd_set left = layout.stale; !set_empty(&left) && layout.free_count - before < enough;) {
        struct pd pd = set_take(&left);

        if (set_meets(&domain_of(pd)->aliases, named))
            continue;
        dead.bits[0] &= ~domain_of(pd)->aliases.bits[0];
        dead.bits[1] &= ~domain_of(pd)->aliases.bits[1];
        stale_free(pd);
    }
    while (!set_empty(&dead) && layout.free_count - before < enough)
        dissolved_free(set_take(&dead));
}

/* merges and splits have been counted */
static void move_note(bool split, unsigned into, unsigned from, uint64_t side, uint64_t other)
{
    uint64_t number = layout.merges + layout.splits;

    layout.moves[number % LAYOUT_MOVES] = (struct layout_move){
        .number = number, .split = split, .into = into, .from = from, .side = side, .other = other};
}

bool layout_moved(unsigned a, unsigned b, struct layout_move *out)
{
    uint64_t last = layout.merges + layout.splits;

    for (uint64_t number = last; number != 0 && last - number < LAYOUT_MOVES; number--) {
        const struct layout_move *move = &layout.moves[number % LAYOUT_MOVES];

        if (((move->side >> a & 1) != 0 && (move->other >> b & 1) != 0) ||
            ((move->side >> b & 1) != 0 && (move->other >> a & 1) != 0)) {
            *out = *move;
            return true;
        }
    }
    return false;
}

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

        slot_select(into, slot, view, made);
    }
    slots_copy(into, from, fresh);
    homes_name(b->members, into);
    pd_name_tags(b->aliases.bits, into);
    a->aliases.bits[0] |= b->aliases.bits[0];
    a->aliases.bits[1] |= b->aliases.bits[1];
    a->members = members;
    b->members = 0;
    b->state = DOMAIN_DISSOLVED;
    set_remove(&layout.live, from);
    set_add(&layout.dissolved, from);
    layout.merges++;
    move_note(false, into_component, from_component, members & ~moved, moved);
    return SHOJI_OK;
}

/* ---- Split ---- */

/* No thread is in the domain: it stays with those who stay. */
static void split_reuse(unsigned component, struct pd old)
{
    struct layout_domain *domain = domain_of(old);
    uint64_t slots = layout.components[component].slots;

    domain->members &= ~(1ull << component);
    while (slots != 0) {
        unsigned slot = bit_take(&slots);
        bool made;
        struct view view = union_view(domain->members, slot, &made);

        slot_select(old, slot, view, made);
    }
    pd_forget(old);
}

/* Threads are in the domain: it goes on as it was, for them alone. */
static void split_leave(unsigned component, struct pd old)
{
    struct layout_domain *domain = domain_of(old);
    uint64_t stay = domain->members & ~(1ull << component);
    uint64_t changed = (layout.components[component].slots | domain->unions) & domain->slots;
    struct pd rest = domain_take(stay);

    slots_copy(rest, old, domain->slots & ~changed);
    while (changed != 0) {
        unsigned slot = bit_take(&changed);
        bool made;
        struct view view = union_view(stay, slot, &made);

        slot_select(rest, slot, view, made);
    }
    homes_name(stay, rest);
    domain->state = DOMAIN_STALE;
    set_remove(&layout.live, old);
    set_add(&layout.stale, old);
}

long layout_split(unsigned component)
{
    struct layout_component *leaver = &layout.components[component];
    struct pd old = layout_domain(component), own;
    struct layout_domain *domain = domain_of(old);
    uint64_t bit = 1ull << component;
    struct pd_set named = {{0}};

    if (domain->members == bit)
        return SHOJI_ESAME;
    thread_domains_named(named.bits);
    bool busy = set_meets(&domain->aliases, &named);
    /* A split takes one or two domains, a merge dissolves one: this many a time are enough to keep up. */
    reclaim(&named, RECLAIM_STEP);
    if (layout.free_count < 2)
        reclaim(&named, PD_COUNT);
    if (layout.free_count < (busy ? 2u : 1u))
        return SHOJI_EMEMORY;
    if ((domain->slots & layout.crowded) != 0) {
        struct view_budget budget = view_budget();

        if (union_reserve(domain->members & ~bit, domain->slots, &budget) != SHOJI_OK)
            return SHOJI_EMEMORY;
    }

    /* Nothing fails from here on. */
    uint64_t stay = domain->members & ~bit;
    if (busy)
        split_leave(component, old);
    else
        split_reuse(component, old);
    own = domain_take(bit);
    for (uint64_t left = leaver->slots; left != 0;) {
        unsigned slot = bit_take(&left);

        pd_select(own, root_slot(slot), leaver->row[slot]);
    }
    domain_of(own)->slots = leaver->slots;
    homes_name(bit, own);
    layout.splits++;
    move_note(true, component, component, stay, bit);
    return SHOJI_OK;
}

/* ---- The rest ---- */

void layout_reset(void)
{
    layout = (struct layout){.count = 0};
    for (unsigned i = 1; i < PD_COUNT; i++)
        set_add(&layout.free, (struct pd){(uint8_t)i});
    layout.free_count = PD_COUNT - 1;
}

long layout_component_add(uint32_t id)
{
    unsigned index = layout.count;
    struct view own;

    if (index == LAYOUT_COMPONENTS || layout.free_count == 0 || view_create(&own) != SHOJI_OK)
        return SHOJI_EMEMORY;
    layout.count++;
    layout.homes[index] = pd_home(id);
    pd_name(layout.homes[index], domain_take(1ull << index));
    layout_grant(index, index, own);
    return SHOJI_OK;
}

void layout_grant(unsigned component, unsigned slot, struct view view)
{
    struct layout_component *to = &layout.components[component];

    ASSERT((to->slots >> slot & 1) == 0 && view.word != 0, "a view is granted once");
    ASSERT(slot < ARENA_SLOTS || layout.users[slot] == 0, "a device has one user");
    to->row[slot] = view;
    to->slots |= 1ull << slot;
    layout.users[slot] |= 1ull << component;
    slot_select(layout_domain(component), slot, view, false);
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

static uint64_t set_count(struct pd_set set)
{
    uint64_t count = 0;

    for (; !set_empty(&set); count++)
        set_take(&set);
    return count;
}

void layout_counts(struct layout_counts *out)
{
    struct pd_set named = {{0}};

    thread_domains_named(named.bits);
    reclaim(&named, PD_COUNT);
    *out = (struct layout_counts){.merges = layout.merges,
                                  .splits = layout.splits,
                                  .stale = set_count(layout.stale),
                                  .domains = set_count(layout.live)};
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rights to words of arena slots: what a component has itself, and what others and groups are given (HotOS
 * section 3.1, mmp_set_perm). What is given belongs to whom it is given to: each one has a table of
 * the slot for itself.
 */
#include "layout/parts.h"
#include "panic.h"
#include "shoji/status.h"

static struct pd_set holders(void)
{
    return (struct pd_set){
        {layout.live.bits[0] | layout.stale.bits[0], layout.live.bits[1] | layout.stale.bits[1]}};
}

static bool has_principal(const struct layout_domain *domain, unsigned to)
{
    return (principals(domain->members) >> to & 1) != 0;
}

/* A live or stale domain in which `to` sees the slot by a table that several need (union.c). */
static bool shares_table(const struct layout_domain *domain, unsigned slot, unsigned to)
{
    if (!has_principal(domain, to) || owner_decides(domain->members, slot))
        return false;
    return (layout.users[slot] & principals(domain->members) & ~(1ull << to)) != 0;
}

static long unions_reserve(unsigned slot, unsigned to, struct view_budget *budget)
{
    for (struct pd_set left = holders(); !set_empty(&left);) {
        const struct layout_domain *domain = domain_of(set_take(&left));

        if (!shares_table(domain, slot, to))
            continue;
        if (budget->tables == 0 || budget->leaves < 2)
            return SHOJI_EMEMORY;
        budget->tables--;
        budget->leaves -= 2; /* pages that this change adds to to's table */
        for (uint64_t users = (layout.users[slot] | 1ull << to) & principals(domain->members); users != 0;) {
            struct view view = layout.components[bit_take(&users)].row[slot];

            if (view.word != 0 && view_add_reserve(view, budget) != SHOJI_OK)
                return SHOJI_EMEMORY;
        }
    }
    return SHOJI_OK;
}

/* to's view of the slot is new, or has changed where domains have unions of it. */
static void domains_select(unsigned slot, unsigned to)
{
    for (struct pd_set left = holders(); !set_empty(&left);) {
        struct pd pd = set_take(&left);

        if (has_principal(domain_of(pd), to))
            domain_renew(pd, slot);
    }
}

static void crowded_update(unsigned slot)
{
    uint64_t others =
        (layout.mixed >> slot & 1) != 0 ? layout.users[slot] : layout.users[slot] & ~(1ull << slot);

    if ((others & (others - 1)) != 0)
        layout.crowded |= 1ull << slot;
}

/* Is there memory for to's right to change? */
static long change_reserve(unsigned slot, uint32_t address, uint32_t bytes, unsigned to)
{
    struct view view = layout.components[to].row[slot];
    struct view_budget budget = view_budget();

    if (view.word != 0 && (layout.crowded >> slot & 1) == 0)
        return view_reserve(view, address, bytes);
    if (budget.tables == 0 || budget.leaves < 2)
        return SHOJI_EMEMORY;
    budget.tables--;
    budget.leaves -= 2;
    return unions_reserve(slot, to, &budget);
}

/* It has been reserved. */
static void change(unsigned slot, uint32_t address, uint32_t bytes, enum right right, unsigned to)
{
    struct layout_component *receiver = &layout.components[to];
    struct view view = receiver->row[slot];
    bool is_new = view.word == 0, shrank;

    if (is_new) {
        long status = view_create(&view);

        ASSERT(status == SHOJI_OK, "a table was reserved");
        receiver->row[slot] = view;
        receiver->slots |= 1ull << slot;
        layout.users[slot] |= 1ull << to;
        crowded_update(slot);
    }
    shrank = view_set(view, address, bytes, right);
    if (is_new || (layout.crowded >> slot & 1) != 0)
        domains_select(slot, to);
    if (shrank)
        memory_forget(address, bytes);
}

bool layout_lend(unsigned giver, uint32_t address, uint32_t bytes, enum right right, unsigned to)
{
    return ((layout.crowded | 1ull << to) >> giver & 1) == 0 &&
           view_lend(layout.components[giver].row[giver], layout.components[to].row[giver], address, bytes,
                     right);
}

long layout_share(unsigned giver, uint32_t address, uint32_t bytes, enum right right, unsigned to)
{
    unsigned slot = address / SLOT_BYTES - ARENA_ROOT;

    if (!view_covers(layout.components[giver].row[slot], address, bytes, right))
        return SHOJI_EPERM;
    return layout_set_right(address, bytes, right, to);
}

/* Domains in which the slot's component decides, for others than itself too. */
static bool is_to_mix(const struct layout_domain *domain, unsigned slot)
{
    return (domain->state == DOMAIN_LIVE || domain->state == DOMAIN_STALE) &&
           owner_decides(domain->members, slot) &&
           (layout.users[slot] & principals(domain->members) & ~(1ull << slot)) != 0;
}

long layout_mix(unsigned slot)
{
    uint64_t bit = 1ull << slot, crowded = layout.crowded;
    struct view_budget budget = view_budget();
    struct pd_set to_mix = {{0}};

    if ((layout.mixed & bit) != 0)
        return SHOJI_OK;
    for (unsigned i = 1; i < PD_COUNT; i++)
        if (is_to_mix(&layout.domains[i], slot))
            to_mix.bits[i / 64] |= 1ull << i % 64;
    layout.mixed |= bit;
    crowded_update(slot);
    for (unsigned i = 1; i < PD_COUNT; i++)
        if ((to_mix.bits[i / 64] >> i % 64 & 1) != 0 &&
            union_reserve(layout.domains[i].members, bit, &budget) != SHOJI_OK) {
            layout.mixed &= ~bit;
            layout.crowded = crowded;
            return SHOJI_EMEMORY;
        }
    for (unsigned i = 1; i < PD_COUNT; i++)
        if ((to_mix.bits[i / 64] >> i % 64 & 1) != 0)
            domain_renew((struct pd){(uint8_t)i}, slot);
    return SHOJI_OK;
}

/* Has the slot's component so far no right to these words, or this one? */
static bool is_growth(unsigned slot, uint32_t address, uint32_t bytes, enum right right)
{
    for (uint32_t at = address; at < address + bytes; at += 4) {
        enum right has = view_right(layout.components[slot].row[slot], at);

        if (has != RIGHT_NONE && has != right)
            return false;
    }
    return true;
}

/* Would the slot's component's view no longer contain what others have? */
static bool mixes(unsigned slot, uint32_t address, uint32_t bytes, enum right right, unsigned to)
{
    if ((layout.mixed >> slot & 1) != 0)
        return false;
    if (to == slot)
        return (layout.users[slot] & ~(1ull << slot)) != 0 && !is_growth(slot, address, bytes, right);
    return !view_covers(layout.components[slot].row[slot], address, bytes, right);
}

long layout_set_right(uint32_t address, uint32_t bytes, enum right right, unsigned to)
{
    unsigned slot = address / SLOT_BYTES - ARENA_ROOT;

    ASSERT(slot < ARENA_SLOTS, "rights are set to words of components' slots");
    if (layout.components[to].row[slot].word == 0 && right == RIGHT_NONE)
        return SHOJI_OK;
    if (mixes(slot, address, bytes, right, to) && layout_mix(slot) != SHOJI_OK)
        return SHOJI_EMEMORY;
    if (change_reserve(slot, address, bytes, to) != SHOJI_OK)
        return SHOJI_EMEMORY;
    change(slot, address, bytes, right, to);
    return SHOJI_OK;
}

/* A component's own right to words of its slot has changed; that concerns tables only of slots that are
 * mixed. */
static void own_changed(unsigned component, uint32_t address, uint32_t bytes, bool shrank)
{
    if ((layout.mixed >> component & 1) != 0)
        domains_select(component, component);
    if (shrank)
        memory_forget(address, bytes);
}

void layout_own_pages(unsigned component, uint32_t address, uint32_t bytes)
{
    ASSERT((address | bytes) % PAGE_BYTES == 0, "memory comes in pages");
    own_changed(component, address, bytes,
                view_set(layout.components[component].row[component], address, bytes, RIGHT_WRITE));
}

void layout_disown_pages(unsigned component, uint32_t address, uint32_t bytes)
{
    ASSERT((address | bytes) % PAGE_BYTES == 0, "memory comes in pages");
    own_changed(component, address, bytes,
                view_set(layout.components[component].row[component], address, bytes, RIGHT_NONE));
}

long layout_keep_pages(unsigned component, uint32_t address, uint32_t bytes)
{
    ASSERT((address | bytes) % PAGE_BYTES == 0, "memory comes in pages");
    if ((layout.mixed >> component & 1) != 0 ||
        view_keep(layout.components[component].row[component], address, bytes) != SHOJI_OK)
        return SHOJI_EMEMORY;
    memory_forget(address, bytes);
    return SHOJI_OK;
}

void layout_own_words(unsigned component, uint32_t address, uint32_t bytes, enum right right)
{
    own_changed(component, address, bytes,
                view_set_kept(layout.components[component].row[component], address, bytes, right));
}

/* From the tables that several need together. */
static bool unions_take(unsigned slot, uint32_t address, uint32_t bytes)
{
    bool shrank = false;

    if ((layout.crowded >> slot & 1) == 0)
        return false;
    for (unsigned i = 1; i < PD_COUNT; i++) {
        struct pd pd = {(uint8_t)i};

        if ((layout.domains[i].unions >> slot & 1) != 0)
            shrank |= view_take(pd_selected(pd, root_slot(slot)), address, bytes);
    }
    return shrank;
}

void layout_revoke(uint32_t address, uint32_t bytes)
{
    unsigned slot = address / SLOT_BYTES - ARENA_ROOT;
    bool shrank = false;

    ASSERT((address | bytes) % PAGE_BYTES == 0, "whole pages need no tables");
    for (uint64_t left = layout.users[slot]; left != 0;)
        shrank |= view_set(layout.components[bit_take(&left)].row[slot], address, bytes, RIGHT_NONE);
    shrank |= unions_take(slot, address, bytes);
    layout_dma_unshare(slot, address, bytes);
    if (shrank)
        memory_forget(address, bytes);
}

void layout_unshare(unsigned owner, uint32_t address, uint32_t bytes)
{
    bool shrank = false;

    for (uint64_t left = layout.users[owner] & ~(1ull << owner); left != 0;) {
        struct view view = layout.components[bit_take(&left)].row[owner];

        if (view_is_table(view))
            shrank |= view_take(view, address, bytes);
    }
    if ((layout.mixed >> owner & 1) == 0)
        shrank |= unions_take(owner, address, bytes);
    else
        for (unsigned i = 1; i < PD_COUNT; i++) /* of which some are the owner's too */
            if ((layout.domains[i].unions >> owner & 1) != 0)
                domain_renew((struct pd){(uint8_t)i}, owner);
    layout_dma_unshare(owner, address, bytes);
    if (shrank) /* of whole 512 bytes, if view_take had no memory */
        memory_forget(address & ~511u, ((address + bytes + 511) & ~511u) - (address & ~511u));
}

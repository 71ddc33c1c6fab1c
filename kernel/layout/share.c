/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rights to words of a component's own slot: what it has itself, and what it gives to others (HotOS
 * section 3.1, mmp_set_perm). What is given belongs to the component it is given to: each one has a table of
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

/* Live and stale domains in which `to` sees the slot by a table that several members need (union.c). */
static bool shares_table(const struct layout_domain *domain, unsigned slot, unsigned to)
{
    uint64_t bit = 1ull << to;

    if ((domain->state != DOMAIN_LIVE && domain->state != DOMAIN_STALE) || (domain->members & bit) == 0 ||
        (domain->members >> slot & 1) != 0)
        return false;
    return (layout.users[slot] & domain->members & ~bit) != 0;
}

static long unions_reserve(unsigned slot, unsigned to, struct view_budget *budget)
{
    for (unsigned i = 1; i < PD_COUNT; i++) {
        const struct layout_domain *domain = &layout.domains[i];

        if (!shares_table(domain, slot, to))
            continue;
        if (budget->tables == 0 || budget->leaves < 2)
            return SHOJI_EMEMORY;
        budget->tables--;
        budget->leaves -= 2; /* pages that this change adds to to's table */
        for (uint64_t users = layout.users[slot] & (domain->members | 1ull << to); users != 0;) {
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
    for (struct pd_set left = holders(); (left.bits[0] | left.bits[1]) != 0;) {
        struct pd pd = {
            (uint8_t)(left.bits[0] != 0 ? bit_take(&left.bits[0]) : 64 + bit_take(&left.bits[1]))};
        struct layout_domain *domain = &layout.domains[pd.number];
        bool made;

        if ((domain->members >> to & 1) == 0)
            continue;
        struct view old = pd_selected(pd, root_slot(slot)), view = union_view(domain->members, slot, &made);

        pd_select(pd, root_slot(slot), view);
        if ((domain->unions >> slot & 1) != 0)
            view_destroy(old);
        domain->slots |= 1ull << slot;
        domain->unions = made ? domain->unions | 1ull << slot : domain->unions & ~(1ull << slot);
    }
}

static void crowded_update(unsigned slot)
{
    uint64_t others = layout.users[slot] & ~(1ull << slot);

    if ((others & (others - 1)) != 0)
        layout.crowded |= 1ull << slot;
}

long layout_share(unsigned owner, uint32_t address, uint32_t bytes, enum right right, unsigned to)
{
    struct layout_component *receiver = &layout.components[to];
    struct view view = receiver->row[owner];
    bool shrank;

    if ((layout.crowded >> owner & 1) == 0 &&
        view_lend(layout.components[owner].row[owner], view, address, bytes, right, &shrank)) {
        if (shrank)
            memory_forget(address, bytes);
        return SHOJI_OK;
    }
    ASSERT(owner != to, "a component's own rights are not for layout_share");
    if (!view_covers(layout.components[owner].row[owner], address, bytes, right))
        return SHOJI_EPERM;
    if (view.word == 0 || (layout.crowded >> owner & 1) != 0) {
        struct view_budget budget = view_budget();

        if (view.word == 0 && right == RIGHT_NONE)
            return SHOJI_OK;
        if (budget.tables == 0 || budget.leaves < 2)
            return SHOJI_EMEMORY;
        budget.tables--;
        budget.leaves -= 2;
        if (unions_reserve(owner, to, &budget) != SHOJI_OK)
            return SHOJI_EMEMORY;
    } else if (view_reserve(view, address, bytes) != SHOJI_OK) {
        return SHOJI_EMEMORY;
    }

    /* Nothing fails from here on. */
    if (view.word == 0) {
        long status = view_create(&view);

        ASSERT(status == SHOJI_OK, "a table was reserved");
        receiver->row[owner] = view;
        receiver->slots |= 1ull << owner;
        layout.users[owner] |= 1ull << to;
        crowded_update(owner);
        shrank = view_set(view, address, bytes, right);
        domains_select(owner, to);
    } else {
        shrank = view_set(view, address, bytes, right);
        if ((layout.crowded >> owner & 1) != 0)
            domains_select(owner, to);
    }
    if (shrank)
        memory_forget(address, bytes);
    return SHOJI_OK;
}

void layout_own_pages(unsigned component, uint32_t address, uint32_t bytes)
{
    ASSERT((address | bytes) % PAGE_BYTES == 0, "memory comes in pages");
    if (view_set(layout.components[component].row[component], address, bytes, RIGHT_WRITE))
        memory_forget(address, bytes);
}

void layout_disown_pages(unsigned component, uint32_t address, uint32_t bytes)
{
    ASSERT((address | bytes) % PAGE_BYTES == 0, "memory comes in pages");
    if (view_set(layout.components[component].row[component], address, bytes, RIGHT_NONE))
        memory_forget(address, bytes);
}

long layout_keep_pages(unsigned component, uint32_t address, uint32_t bytes)
{
    ASSERT((address | bytes) % PAGE_BYTES == 0, "memory comes in pages");
    if (view_keep(layout.components[component].row[component], address, bytes) != SHOJI_OK)
        return SHOJI_EMEMORY;
    memory_forget(address, bytes);
    return SHOJI_OK;
}

void layout_own_words(unsigned component, uint32_t address, uint32_t bytes, enum right right)
{
    if (view_set_kept(layout.components[component].row[component], address, bytes, right))
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
    if ((layout.crowded >> owner & 1) != 0)
        for (unsigned i = 1; i < PD_COUNT; i++) /* tables that several of them needed together */
            if ((layout.domains[i].unions >> owner & 1) != 0)
                shrank |= view_take(pd_selected((struct pd){(uint8_t)i}, root_slot(owner)), address, bytes);
    layout_dma_unshare(owner, address, bytes);
    if (shrank) /* of whole 512 bytes, if view_take had no memory */
        memory_forget(address & ~511u, ((address + bytes + 511) & ~511u) - (address & ~511u));
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Components that go, and groups: who is in them, what that gives. A group is a row at an index of its own; a
 * domain has what the rows of its members and of their groups have. It owns `groups`, `joined` and
 * `in_groups`.
 *
 * 1. A component that is not present is in no group, has no row, and is a member of no domain, not even a
 * stale one.
 * 2. Nobody is in a group that there is not.
 */
#include "layout/layout.h"

#include "layout/parts.h"
#include "panic.h"
#include "shoji/status.h"

static bool is_held(const struct layout_domain *domain)
{
    return domain->state == DOMAIN_LIVE || domain->state == DOMAIN_STALE;
}

/* In every domain that has the component, its slots of these are as its members see them now. */
static void slots_renew(unsigned component, uint64_t slots)
{
    for (unsigned i = 1; i < PD_COUNT; i++) {
        struct pd pd = {(uint8_t)i};

        if (!is_held(&layout.domains[i]) || (layout.domains[i].members >> component & 1) == 0)
            continue;
        for (uint64_t left = slots; left != 0;)
            domain_renew(pd, bit_take(&left));
        pd_forget(pd);
    }
}

/* Nobody selects this row any more. */
static void row_drop(unsigned index)
{
    struct layout_component *it = &layout.components[index];

    while (it->slots != 0) {
        unsigned slot = bit_take(&it->slots);

        layout.users[slot] &= ~(1ull << index);
        if (view_is_table(it->row[slot]))
            view_destroy(it->row[slot]);
        it->row[slot] = VIEW_NONE;
    }
}

void slot_forsake(unsigned slot)
{
    uint64_t users = layout.users[slot];

    layout.users[slot] = 0;
    layout.mixed &= ~(1ull << slot);
    layout.crowded &= ~(1ull << slot);
    if (users == 0)
        return;
    for (unsigned i = 1; i < PD_COUNT; i++)
        if (is_held(&layout.domains[i]) && (layout.domains[i].slots >> slot & 1) != 0)
            domain_renew((struct pd){(uint8_t)i}, slot);
    while (users != 0) {
        struct layout_component *user = &layout.components[bit_take(&users)];

        view_destroy(user->row[slot]);
        user->row[slot] = VIEW_NONE;
        user->slots &= ~(1ull << slot);
    }
    layout_dma_unshare(slot, ARENA_BASE + slot * SLOT_BYTES, SLOT_BYTES);
    memory_forget(ARENA_BASE + slot * SLOT_BYTES, SLOT_BYTES);
}

void layout_component_remove(unsigned index)
{
    uint64_t bit = 1ull << index, slots;

    ASSERT((layout.present & bit) != 0, "a component that there is");
    if ((layout.mixed & bit) == 0)
        slot_forsake(index);
    slots = principals_slots(bit | layout.joined[index]) | bit;
    layout.present &= ~bit;
    layout.closed &= ~bit;
    layout.in_groups &= ~bit;
    layout.joined[index] = 0;
    for (unsigned i = 1; i < PD_COUNT; i++) {
        struct layout_domain *domain = &layout.domains[i];
        struct pd pd = {(uint8_t)i};

        if (!is_held(domain) || (domain->members & bit) == 0)
            continue;
        domain->members &= ~bit;
        for (uint64_t left = slots; left != 0;)
            domain_renew(pd, bit_take(&left));
        if (domain->members == 0 && domain->state == DOMAIN_LIVE)
            domain_leave(pd);
        pd_forget(pd);
    }
    pd_unname(layout.homes[index]);
    row_drop(index);
}

void layout_group_add(unsigned index)
{
    ASSERT(((layout.present | layout.groups) >> index & 1) == 0 && layout.components[index].slots == 0,
           "an index of nobody's");
    layout.groups |= 1ull << index;
}

void layout_group_remove(unsigned index)
{
    for (unsigned i = 0; i < LAYOUT_COMPONENTS; i++)
        if ((layout.joined[i] >> index & 1) != 0) {
            long status = layout_leave(index, i);

            ASSERT(status == SHOJI_OK, "whoever is in a group can leave it");
        }
    row_drop(index);
    layout.groups &= ~(1ull << index);
}

static long join_reserve(unsigned group, unsigned component)
{
    struct view_budget budget = view_budget();

    for (unsigned i = 1; i < PD_COUNT; i++) {
        const struct layout_domain *domain = &layout.domains[i];

        if (is_held(domain) && (domain->members >> component & 1) != 0 &&
            union_reserve(domain->members, layout.components[group].slots, &budget) != SHOJI_OK)
            return SHOJI_EMEMORY;
    }
    return SHOJI_OK;
}

static void joined_set(unsigned group, unsigned component, bool is)
{
    uint64_t bit = 1ull << group, *joined = &layout.joined[component];

    *joined = is ? *joined | bit : *joined & ~bit;
    layout.in_groups =
        *joined != 0 ? layout.in_groups | 1ull << component : layout.in_groups & ~(1ull << component);
}

long layout_join(unsigned group, unsigned component)
{
    if ((layout.joined[component] >> group & 1) != 0)
        return SHOJI_ESAME;
    joined_set(group, component, true);
    if (join_reserve(group, component) != SHOJI_OK) {
        joined_set(group, component, false);
        return SHOJI_EMEMORY;
    }
    slots_renew(component, layout.components[group].slots);
    return SHOJI_OK;
}

long layout_leave(unsigned group, unsigned component)
{
    if ((layout.joined[component] >> group & 1) == 0)
        return SHOJI_ESAME;
    joined_set(group, component, false);
    slots_renew(component, layout.components[group].slots);
    return SHOJI_OK;
}

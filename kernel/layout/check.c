/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The checker of layout.c's invariants, by their numbers. It reads the state and the protection interface and
 * changes nothing.
 */
#include <stddef.h>

#include "layout/parts.h"

static unsigned holders_of(unsigned component)
{
    unsigned holders = 0;

    for (unsigned i = 1; i < PD_COUNT; i++)
        holders +=
            layout.domains[i].state == DOMAIN_LIVE && (layout.domains[i].members >> component & 1) != 0;
    return holders;
}

static const char *component_check(unsigned index)
{
    const struct layout_component *component = &layout.components[index];
    const struct layout_domain *domain = &layout.domains[pd_named(layout.homes[index]).number];

    if (holders_of(index) != 1)
        return "1: a component is in one live domain";
    if (domain->state != DOMAIN_LIVE || (domain->members >> index & 1) == 0)
        return "2: a home id names the component's domain";
    for (unsigned slot = 0; slot < LAYOUT_SLOTS; slot++) {
        bool has = component->row[slot].word != 0;

        if (has != ((component->slots >> slot & 1) != 0) || has != ((layout.users[slot] >> index & 1) != 0))
            return "6: users and rows agree";
    }
    return NULL;
}

static const char *selected_check(unsigned number)
{
    const struct layout_domain *domain = &layout.domains[number];
    struct pd pd = {(uint8_t)number};

    for (unsigned slot = 0; slot < LAYOUT_SLOTS; slot++) {
        if (slot >= ARENA_SLOTS + layout.device_slots)
            break;
        struct view selected = pd_selected(pd, root_slot(slot));
        uint64_t users = layout.users[slot] & principals(domain->members);
        bool owned = slot < ARENA_SLOTS && ((domain->members & ~layout.mixed) >> slot & 1) != 0;

        if ((selected.word != 0) != (users != 0) ||
            (selected.word != 0) != ((domain->slots >> slot & 1) != 0))
            return "4: a table selects what a member's row has, and nothing else";
        if (owned && selected.word != layout.components[slot].row[slot].word)
            return "4: the owner's view wins";
        if (owned || users == 0 || (domain->unions >> slot & 1) != 0)
            continue;
        bool found = false;
        while (users != 0) {
            struct view row = layout.components[bit_take(&users)].row[slot];

            found |= row.word == selected.word;
            if (row.word != selected.word &&
                (view_is_table(row) || view_stronger(row, selected).word == row.word))
                return "4: the strongest view wins";
        }
        if (!found)
            return "4: the view is a member's";
    }
    return NULL;
}

static const char *domain_check(unsigned number)
{
    const struct layout_domain *domain = &layout.domains[number];
    struct pd pd = {(uint8_t)number};
    unsigned named = pd_named(pd_tag(pd)).number;
    bool in_live = (layout.live.bits[number / 64] >> number % 64 & 1) != 0;
    bool in_stale = (layout.stale.bits[number / 64] >> number % 64 & 1) != 0;
    bool in_dissolved = (layout.dissolved.bits[number / 64] >> number % 64 & 1) != 0;
    bool in_free = (layout.free.bits[number / 64] >> number % 64 & 1) != 0;
    const struct layout_domain *holder = &layout.domains[named];

    if (in_live != (domain->state == DOMAIN_LIVE) || in_stale != (domain->state == DOMAIN_STALE) ||
        in_free != (domain->state == DOMAIN_FREE) || in_dissolved != (domain->state == DOMAIN_DISSOLVED))
        return "states and sets agree";
    switch (domain->state) {
    case DOMAIN_FREE:
        for (unsigned slot = 0; slot < ARENA_SLOTS + layout.device_slots; slot++)
            if (pd_selected(pd, root_slot(slot)).word != 0)
                return "5: a free domain selects nothing";
        return named != 0 ? "5: a free domain's tag names nothing" : NULL;
    case DOMAIN_LIVE:
        if (domain->members == 0)
            return "1: a live domain has members";
        if (named != number)
            return "2: a live domain's tag names it";
        return selected_check(number);
    case DOMAIN_STALE:
        if (named != number)
            return "3: a stale domain's tag names it";
        return selected_check(number);
    case DOMAIN_DISSOLVED:
        if ((holder->state != DOMAIN_LIVE && holder->state != DOMAIN_STALE) ||
            (holder->aliases.bits[number / 64] >> number % 64 & 1) == 0)
            return "3: a dissolved domain's tag names the domain whose alias it is";
        return NULL;
    }
    return "a state of the four";
}

const char *layout_check(void)
{
    struct pd_set named = {{0}};
    const char *broken = NULL;

    for (uint64_t left = layout.present; left != 0 && broken == NULL;)
        broken = component_check(bit_take(&left));
    for (unsigned i = 0; i < LAYOUT_INDICES && broken == NULL; i++) {
        bool has_row = i == LAYOUT_EVERYBODY || ((layout.present | layout.groups) >> i & 1) != 0;

        if (!has_row && (layout.components[i].slots != 0 || layout.joined[i] != 0))
            broken = "8: nobody has a row but components and groups";
        if ((layout.joined[i] & ~layout.groups) != 0 ||
            (layout.joined[i] != 0) != ((layout.in_groups >> i & 1) != 0))
            broken = "8: there is no group that is joined";
    }
    for (unsigned i = 1; i < PD_COUNT && broken == NULL; i++)
        broken = domain_check(i);
    if (broken != NULL)
        return broken;
    thread_domains_named(named.bits);
    for (unsigned i = 0; i < 2; i++)
        if ((named.bits[i] & layout.free.bits[i] & ~(i == 0 ? 1ull : 0)) != 0)
            return "7: no call stack names a free domain";
    return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What several components, and the groups that they are in, see of one slot together. A component's own view
 * of its slot contains every other (unless the slot is mixed), and of two uniform views one contains the
 * other; so a new table is needed only where two have tables of a slot whose component is not with them.
 */
#include "layout/parts.h"
#include "panic.h"
#include "shoji/status.h"

bool owner_decides(uint64_t members, unsigned slot)
{
    return slot < ARENA_SLOTS && ((members & ~layout.mixed) >> slot & 1) != 0;
}

static bool needs_table(uint64_t members, unsigned slot)
{
    uint64_t users = layout.users[slot] & principals(members);

    return (layout.crowded >> slot & 1) != 0 && !owner_decides(members, slot) && (users & (users - 1)) != 0;
}

long union_reserve(uint64_t members, uint64_t slots, struct view_budget *budget)
{
    for (uint64_t left = slots & layout.crowded; left != 0;) {
        unsigned slot = bit_take(&left);

        if (!needs_table(members, slot))
            continue;
        if (budget->tables == 0)
            return SHOJI_EMEMORY;
        budget->tables--;
        for (uint64_t users = layout.users[slot] & principals(members); users != 0;)
            if (view_add_reserve(layout.components[bit_take(&users)].row[slot], budget) != SHOJI_OK)
                return SHOJI_EMEMORY;
    }
    return SHOJI_OK;
}

struct view union_view(uint64_t members, unsigned slot, bool *made)
{
    uint64_t users;
    struct view view;

    *made = false;
    if (owner_decides(members, slot))
        return layout.components[slot].row[slot];
    users = layout.users[slot] & principals(members);
    if (users == 0)
        return VIEW_NONE;
    if (needs_table(members, slot)) {
        long status = view_create(&view);

        ASSERT(status == SHOJI_OK, "tables of unions were reserved");
        while (users != 0)
            view_add(view, layout.components[bit_take(&users)].row[slot]);
        *made = true;
        return view;
    }
    view = layout.components[bit_take(&users)].row[slot];
    while (users != 0)
        view = view_stronger(view, layout.components[bit_take(&users)].row[slot]);
    return view;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What several components see of one slot together. The owner's own view of a slot contains every other
 * (layout_share gives no more than the owner has), and of two uniform views one contains the other; so a new
 * table is needed only where two components have tables of a slot whose owner is not with them.
 */
#include "layout/parts.h"
#include "panic.h"
#include "shoji/status.h"

static bool owner_among(uint64_t members, unsigned slot)
{
    return slot < layout.count && (members >> slot & 1) != 0;
}

static bool needs_table(uint64_t members, unsigned slot)
{
    uint64_t users = layout.users[slot] & members;

    return (layout.crowded >> slot & 1) != 0 && !owner_among(members, slot) && (users & (users - 1)) != 0;
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
        for (uint64_t users = layout.users[slot] & members; users != 0;)
            if (view_add_reserve(layout.components[bit_take(&users)].row[slot], budget) != SHOJI_OK)
                return SHOJI_EMEMORY;
    }
    return SHOJI_OK;
}

struct view union_view(uint64_t members, unsigned slot, bool *made)
{
    uint64_t users = layout.users[slot] & members;
    struct view view;

    *made = false;
    if (owner_among(members, slot))
        return layout.components[slot].row[slot];
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

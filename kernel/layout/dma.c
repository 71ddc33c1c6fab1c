/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What devices may access: each has a domain of its own, which no merge or split touches, with a table for
 * each slot that it was given words of.
 *
 * 1. A device's domain selects its row (layout.devices), and nothing else; a row holds tables only.
 * 2. What is taken from everybody (layout_unshare) is taken from devices.
 */
#include "layout/parts.h"
#include "panic.h"
#include "shoji/status.h"

long layout_dma_share(unsigned device, unsigned slot, uint32_t address, uint32_t bytes, enum right right)
{
    struct view *view = &layout.devices[device][slot];
    struct view_budget budget = view_budget();

    ASSERT(right != RIGHT_EXECUTE && slot < ARENA_SLOTS, "devices read and write what is the arena's");
    if (view->word == 0 && right == RIGHT_NONE)
        return SHOJI_OK;
    if (budget.leaves < 2 || (view->word == 0 && budget.tables == 0))
        return SHOJI_EMEMORY;

    /* Nothing fails from here on. */
    if (view->word == 0) {
        long status = view_create(view);

        ASSERT(status == SHOJI_OK, "a table was reserved");
        pd_select(pd_of_device(device), root_slot(slot), *view);
    }
    if (view_set(*view, address, bytes, right))
        pd_forget(pd_of_device(device));
    return SHOJI_OK;
}

void layout_dma_unshare(unsigned slot, uint32_t address, uint32_t bytes)
{
    for (unsigned device = 0; device < PD_DEVICES; device++)
        if (layout.devices[device][slot].word != 0 && view_take(layout.devices[device][slot], address, bytes))
            pd_forget(pd_of_device(device));
}

void layout_dma_clear(unsigned device)
{
    for (unsigned slot = 0; slot < ARENA_SLOTS; slot++)
        pd_select(pd_of_device(device), root_slot(slot), VIEW_NONE);
    pd_forget(pd_of_device(device));
    for (unsigned slot = 0; slot < ARENA_SLOTS; slot++) {
        if (layout.devices[device][slot].word != 0)
            view_destroy(layout.devices[device][slot]);
        layout.devices[device][slot] = VIEW_NONE;
    }
}

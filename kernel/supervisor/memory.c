/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group memory: pages for components, within their budgets; the same calls in group pd, for a component and
 * what it has made; ownership passed on (HotOS section 3.1: mmp_alloc, mmp_free, mmp_mem_chown).
 *
 * 1. heap_used is what the component owns but its image, and not more than its budget.
 * 2. Budgets move, and none comes or goes: their sum is what the manifest says.
 * 3. A page that nobody owns is nobody's to access.
 */
#include "supervisor/memory.h"

#include "caller.h"
#include "layout/layout.h"
#include "supervisor/calls.h"
#include "supervisor/heap.h"
#include "supervisor/pages.h"
#include "supervisor/pd.h"
#include "supervisor/share.h"
#include "supervisor/words.h"

static struct component *component_at(unsigned index)
{
    return &system_state.components[index];
}

bool memory_is_image(uint32_t address)
{
    unsigned slot = layout_slot_of(address);

    return system_has(slot) && address - component_at(slot)->base < component_at(slot)->file.image_bytes;
}

/* ---- Pages that are given and taken ---- */

/* Nobody has any right to them, and nobody owns them. SHOJI_EMEMORY. */
static long give(unsigned index, uint32_t from, uint32_t bytes)
{
    struct component *component = component_at(index);
    unsigned slot = layout_slot_of(from);

    if (bytes > component->budget - component->heap_used)
        return SHOJI_EMEMORY;
    if (slot == index)
        layout_own_pages(index, from, bytes);
    else if (layout_set_right(from, bytes, RIGHT_WRITE, index) != SHOJI_OK)
        return SHOJI_EMEMORY;
    __builtin_memset((void *)(uintptr_t)from, 0, bytes);
    pages_give(from, bytes, index);
    component->heap_used += bytes;
    if (slot == index && component->heap_next < from + bytes)
        component->heap_next = from + bytes;
    return SHOJI_OK;
}

static void take(unsigned index, uint32_t from, uint32_t bytes)
{
    unsigned slot = layout_slot_of(from);

    pages_give(from, bytes, NO_COMPONENT);
    component_at(index)->heap_used -= bytes;
    heap_forget(slot, from, bytes);
    share_forget(slot, from, bytes);
    layout_revoke(from, bytes);
}

/* Are these whole pages of the component's heap, some at least? */
static bool are_pages(const struct component *component, uint64_t address, uint64_t bytes)
{
    return bytes != 0 && (address | bytes) % PAGE_BYTES == 0 && address >= component->heap_base &&
           address <= component->heap_end && bytes <= component->heap_end - address;
}

bool memory_has(unsigned index, uint64_t address, uint64_t bytes)
{
    return are_pages(component_at(index), address, bytes) &&
           pages_all((uint32_t)address, (uint32_t)bytes, index);
}

bool memory_owns(unsigned index, uint64_t address, uint64_t bytes)
{
    if (!pages_are(address, bytes) || !pages_all((uint32_t)address, (uint32_t)bytes, index))
        return false;
    for (uint64_t at = address; at < address + bytes; at += PAGE_BYTES)
        if (memory_is_image((uint32_t)at))
            return false;
    return true;
}

static bool any_owned(uint32_t from, uint32_t bytes)
{
    return !pages_all(from, bytes, NO_COMPONENT);
}

/* ---- The calls; `index` may ask for itself, and has been found ---- */

static long alloc(unsigned index, uint64_t bytes)
{
    struct component *component = component_at(index);
    uint64_t from = component->heap_next, whole = (bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);

    if (bytes == 0)
        return SHOJI_EINVAL;
    /* Behind what it ever had; pages there may have been taken for another at their place. */
    for (uint64_t at = from; bytes <= component->heap_end - from && at < from + whole; at += PAGE_BYTES)
        if (pages_owner((uint32_t)at) != NO_COMPONENT)
            from = at + PAGE_BYTES;
    if (bytes > component->heap_end - from || give(index, (uint32_t)from, (uint32_t)whole) != SHOJI_OK)
        return SHOJI_EMEMORY;
    return (long)from;
}

static long alloc_at(unsigned index, uint64_t address, uint64_t bytes)
{
    if (any_owned((uint32_t)address, (uint32_t)bytes))
        return SHOJI_EBUSY;
    if (give(index, (uint32_t)address, (uint32_t)bytes) != SHOJI_OK)
        return SHOJI_EMEMORY;
    return (long)address;
}

static long release(unsigned index, uint64_t address, uint64_t bytes)
{
    if (!are_pages(component_at(index), address, bytes) &&
        (!pages_are(address, bytes) || layout_slot_of((uint32_t)address) == index))
        return SHOJI_EINVAL;
    if (!memory_owns(index, address, bytes))
        return are_pages(component_at(index), address, bytes) ? SHOJI_EPERM : SHOJI_EINVAL;
    take(index, (uint32_t)address, (uint32_t)bytes);
    return SHOJI_OK;
}

SUPERVISOR_CALL(mmp_alloc, component_t owner, uint64_t bytes, component_t)
{
    unsigned index = system_component(owner);

    return index == NO_COMPONENT ? SHOJI_ENOENT : alloc(index, bytes);
}

SUPERVISOR_CALL(mmp_alloc_at, component_t owner, uint64_t address, uint64_t bytes, component_t)
{
    unsigned index = system_component(owner);

    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    return are_pages(component_at(index), address, bytes) ? alloc_at(index, address, bytes) : SHOJI_EINVAL;
}

SUPERVISOR_CALL(mmp_free, component_t owner, uint64_t address, uint64_t bytes, component_t)
{
    unsigned index = system_component(owner);

    return index == NO_COMPONENT ? SHOJI_ENOENT : release(index, address, bytes);
}

/* ---- The same in group pd ---- */

/* May the caller ask for the owner's memory? */
static long owner_check(component_t owner, component_t badge, unsigned *index)
{
    *index = system_component(owner);
    if (*index == NO_COMPONENT)
        return SHOJI_ENOENT;
    return pd_is_within(*index, caller_of(badge).component) ? SHOJI_OK : SHOJI_EPERM;
}

SUPERVISOR_VARIANT(pd, mmp_alloc, component_t owner, uint64_t bytes, component_t badge)
{
    unsigned index;
    long status = owner_check(owner, badge, &index);

    return status != SHOJI_OK ? status : alloc(index, bytes);
}

SUPERVISOR_VARIANT(pd, mmp_alloc_at, component_t owner, uint64_t address, uint64_t bytes, component_t badge)
{
    unsigned index, slot;
    long status = owner_check(owner, badge, &index);

    if (status != SHOJI_OK)
        return status;
    if (!pages_are(address, bytes))
        return SHOJI_EINVAL;
    slot = layout_slot_of((uint32_t)address);
    if (!system_has(slot) || !pd_is_within(slot, index))
        return SHOJI_EPERM;
    if (!are_pages(component_at(slot), address, bytes))
        return SHOJI_EINVAL;
    return alloc_at(index, address, bytes);
}

SUPERVISOR_VARIANT(pd, mmp_free, component_t owner, uint64_t address, uint64_t bytes, component_t badge)
{
    unsigned index;
    long status = owner_check(owner, badge, &index);

    return status != SHOJI_OK ? status : release(index, address, bytes);
}

/* ---- Ownership is passed on ---- */

static bool any_kept(uint32_t address, uint32_t bytes)
{
    unsigned slot = layout_slot_of(address);

    for (uint32_t at = address; at < address + bytes; at += PAGE_BYTES)
        if (words_kept(slot, at))
            return true;
    return false;
}

SUPERVISOR_CALL(mmp_mem_chown, uint64_t address, uint64_t bytes, component_t to, component_t badge)
{
    unsigned from = caller_of(badge).component, receiver = system_component(to);
    unsigned slot;

    if (!pages_are(address, bytes))
        return SHOJI_EINVAL;
    if (receiver == NO_COMPONENT)
        return SHOJI_ENOENT;
    if (receiver == from)
        return SHOJI_EINVAL;
    if (!memory_owns(from, address, bytes) || any_kept((uint32_t)address, (uint32_t)bytes))
        return SHOJI_EPERM;
    slot = layout_slot_of((uint32_t)address);
    if (receiver != slot && layout_mix(slot) != SHOJI_OK)
        return SHOJI_EMEMORY;
    share_forget(slot, (uint32_t)address, (uint32_t)bytes);
    pages_give((uint32_t)address, (uint32_t)bytes, receiver);
    component_at(from)->heap_used -= (uint32_t)bytes;
    component_at(from)->budget -= (uint32_t)bytes;
    component_at(receiver)->heap_used += (uint32_t)bytes;
    component_at(receiver)->budget += (uint32_t)bytes;
    return SHOJI_OK;
}

/* ---- The end of a component ---- */

/* Runs of its pages in one slot, its image not counted. */
static void slot_take(unsigned index, unsigned slot)
{
    uint32_t base = ARENA_BASE + slot * SLOT_BYTES, end = base + GATES_OFFSET;

    for (uint32_t at = base, run; at < end; at = run) {
        run = pages_run(at, end);
        if (pages_owner(at) != index)
            continue;
        if (slot == index && memory_is_image(at)) { /* its image lies in one piece, the heap behind it */
            at = component_at(index)->base + component_at(index)->file.image_bytes;
            if (at >= run)
                continue;
        }
        take(index, at, run - at);
    }
}

void memory_forsake(unsigned index)
{
    for (uint64_t left = pages_slots(index); left != 0;)
        slot_take(index, system_next(&left));
}

void memory_reset(unsigned index)
{
    struct component *component = component_at(index);
    uint32_t base = ARENA_BASE + index * SLOT_BYTES, end = base + GATES_OFFSET;

    memory_forsake(index);
    for (uint32_t at = base, run; at < end; at = run) {
        run = pages_run(at, end);
        if (pages_owner(at) != index && pages_owner(at) != NO_COMPONENT)
            continue; /* another's, wherever it lies */
        share_forget(index, at, run - at);
        layout_unshare(index, at, run - at);
    }
    component->heap_next = component->heap_base;
}

SUPERVISOR_CALL(sup_memory_used, component_t owner, component_t)
{
    unsigned index = system_component(owner);

    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    return (long)((uint64_t)component_at(index)->budget << 32 | component_at(index)->heap_used);
}

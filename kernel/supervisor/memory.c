/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Groups memory and share: heaps within the manifest's budgets, and rights to one's own memory for others.
 */
#include "caller.h"
#include "layout/layout.h"
#include "supervisor/calls.h"

SUPERVISOR_CALL(mmp_alloc, component_t owner, uint64_t bytes, uint64_t, uint64_t, uint64_t, component_t)
{
    unsigned index = system_component(owner);
    struct component *component;
    uint32_t from, pages;

    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    if (bytes == 0)
        return SHOJI_EINVAL;
    component = &system_state.components[index];
    from = component->heap_next;
    if (bytes > component->heap_end - from)
        return SHOJI_EMEMORY;
    pages = ((uint32_t)bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    __builtin_memset((void *)(uintptr_t)from, 0, pages);
    component->heap_next += pages;
    layout_own_pages(index, from, pages);
    return from;
}

SUPERVISOR_CALL(sup_memory_used, component_t owner, uint64_t, uint64_t, uint64_t, uint64_t, component_t)
{
    unsigned index = system_component(owner);
    const struct component *component;

    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    component = &system_state.components[index];
    return (long)((uint64_t)(component->heap_end - component->heap_base) << 32 |
                  (component->heap_next - component->heap_base));
}

SUPERVISOR_CALL(mmp_set_perm, uint64_t address, uint64_t bytes, uint32_t perm, component_t to, uint64_t,
                component_t badge)
{
    unsigned owner = caller_of(badge).component, receiver = system_component(to);
    uint64_t base = ARENA_BASE + (uint64_t)owner * SLOT_BYTES;

    if ((address | bytes) % 4 != 0 || bytes == 0 || perm > RIGHT_EXECUTE)
        return SHOJI_EINVAL;
    if (receiver == NO_COMPONENT)
        return SHOJI_ENOENT;
    if (receiver == owner)
        return SHOJI_EINVAL;
    /* Not the gates: with them would go the right to be taken for the owner. */
    if (address < base || address >= base + GATES_OFFSET || bytes > base + GATES_OFFSET - address)
        return SHOJI_EPERM;
    return layout_share(owner, (uint32_t)address, (uint32_t)bytes, (enum right)perm, receiver);
}

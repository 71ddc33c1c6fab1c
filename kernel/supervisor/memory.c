/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group memory: heaps within the manifest's budgets.
 */
#include "caller.h"
#include "layout/layout.h"
#include "supervisor/calls.h"
#include "supervisor/heap.h"
#include "supervisor/memory.h"
#include "supervisor/share.h"

/* ---- Heap pages ---- */

static uint64_t *page_word(struct component *component, uint32_t address)
{
    return &component->heap_pages[address % SLOT_BYTES / PAGE_BYTES / 64];
}

static uint64_t page_bit(uint32_t address)
{
    return 1ull << (address / PAGE_BYTES % 64);
}

/* How many pages of [from, from + bytes) the component has. */
static uint32_t pages_had(struct component *component, uint32_t from, uint32_t bytes)
{
    uint32_t had = 0;

    for (uint32_t at = from; at < from + bytes; at += PAGE_BYTES)
        had += (*page_word(component, at) & page_bit(at)) != 0;
    return had;
}

static void pages_give(unsigned index, uint32_t from, uint32_t bytes)
{
    struct component *component = &system_state.components[index];

    __builtin_memset((void *)(uintptr_t)from, 0, bytes);
    for (uint32_t at = from; at < from + bytes; at += PAGE_BYTES)
        *page_word(component, at) |= page_bit(at);
    component->heap_used += bytes;
    if (component->heap_next < from + bytes)
        component->heap_next = from + bytes;
    layout_own_pages(index, from, bytes);
}

/* Are these whole pages of the component's heap, some at least? */
static bool are_pages(const struct component *component, uint64_t address, uint64_t bytes)
{
    return bytes != 0 && (address | bytes) % PAGE_BYTES == 0 && address >= component->heap_base &&
           address <= component->heap_end && bytes <= component->heap_end - address;
}

bool memory_has(unsigned index, uint64_t address, uint64_t bytes)
{
    struct component *component = &system_state.components[index];

    return are_pages(component, address, bytes) &&
           pages_had(component, (uint32_t)address, (uint32_t)bytes) == bytes / PAGE_BYTES;
}

SUPERVISOR_CALL(mmp_alloc, component_t owner, uint64_t bytes, uint64_t, uint64_t, uint64_t, component_t)
{
    unsigned index = system_component(owner);
    struct component *component;
    uint32_t from;

    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    if (bytes == 0)
        return SHOJI_EINVAL;
    component = &system_state.components[index];
    from = component->heap_next;
    if (bytes > component->heap_end - from)
        return SHOJI_EMEMORY;
    pages_give(index, from, ((uint32_t)bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1));
    return from;
}

SUPERVISOR_CALL(mmp_alloc_at, component_t owner, uint64_t address, uint64_t bytes, uint64_t, uint64_t,
                component_t)
{
    unsigned index = system_component(owner);

    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    if (!are_pages(&system_state.components[index], address, bytes))
        return SHOJI_EINVAL;
    if (pages_had(&system_state.components[index], (uint32_t)address, (uint32_t)bytes) != 0)
        return SHOJI_EBUSY;
    pages_give(index, (uint32_t)address, (uint32_t)bytes);
    return (long)address;
}

SUPERVISOR_CALL(mmp_free, component_t owner, uint64_t address, uint64_t bytes, uint64_t, uint64_t,
                component_t)
{
    unsigned index = system_component(owner);
    struct component *component;

    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    component = &system_state.components[index];
    if (!are_pages(component, address, bytes))
        return SHOJI_EINVAL;
    if (pages_had(component, (uint32_t)address, (uint32_t)bytes) != bytes / PAGE_BYTES)
        return SHOJI_EPERM;
    for (uint32_t at = (uint32_t)address; at < address + bytes; at += PAGE_BYTES)
        *page_word(component, at) &= ~page_bit(at);
    component->heap_used -= (uint32_t)bytes;
    heap_forget(index, (uint32_t)address, (uint32_t)bytes);
    share_forget(index, (uint32_t)address, (uint32_t)bytes);
    layout_unshare(index, (uint32_t)address, (uint32_t)bytes);
    layout_disown_pages(index, (uint32_t)address, (uint32_t)bytes);
    return SHOJI_OK;
}

void memory_reset(unsigned index)
{
    struct component *component = &system_state.components[index];

    share_forget(index, ARENA_BASE + index * SLOT_BYTES, GATES_OFFSET);
    layout_unshare(index, ARENA_BASE + index * SLOT_BYTES, GATES_OFFSET);
    if (component->heap_next != component->heap_base) {
        heap_forget(index, component->heap_base, component->heap_next - component->heap_base);
        layout_disown_pages(index, component->heap_base, component->heap_next - component->heap_base);
    }
    component->heap_next = component->heap_base;
    component->heap_used = 0;
    __builtin_memset(component->heap_pages, 0, sizeof component->heap_pages);
}

SUPERVISOR_CALL(sup_memory_used, component_t owner, uint64_t, uint64_t, uint64_t, uint64_t, component_t)
{
    unsigned index = system_component(owner);
    const struct component *component;

    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    component = &system_state.components[index];
    return (long)((uint64_t)(component->heap_end - component->heap_base) << 32 | component->heap_used);
}

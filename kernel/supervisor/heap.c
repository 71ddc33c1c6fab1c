/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group heap: a component restricts itself. Its allocator (components/runtime) finds blocks; the supervisor
 * makes what is in none of them inaccessible, and keeps allocations of heaps with guard words apart
 * (words.h). It gives nobody a right to another's words.
 *
 * 1. In a kept page the owner's view has RIGHT_WRITE for a word that is WRITTEN, and for no other.
 * 2. What others have of a kept page is of WRITTEN words: layout_share gives no more than the owner has, and
 * a word that leaves WRITTEN is taken from all of them.
 */
#include "supervisor/heap.h"

#include "caller.h"
#include "cpu/store.h"
#include "layout/layout.h"
#include "shoji/supervisor.h"
#include "supervisor/calls.h"
#include "supervisor/memory.h"
#include "supervisor/share.h"
#include "supervisor/words.h"
#include "text.h"

/* ---- Pages ---- */

static void taken_back(unsigned component, uint32_t address, uint32_t bytes)
{
    share_forget(component, address, bytes);
    layout_unshare(component, address, bytes);
}

static bool any_kept(unsigned component, uint32_t address, uint32_t bytes)
{
    for (uint32_t at = address; at < address + bytes; at += PAGE_BYTES)
        if (words_kept(component, at))
            return true;
    return false;
}

/* Pages of the caller's heap that are not kept: SHOJI_OK. */
static long pages_check(unsigned component, uint64_t address, uint64_t bytes)
{
    if (bytes == 0 || (address | bytes) % PAGE_BYTES != 0)
        return SHOJI_EINVAL;
    if (!memory_has(component, address, bytes))
        return SHOJI_EPERM;
    return any_kept(component, (uint32_t)address, (uint32_t)bytes) ? SHOJI_EBUSY : SHOJI_OK;
}

SUPERVISOR_CALL(sup_heap_close, uint64_t address, uint64_t bytes, component_t badge)
{
    unsigned component = caller_of(badge).component;
    long status = pages_check(component, address, bytes);

    if (status != SHOJI_OK)
        return status;
    taken_back(component, (uint32_t)address, (uint32_t)bytes);
    layout_disown_pages(component, (uint32_t)address, (uint32_t)bytes);
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_heap_open, uint64_t address, uint64_t bytes, component_t badge)
{
    unsigned component = caller_of(badge).component;
    long status = pages_check(component, address, bytes);

    if (status == SHOJI_OK)
        layout_own_pages(component, (uint32_t)address, (uint32_t)bytes);
    return status;
}

SUPERVISOR_CALL(sup_heap_keep, uint64_t address, uint64_t bytes, component_t badge)
{
    unsigned component = caller_of(badge).component;
    long status = pages_check(component, address, bytes);

    if (status != SHOJI_OK)
        return status;
    if (!words_keep(component, (uint32_t)address, (uint32_t)bytes))
        return SHOJI_EMEMORY;
    if (layout_keep_pages(component, (uint32_t)address, (uint32_t)bytes) != SHOJI_OK) {
        words_drop(component, (uint32_t)address, (uint32_t)bytes);
        return SHOJI_EMEMORY;
    }
    taken_back(component, (uint32_t)address, (uint32_t)bytes);
    return SHOJI_OK;
}

void heap_forget(unsigned component, uint32_t address, uint32_t bytes)
{
    words_drop(component, address, bytes);
}

/* ---- Words ---- */

/* Words that are all of one allocation. */
static void written(unsigned component, uint32_t from, uint32_t end)
{
    words_set(component, from, end - from, WORD_WRITTEN);
    layout_own_words(component, from, end - from, RIGHT_WRITE);
}

/* Words of kept pages that are in no allocation from here on. */
static void ended(unsigned component, uint32_t address, uint32_t bytes, enum word_state state)
{
    words_set(component, address, bytes, state);
    layout_own_words(component, address, bytes, RIGHT_NONE);
    taken_back(component, address, bytes);
}

static bool are_words(unsigned component, uint64_t address, uint64_t bytes)
{
    const struct component *it = &system_state.components[component];

    return (address | bytes) % 4 == 0 && bytes != 0 && address >= it->heap_base && address < it->heap_end &&
           bytes <= it->heap_end - address;
}

/* The allocation that begins there. 0 bytes: none does. */
static uint32_t allocated_at(unsigned component, uint64_t address)
{
    struct words_found found;
    enum word_state state;

    if (!are_words(component, address, 4))
        return 0;
    state = words_state(component, (uint32_t)address);
    if (state != WORD_FRESH && state != WORD_WRITTEN)
        return 0;
    found = words_around(component, (uint32_t)address);
    return found.address == address ? found.bytes : 0;
}

SUPERVISOR_CALL(sup_heap_alloc, uint64_t address, uint64_t bytes, uint32_t is_written, component_t badge)
{
    unsigned component = caller_of(badge).component;

    if (!are_words(component, address, bytes) ||
        !words_surrounded(component, (uint32_t)address, (uint32_t)bytes))
        return SHOJI_EINVAL;
    if (!words_unused(component, (uint32_t)address - 4, (uint32_t)bytes + 8))
        return SHOJI_EBUSY;
    words_absorb(component, (uint32_t)address, (uint32_t)bytes);
    words_set(component, (uint32_t)address, (uint32_t)bytes, is_written ? WORD_WRITTEN : WORD_FRESH);
    if (is_written)
        layout_own_words(component, (uint32_t)address, (uint32_t)bytes, RIGHT_WRITE);
    return SHOJI_OK;
}

bool heap_store_for(unsigned component, uint32_t address, uint64_t bytes)
{
    uint64_t from = address & ~3u, end = (address + bytes + 3) & ~3ull;

    if (bytes == 0 || bytes > SLOT_BYTES || !are_words(component, from, end - from) ||
        words_allocated(component, (uint32_t)from, (uint32_t)end) != end)
        return false;
    written(component, (uint32_t)from, (uint32_t)end);
    return true;
}

SUPERVISOR_CALL(sup_heap_written, uint64_t address, uint64_t bytes, component_t badge)
{
    unsigned component = caller_of(badge).component;

    if (!are_words(component, address, bytes))
        return SHOJI_EINVAL;
    return heap_store_for(component, (uint32_t)address, bytes) ? SHOJI_OK : SHOJI_EPERM;
}

SUPERVISOR_CALL(sup_heap_free, uint64_t address, component_t badge)
{
    unsigned component = caller_of(badge).component;
    uint32_t bytes = allocated_at(component, address);

    if (bytes == 0)
        return are_words(component, address, 4) && words_state(component, (uint32_t)address) == WORD_FREED
                   ? SHOJI_EPERM
                   : SHOJI_EINVAL;
    ended(component, (uint32_t)address, bytes, WORD_FREED);
    return bytes;
}

SUPERVISOR_CALL(sup_heap_size, uint64_t address, component_t badge)
{
    uint32_t bytes = allocated_at(caller_of(badge).component, address);

    return bytes != 0 ? (long)bytes : SHOJI_EINVAL;
}

/* ---- An allocation of another size, perhaps elsewhere ---- */

static long resize(unsigned component, uint32_t address, uint32_t old, uint32_t new)
{
    if (new > old) {
        if (!words_surrounded(component, address + old, new - old))
            return SHOJI_EINVAL;
        if (!words_unused(component, address + old, new - old + 4))
            return SHOJI_EBUSY;
        words_absorb(component, address + old, new - old);
        words_set(component, address + old, new - old, WORD_FRESH);
    } else if (new < old) {
        ended(component, address + new, old - new, WORD_FREE);
    }
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_heap_move, uint64_t from, uint64_t to, uint64_t bytes, component_t badge)
{
    unsigned component = caller_of(badge).component;
    uint32_t old = allocated_at(component, from), kept = old < bytes ? old : (uint32_t)bytes, run;

    if (old == 0 || !are_words(component, to, bytes))
        return SHOJI_EINVAL;
    if (from == to)
        return resize(component, (uint32_t)from, old, (uint32_t)bytes);
    if (!words_surrounded(component, (uint32_t)to, (uint32_t)bytes))
        return SHOJI_EINVAL;
    if (!words_unused(component, (uint32_t)to - 4, (uint32_t)bytes + 8))
        return SHOJI_EBUSY;

    /* Nothing fails from here on. */
    words_absorb(component, (uint32_t)to, (uint32_t)bytes);
    words_set(component, (uint32_t)to, (uint32_t)bytes, WORD_FRESH);
    for (uint32_t at = 0; at < kept; at = run) { /* written words are copied, and stay it */
        uint32_t end = (uint32_t)from + kept;

        at = words_run(component, (uint32_t)from + at, end, WORD_FRESH) - (uint32_t)from;
        run = words_run(component, (uint32_t)from + at, end, WORD_WRITTEN) - (uint32_t)from;
        if (run == at)
            break;
        __builtin_memcpy((void *)(uintptr_t)(to + at), (const void *)(uintptr_t)(from + at), run - at);
        written(component, (uint32_t)to + at, (uint32_t)to + run);
    }
    ended(component, (uint32_t)from, old, WORD_FREED);
    return SHOJI_OK;
}

/* ---- First stores ---- */

bool heap_first_store(const struct protection_fault *fault, const struct registers *registers)
{
    uint32_t word = (uint32_t)fault->address & ~3u, end = word + 4;
    unsigned owner;
    uint64_t from, bytes;

    if (!protection_fault_is_access(fault->kind) || fault->access != 1 || fault->address >> 32 != 0)
        return false;
    owner = layout_slot_of(word);
    if (owner >= ARENA_SLOTS || words_state(owner, word) != WORD_FRESH ||
        (layout_members(pd_named((struct pd_id){fault->id})) >> owner & 1) == 0)
        return false;
    /* What cannot be told from the instruction is tried again, a word at a time. */
    if (store_decode(registers, (const uint8_t *)registers->rip, &from, &bytes) && from <= fault->address &&
        fault->address - from < bytes && from + bytes < system_state.components[owner].heap_end)
        end = words_allocated(owner, word, ((uint32_t)(from + bytes) + 3) & ~3u);
    written(owner, word, end);
    return true;
}

/* ---- Words for reports ---- */

bool heap_word_fresh(unsigned component, uint32_t address)
{
    return words_state(component, address) == WORD_FRESH;
}

bool heap_word_text(unsigned component, uint32_t address, char *out, size_t size)
{
    struct words_found found = words_around(component, address & ~3u);

    if (!words_kept(component, address))
        return false;
    switch (words_state(component, address)) {
    case WORD_FREE:
        found = words_near(component, address & ~3u);
        if (found.bytes == 0)
            text_copy(out, size, "heap, not allocated");
        else
            text_format(out, size, "heap, guard word %s the %u bytes at 0x%08x%s",
                        address < found.address ? "before" : "behind", found.bytes, found.address,
                        words_state(component, found.address) == WORD_FREED ? ", which were freed" : "");
        break;
    case WORD_FRESH:
        text_format(out, size, "heap, never written, in the %u bytes at 0x%08x", found.bytes, found.address);
        break;
    case WORD_WRITTEN:
        text_format(out, size, "heap, in the %u bytes at 0x%08x", found.bytes, found.address);
        break;
    case WORD_FREED:
        text_format(out, size, "heap, freed, in what were the %u bytes at 0x%08x", found.bytes,
                    found.address);
        break;
    }
    return true;
}

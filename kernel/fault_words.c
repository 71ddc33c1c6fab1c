/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where it was, what was tried, and whose word it was. Who could have allowed it: fault_allowed.c.
 */
#include "fault_words.h"

#include "cpu/interrupt.h"
#include "layout/layout.h"
#include "loader/lines.h"
#include "supervisor/files.h"
#include "supervisor/heap.h"
#include "supervisor/memory.h"
#include "system.h"
#include "text.h"
#include "thread.h"

/* ---- Where ---- */

void words_function(char *out, size_t size, uint64_t address)
{
    unsigned component = scene_component_at(address);
    uint32_t into;
    const char *name = NULL;

    if (component != NO_COMPONENT) {
        const struct component *c = &system_state.components[component];

        name = elf_function_at(files_of(component), (uint32_t)address - c->base, &into);
    }
    if (name != NULL)
        text_format(out, size, "%s+0x%x", name, into);
    else
        text_copy(out, size, "?");
}

/* The image's file, how far into it, and the source line if the file tells. */
void words_place(char *out, size_t size, uint64_t address)
{
    unsigned component = scene_component_at(address);
    const struct component *c = &system_state.components[component];
    const struct elf_file *file;
    struct line line;
    size_t length;

    out[0] = '\0';
    if (component == NO_COMPONENT)
        return;
    file = files_of(component);
    length = text_format(out, size, " (%s+0x%lx", system_state.manifest.components[component].image,
                         address - c->base);
    line = lines_at(file->bytes, file->size, (uint32_t)(address - c->base));
    if (line.number != 0)
        length += text_format(out + length, size - length, ", %s:%u", line.file, line.number);
    text_copy(out + length, size - length, ")");
}

/* Where a wild jump may have come from: its return address, if it was a call. The thread's own stack tells: a
 * claim, no proof. */
void words_origin(char *out, size_t size, const struct scene *scene)
{
    uint64_t rsp = scene->registers->rsp;
    char function[64];

    out[0] = '\0';
    if (scene_component_at(scene->registers->rip) == scene->component || rsp % 8 != 0 ||
        rsp < scene->thread->stack.limit || rsp >= scene->thread->stack.frame_base)
        return;
    words_function(function, sizeof function, *(const uint64_t *)rsp);
    if (scene_component_at(*(const uint64_t *)rsp) == scene->component)
        text_format(out, size, " (from %s)", function);
}

/* ---- Whose ---- */

static void slot_text(char *out, size_t size, unsigned component, uint32_t address)
{
    const struct component *c = &system_state.components[component];
    const char *name = system_name(component), *part = "unused";
    uint32_t offset = address - c->base;
    char word[80];

    for (unsigned i = 0; i < c->file.segment_count; i++) {
        const struct elf_segment *segment = &c->file.segments[i];
        char function[64];

        if (offset < segment->address || offset - segment->address >= segment->bytes)
            continue;
        if (segment->right == RIGHT_EXECUTE) {
            words_function(function, sizeof function, address);
            text_format(out, size, "a word of %s (text, %s)", name, function);
            return;
        }
        part = segment->right == RIGHT_WRITE ? "data" : "constants";
    }
    if (address >= c->heap_base && address < c->heap_next) {
        part = word;
        if (!memory_has(component, address & ~(PAGE_BYTES - 1), PAGE_BYTES))
            text_copy(word, sizeof word, "heap, given back");
        else if (!heap_word_text(component, address, word, sizeof word))
            text_copy(word, sizeof word,
                      layout_covers(component, address, 1, RIGHT_READ) ? "heap"
                                                                       : "heap, a page with no allocation");
    } else if (address % SLOT_BYTES >= GATES_OFFSET)
        part = address - c->gates < c->gate_count * GATE_BYTES ? "gates" : "gate space";
    text_format(out, size, "a word of %s (%s)", name, part);
}

void words_owner(char *out, size_t size, uint64_t address)
{
    const struct manifest *manifest = &system_state.manifest;
    unsigned slot = address >> 32 == 0 ? layout_slot_of((uint32_t)address) : NO_SLOT;

    if (system_has(slot))
        slot_text(out, size, slot, (uint32_t)address);
    else if (slot >= manifest->component_count && slot < manifest->component_count + manifest->pool_count)
        text_format(out, size, "a word of pool %s", manifest->pools[slot - manifest->component_count].name);
    else if (address >= STACKS_BASE && address < SUPERVISOR_STACK_END - STACK_BYTES)
        text_format(out, size, "a word of thread %s's stack",
                    thread_of_stack(address) != NULL ? thread_of_stack(address)->name : "?");
    else if (address >= GLOBAL_BASE && address < GLOBAL_BASE + PAGE_BYTES)
        text_copy(out, size, "a word of the global page");
    else if (address < SUPERVISOR_STACK_END || (address >= RECORDS_BASE && address < RECORDS_END))
        text_copy(out, size, "a word of the supervisor");
    else
        text_copy(out, size, "nobody's word");
}

/* ---- What ---- */

const char *words_exception(uint64_t vector)
{
    static const char *const text[32] = {
        [0] = "division error",
        [1] = "debug exception",
        [3] = "breakpoint",
        [4] = "overflow",
        [5] = "bound exceeded",
        [6] = "undefined instruction",
        [7] = "x87 not available",
        [10] = "task state",
        [11] = "segment not present",
        [12] = "stack segment",
        [13] = "general protection: an instruction that only the supervisor may execute, or no address",
        [16] = "x87 error",
        [17] = "alignment",
        [19] = "SSE error",
    };

    return vector < 32 && text[vector] != NULL ? text[vector] : "an unexpected exception";
}

void words_what(char *out, size_t size, const struct scene *scene)
{
    const struct registers *registers = scene->registers;
    static const char *const access[] = {"load of", "store of", "fetch of", "access of"};
    struct protection_fault fault;
    char owner[WORDS_OWNER_BYTES];

    if (registers->vector == VECTOR_TIMER) {
        text_format(out, size, "more than %u ms of processor time in one invocation",
                    scene_budget(scene->component) * (1000 / TIMER_HZ));
        return;
    }
    if (registers->vector == VECTOR_PAGE_FAULT) {
        text_format(out, size, "access to 0x%08lx, beyond the memory; not mapped", cpu_cr2());
        return;
    }
    if (registers->vector != PROTECTION_VECTOR) {
        text_copy(out, size, words_exception(registers->vector));
        return;
    }
    fault = protection_fault();
    words_owner(owner, sizeof owner, fault.address);
    if (protection_fault_is_access(fault.kind))
        text_format(out, size, "%s %u byte%s %s 0x%08lx, %s; %s", access[fault.access & 3], fault.size,
                    fault.size == 1 ? "" : "s", fault.access == 1 ? "to" : "at", fault.address, owner,
                    protection_fault_text(fault.kind));
    else
        text_format(out, size, "%s (0x%08lx)", protection_fault_text(fault.kind), fault.address);
}

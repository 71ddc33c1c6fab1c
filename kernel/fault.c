/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an exception means: who ran, what was tried on whose memory, who called; then back to the caller with
 * SHOJI_EFAULT, or to the thread's beginning if nobody called.
 *
 * 1. The report is made from the kernel's own records (frames, gates, domains), not from anything that the
 * component could have written; but for the names in its image, which are its own claim.
 */
#include "fault.h"

#include <stddef.h>

#include "abort.h"
#include "console.h"
#include "cpu/interrupt.h"
#include "layout/layout.h"
#include "loader/lines.h"
#include "panic.h"
#include "reboot.h"
#include "recorder.h"
#include "reports.h"
#include "scheduling.h"
#include "shoji/supervisor.h"
#include "supervisor/files.h"
#include "supervisor/frames.h"
#include "supervisor/gates.h"
#include "supervisor/stack.h"
#include "supervisor/heap.h"
#include "supervisor/memory.h"
#include "system.h"
#include "text.h"
#include "thread.h"

struct scene {
    const struct registers *registers;
    struct thread *thread;
    struct frame interrupted, call;
    struct pd pd;
    unsigned component; /* who ran; NO_COMPONENT if nobody can tell */
    bool at_base;       /* no invocation to end */
};

/* Index of the component in whose slot the address is, or NO_COMPONENT. */
static unsigned component_at(uint64_t address)
{
    unsigned slot = address >> 32 == 0 ? layout_slot_of((uint32_t)address) : NO_SLOT;

    return system_has(slot) ? slot : NO_COMPONENT;
}

/* Code of a component outside the domain cannot have run; then it is whoever was entered last. */
static unsigned component_running(const struct scene *scene)
{
    unsigned component = component_at(scene->registers->rip);

    if (component != NO_COMPONENT && (layout_members(scene->pd) >> component & 1) != 0)
        return component;
    if (scene->at_base)
        return scene->thread->component;
    return component_at(gate_read((uint32_t)scene->call.gate).target);
}

static struct scene scene_look(const struct registers *registers)
{
    struct scene scene = {.registers = registers, .thread = thread_current()};

    call_stack_save(&scene.thread->stack);
    scene.interrupted = call_stack_frame(&scene.thread->stack, 0);
    scene.call = call_stack_frame(&scene.thread->stack, 1);
    scene.at_base = scene.call.gate == 0;
    scene.pd = pd_named((struct pd_id){scene.interrupted.id});
    scene.component = component_running(&scene);
    return scene;
}

/* Ticks that an invocation of the component may take. */
static unsigned budget_of(unsigned component)
{
    return system_state.manifest.components[component].time_ms / (1000 / TIMER_HZ);
}

/* ---- Words for the report ---- */

static void function_text(char *out, size_t size, uint64_t address)
{
    unsigned component = component_at(address);
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
static void place_text(char *out, size_t size, uint64_t address)
{
    unsigned component = component_at(address);
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
static void origin_text(char *out, size_t size, const struct scene *scene)
{
    uint64_t rsp = scene->registers->rsp;
    char function[64];

    out[0] = '\0';
    if (component_at(scene->registers->rip) == scene->component || rsp % 8 != 0 ||
        rsp < scene->thread->stack.limit || rsp >= scene->thread->stack.frame_base)
        return;
    function_text(function, sizeof function, *(const uint64_t *)rsp);
    if (component_at(*(const uint64_t *)rsp) == scene->component)
        text_format(out, size, " (from %s)", function);
}

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
            function_text(function, sizeof function, address);
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

void fault_owner_text(char *out, size_t size, uint64_t address)
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

static const char *exception_text(uint64_t vector)
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

static void what_text(char *out, size_t size, const struct scene *scene)
{
    const struct registers *registers = scene->registers;
    static const char *const access[] = {"load of", "store of", "fetch of", "access of"};
    struct protection_fault fault;
    char owner[FAULT_OWNER_BYTES];

    if (registers->vector == VECTOR_TIMER) {
        text_format(out, size, "more than %u ms of processor time in one invocation",
                    budget_of(scene->component) * (1000 / TIMER_HZ));
        return;
    }
    if (registers->vector == VECTOR_PAGE_FAULT) {
        text_format(out, size, "access to 0x%08lx, beyond the memory; not mapped", cpu_cr2());
        return;
    }
    if (registers->vector != PROTECTION_VECTOR) {
        text_copy(out, size, exception_text(registers->vector));
        return;
    }
    fault = protection_fault();
    fault_owner_text(owner, sizeof owner, fault.address);
    if (protection_fault_is_access(fault.kind))
        text_format(out, size, "%s %u byte%s %s 0x%08lx, %s; %s", access[fault.access & 3], fault.size,
                    fault.size == 1 ? "" : "s", fault.access == 1 ? "to" : "at", fault.address, owner,
                    protection_fault_text(fault.kind));
    else
        text_format(out, size, "%s (0x%08lx)", protection_fault_text(fault.kind), fault.address);
}

/* Who could have allowed it, and how. Empty if the question makes no sense. */
static void allowed_text(char *out, size_t size, const struct scene *scene)
{
    const struct manifest *manifest = &system_state.manifest;
    const char *self = system_name(scene->component);
    struct protection_fault wrong;
    struct layout_move move;
    unsigned slot;
    size_t length;

    out[0] = '\0';
    if (scene->registers->vector != PROTECTION_VECTOR)
        return;
    wrong = protection_fault();
    if (!protection_fault_is_access(wrong.kind))
        return;
    slot = wrong.address >> 32 == 0 ? layout_slot_of((uint32_t)wrong.address) : NO_SLOT;
    if (system_has(slot) && slot != scene->component) {
        if (wrong.address % SLOT_BYTES >= GATES_OFFSET)
            length = text_format(out, size, "; only its own gates are %s's to use", self);
        else if (wrong.access != 2 &&
                 memory_has(slot, wrong.address & ~(uint64_t)(PAGE_BYTES - 1), PAGE_BYTES) &&
                 !layout_covers(slot, (uint32_t)wrong.address, 1, RIGHT_READ))
            length = text_format(out, size, "; nobody may use it now");
        else if (wrong.access == 2)
            length =
                text_format(out, size, "; an edge %s %s allows what it exports, through gates; a merge all",
                            self, system_name(slot));
        else
            length =
                text_format(out, size, "; mmp_set_perm by %s, or a merge, would allow it", system_name(slot));
        if (layout_moved(scene->component, slot, &move))
            text_format(out + length, size - length, "; they were last moved by %s %s%s%s, move %lu",
                        move.split ? "split" : "merge", system_name(move.into), move.split ? "" : " ",
                        move.split ? "" : system_name(move.from), move.number);
    } else if (slot >= manifest->component_count && slot < manifest->component_count + manifest->pool_count &&
               wrong.access != 2) {
        text_format(out, size, "; `pool %s ... %s %s` would allow it",
                    manifest->pools[slot - manifest->component_count].name, wrong.access == 1 ? "rw" : "ro",
                    self);
    } else if (wrong.address < scene->thread->stack.limit &&
               wrong.address + STACK_BYTES >= scene->thread->stack.limit) {
        text_format(out, size, "; the stack ends at 0x%08lx, and all of it is used",
                    scene->thread->stack.limit);
    } else if (slot == scene->component && wrong.access == 0 &&
               heap_word_fresh(slot, (uint32_t)wrong.address)) {
        text_copy(out, size, "; a store to it would allow it: what is in it means nothing yet");
    } else if (slot == scene->component && wrong.access == 2 && wrong.address % SLOT_BYTES >= GATES_OFFSET) {
        text_copy(out, size, "; each edge makes gates, no other word there is one");
    } else {
        text_copy(out, size, "; nothing allows it");
    }
}

struct words {
    char function[80], place[160], origin[80], what[300], allowed[200], caller[80], line[80], owner[120];
};

/* The source line, and whose word it was. */
static void record_words(struct words *words, const struct scene *scene)
{
    unsigned component = component_at(scene->registers->rip);
    struct protection_fault wrong;
    struct line line;

    words->line[0] = words->owner[0] = '\0';
    if (component != NO_COMPONENT) {
        const struct elf_file *file = files_of(component);

        line = lines_at(file->bytes, file->size,
                        (uint32_t)(scene->registers->rip - system_state.components[component].base));
        if (line.number != 0)
            text_format(words->line, sizeof words->line, "%s:%u", line.file, line.number);
    }
    if (scene->registers->vector != PROTECTION_VECTOR)
        return;
    wrong = protection_fault();
    if (protection_fault_is_access(wrong.kind))
        fault_owner_text(words->owner, sizeof words->owner, wrong.address);
}

static struct words words_of(const struct scene *scene)
{
    struct words words;

    function_text(words.function, sizeof words.function, scene->registers->rip);
    place_text(words.place, sizeof words.place, scene->registers->rip);
    origin_text(words.origin, sizeof words.origin, scene);
    allowed_text(words.allowed, sizeof words.allowed, scene);
    what_text(words.what, sizeof words.what, scene);
    if (scene->at_base)
        text_copy(words.caller, sizeof words.caller, "called by nobody");
    else
        text_format(words.caller, sizeof words.caller, "called by %s",
                    system_name(component_at(scene->call.gate)));
    record_words(&words, scene);
    return words;
}

/* Nothing for NO_COMPONENT: the report is all zero. */
static void named(unsigned component, component_t *id, char name[SHOJI_NAME_BYTES])
{
    if (component == NO_COMPONENT)
        return;
    *id = system_state.manifest.components[component].id;
    text_copy(name, SHOJI_NAME_BYTES, system_name(component));
}

/* Prints and keeps the report. `fallen`: who is rebooted for it. */
static void words_print(const struct scene *scene, const struct words *words, const char *end,
                        uint64_t fallen)
{
    static const char separator[] = "; ";
    struct sup_fault *report = reports_begin();

    text_format(report->text, sizeof report->text,
                "fault: %s (domain %u, thread %s) in %s at 0x%08lx%s%s: %s%s; %s; %s",
                system_name(scene->component), scene->pd.number, scene->thread->name, words->function,
                scene->registers->rip, words->place, words->origin, words->what, words->allowed,
                words->caller, end);
    recorder_failed(scene->component, scene->thread, scene->pd, report->text);
    console_line_begin();
    console_print("%s\n", report->text);
    named(scene->component, &report->component, report->component_name);
    named(scene->at_base ? NO_COMPONENT : component_at(scene->call.gate), &report->caller,
          report->caller_name);
    report->domain = scene->pd.number;
    report->instruction = scene->registers->rip;
    text_copy(report->thread, sizeof report->thread, scene->thread->name);
    text_copy(report->function, sizeof report->function, words->function);
    text_copy(report->place, sizeof report->place, words->line);
    text_copy(report->owner, sizeof report->owner, words->owner);
    text_copy(report->tried, sizeof report->tried, words->what);
    if (words->allowed[0] != '\0')
        text_copy(report->allowed, sizeof report->allowed, words->allowed + sizeof separator - 1);
    text_copy(report->outcome, sizeof report->outcome, end);
    while (fallen != 0)
        reports_fell(report, system_name(system_next(&fallen)));
}

static void report(const struct scene *scene, const char *end)
{
    struct words words = words_of(scene);

    words_print(scene, &words, end, 0);
}

/* ---- What follows ---- */

static void panic_supervisor(const struct registers *r) __attribute__((noreturn));

static void panic_supervisor(const struct registers *r)
{
    struct protection_fault fault = {.kind = 0};

    if (r->vector == PROTECTION_VECTOR)
        fault = protection_fault();
    panic("exception %lu (%s), error 0x%lx, in the supervisor at 0x%lx; cr2 0x%lx, mmp 0x%lx\n"
          "  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n  rsi %016lx rdi %016lx rbp %016lx rsp %016lx",
          r->vector,
          r->vector == PROTECTION_VECTOR ? protection_fault_text(fault.kind) : exception_text(r->vector),
          r->error, r->rip, cpu_cr2(), fault.address, r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi, r->rbp,
          r->rsp);
}

/* The domain fails: what is in flight there ends, its components are rebooted. */
static void fail(const struct scene *scene) __attribute__((noreturn));

static void fail(const struct scene *scene)
{
    struct words words = words_of(scene);
    char end[300];
    uint64_t fallen;
    size_t length;

    fallen = abort_closure(layout_members(scene->pd));
    length = text_format(end, sizeof end, "rebooting");
    for (uint64_t left = fallen; left != 0;) {
        unsigned index = system_next(&left);

        length += text_format(end + length, sizeof end - length, " %s%s", system_name(index),
                              system_is_made(index) ? " (not it: closed)" : "");
    }
    words_print(scene, &words, end, fallen);
    (void)reboot_fail(scene->component, fallen, words.what);
    reboot_go_on();
}

/* The caller of a component that is down gets SHOJI_EFAULT as if it had been there and failed; of a gate that
 * leads nowhere any more, SHOJI_ECLOSED. The gate stands at what the caller called; it has pushed where to
 * return to. */
static bool closed_gate(struct registers *registers)
{
    struct call_stack *stack = &thread_current()->stack;
    struct protection_fault wrong = protection_fault();
    bool closed;

    if (registers->vector != PROTECTION_VECTOR || !protection_fault_is_closed(wrong.kind) || wrong.gate == 0)
        return false;
    closed = gates_is_closed(wrong.gate);
    if (!closed && !reboot_gate_closed(wrong.gate))
        return false;
    call_stack_save(stack);
    if (registers->rsp % 8 != 0 || registers->rsp < stack->limit || registers->rsp >= stack->frame_base)
        return false;
    registers->rip = *(const uint64_t *)registers->rsp;
    registers->rsp += 8;
    registers->rax = (uint64_t)(closed ? SHOJI_ECLOSED : SHOJI_EFAULT);
    registers->rdx = 0;
    return true;
}

void fault_tick(const struct registers *registers)
{
    struct scene scene;
    unsigned ticks;

    if ((registers->cs & 3) == 0 || !reboot_can())
        return;
    call_stack_save(&thread_current()->stack);
    ticks = call_stack_tick(&thread_current()->stack);
    if (ticks < MANIFEST_TIME_LEAST / (1000 / TIMER_HZ))
        return;
    scene = scene_look(registers);
    if (scene.component == NO_COMPONENT || ticks <= budget_of(scene.component))
        return;
    system_state.components[scene.component].faults++;
    scheduling_note(SUP_EVENT_TIMER);
    fail(&scene);
}

/* The first store to a word that was allocated; it is tried again. */
static bool first_store(const struct registers *registers)
{
    struct protection_fault wrong;

    if (registers->vector != PROTECTION_VECTOR)
        return false;
    wrong = protection_fault();
    return heap_first_store(&wrong, registers);
}

/* A segment's entry has no caller but who made the segment active. */
static void stack_failed(const struct scene *scene)
{
    if (scene->at_base && stack_is_segment(scene->thread)) {
        report(scene, "its stack is idle");
        stack_returned(SHOJI_EFAULT);
    }
}

void fault(struct registers *registers)
{
    struct scene scene;

    if ((registers->cs & 3) == 0)
        panic_supervisor(registers);
    if (first_store(registers) || closed_gate(registers) || frames_returned(registers))
        return;
    scene = scene_look(registers);
    if (scene.component != NO_COMPONENT)
        system_state.components[scene.component].faults++;
    if (scene.component == system_state.scheduler && scene.thread->interruptible && !reboot_can() &&
        !stack_is_segment(scene.thread)) {
        report(&scene, "it is the scheduler");
        panic("nobody schedules any more: the scheduler faulted");
    }
    if (reboot_can())
        fail(&scene);
    if (!scene.at_base) {
        report(&scene, "invocation ended");
        call_stack_drop_interrupt();
        thread_return(SHOJI_EFAULT);
    }
    if (!scene.thread->interruptible && scene.at_base && !stack_is_segment(scene.thread)) {
        report(&scene, "component_init has failed");
        panic("component %s cannot be initialised: it faulted", system_name(scene.component));
    }
    stack_failed(&scene);
    if (++scene.thread->faults >= THREAD_FAULTS_MAX) {
        report(&scene, "thread ended");
        scheduling_thread_over();
    }
    report(&scene, "thread begins anew");
    thread_begin(scene.thread);
    scheduling_continue();
}

void trap(struct registers *registers)
{
    if (registers->vector >= VECTOR_TIMER)
        interrupt(registers);
    else
        fault(registers);
}

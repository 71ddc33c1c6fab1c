/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What follows of an exception: the caller gets SHOJI_EFAULT, components are rebooted, or the thread begins
 * anew; in the supervisor it is a panic. Who ran: fault_scene.c; what is told of it: fault_report.c.
 */
#include "fault.h"

#include "abort.h"
#include "cpu/interrupt.h"
#include "fault_report.h"
#include "fault_words.h"
#include "layout/layout.h"
#include "panic.h"
#include "reboot.h"
#include "scheduling.h"
#include "shoji/supervisor.h"
#include "supervisor/frames.h"
#include "supervisor/gates.h"
#include "supervisor/heap.h"
#include "supervisor/stack.h"
#include "system.h"
#include "text.h"
#include "thread.h"

static void panic_supervisor(const struct registers *r) __attribute__((noreturn));

static void panic_supervisor(const struct registers *r)
{
    struct protection_fault fault = {.kind = 0};

    if (r->vector == PROTECTION_VECTOR)
        fault = protection_fault();
    panic("exception %lu (%s), error 0x%lx, in the supervisor at 0x%lx; cr2 0x%lx, mmp 0x%lx\n"
          "  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n  rsi %016lx rdi %016lx rbp %016lx rsp %016lx",
          r->vector,
          r->vector == PROTECTION_VECTOR ? protection_fault_text(fault.kind) : words_exception(r->vector),
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
    if (scene.component == NO_COMPONENT || ticks <= scene_budget(scene.component))
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
        fault_report(scene, "its stack is idle");
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
        fault_report(&scene, "it is the scheduler");
        panic("nobody schedules any more: the scheduler faulted");
    }
    if (reboot_can())
        fail(&scene);
    if (!scene.at_base) {
        fault_report(&scene, "invocation ended");
        call_stack_drop_interrupt();
        thread_return(SHOJI_EFAULT);
    }
    if (!scene.thread->interruptible && scene.at_base && !stack_is_segment(scene.thread)) {
        fault_report(&scene, "component_init has failed");
        panic("component %s cannot be initialised: it faulted", system_name(scene.component));
    }
    stack_failed(&scene);
    if (++scene.thread->faults >= THREAD_FAULTS_MAX) {
        fault_report(&scene, "thread ended");
        scheduling_thread_over();
    }
    fault_report(&scene, "thread begins anew");
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

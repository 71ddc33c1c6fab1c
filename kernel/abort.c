/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An *activation* is what a thread does between entering a domain and leaving it. Each frame of a call stack
 * is about the activation that it interrupts: its domain, its stack pointer and base. In a domain of one
 * component it is that component's; in others the thread's stack tells: a component that is to be returned to
 * has its return address there.
 *
 * 1. No frame returns into a component that has ended: those that would are diverted to thread_gone.
 * 2. What another component does for one that has ended goes on to its end: its data stay whole. It is asked
 * to hurry (cut).
 * 3. A thread's cut bit is set while one of its frames is diverted, and while it is to leave its parking
 * place.
 */
#include "abort.h"

#include <stddef.h>

#include "layout/layout.h"
#include "panic.h"
#include "scheduling.h"
#include "shoji/status.h"
#include "system.h"

static bool is_diverted(const struct frame *frame)
{
    return frame->kind == FRAME_CALL && frame->rip == (uintptr_t)thread_gone;
}

/* A bit if the address is one of a component's code. */
static uint64_t component_of_code(uint64_t address)
{
    unsigned slot = address >> 32 == 0 ? layout_slot_of((uint32_t)address) : NO_SLOT;

    return system_has(slot) && address % SLOT_BYTES < GATES_OFFSET &&
                   view_right(layout_view(slot, slot), (uint32_t)address) == RIGHT_EXECUTE
               ? 1ull << slot
               : 0;
}

/* The same for a return address: behind a call, direct (E8) or indirect (FF /2, two to seven bytes with its
 * operand). */
static uint64_t component_of_return(uint64_t address)
{
    uint64_t component = component_of_code(address);
    const uint8_t *code = (const uint8_t *)address;

    for (int length = 2; component != 0 && length <= 7; length++) {
        if (component_of_code(address - (uint64_t)length) != component)
            return 0;
        if ((length == 5 && code[-5] == 0xe8) || (code[-length] == 0xff && (code[-length + 1] >> 3 & 7) == 2))
            return component;
    }
    return 0;
}

/* Whose activation is it that the n-th frame interrupts? A return address that was left behind counts too:
 * then an invocation may end that need not. */
static uint64_t activation_components(const struct thread *thread, unsigned n)
{
    struct frame frame = call_stack_frame(&thread->stack, n),
                 entered = call_stack_frame(&thread->stack, n + 1);
    struct pd pd = pd_named((struct pd_id){frame.id});
    uint64_t members = pd.number != 0 ? layout_members(pd) : 0, found;
    uint64_t from = frame.rsp;

    if ((members & (members - 1)) == 0)
        return members;
    found = component_of_code(frame.rip);
    if (entered.gate != 0)
        found |= component_of_code(gate_read((uint32_t)entered.gate).target);
    else
        found |= 1ull << thread->component;
    if (from < thread->stack.limit || from > frame.frame_base)
        from = thread->stack.limit;
    for (uint64_t at = (from + 7) & ~7ull; at + 8 <= frame.frame_base; at += 8)
        found |= component_of_return(*(const uint64_t *)at);
    return found & members;
}

static uint64_t domains_of(uint64_t components)
{
    uint64_t all = 0;

    while (components != 0)
        all |= layout_members(layout_domain(system_next(&components)));
    return all;
}

uint64_t abort_closure(uint64_t components)
{
    uint64_t before;

    call_stack_save(&thread_current()->stack);
    do {
        struct thread *thread;

        before = components;
        components |= domains_of(components);
        for (unsigned i = 0; (thread = thread_at(i)) != NULL; i++)
            for (unsigned n = 0; call_stack_frame(&thread->stack, n).kind != FRAME_NONE; n++) {
                uint64_t found = activation_components(thread, n);

                if ((found & components) != 0)
                    components |= found;
            }
    } while (components != before);
    return components;
}

static bool has_diverted(const struct thread *thread)
{
    struct frame frame;

    for (unsigned n = 0; (frame = call_stack_frame(&thread->stack, n)).kind != FRAME_NONE; n++)
        if (is_diverted(&frame))
            return true;
    return false;
}

static void cut_update(const struct thread *thread)
{
    scheduling_cut(thread, has_diverted(thread));
}

bool abort_unfinished(void)
{
    struct thread *thread;

    call_stack_save(&thread_current()->stack);
    for (unsigned i = 0; (thread = thread_at(i)) != NULL; i++)
        if (thread->state != THREAD_OVER && has_diverted(thread))
            return true;
    return false;
}

/* The top frame is a call of the supervisor, or will be when those are dropped that nobody is to return to.
 */
static void frames_drop(struct thread *thread)
{
    struct frame frame;

    while (frame = call_stack_frame(&thread->stack, 0), is_diverted(&frame))
        call_stack_drop(&thread->stack);
    ASSERT(frame.kind == FRAME_CALL, "a call's frame is below the interrupt's");
    thread->result = SHOJI_EFAULT;
    thread->state = THREAD_RETURNING;
}

static void thread_abort(struct thread *thread, uint64_t components)
{
    struct frame top = call_stack_frame(&thread->stack, 0), frame;
    bool met = false, here = false;

    for (unsigned n = 0; (frame = call_stack_frame(&thread->stack, n)).kind != FRAME_NONE; n++) {
        if ((activation_components(thread, n) & components) == 0)
            continue;
        met = true;
        here = here || n == 0;
        if (frame.kind == FRAME_CALL)
            call_stack_divert(&thread->stack, n, (uintptr_t)thread_gone);
    }
    if (!met)
        return;
    if (here) {
        if (top.kind == FRAME_INTERRUPT)
            call_stack_drop(&thread->stack);
        frames_drop(thread);
    }
    cut_update(thread);
    if (thread == thread_current())
        call_stack_load(&thread->stack);
}

void abort_invocations(uint64_t components)
{
    struct thread *thread;

    call_stack_save(&thread_current()->stack);
    for (unsigned i = 0; (thread = thread_at(i)) != NULL; i++)
        if (thread->state != THREAD_OVER)
            thread_abort(thread, components);
}

void abort_return(void)
{
    struct thread *thread = thread_current();

    call_stack_save(&thread->stack);
    frames_drop(thread);
    cut_update(thread);
    call_stack_load(&thread->stack);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where threads are. It reads call stacks, gates and images' symbol tables, and changes nothing.
 *
 * A frame says whose invocation it is by the gate that was entered, and where its caller goes on. So the
 * invocation's own place is in the frame above it; of the topmost it is the supervisor, which was called, or
 * what an interrupt found.
 */
#include <stddef.h>

#include "caller.h"
#include "layout/layout.h"
#include "supervisor/calls.h"
#include "supervisor/files.h"
#include "supervisor/trace.h"
#include "system.h"
#include "text.h"
#include "thread.h"

/* Index of the component in whose slot the address is, or NO_COMPONENT. */
static unsigned component_at(uint64_t address)
{
    unsigned slot = address >> 32 == 0 ? layout_slot_of((uint32_t)address) : NO_SLOT;

    return system_has(slot) ? slot : NO_COMPONENT;
}

component_t trace_component_at(uint64_t address)
{
    unsigned component = component_at(address);

    return component == NO_COMPONENT ? 0 : system_state.manifest.components[component].id;
}

static const char *call_name(uint64_t entry)
{
    for (const struct loader_call *call = supervisor_calls; call->name != NULL; call++)
        if ((uintptr_t)call->entry == entry)
            return call->name;
    return "?";
}

const char *trace_function_at(uint64_t address, uint32_t *into)
{
    unsigned index = component_at(address);
    const char *name = NULL;

    *into = 0;
    if (index == NO_COMPONENT)
        return call_name(address);
    name = elf_function_at(files_of(index), (uint32_t)address - system_state.components[index].base, into);
    if (name == NULL) /* of something made at run time, and its maker did not say of which file */
        *into = (uint32_t)address - system_state.components[index].base;
    return name != NULL ? name : "?";
}

static void place_set(struct sup_frame *frame, uint64_t address)
{
    uint32_t into;
    const char *name = trace_function_at(address, &into);

    frame->at = trace_component_at(address);
    text_format(frame->place, sizeof frame->place, "%s+0x%x", name, into);
}

static void entered_set(struct sup_frame *frame, uint64_t target)
{
    uint32_t into;

    *frame = (struct sup_frame){.component = trace_component_at(target), .at = trace_component_at(target)};
    text_copy(frame->function, sizeof frame->function, trace_function_at(target, &into));
}

static uint32_t state_of(const struct thread *thread)
{
    switch (thread->state) {
    case THREAD_RUNNING:
        return SUP_THREAD_RUNS;
    case THREAD_INVOKED:
    case THREAD_RETURNING:
        return SUP_THREAD_WAITS;
    case THREAD_OVER:
        return SUP_THREAD_OVER;
    default:
        return SUP_THREAD_PREEMPTED;
    }
}

static unsigned depth_of(const struct call_stack *stack)
{
    unsigned depth = 0;

    while (call_stack_frame(stack, depth).kind != FRAME_NONE)
        depth++;
    return depth;
}

/* The frame leaves the last invocation that has been told, or is where an interrupt found it. */
static void frame_tell(struct sup_trace *out, const struct thread *thread, const struct frame *frame)
{
    if (out->frames <= SUP_FRAMES)
        place_set(&out->frame[out->frames - 1],
                  frame->kind == FRAME_INTERRUPT ? thread->registers.rip : frame->rip);
    if (frame->kind != FRAME_CALL || frame->gate == 0)
        return;
    if (out->frames < SUP_FRAMES)
        entered_set(&out->frame[out->frames], gate_read((uint32_t)frame->gate).target);
    out->frames++;
}

static void trace(const struct thread *thread, struct sup_trace *out)
{
    unsigned depth = depth_of(&thread->stack);

    *out = (struct sup_trace){.component = system_state.manifest.components[thread->component].id,
                              .priority = thread->priority,
                              .state = state_of(thread)};
    text_copy(out->name, sizeof out->name, thread->name);
    if (out->state == SUP_THREAD_OVER || depth == 0)
        return;
    entered_set(&out->frame[0], thread->entry);
    out->frames = 1;
    for (unsigned n = depth - 1; n-- > 0;) { /* the base frame is the supervisor's own */
        struct frame frame = call_stack_frame(&thread->stack, n);

        frame_tell(out, thread, &frame);
    }
}

SUPERVISOR_CALL(sup_thread_trace, uint32_t number, uint64_t address, component_t badge)
{
    struct thread *thread = thread_at(number);
    struct sup_trace *out = (struct sup_trace *)address;

    if (address % _Alignof(struct sup_trace) != 0 ||
        !caller_may_write(caller_of(badge), (struct caller_address){address}, sizeof *out))
        return SHOJI_EINVAL;
    if (thread == NULL)
        return SHOJI_ENOENT;
    if (thread == thread_current())
        call_stack_save(&thread->stack);
    trace(thread, out);
    return SHOJI_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Stack segments, in group thread: mmp_alloc and mmp_free for SUP_STACK, mmp_set_stack. A segment is one of
 * the supervisor's thread stacks, with a call stack: what HotOS's supervisor records of a thread, and all of
 * a thread that it knows here. What a thread is besides, its manager knows.
 *
 * 1. A segment is idle (THREAD_NONE) until it is made active for the first time, and when its entry has
 * returned.
 * 2. Only the component that a segment was allocated for makes it active, and frees it.
 */
#include "supervisor/stack.h"

#include <stddef.h>

#include "caller.h"
#include "layout/layout.h"
#include "scheduling.h"
#include "supervisor/calls.h"
#include "supervisor/frames.h"

struct segment {
    bool allocated;
    unsigned manager;      /* index */
    struct thread *before; /* who goes on when its entry returns */
};
static struct segment segments[STACK_COUNT];

static uint64_t base_of(const struct thread *thread)
{
    return STACKS_BASE + (uint64_t)thread_number(thread) * STACK_BYTES;
}

/* The segment that begins there, or NULL. */
static struct thread *segment_at(uint64_t stack)
{
    uint64_t number = (stack - STACKS_BASE) / STACK_BYTES;

    if (stack < STACKS_BASE || stack % STACK_BYTES != 0 || number >= STACK_COUNT ||
        !segments[number].allocated)
        return NULL;
    return thread_at(number);
}

static struct segment *segment_of(const struct thread *thread)
{
    return &segments[thread_number(thread)];
}

/* One that was freed, or a new thread. */
static struct thread *thread_find(void)
{
    struct thread *thread;

    for (unsigned i = 0; (thread = thread_at(i)) != NULL; i++)
        if (thread->state == THREAD_NONE && !segments[i].allocated)
            return thread;
    return thread_create("segment", 0, 0, 0);
}

SUPERVISOR_VARIANT(thread, mmp_alloc, component_t owner, uint64_t bytes, component_t badge)
{
    struct thread *thread;

    if (owner != SUP_STACK)
        return SHOJI_EPERM;
    if (bytes == 0 || bytes > STACK_BYTES)
        return SHOJI_EINVAL;
    thread = thread_find();
    if (thread == NULL)
        return SHOJI_EMEMORY;
    thread->component = caller_of(badge).component;
    thread->state = THREAD_NONE;
    *segment_of(thread) = (struct segment){.allocated = true, .manager = thread->component};
    __builtin_memset((void *)base_of(thread), 0, STACK_BYTES);
    return (long)base_of(thread);
}

/* The caller's own segment. */
static long segment_find(uint64_t stack, component_t badge, struct thread **out)
{
    *out = segment_at(stack);
    if (*out == NULL)
        return SHOJI_ENOENT;
    return segment_of(*out)->manager == caller_of(badge).component ? SHOJI_OK : SHOJI_EPERM;
}

SUPERVISOR_VARIANT(thread, mmp_free, component_t owner, uint64_t stack, uint64_t, component_t badge)
{
    struct thread *thread;
    long status;

    if (owner != SUP_STACK)
        return SHOJI_EPERM;
    status = segment_find(stack, badge, &thread);
    if (status != SHOJI_OK)
        return status;
    if (thread->state != THREAD_NONE)
        return SHOJI_EBUSY;
    *segment_of(thread) = (struct segment){.allocated = false};
    return SHOJI_OK;
}

/* For the first time: at its entry, with its frame ending at `frame_base`. */
static long begin(struct thread *thread, uint64_t frame_base, uint64_t entry, uint64_t argument)
{
    uint64_t base = base_of(thread);

    if (frame_base % 16 != 0 || frame_base < base + 64 || frame_base > base + STACK_BYTES ||
        entry >> 32 != 0 || entry % SLOT_BYTES >= GATES_OFFSET ||
        !layout_covers(thread->component, (uint32_t)entry, 1, RIGHT_EXECUTE))
        return SHOJI_EINVAL;
    thread->interruptible = thread_current()->interruptible;
    thread->entry = (uint32_t)entry;
    thread->argument = argument;
    thread_begin_at(thread, frame_base);
    return SHOJI_OK;
}

SUPERVISOR_CALL(mmp_set_stack, uint64_t stack, uint32_t cpu, uint64_t frame_base, uint64_t entry,
                uint64_t argument, component_t badge)
{
    struct thread *from = thread_current(), *to;
    long status = segment_find(stack, badge, &to);

    if (cpu != 0)
        return SHOJI_EINVAL;
    if (stack == 0) { /* back to who made this one active */
        to = segment_of(from)->allocated && segment_of(from)->manager == caller_of(badge).component
                 ? segment_of(from)->before
                 : NULL;
        status = to != NULL && to->state == THREAD_INVOKED ? SHOJI_OK : SHOJI_ENOENT;
    }
    if (status != SHOJI_OK)
        return status;
    if (to == from || !scheduling_may_switch())
        return SHOJI_EINVAL;
    if (stack != 0 && to->state == THREAD_NONE)
        status = begin(to, frame_base, entry, argument);
    else if (frame_base != 0)
        status = SHOJI_EBUSY; /* it has frames */
    if (status != SHOJI_OK)
        return status;
    if (to->state != THREAD_INVOKED && !scheduling_unlock())
        return SHOJI_EAGAIN;
    if (stack != 0)
        segment_of(to)->before = from;
    from->state = THREAD_INVOKED;
    thread_run(to, SHOJI_OK);
}

static void idle(struct thread *thread)
{
    thread->state = THREAD_NONE;
    thread->stack.top = thread->stack.base;
    if (thread == thread_current())
        call_stack_load(&thread->stack);
    frames_forget(thread);
}

void stack_returned(long status)
{
    struct thread *thread = thread_current(), *before = segment_of(thread)->before;

    if (!segment_of(thread)->allocated)
        return;
    call_stack_save(&thread->stack);
    idle(thread);
    if (before->state != THREAD_INVOKED)
        scheduling_thread_idle();
    thread_run(before, status);
}

bool stack_is_segment(const struct thread *thread)
{
    return segment_of(thread)->allocated;
}

void stack_forsake(unsigned component)
{
    struct thread *thread;

    for (unsigned i = 0; (thread = thread_at(i)) != NULL; i++)
        if (segments[i].allocated && segments[i].manager == component) {
            idle(thread);
            segments[i] = (struct segment){.allocated = false};
        }
}

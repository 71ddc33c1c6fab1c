/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The threads. It owns their stacks (memory_map.h) and their call stacks.
 *
 * 1. Exactly one thread is RUNNING once threads_start is done, and thread_current is it.
 * 2. The stack descriptor of every other thread is up to date, the running one's only after call_stack_save.
 * 3. An INTERRUPTED thread's top frame is an interrupt's, an INVOKED thread's top frame is the call of
 * sup_switch, a RETURNING thread's that of an invocation that is to return.
 */
#include "thread.h"

#include <stddef.h>

#include "layout/layout.h"
#include "panic.h"
#include "shoji/supervisor.h"
#include "supervisor/frames.h"
#include "system.h"

#define CALL_FRAMES 64u

static struct thread threads[STACK_COUNT];
static uint8_t call_frames[STACK_COUNT][CALL_FRAMES * CALL_FRAME_BYTES] __attribute__((aligned(64)));
static unsigned thread_count;
static struct thread *current;

static struct shoji_global *global(void)
{
    return (struct shoji_global *)(uintptr_t)GLOBAL_BASE;
}

static void floating_reset(struct thread *thread)
{
    static const uint16_t x87_control = 0x37f;
    static const uint32_t sse_control = 0x1f80;

    __builtin_memset(thread->floating, 0, sizeof thread->floating);
    __builtin_memcpy(thread->floating, &x87_control, sizeof x87_control);
    __builtin_memcpy(thread->floating + 24, &sse_control, sizeof sse_control);
}

static uint64_t stack_base(unsigned number)
{
    return STACKS_BASE + number * STACK_BYTES;
}

struct thread *thread_create(const char *name, unsigned component, uint32_t entry, uint32_t priority)
{
    struct thread *thread = &threads[thread_count];
    unsigned number = thread_count;
    uint64_t frames;

    if (thread_count == STACK_COUNT)
        return NULL;
    frames = (uintptr_t)call_frames[thread_count++];
    *thread = (struct thread){.number = number,
                              .name = name,
                              .component = component,
                              .entry = entry,
                              .priority = priority,
                              .interruptible = true};
    thread->stack = (struct call_stack){.limit = stack_base(number),
                                        .frame_base = stack_base(number) + STACK_BYTES,
                                        .base = frames,
                                        .end = frames + sizeof *call_frames,
                                        .top = frames};
    floating_reset(thread);
    thread->state = THREAD_INTERRUPTED;
    if (entry != 0)
        thread_begin(thread);
    return thread;
}

struct call_stack *threads_start(void)
{
    current = thread_create("init", 0, 0, 0);
    current->state = THREAD_RUNNING;
    return &current->stack;
}

struct thread *thread_at(uint64_t number)
{
    return number < thread_count ? &threads[number] : NULL;
}

struct thread *thread_current(void)
{
    return current;
}

uint32_t thread_number(const struct thread *thread)
{
    return thread->number;
}

const struct thread *thread_of_stack(uint64_t address)
{
    return address >= STACKS_BASE ? thread_at((address - STACKS_BASE) / STACK_BYTES) : NULL;
}

const struct thread *thread_of_call_stack(uint64_t address)
{
    _Static_assert(offsetof(struct thread, stack) == 0, "the address of one is the other's");
    uint64_t offset = address - (uintptr_t)threads;

    return offset % sizeof *threads == 0 ? thread_at(offset / sizeof *threads) : NULL;
}

static void enter_at(struct thread *thread, struct pd_id id, uint32_t entry, uint64_t argument, uint64_t end)
{
    frames_forget(thread);
    thread->registers =
        (struct registers){.rdi = argument,
                           .rip = entry,
                           .cs = SELECTOR_USER_CODE | 3,
                           .rflags = RFLAGS_ALWAYS | (thread->interruptible ? RFLAGS_INTERRUPTS : 0),
                           .rsp = call_stack_start(&thread->stack, end, id, (uintptr_t)thread_base),
                           .ss = SELECTOR_USER_DATA | 3};
    if (thread == current)
        call_stack_load(&thread->stack);
    thread->state = THREAD_INTERRUPTED;
}

void thread_enter(struct thread *thread, struct pd_id id, uint32_t entry, uint64_t argument)
{
    enter_at(thread, id, entry, argument, stack_base(thread_number(thread)) + STACK_BYTES);
}

void thread_begin_at(struct thread *thread, uint64_t stack_end)
{
    enter_at(thread, pd_home(system_state.manifest.components[thread->component].id), thread->entry,
             thread->argument, stack_end);
}

void thread_begin(struct thread *thread)
{
    thread_enter(thread, pd_home(system_state.manifest.components[thread->component].id), thread->entry,
                 thread->argument);
}

void thread_waits_parked(struct thread *thread)
{
    call_stack_save(&thread->stack);
    call_stack_rename(&thread->stack, 0,
                      pd_home(system_state.manifest.components[system_state.scheduler].id));
}

void thread_returns(long result)
{
    current->result = result;
    current->state = THREAD_RETURNING;
}

void thread_interrupted(const struct registers *registers)
{
    current->registers = *registers;
    current->state = THREAD_INTERRUPTED;
}

void thread_run(struct thread *thread, long result)
{
    enum thread_state state = thread->state;

    ASSERT(state == THREAD_INTERRUPTED || state == THREAD_INVOKED || state == THREAD_RETURNING,
           "a thread that is run can go on");
    if (thread != current) {
        __asm__ volatile("fxsave64 %0" : "=m"(current->floating));
        call_stack_switch(&thread->stack);
        frames_load(thread);
        __asm__ volatile("fxrstor64 %0" : : "m"(thread->floating));
        current = thread;
        global()->current = thread->number;
    }
    thread->state = THREAD_RUNNING;
    if (state == THREAD_INTERRUPTED)
        cpu_resume(&thread->registers);
    cpu_return(state == THREAD_RETURNING ? thread->result : result, call_stack_return_address());
}

void thread_return(long result)
{
    cpu_return(result, call_stack_return_address());
}

void thread_gate_slots(uint64_t *slots)
{
    struct frame frame;

    call_stack_save(&current->stack);
    for (unsigned i = 0; i < thread_count; i++)
        for (unsigned n = 0; (frame = call_stack_frame(&threads[i].stack, n)).kind != FRAME_NONE; n++)
            if (frame.gate >= ARENA_BASE && frame.gate < ARENA_BASE + (uint64_t)ARENA_SLOTS * SLOT_BYTES)
                *slots |= 1ull << (frame.gate - ARENA_BASE) / SLOT_BYTES;
}

void thread_domains_named(uint64_t named[2])
{
    call_stack_save(&current->stack);
    for (unsigned i = 0; i < thread_count; i++)
        call_stack_named(&threads[i].stack, named);
}

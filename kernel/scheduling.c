/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Upcalls, sup_sched_attach, sup_switch, sup_idle.
 *
 * 1. While lock is set no interrupt takes the processor from the thread that runs; each leaves its bit in
 * pending; nor does one whose bit is in later.
 * 2. The upcall thread runs with lock set; the kernel sets it before it runs that thread and clears it only
 * as sup_switch resumes a thread that is not in sup_switch itself.
 */
#include "scheduling.h"

#include <stddef.h>

#include "caller.h"
#include "layout/layout.h"
#include "panic.h"
#include "shoji/supervisor.h"
#include "supervisor/calls.h"
#include "system.h"
#include "text.h"

static struct sup_sched *shared; /* in the scheduler's memory: it may hold anything */
static uint64_t cut;             /* what shared->cut is to be */

static void upcall(void) __attribute__((noreturn));

static void upcall(void)
{
    shared->lock = 1;
    thread_run(thread_at(UPCALL_THREAD), SHOJI_OK);
}

void scheduling_start(uint32_t upcall_entry)
{
    struct thread *thread = thread_at(UPCALL_THREAD);

    thread->name = "scheduler";
    thread->component = system_state.scheduler;
    thread->entry = upcall_entry;
    thread->argument = 0;
    thread->interruptible = true;
    thread_begin(thread);
    upcall();
}

void scheduling_note(unsigned event)
{
    if (shared != NULL)
        shared->pending |= 1u << event;
}

void scheduling_event(unsigned event, const struct registers *registers)
{
    if (shared == NULL)
        return;
    scheduling_note(event);
    if ((registers->cs & 3) == 0 || shared->lock != 0 || (shared->later >> event & 1) != 0 ||
        thread_current() == thread_at(UPCALL_THREAD))
        return;
    thread_interrupted(registers);
    upcall();
}

void scheduling_continue(void)
{
    struct thread *thread = thread_current();

    if (shared != NULL && shared->pending != 0 && shared->lock == 0 && thread != thread_at(UPCALL_THREAD))
        upcall();
    thread_run(thread, SHOJI_OK);
}

bool scheduling_may_switch(void)
{
    return shared == NULL || shared->lock != 0;
}

bool scheduling_unlock(void)
{
    if (shared == NULL)
        return true;
    if (shared->pending != 0)
        return false;
    shared->lock = 0;
    return true;
}

void scheduling_thread_idle(void)
{
    if (shared == NULL)
        panic("nobody schedules, and who made a stack segment active does not go on");
    shared->pending |= 1u << SUP_EVENT_TIMER;
    upcall();
}

void scheduling_thread_over(void)
{
    thread_current()->state = THREAD_OVER;
    shared->pending |= 1u << SUP_EVENT_TIMER;
    upcall();
}

void scheduling_cut(const struct thread *thread, bool is_cut)
{
    uint64_t bit = 1ull << thread_number(thread);

    cut = is_cut ? cut | bit : cut & ~bit;
    if (shared == NULL)
        return;
    shared->cut = cut;
    if (is_cut)
        shared->pending |= 1u << SUP_EVENT_CUT;
}

void scheduling_detach(void)
{
    shared = NULL;
}

/* ---- Supervisor calls ---- */

SUPERVISOR_CALL(sup_sched_attach, uint64_t address, component_t badge)
{
    struct caller caller = caller_of(badge);
    struct caller_address where = {address};

    if (!caller_owns(caller, where, sizeof *shared) || address % _Alignof(struct sup_sched) != 0)
        return SHOJI_EINVAL;
    shared = (struct sup_sched *)address;
    shared->cut = cut;
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_switch, thread_t number, component_t)
{
    struct thread *to = thread_at(number), *from = thread_current();

    if (shared == NULL || shared->lock == 0)
        return SHOJI_EINVAL;
    if (to == NULL || to->state == THREAD_NONE)
        return SHOJI_ENOENT;
    if (to->state == THREAD_OVER)
        return SHOJI_ECLOSED;
    if (to == from)
        return SHOJI_OK;
    if (to->state != THREAD_INVOKED && number != UPCALL_THREAD) {
        if (shared->pending != 0)
            return SHOJI_EAGAIN;
        shared->lock = 0;
    }
    from->state = THREAD_INVOKED;
    if (from->parked)
        thread_waits_parked(from);
    thread_run(to, SHOJI_OK);
}

/* Nothing but a tick has come, and nobody waits for it. */
static bool tick_is_idle(void)
{
    const struct shoji_global *global = (const struct shoji_global *)(uintptr_t)GLOBAL_BASE;

    return shared->pending == 1u << SUP_EVENT_TIMER && global->ticks < shared->idle_until;
}

SUPERVISOR_CALL(sup_idle, component_t)
{
    if (shared == NULL)
        return SHOJI_EINVAL;
    while (shared->pending == 0 || tick_is_idle()) {
        shared->pending = 0;
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    }
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_thread_get, uint32_t index, uint64_t address, component_t badge)
{
    struct thread *thread = thread_at(index);
    struct sup_thread *out = (struct sup_thread *)address;

    if (!caller_may_write(caller_of(badge), (struct caller_address){address}, sizeof *out))
        return SHOJI_EINVAL;
    if (index == 0 || thread == NULL)
        return SHOJI_ENOENT;
    *out = (struct sup_thread){.component = system_state.manifest.components[thread->component].id,
                               .priority = thread->priority};
    text_copy(out->name, sizeof out->name, thread->name);
    return SHOJI_OK;
}

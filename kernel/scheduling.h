/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's side of struct sup_sched (shoji/supervisor.h): it decides nothing but whether the upcall
 * thread runs now.
 */
#ifndef KERNEL_SCHEDULING_H
#define KERNEL_SCHEDULING_H

#include "thread.h"

/* After the last component_init: the upcall thread begins at sched_upcall with lock set. */
void scheduling_start(uint32_t upcall) __attribute__((noreturn));
/* Event (SUP_EVENT_*) has happened. Returns if what was interrupted goes on. */
void scheduling_event(unsigned event, const struct registers *registers);
/* The event has happened, and somebody will look soon. */
void scheduling_note(unsigned event);
/* The running thread is INTERRUPTED at its beginning, or RETURNING: goes on with it, or with the upcall
 * thread if something is pending. */
void scheduling_continue(void) __attribute__((noreturn));
/* May the scheduler put another thread in the place of the one that runs? */
bool scheduling_may_switch(void);
/* One goes on that is not in the scheduler: interrupts may take the processor from it. False: one has come
 * meanwhile. */
bool scheduling_unlock(void);
/* The running thread has nothing to do. */
void scheduling_thread_idle(void) __attribute__((noreturn));
/* The running thread is OVER: the scheduler is told by a timer event. */
void scheduling_thread_over(void) __attribute__((noreturn));

/* The thread must not go on waiting (struct sup_sched, cut), or may again. */
void scheduling_cut(const struct thread *thread, bool cut);
/* The scheduler's memory is no longer shared: it has to attach anew. */
void scheduling_detach(void);

#endif

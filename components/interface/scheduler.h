/* SPDX-License-Identifier: BSD-2-Clause
 * Component 1: fixed-priority round robin, preemptive; the only scheduler (TSE11 section 4.1.1). */
#ifndef INTERFACE_SCHEDULER_H
#define INTERFACE_SCHEDULER_H
#include "shoji/supervisor.h"

/* Blocks the caller until sched_wakeup; a wakeup that came before is remembered (one). SHOJI_OK. SHOJI_ECLOSED: a component that this
 * thread is to return to is no more; all waits end so until it has returned there. SHOJI_EFAULT: the scheduler itself began anew. */
long sched_block(void);
/* The same, at the latest until shoji_global.ticks reaches `tick`: SHOJI_ETIMEDOUT. */
long sched_block_until(uint64_t tick);
/* As sched_block, but not cut short: for waits that end soon, and where giving up would leave something half done. */
long sched_block_uncut(void);
/* Lets all others run, those of lower priority too, until the next tick at the latest. Not cut short. */
long sched_pause(void);
/* The thread goes on, or does not block the next time. SHOJI_EINVAL: there is none. */
long sched_wakeup(thread_t thread);
/* Blocks until the interrupt of a device line (sup_device.line) has come since the last call. One waiter a line. */
long sched_line_wait(uint32_t line);
/* The same, at the latest until shoji_global.ticks reaches `tick`: SHOJI_ETIMEDOUT. */
long sched_line_wait_until(uint32_t line, uint64_t tick);
/* The next thread of the same priority has its turn. */
long sched_yield(void);

#endif

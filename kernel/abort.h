/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ends the invocations in flight in components that have failed: of the thread that runs, and of those that
 * were preempted or wait, also where they are in other components in between.
 */
#ifndef KERNEL_ABORT_H
#define KERNEL_ABORT_H

#include "thread.h"

/* The components that fall with these: those of their domains, and those whose code, in a stale domain, is on
 * one stack with theirs in one activation. */
uint64_t abort_closure(uint64_t components);
/* Every invocation in flight in these components (abort_closure's) ends. Threads that were in them return
 * SHOJI_EFAULT to their callers when they run next; threads that have gone on into other components finish
 * there first, without waiting for long. The running thread was called by, or interrupted into, the
 * supervisor, and is RUNNING; afterwards it is RETURNING if the component that it was in has ended. */
void abort_invocations(uint64_t components);
/* Is a thread still busy in another component for one that has ended? */
bool abort_unfinished(void);
/* The running thread returns SHOJI_EFAULT to its innermost caller that is still there; the base counts as
 * one. */
void abort_return(void);

#endif

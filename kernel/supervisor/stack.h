/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Stack segments (HotOS section 3.2): stacks that the supervisor owns, and that a thread manager makes
 * active.
 */
#ifndef KERNEL_SUPERVISOR_STACK_H
#define KERNEL_SUPERVISOR_STACK_H

#include "thread.h"

/* The entry of the running thread has returned `status`, or its base has failed. If its stack is a segment,
 * whoever made it active goes on with that, and this does not return. */
void stack_returned(long status);
bool stack_is_segment(const struct thread *thread);
/* The thread manager has failed: its segments are nobody's. */
void stack_forsake(unsigned component);

#endif

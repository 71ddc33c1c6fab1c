/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames on stacks that are opened to other domains (HotOS section 3.2, mmp_supr_set_perm; Mondrix's stack
 * permissions table).
 */
#ifndef KERNEL_SUPERVISOR_FRAMES_H
#define KERNEL_SUPERVISOR_FRAMES_H

#include "thread.h"

/* The processor knows the grants of the thread that runs from here on, as the layout is now. */
void frames_load(struct thread *thread);
/* The running thread has tried to go on at the address that stands in place of its return address: its
 * invocation ends as if by a return through its gate. False: that is not what has happened. */
bool frames_returned(const struct registers *registers);
/* Are these words of its stack open to the component? */
bool frames_cover(const struct thread *thread, unsigned component, uint64_t address, uint64_t bytes,
                  enum right right);
/* The thread has opened nothing. */
void frames_forget(struct thread *thread);

#endif

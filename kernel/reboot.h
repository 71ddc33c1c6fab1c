/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Components fail alone: what is left of them is cleared away, and they begin again from their images
 * (micro-reboot), while the rest serves.
 *
 *          fails                          given up
 *    RUNS -------> DOWN ------------------------------------> STAYS
 *      ^             |  ^ fails again: the delay doubles
 *      |             v  |
 *      +--- component_gone of the others, then its component_init, on the thread `reboot`
 */
#ifndef KERNEL_REBOOT_H
#define KERNEL_REBOOT_H

#include "thread.h"

#define REBOOT_FAILURES_MAX 8u /* in a row; the last one is final */
#define REBOOT_DELAY_TICKS 4u  /* before the third in a row; each further one waits twice as long */
/* So long at most, others are told only once nobody is busy for the failed component any more: what it asked
 * for is theirs to release then. */
#define REBOOT_SETTLE_TICKS 5u
#define REBOOT_QUIET_TICKS                                                                                   \
    1000u /* so long without a failure, or one invocation served, and the next is the first again */

/* Makes the thread `reboot`, if the scheduler offers what it needs: then the system can. Before the first
 * component runs. */
void reboot_prepare(void);
/* Components have been initialised: from here on they can be rebooted. */
void reboot_start(void);
bool reboot_can(void);

/* Component `guilty` has failed for this reason, and `with` it others. NO_COMPONENT: it is nobody's failure,
 * and nobody waits longer next time. Their domains' invocations have been ended and its components reset when
 * it returns. Returns which have fallen. The running thread as abort_invocations leaves it. */
uint64_t reboot_fail(unsigned guilty, uint64_t with, const char *reason);
/* The component has failed, though no thread has: reboot_fail follows as soon as the thread `reboot` runs.
 * Not if the component is down already. */
void reboot_later(unsigned component, const char *reason);
/* After reboot_fail: goes on with whoever is next. */
void reboot_go_on(void) __attribute__((noreturn));

/* At each timer tick. */
void reboot_tick(void);
/* The entry of the running thread has returned `status`: what it does next. False: the thread is an ordinary
 * one of a component that runs. */
bool reboot_thread_returned(long status);
/* Is this gate one into a component that is down? */
bool reboot_gate_closed(uint64_t gate);

/* ---- Components that others have made (supervisor/pd.c): they are not rebooted, but closed ---- */
void reboot_begin(unsigned component); /* it is new */
void reboot_gone(unsigned component);  /* it is no more: others will hear of it */
bool reboot_is_told(unsigned component);
long reboot_open(unsigned component); /* it has failed, and goes on. SHOJI_ESAME: it runs */

struct reboot_state {
    uint32_t state, reboots; /* SUP_RUNS ... */
    const char *reason;
};
struct reboot_state reboot_state(unsigned component);

#endif

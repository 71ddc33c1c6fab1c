/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Threads: stacks, call stacks, saved registers, and how one goes on. Which one runs is the scheduler
 * component's business (scheduling.h).
 *
 *   NONE --thread_create--> INTERRUPTED --thread_run--> RUNNING --thread_interrupted--> INTERRUPTED
 *                                ^                        | |
 *                 thread_begin   +---- RUNNING            | +-- thread_invoked (sup_switch) --> INVOKED
 * --thread_run--> RUNNING
 *                                                         +---- too many faults --> OVER
 *    INTERRUPTED, INVOKED or RUNNING --threads_end (abort.c), thread_returns--> RETURNING --thread_run-->
 * RUNNING
 *
 * A thread that never ran is one that was interrupted before its entry's first instruction.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include "cpu/cpu.h"
#include "protection.h"

#define UPCALL_THREAD 0u
#define THREAD_FAULTS_MAX 8u /* in a row without a return of the entry */

enum thread_state {
    THREAD_NONE,
    THREAD_INTERRUPTED,
    THREAD_INVOKED,
    THREAD_RUNNING,
    THREAD_RETURNING,
    THREAD_OVER
};

struct thread {
    struct call_stack stack;
    enum thread_state state;
    uint32_t number;
    const char *name;
    unsigned component; /* index */
    uint32_t entry;
    uint64_t argument;
    bool interruptible; /* runs with interrupts on */
    uint32_t priority;
    unsigned faults;                                    /* in a row */
    bool parked;                                        /* waits in the scheduler for its component */
    long result;                                        /* RETURNING: what its top call returns */
    struct registers registers;                         /* INTERRUPTED */
    uint8_t floating[512] __attribute__((aligned(16))); /* FXSAVE; while it does not run */
};

/* Thread 0 exists, as "init", and its stack registers are the ones to start with. */
struct call_stack *threads_start(void);
/* Makes a thread; NULL if there is no room. Its number is the next one. */
struct thread *thread_create(const char *name, unsigned component, uint32_t entry, uint32_t priority);
struct thread *thread_at(uint64_t number); /* NULL if there is none */
struct thread *thread_current(void);
uint32_t thread_number(const struct thread *thread);
/* Which thread's stack is this an address of? NULL: no thread's. */
const struct thread *thread_of_stack(uint64_t address);
/* Which thread's call stack is it, by the address that call_stack_switch was given? NULL: no thread's. */
const struct thread *thread_of_call_stack(uint64_t address);

/* Sets a bit for each arena slot in which a frame of any thread names a gate. */
void thread_gate_slots(uint64_t *slots);

/* Back to the beginning: the thread's entry, in the component's domain of now. Also for the thread that runs.
 */
void thread_begin(struct thread *thread);
/* The same, with its stack ending there. */
void thread_begin_at(struct thread *thread, uint64_t stack_end);
/* Its base enters `entry` in the domain that `id` names. */
void thread_enter(struct thread *thread, struct pd_id id, uint32_t entry, uint64_t argument);
/* A parked thread has called sup_switch, and nothing but the scheduler's own code is below that: it returns to the
 * scheduler wherever that is by then, so it keeps no domain from being freed. */
void thread_waits_parked(struct thread *thread);
/* The running thread, which the supervisor was called by, goes on by returning this from its top call. */
void thread_returns(long result);
/* What the thread that runs was doing is in these registers. */
void thread_interrupted(const struct registers *registers);
/* Goes on with a thread; `result` is what sup_switch returns there, if it is INVOKED. */
void thread_run(struct thread *thread, long result) __attribute__((noreturn));
/* Returns from the invocation that the running thread's top call frame is about. */
void thread_return(long result) __attribute__((noreturn));

#endif

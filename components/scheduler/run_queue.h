/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which thread runs next: fixed priorities, round robin within one, waits with and without a time. Plain data
 * and functions on it; knows nothing of the supervisor or of locking, and builds for the host
 * (tests/host/test_scheduler.c).
 */
#ifndef SCHEDULER_RUN_QUEUE_H
#define SCHEDULER_RUN_QUEUE_H

#include <stdint.h>

#include "shoji/supervisor.h"

#define RUN_THREADS 63         /* ids 1 to RUN_THREADS; 0 means nobody */
#define RUN_PRIORITIES 32      /* 0 is the highest */
#define RUN_SLICE_TICKS 4      /* a thread's turn among its equals */
#define RUN_FOREVER UINT64_MAX /* a wait without a time */

enum run_state {
    RUN_ABSENT,  /* no such thread */
    RUN_READY,   /* runs or could run; in its priority's ring */
    RUN_BLOCKED, /* waits for a wakeup, or for a tick too */
};

/* What is counted of each thread. */
enum run_count {
    RUN_TURNS,     /* how often it was picked after another */
    RUN_WAITS,     /* how often it has waited */
    RUN_WAKEUPS,   /* wakeups for it, those included that came before it waited */
    RUN_PREEMPTED, /* how often one of higher priority was picked while it was ready */
    RUN_COUNTS
};

struct run_thread {
    enum run_state state;
    uint32_t priority;
    uint32_t slice;         /* ticks of its turn that are used up */
    uint32_t remembered;    /* 1: a wakeup came while it was not blocked */
    uint32_t cuttable;      /* RUN_BLOCKED: 1, run_queue_cut ends the wait */
    long outcome;           /* of its last wait: SHOJI_OK, SHOJI_ETIMEDOUT or SHOJI_ECLOSED */
    thread_t next, prev;    /* RUN_READY: the ring of its priority */
    uint64_t until;         /* RUN_BLOCKED: the tick that ends the wait */
    uint64_t look;          /* the tick at which that is looked at, RUN_FOREVER: none; not after `until` */
    thread_t later, sooner; /* with such a tick: the list by `look` */
} __attribute__((aligned(64)));

struct run_queue {
    struct run_thread thread[RUN_THREADS + 1];
    thread_t head[RUN_PRIORITIES]; /* whose turn it is, 0: none ready */
    uint32_t ready;                /* bit p: head[p] is somebody */
    thread_t soonest;              /* first of those that are to be looked at */
    thread_t running;              /* last one picked */
    uint64_t counts[RUN_THREADS + 1][RUN_COUNTS];
};

/* A new thread, ready. SHOJI_EINVAL: id or priority out of range, or the id is taken. */
long run_queue_add(struct run_queue *queue, thread_t thread, uint32_t priority);

/* A thread that will never run again. */
void run_queue_remove(struct run_queue *queue, thread_t thread);

/* Who is to run now, 0: nobody is ready. */
thread_t run_queue_pick(struct run_queue *queue);

/* No wait with a time ends before this tick; RUN_FOREVER: there is none. */
static inline uint64_t run_queue_until(const struct run_queue *queue)
{
    return queue->soonest != 0 ? queue->thread[queue->soonest].look : RUN_FOREVER;
}

/* Begins a wait of a ready thread until a wakeup or until `now` reaches `until`. It may be over at once, the
 * thread being ready still: a wakeup was remembered, or the time has passed. The outcome is in
 * thread[].outcome as soon as the thread is ready again. */
void run_queue_block(struct run_queue *queue, thread_t thread, uint64_t now, uint64_t until);

/* Ends a wait that may be cut short, with outcome SHOJI_ECLOSED. */
void run_queue_cut(struct run_queue *queue, thread_t thread);

/* Ends a wait, or is remembered (one). SHOJI_EINVAL: no such thread. */
long run_queue_wake(struct run_queue *queue, thread_t thread);

/* The thread's turn is over. */
void run_queue_yield(struct run_queue *queue, thread_t thread);

/* A timer tick: ends the waits whose time has come, by their times, and the turn of the running thread if it
 * is used up. */
void run_queue_tick(struct run_queue *queue, uint64_t now);

#endif

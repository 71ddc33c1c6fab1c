/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ready rings and the list of waits with a time. Invariants:
 *
 * 1. A thread is in its priority's ring exactly if it is RUN_READY; the running thread is ready too, and
 *    stays first of its ring until its turn is over, whoever preempts it.
 * 2. Bit p of `ready` is set exactly if ring p is not empty.
 * 3. The list from `soonest` along `later` has all blocked threads with a time, ascending by `look`. A wait
 * that ends early leaves its thread there: the next one mostly ends later, and then nothing is to be done,
 * neither at its beginning nor at its end. At the tick `look` the thread leaves the list, or goes on to
 * `until`.
 * 4. A thread with a remembered wakeup is not blocked.
 * 5. Counts only grow.
 */
#include "run_queue.h"

static inline void ring_append(struct run_queue *queue, thread_t id)
{
    struct run_thread *thread = &queue->thread[id];
    thread_t head = queue->head[thread->priority];

    if (head == 0) {
        thread->next = thread->prev = id;
        queue->head[thread->priority] = id;
        queue->ready |= 1u << thread->priority;
        return;
    }
    thread->next = head;
    thread->prev = queue->thread[head].prev;
    queue->thread[thread->prev].next = id;
    queue->thread[head].prev = id;
}

static inline void ring_remove(struct run_queue *queue, thread_t id)
{
    struct run_thread *thread = &queue->thread[id];

    if (thread->next == id) {
        queue->head[thread->priority] = 0;
        queue->ready &= ~(1u << thread->priority);
        return;
    }
    queue->thread[thread->prev].next = thread->next;
    queue->thread[thread->next].prev = thread->prev;
    if (queue->head[thread->priority] == id)
        queue->head[thread->priority] = thread->next;
}

static void wait_insert(struct run_queue *queue, thread_t id)
{
    struct run_thread *thread = &queue->thread[id];
    thread_t before = 0, after = queue->soonest;

    thread->look = thread->until;
    while (after != 0 && queue->thread[after].look <= thread->look) {
        before = after;
        after = queue->thread[after].later;
    }
    thread->sooner = before;
    thread->later = after;
    if (before != 0)
        queue->thread[before].later = id;
    else
        queue->soonest = id;
    if (after != 0)
        queue->thread[after].sooner = id;
}

static void wait_remove(struct run_queue *queue, thread_t id)
{
    struct run_thread *thread = &queue->thread[id];

    if (thread->sooner != 0)
        queue->thread[thread->sooner].later = thread->later;
    else
        queue->soonest = thread->later;
    if (thread->later != 0)
        queue->thread[thread->later].sooner = thread->sooner;
    thread->look = RUN_FOREVER;
}

static void wait_end(struct run_queue *queue, thread_t id, long outcome)
{
    struct run_thread *thread = &queue->thread[id];

    thread->state = RUN_READY;
    thread->slice = 0;
    thread->outcome = outcome;
    ring_append(queue, id);
}

long run_queue_add(struct run_queue *queue, thread_t thread, uint32_t priority)
{
    if (thread == 0 || thread > RUN_THREADS || priority >= RUN_PRIORITIES ||
        queue->thread[thread].state != RUN_ABSENT)
        return SHOJI_EINVAL;
    queue->thread[thread] = (struct run_thread){
        .state = RUN_READY, .priority = priority, .outcome = SHOJI_OK, .look = RUN_FOREVER};
    ring_append(queue, thread);
    return SHOJI_OK;
}

void run_queue_remove(struct run_queue *queue, thread_t id)
{
    struct run_thread *thread = &queue->thread[id];

    if (thread->state == RUN_READY)
        ring_remove(queue, id);
    if (thread->state != RUN_ABSENT && thread->look != RUN_FOREVER)
        wait_remove(queue, id);
    thread->state = RUN_ABSENT;
}

thread_t run_queue_pick(struct run_queue *queue)
{
    thread_t last = queue->running, next;

    if (queue->ready == 0)
        return 0;
    next = queue->head[__builtin_ctz(queue->ready)];
    if (next != last) {
        queue->counts[next][RUN_TURNS]++;
        if (queue->thread[last].state == RUN_READY &&
            queue->thread[next].priority < queue->thread[last].priority)
            queue->counts[last][RUN_PREEMPTED]++;
        queue->running = next;
    }
    return next;
}

void run_queue_block(struct run_queue *queue, thread_t id, uint64_t now, uint64_t until)
{
    struct run_thread *thread = &queue->thread[id];

    if (thread->remembered) {
        thread->remembered = 0;
        thread->outcome = SHOJI_OK;
        return;
    }
    if (until <= now) {
        thread->outcome = SHOJI_ETIMEDOUT;
        return;
    }
    ring_remove(queue, id);
    queue->counts[id][RUN_WAITS]++;
    thread->state = RUN_BLOCKED;
    thread->until = until;
    if (until >= thread->look)
        return;
    if (thread->look != RUN_FOREVER)
        wait_remove(queue, id);
    wait_insert(queue, id);
}

void run_queue_cut(struct run_queue *queue, thread_t id)
{
    if (id <= RUN_THREADS && queue->thread[id].state == RUN_BLOCKED && queue->thread[id].cuttable)
        wait_end(queue, id, SHOJI_ECLOSED);
}

long run_queue_wake(struct run_queue *queue, thread_t thread)
{
    if (thread > RUN_THREADS || queue->thread[thread].state == RUN_ABSENT)
        return SHOJI_EINVAL;
    queue->counts[thread][RUN_WAKEUPS]++;
    if (queue->thread[thread].state == RUN_BLOCKED)
        wait_end(queue, thread, SHOJI_OK);
    else
        queue->thread[thread].remembered = 1;
    return SHOJI_OK;
}

void run_queue_yield(struct run_queue *queue, thread_t id)
{
    struct run_thread *thread = &queue->thread[id];

    thread->slice = 0;
    if (queue->head[thread->priority] == id)
        queue->head[thread->priority] = thread->next;
}

/* It is first in the list, and its tick has come. */
static void wait_look(struct run_queue *queue, thread_t id)
{
    struct run_thread *thread = &queue->thread[id];
    uint64_t look = thread->look;

    wait_remove(queue, id);
    if (thread->state != RUN_BLOCKED)
        return;
    if (thread->until == look)
        wait_end(queue, id, SHOJI_ETIMEDOUT);
    else if (thread->until != RUN_FOREVER)
        wait_insert(queue, id);
}

void run_queue_tick(struct run_queue *queue, uint64_t now)
{
    struct run_thread *running = &queue->thread[queue->running];

    if (running->state == RUN_READY && ++running->slice >= RUN_SLICE_TICKS)
        run_queue_yield(queue, queue->running);
    while (queue->soonest != 0 && queue->thread[queue->soonest].look <= now)
        wait_look(queue, queue->soonest);
}

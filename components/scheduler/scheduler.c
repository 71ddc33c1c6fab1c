/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 1, scheduler: fixed-priority round robin, preemptive. It owns the run queue and decides which
 * thread runs; the kernel only switches. It never prints or invokes anything but the supervisor while `lock`
 * is set, and never touches another component's memory.
 *
 * The protocol with the kernel (struct sup_sched):
 *
 * 1. `lock` guards the run queue against interrupts. Every entry sets it, changes the queue, and goes
 *    through leave(); with one processor that is all the mutual exclusion there is. Nobody else can find
 *    it set: whoever runs with lock set is inside this file.
 * 2. An interrupt sets its bit in `pending`. If lock was clear, the kernel also sets lock and resumes
 *    thread 0, which always waits in a sup_switch of its own; the interrupted thread is then preempted.
 *    It stays ready, first of its ring.
 * 3. Whoever comes out of sup_switch has lock set, and may have been away for long: it looks at pending
 *    and picks anew. A preempted or new thread does not come out of sup_switch: the kernel clears lock as
 *    it resumes it.
 * 4. The moment between the last look at pending and lock = 0. In leave(): lock is cleared first, then
 *    pending is looked at. An interrupt before the clearing is seen by that look; one after it finds lock
 *    clear and is served by thread 0. If it strikes between the clearing and the look, thread 0 has taken
 *    the bits when we go on. In sup_switch to a preempted thread the kernel makes both steps at once:
 *    SHOJI_EAGAIN, nothing switched, if pending is set.
 * 5. A wakeup that comes before the block is remembered in the run queue, so whoever says "I wait" under
 *    a lock of its own, drops that, and blocks, loses nothing. The price: a wait may end without cause.
 *    All callers look again.
 * 6. If nobody is ready, whoever looks for a successor waits in sup_idle itself: the thread that blocked,
 *    or thread 0. The thread that is woken is then often the one that waits, and nothing is switched.
 * 7. An interrupt whose bit is in `later` only sets its bit in pending: whoever waits for that line is not
 * more urgent than the thread that runs, which would go on anyway. Whoever gives the turn to a thread of
 * another priority sets `later` for it. What is left in pending is looked at in leave(), or at the next tick.
 * 8. A thread whose bit is in `cut` does not go on waiting, but in sched_block_uncut: an invocation below
 * that of its wait has ended with its component, and whoever called us is to return there. The kernel clears
 * the bit when it has.
 * 9. Counts are reported with lock clear, by a thread whose wait has ended; statistics_gatherer invokes
 * nobody who could wait.
 * 10. Before sched_upcall, during the component_init calls, lock stays set: nothing is preempted, and
 *    nobody may block.
 */
#include "served/scheduler.h"
#include "export.h"
#include "run_queue.h"
#include "runtime.h"
#include "statistics.h"

#define LINES 32
/* Thread 0 returns to the supervisor after so many turns: it runs in the component's domain of when it was
 * entered. */
#define UPCALL_TURNS 64

static struct sup_sched shared = {.lock = 1};
static struct run_queue queue;
static uint32_t started;
static struct statistics statistics = {.counts = queue.counts,
                                       .names = {"turns", "waits", "wakeups", "preempted", "thread"}};
_Static_assert(RUN_COUNTS == STATISTICS_COLUMNS && RUN_THREADS < STATISTICS_ROWS, "the table fits");

/* Device lines by their event bit. The first component that waits for one owns it. */
static struct line {
    component_t owner;
    thread_t waiter;
    uint32_t came;     /* 1: an interrupt that no sched_line_wait has returned for */
    uint32_t priority; /* its last waiter's */
    uint32_t claimed;  /* 1: there was one */
} lines[LINES];
static uint32_t lines_claimed; /* a bit for each line that somebody has waited for */
static uint32_t later_for;     /* the priority that shared.later is for */

#define REQUIRE(condition)                                                                                   \
    do                                                                                                       \
        if (!(condition))                                                                                    \
            runtime_panic(#condition, __FILE__, __LINE__);                                                   \
    while (0)

static void enter(void)
{
    shared.lock = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Lock is set. Takes what interrupts have left. */
static void events_take(void)
{
    uint32_t events = __atomic_exchange_n(&shared.pending, 0, __ATOMIC_SEQ_CST);

    if (events & 1u << SUP_EVENT_TIMER)
        run_queue_tick(&queue, shoji_global.ticks);
    if (events & 1u << SUP_EVENT_CUT)
        for (uint64_t cut = shared.cut; cut != 0; cut &= cut - 1)
            run_queue_cut(&queue, (thread_t)__builtin_ctzll(cut));
    for (events &= ~(1u << SUP_EVENT_TIMER | 1u << SUP_EVENT_CUT); events != 0; events &= events - 1) {
        struct line *line = &lines[__builtin_ctz(events)];

        line->came = 1;
        if (line->waiter != 0)
            REQUIRE(run_queue_wake(&queue, line->waiter) == SHOJI_OK);
    }
}

/* Lock is set: a thread of this priority is to run. */
static __attribute__((noinline)) void later_set(uint32_t priority)
{
    uint32_t later = 0;

    for (uint32_t claimed = lines_claimed; claimed != 0; claimed &= claimed - 1)
        if (lines[__builtin_ctz(claimed)].priority >= priority)
            later |= claimed & -claimed;
    shared.later = later;
    later_for = priority;
}

/* Lock is set. Who is to run now, 0: nobody. */
static inline __attribute__((always_inline)) thread_t turn_next(void)
{
    if (shared.pending != 0)
        events_take();
    return run_queue_pick(&queue);
}

/* Lock is set. Lets that thread run, or waits for an event if it is nobody; back with lock set. */
static __attribute__((noinline)) void turn_give(thread_t next)
{
    long status;

    if (next != 0) {
        if (queue.thread[next].priority != later_for)
            later_set(queue.thread[next].priority);
        status = sup_switch(next);
    } else {
        shared.idle_until = run_queue_until(&queue);
        status = sup_idle();
    }
    if (status == SHOJI_ECLOSED) /* it faulted too often */
        run_queue_remove(&queue, next);
    else
        REQUIRE(status == SHOJI_OK || status == SHOJI_EAGAIN);
}

/* Lock is set. Runs others until it is the caller's turn; back with lock set. */
static inline __attribute__((always_inline)) void turn_await(thread_t self)
{
    thread_t next;

    while ((next = turn_next()) != self)
        turn_give(next);
}

/* The end of every entry in which the caller has waited, or the queue has not changed, so that it is its
 * turn, with lock set. Back when it is that again, lock clear. */
static inline __attribute__((always_inline)) void unlock(thread_t self)
{
    for (;;) {
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        shared.lock = 0;
        if (__builtin_expect(shared.pending == 0, 1))
            return;
        enter();
        turn_await(self);
    }
}

/* The end of every other one. */
static __attribute__((noinline)) void leave(thread_t self)
{
    if (!started)
        return;
    turn_await(self);
    unlock(self);
}

/* Is the thread to return rather than to wait? */
static uint32_t is_cut(thread_t self)
{
    return shared.cut >> self & 1;
}

static long block(uint64_t until, uint32_t cuttable)
{
    thread_t self = shoji_global.current;
    long outcome;

    if (!started)
        return SHOJI_EPERM;
    enter();
    if (cuttable && is_cut(self)) {
        leave(self);
        return SHOJI_ECLOSED;
    }
    queue.thread[self].cuttable = cuttable;
    run_queue_block(&queue, self, shoji_global.ticks, until);
    leave(self);
    outcome = queue.thread[self].outcome;
    if (statistics_due(&statistics))
        statistics_report(&statistics);
    return outcome;
}

SHOJI_EXPORT long sched_block(void)
{
    return block(RUN_FOREVER, 1);
}

SHOJI_EXPORT long sched_block_until(uint64_t tick)
{
    return block(tick, 1);
}

SHOJI_EXPORT long sched_block_uncut(void)
{
    return block(RUN_FOREVER, 0);
}

SHOJI_EXPORT long sched_pause(void)
{
    return block(shoji_global.ticks + 1, 0);
}

SHOJI_EXPORT long sched_wakeup(thread_t thread)
{
    long status;

    enter();
    status = run_queue_wake(&queue, thread);
    leave(shoji_global.current);
    return status;
}

SHOJI_EXPORT long sched_yield(void)
{
    thread_t self = shoji_global.current;

    if (!started)
        return SHOJI_EPERM;
    enter();
    run_queue_yield(&queue, self);
    leave(self);
    return SHOJI_OK;
}

/* Lock is set. The line's first waiter, or one of another priority. */
static __attribute__((cold, noinline)) void line_first(uint32_t number, uint32_t priority)
{
    lines[number].priority = priority;
    lines[number].claimed = 1;
    lines_claimed |= 1u << number;
    later_set(later_for);
}

/* Lock is set. */
static inline __attribute__((always_inline)) long line_claim(uint32_t number, component_t client,
                                                             thread_t self)
{
    struct line *line = &lines[number];

    if (line->owner != 0 && line->owner != client)
        return SHOJI_EPERM;
    if (line->waiter != 0)
        return SHOJI_EBUSY;
    line->owner = client;
    line->waiter = self;
    if (line->priority != queue.thread[self].priority || !line->claimed)
        line_first(number, queue.thread[self].priority);
    return SHOJI_OK;
}

SHOJI_EXPORT_BADGED(sched_line_wait);
long sched_line_wait_badged(uint32_t number, component_t client)
{
    thread_t self = shoji_global.current;
    struct line *line;
    long status;

    if (number < SUP_EVENT_LINE0 || number >= SUP_EVENT_CUT)
        return SHOJI_EINVAL;
    if (!started)
        return SHOJI_EPERM;
    line = &lines[number];
    enter();
    status = line_claim(number, client, self);
    if (status == SHOJI_OK) {
        queue.thread[self].cuttable = 1;
        while (!line->came && !is_cut(self)) {
            run_queue_block(&queue, self, shoji_global.ticks, RUN_FOREVER);
            turn_await(self);
        }
        if (!line->came)
            status = SHOJI_ECLOSED;
        line->came = 0;
        line->waiter = 0;
    }
    unlock(self);
    return status;
}

/* Apart from the above, and cold, since that is in the way of each packet. */
SHOJI_EXPORT_BADGED(sched_line_wait_until);
__attribute__((cold)) long sched_line_wait_until_badged(uint32_t number, uint64_t tick, component_t client)
{
    thread_t self = shoji_global.current;
    struct line *line;
    long status;

    if (number < SUP_EVENT_LINE0 || number >= SUP_EVENT_CUT)
        return SHOJI_EINVAL;
    if (!started)
        return SHOJI_EPERM;
    line = &lines[number];
    enter();
    status = line_claim(number, client, self);
    leave(self);
    if (status != SHOJI_OK)
        return status;
    while (!line->came && status == SHOJI_OK)
        status = shoji_global.ticks < tick ? block(tick, 1) : SHOJI_ETIMEDOUT;
    enter();
    if (line->came)
        status = SHOJI_OK;
    line->came = 0;
    line->waiter = 0;
    leave(self);
    return status;
}

static void threads_create(void)
{
    static struct sup_thread record;
    uint32_t index;
    long status;

    for (index = 1; (status = sup_thread_get(index, &record)) == SHOJI_OK; index++)
        REQUIRE(run_queue_add(&queue, index, record.priority) == SHOJI_OK);
    REQUIRE(status == SHOJI_ENOENT);
    statistics.rows = index;
    later_for = UINT32_MAX;
}

/* The entry of thread 0, see supervisor.h: entered with lock set, and again when it has returned. */
SHOJI_EXPORT long sched_upcall(void)
{
    enter();
    if (!started) {
        threads_create();
        started = 1;
    }
    for (uint32_t turn = 0; turn < UPCALL_TURNS; turn++)
        turn_give(turn_next());
    return SHOJI_OK;
}

long component_init(component_t self)
{
    (void)self;
    return sup_sched_attach(&shared);
}

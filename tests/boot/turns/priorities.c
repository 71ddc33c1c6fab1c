/* SPDX-License-Identifier: BSD-2-Clause
 * Fixed priorities, preemptive; who has the same takes turns, RUN_SLICE_TICKS each. */
#include "run_queue.h"
#include "turns.h"

static volatile uint32_t flag, stop;
static volatile uint64_t low_count, counts[2], switches;
static volatile uint32_t last;

static uint64_t now(void)
{
    return shoji_global.ticks;
}

static void high_waits(void)
{
    (void)sched_block_until(now() + 3);
    flag = 1;
}

/* Main runs and invokes nobody; who has the higher priority runs when its time comes. */
static void preemption_look(void)
{
    uint64_t begin = now();

    flag = 0;
    turn_start(THREAD_HIGH, high_waits);
    CHECK(flag == 0, flag);
    while (flag == 0 && now() < begin + 50)
        ;
    CHECK(flag == 1 && now() - begin <= 4, now() - begin);
}

static void low_counts(void)
{
    while (!stop)
        low_count++;
}

/* Who has the lower priority runs while main waits, and only then, though it never lets go by itself. */
static void priority_look(void)
{
    uint64_t begin = now(), count;

    low_count = stop = 0;
    turn_start(THREAD_LOW, low_counts);
    while (now() < begin + 10)
        ;
    CHECK(low_count == 0, low_count);
    begin = now();
    CHECK(sched_block_until(begin + 5) == SHOJI_ETIMEDOUT, 0);
    CHECK(now() - begin >= 5 && now() - begin <= 6, now() - begin);
    count = low_count;
    CHECK(count > 1000, count);
    while (now() < begin + 15)
        ;
    CHECK(low_count == count, low_count - count);
    stop = 1;
    (void)sched_block_until(now() + 2); /* it ends */
}

static void spin(uint32_t which)
{
    while (!stop) {
        counts[which]++;
        if (last != which) {
            last = which;
            switches++;
        }
    }
}

static void one_spins(void)
{
    spin(0);
}

static void other_spins(void)
{
    spin(1);
}

static void turns_look(void)
{
    const uint64_t ticks = 60;

    stop = counts[0] = counts[1] = switches = 0;
    turn_start(THREAD_ONE, one_spins);
    turn_start(THREAD_OTHER, other_spins);
    (void)sched_block_until(now() + ticks);
    stop = 1;
    CHECK(switches >= ticks / RUN_SLICE_TICKS - 2 && switches <= ticks / RUN_SLICE_TICKS + 2, switches);
    CHECK(counts[0] < 3 * counts[1] && counts[1] < 3 * counts[0], counts[0]);
    (void)sched_block_until(now() + 2);
}

void priorities_look(void)
{
    preemption_look();
    priority_look();
    turns_look();
}

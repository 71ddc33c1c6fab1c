/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The scheduler's run queue against a naive model: lists that are searched from end to end.
 */
// links: components/scheduler/run_queue.c tests/host/seeded.c
// includes: components/scheduler kernel/include tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run_queue.h"
#include "seeded.h"

#define OPERATIONS 1000000
#define SPREAD (RUN_THREADS + 1)

/* ---- The model ---- */

static struct model_thread {
    int exists, blocked, remembered;
    uint32_t priority, slice;
    uint64_t since; /* ready: its place in line, the smallest is first; blocked: when the wait began */
    uint64_t until;
    long outcome;
} model[RUN_THREADS + 1];
static uint64_t counts[RUN_THREADS + 1][RUN_COUNTS]; /* they outlive their thread */
static uint64_t line;                                /* the next place */
static thread_t model_running;

static thread_t model_pick(void)
{
    thread_t best = 0;

    for (thread_t id = 1; id <= RUN_THREADS; id++) {
        const struct model_thread *thread = &model[id];

        if (thread->exists && !thread->blocked &&
            (best == 0 || thread->priority < model[best].priority ||
             (thread->priority == model[best].priority && thread->since < model[best].since)))
            best = id;
    }
    if (best == 0)
        return 0;
    if (best != model_running) {
        const struct model_thread *last = &model[model_running];

        counts[best][RUN_TURNS]++;
        if (last->exists && !last->blocked && last->priority > model[best].priority)
            counts[model_running][RUN_PREEMPTED]++;
    }
    model_running = best;
    return best;
}

static void model_ready(thread_t id, long outcome)
{
    model[id].blocked = 0;
    model[id].slice = 0;
    model[id].outcome = outcome;
    model[id].since = line++;
}

static void model_block(thread_t id, uint64_t now, uint64_t until)
{
    if (model[id].remembered) {
        model[id].remembered = 0;
        model[id].outcome = SHOJI_OK;
    } else if (until <= now) {
        model[id].outcome = SHOJI_ETIMEDOUT;
    } else {
        model[id].blocked = 1;
        counts[id][RUN_WAITS]++;
        model[id].until = until;
        model[id].since = line++;
    }
}

static int model_first(thread_t id)
{
    for (thread_t other = 1; other <= RUN_THREADS; other++)
        if (model[other].exists && !model[other].blocked && model[other].priority == model[id].priority &&
            model[other].since < model[id].since)
            return 0;
    return 1;
}

/* Only whose turn it is can end it; for others it is no turn. */
static void model_yield(thread_t id)
{
    model[id].slice = 0;
    if (model_first(id))
        model[id].since = line++;
}

static void model_tick(uint64_t now)
{
    if (model_running != 0 && model[model_running].exists && !model[model_running].blocked &&
        ++model[model_running].slice >= RUN_SLICE_TICKS)
        model_yield(model_running);
    for (;;) {
        thread_t first = 0;

        for (thread_t id = 1; id <= RUN_THREADS; id++)
            if (model[id].exists && model[id].blocked && model[id].until <= now &&
                (first == 0 || model[id].until < model[first].until ||
                 (model[id].until == model[first].until && model[id].since < model[first].since)))
                first = id;
        if (first == 0)
            return;
        model_ready(first, SHOJI_ETIMEDOUT);
    }
}

/* ---- Side by side ---- */

static struct run_queue queue;

static void same(thread_t id)
{
    const struct run_thread *thread = &queue.thread[id];

    assert_int_equal(thread->state != RUN_ABSENT, model[id].exists);
    if (!model[id].exists)
        return;
    assert_int_equal(thread->state == RUN_BLOCKED, model[id].blocked);
    assert_memory_equal(queue.counts[id], counts[id], sizeof counts[id]);
    assert_int_equal(thread->remembered, model[id].remembered);
    assert_int_equal(thread->outcome, model[id].outcome);
}

static uint64_t a_time(uint64_t now, thread_t id)
{
    /* No two threads' waits end at the same time: which of them would be first is not said. */
    return random_one_in(3) ? RUN_FOREVER : (now / SPREAD + random_below(50)) * SPREAD + id;
}

static void random_operations(void **state)
{
    uint64_t now = 0;

    (void)state;
    random_start("run queue");
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        thread_t id = (thread_t)random_from(1, RUN_THREADS), picked;
        int ready = model[id].exists && !model[id].blocked;
        uint64_t until;

        switch (random_below(8)) {
        case 0:
        case 1: /* the running thread waits */
            id = model_pick();
            ready = id != 0;
            /* fall through */
        case 2:
            if (!ready)
                break;
            until = a_time(now, id);
            run_queue_block(&queue, id, now, until);
            model_block(id, now, until);
            break;
        case 3:
        case 4:
            assert_int_equal(run_queue_wake(&queue, id), model[id].exists ? SHOJI_OK : SHOJI_EINVAL);
            counts[id][RUN_WAKEUPS] += (uint64_t)model[id].exists;
            if (model[id].exists && model[id].blocked)
                model_ready(id, SHOJI_OK);
            else if (model[id].exists)
                model[id].remembered = 1;
            break;
        case 5:
            now += random_below(3) * SPREAD / random_from(1, 3);
            run_queue_tick(&queue, now);
            model_tick(now);
            break;
        case 6:
            id = model_pick();
            if (id == 0)
                break;
            run_queue_yield(&queue, id);
            model_yield(id);
            break;
        default:
            if (random_one_in(20) && model[id].exists) {
                run_queue_remove(&queue, id);
                model[id].exists = 0;
            } else if (!model[id].exists) {
                uint32_t priority = (uint32_t)random_below(random_one_in(2) ? 4 : RUN_PRIORITIES);

                assert_int_equal(run_queue_add(&queue, id, priority), SHOJI_OK);
                model[id] = (struct model_thread){.exists = 1, .priority = priority, .since = line++};
            }
        }
        same(id);
        picked = run_queue_pick(&queue);
        assert_int_equal(picked, model_pick());
    }
    for (thread_t id = 1; id <= RUN_THREADS; id++)
        same(id);
}

static void refusals(void **state)
{
    static struct run_queue fresh;

    (void)state;
    assert_int_equal(run_queue_pick(&fresh), 0);
    assert_int_equal(run_queue_add(&fresh, 0, 0), SHOJI_EINVAL);
    assert_int_equal(run_queue_add(&fresh, RUN_THREADS + 1, 0), SHOJI_EINVAL);
    assert_int_equal(run_queue_add(&fresh, 1, RUN_PRIORITIES), SHOJI_EINVAL);
    assert_int_equal(run_queue_add(&fresh, 1, 0), SHOJI_OK);
    assert_int_equal(run_queue_add(&fresh, 1, 0), SHOJI_EINVAL);
    assert_int_equal(run_queue_wake(&fresh, 0), SHOJI_EINVAL);
    assert_int_equal(run_queue_wake(&fresh, 2), SHOJI_EINVAL);
    assert_int_equal(run_queue_wake(&fresh, UINT32_MAX), SHOJI_EINVAL);
}

static void a_wait_may_be_cut_short(void **state)
{
    static struct run_queue queue_;

    (void)state;
    for (thread_t id = 1; id <= 3; id++)
        assert_int_equal(run_queue_add(&queue_, id, 5), SHOJI_OK);
    queue_.thread[1].cuttable = queue_.thread[2].cuttable = 1;
    run_queue_block(&queue_, 1, 0, RUN_FOREVER);
    run_queue_block(&queue_, 2, 0, 100);
    run_queue_block(&queue_, 3, 0, RUN_FOREVER);
    for (thread_t id = 1; id <= 3; id++)
        run_queue_cut(&queue_, id);
    run_queue_cut(&queue_, 0);
    run_queue_cut(&queue_, UINT32_MAX);
    assert_int_equal(queue_.thread[1].outcome, SHOJI_ECLOSED);
    assert_int_equal(queue_.thread[2].outcome, SHOJI_ECLOSED);
    assert_int_equal(queue_.thread[3].state, RUN_BLOCKED);
    run_queue_tick(&queue_, 100); /* nobody waits for it any more */
    assert_int_equal(queue_.soonest, 0);
    assert_int_equal(queue_.thread[2].outcome, SHOJI_ECLOSED);
    run_queue_cut(&queue_, 1); /* it does not wait */
    assert_int_equal(queue_.thread[1].state, RUN_READY);
    assert_int_equal(queue_.thread[1].remembered, 0);
}

/* What is left of a wait that ended early must neither end a later one too soon nor keep it from ending. */
static void a_wait_after_one_that_ended_early(void **state)
{
    static struct run_queue one;
    static const uint64_t untils[] = {30, 20, 5, RUN_FOREVER};

    (void)state;
    assert_int_equal(run_queue_add(&one, 1, 5), SHOJI_OK);
    for (unsigned i = 0; i < sizeof untils / sizeof *untils; i++) {
        uint64_t now = 0;

        run_queue_block(&one, 1, now, 10);
        assert_int_equal(run_queue_wake(&one, 1), SHOJI_OK);
        run_queue_block(&one, 1, now, untils[i]);
        for (; now < 40 && one.thread[1].state == RUN_BLOCKED; now++) {
            assert_true(run_queue_until(&one) <= untils[i]);
            run_queue_tick(&one, now + 1);
        }
        assert_int_equal(now, untils[i] < 40 ? untils[i] : 40);
        if (one.thread[1].state == RUN_BLOCKED) {
            assert_int_equal(one.soonest, 0);
            assert_int_equal(run_queue_wake(&one, 1), SHOJI_OK);
        }
        run_queue_tick(&one, 50);
        assert_int_equal(run_queue_until(&one), RUN_FOREVER);
    }
}

static void equals_take_turns(void **state)
{
    static struct run_queue two;
    thread_t first, second;

    (void)state;
    assert_int_equal(run_queue_add(&two, 1, 5), SHOJI_OK);
    assert_int_equal(run_queue_add(&two, 2, 5), SHOJI_OK);
    assert_int_equal(run_queue_add(&two, 3, 6), SHOJI_OK);
    first = run_queue_pick(&two);
    for (uint64_t tick = 0; tick < RUN_SLICE_TICKS; tick++) {
        assert_int_equal(run_queue_pick(&two), first);
        run_queue_tick(&two, tick);
    }
    second = run_queue_pick(&two);
    assert_int_equal(first + second, 3);
    for (uint64_t tick = 0; tick < RUN_SLICE_TICKS; tick++)
        run_queue_tick(&two, RUN_SLICE_TICKS + tick);
    assert_int_equal(run_queue_pick(&two), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_may_be_cut_short),
        cmocka_unit_test(a_wait_after_one_that_ended_early),
        cmocka_unit_test(refusals),
        cmocka_unit_test(equals_take_turns),
        cmocka_unit_test(random_operations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The event manager's groups and events against a naive model: one list of what was triggered, in order.
 */
// links: components/event_manager/events.c tests/host/seeded.c
// includes: components/event_manager kernel/include tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"
#include "seeded.h"

#define OPERATIONS 1000000
#define KNOWN 300 /* events that the test remembers, freed ones too */

static struct events events;

static struct known {
    long id; /* 0: none yet */
    long group;
    uint32_t token, owner;
    int alive;
} known[KNOWN];
static uint32_t triggered[KNOWN]; /* indices into known, oldest first, all groups */
static uint32_t triggered_count;

static struct {
    uint32_t owner;
    thread_t waiter;
} groups[EVENT_GROUPS + 1];
static long group_count;

static int is_triggered(uint32_t at)
{
    for (uint32_t i = 0; i < triggered_count; i++)
        if (triggered[i] == at)
            return 1;
    return 0;
}

static void untrigger(uint32_t at)
{
    for (uint32_t i = 0; i < triggered_count; i++)
        if (triggered[i] == at) {
            triggered_count--;
            memmove(&triggered[i], &triggered[i + 1], (triggered_count - i) * sizeof triggered[0]);
            return;
        }
}

/* Index of the oldest triggered event of the group, or -1. */
static int oldest(long group)
{
    for (uint32_t i = 0; i < triggered_count; i++)
        if (known[triggered[i]].group == group)
            return (int)triggered[i];
    return -1;
}

static void create(uint32_t at)
{
    long group = (long)random_from(1, (uint64_t)group_count);
    uint32_t owner = random_one_in(10) ? 99 : groups[group].owner;
    uint32_t token = (uint32_t)random_bits();
    long id;

    if (known[at].alive)
        return;
    id = events_create(&events, group, token, owner);
    if (owner == 99) {
        assert_int_equal(id, SHOJI_EPERM);
        return;
    }
    assert_true(id > 0);
    for (uint32_t i = 0; i < KNOWN; i++)
        assert_true(known[i].id != id);
    known[at] = (struct known){.id = id, .group = group, .token = token, .owner = owner, .alive = 1};
}

static void trigger(uint32_t at)
{
    thread_t wake = 77;
    long status = events_trigger(&events, known[at].id, &wake);

    if (!known[at].alive) {
        assert_int_equal(status, SHOJI_ENOENT);
        assert_int_equal(wake, 0);
        return;
    }
    assert_int_equal(status, SHOJI_OK);
    assert_int_equal(wake, is_triggered(at) ? 0 : groups[known[at].group].waiter);
    if (!is_triggered(at))
        triggered[triggered_count++] = at;
}

static void discard(uint32_t at)
{
    uint32_t owner = random_one_in(10) ? 99 : known[at].owner;
    long status = events_free(&events, known[at].id, owner);

    if (!known[at].alive) {
        assert_int_equal(status, SHOJI_ENOENT);
        return;
    }
    assert_int_equal(status, owner == 99 ? SHOJI_EPERM : SHOJI_OK);
    if (owner != 99) {
        known[at].alive = 0;
        untrigger(at);
    }
}

static void take(void)
{
    long group = (long)random_from(1, (uint64_t)group_count);
    thread_t thread = (thread_t)random_from(1, 3);
    long result = events_take(&events, group, groups[group].owner, thread);
    int first = oldest(group);

    if (groups[group].waiter != 0 && groups[group].waiter != thread) {
        assert_int_equal(result, SHOJI_EBUSY);
    } else if (first < 0) {
        assert_int_equal(result, SHOJI_EAGAIN);
        groups[group].waiter = thread;
        if (random_one_in(2)) {
            events_leave(&events, group, thread);
            groups[group].waiter = 0;
        }
    } else {
        assert_int_equal(result, known[first].token);
        groups[group].waiter = 0;
        untrigger((uint32_t)first);
    }
}

static void random_operations(void **state)
{
    (void)state;
    random_start("events");
    events_init(&events, 0);
    for (group_count = 0; group_count < 20; group_count++) {
        uint32_t owner = (uint32_t)random_from(1, 4);

        assert_int_equal(events_group(&events, owner), group_count + 1);
        groups[group_count + 1].owner = owner;
    }
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        uint32_t at = (uint32_t)random_below(KNOWN);

        switch (random_below(5)) {
        case 0:
            create(at);
            break;
        case 1:
        case 2:
            trigger(at);
            break;
        case 3:
            take();
            break;
        default:
            if (random_one_in(4))
                discard(at);
        }
    }
}

static void limits(void **state)
{
    long group, id = 0, first = 0;
    thread_t wake;

    (void)state;
    events_init(&events, 0);
    assert_int_equal(events_group(&events, 0), SHOJI_EINVAL);
    assert_int_equal(events_create(&events, 1, 0, 9), SHOJI_ENOENT);
    group = events_group(&events, 9);
    assert_true(group > 0);
    for (uint32_t i = 0; i < EVENTS_EACH; i++) {
        id = events_create(&events, group, i, 9);
        assert_true(id > 0);
        first = i == 0 ? id : first;
    }
    assert_int_equal(events_create(&events, group, 0, 9), SHOJI_EMEMORY);
    assert_int_equal(events_free(&events, first, 9), SHOJI_OK);
    assert_true(events_create(&events, group, 0, 9) > 0);
    for (uint32_t i = 1; i < EVENT_GROUPS_EACH; i++)
        assert_true(events_group(&events, 9) > 0);
    assert_int_equal(events_group(&events, 9), SHOJI_EMEMORY);
    assert_true(events_group(&events, 10) > 0);

    /* Ids that name nothing. */
    assert_int_equal(events_trigger(&events, first, &wake), SHOJI_ENOENT);
    assert_int_equal(events_trigger(&events, 0, &wake), SHOJI_ENOENT);
    assert_int_equal(events_trigger(&events, -1, &wake), SHOJI_ENOENT);
    assert_int_equal(events_trigger(&events, id + (1l << 32), &wake), SHOJI_ENOENT);
    assert_int_equal(events_take(&events, 0, 9, 1), SHOJI_ENOENT);
    assert_int_equal(events_take(&events, -5, 9, 1), SHOJI_ENOENT);
    assert_int_equal(events_take(&events, EVENT_GROUPS + 1, 9, 1), SHOJI_ENOENT);
    assert_int_equal(events_take(&events, group, 10, 1), SHOJI_EPERM);
}

static void what_happens_is_counted(void **state)
{
    static struct events own;
    thread_t wake;
    long group, first, second;

    (void)state;
    events_init(&own, 0);
    assert_int_equal(events_group(&own, 8), 1);
    group = events_group(&own, 9);
    first = events_create(&own, group, 1, 9);
    second = events_create(&own, group, 2, 9);
    assert_int_equal(events_take(&own, group, 9, 5), SHOJI_EAGAIN);
    for (int i = 0; i < 3; i++) /* several triggers before a wait are one */
        assert_int_equal(events_trigger(&own, first, &wake), SHOJI_OK);
    assert_int_equal(events_trigger(&own, second, &wake), SHOJI_OK);
    assert_int_equal(events_trigger(&own, 0, &wake), SHOJI_ENOENT);
    assert_int_equal(events_take(&own, group, 8, 5), SHOJI_EPERM);
    assert_int_equal(events_take(&own, group, 9, 5), 1);
    const uint64_t expected[EVENT_GROUPS][EVENT_COUNTS] = {{0, 0, 0, 8}, {2, 1, 1, 9}};
    assert_memory_equal(own.counts, expected, sizeof expected);
}

static void what_a_component_had_is_free(void **state)
{
    static struct events own;
    thread_t wake;

    (void)state;
    events_init(&own, 0);
    for (int round = 0; round < 1000; round++) { /* nothing runs out */
        long first = events_group(&own, 3), second = events_group(&own, 3), other = events_group(&own, 4),
             event, kept;

        assert_true(first > 0 && second > 0 && other > 0);
        event = events_create(&own, first, 1, 3);
        for (int i = 1; i < 100; i++)
            assert_true(events_create(&own, first, 1, 3) > 0);
        kept = events_create(&own, other, 2, 4);
        assert_int_equal(events_trigger(&own, event, &wake), SHOJI_OK);
        assert_int_equal(events_take(&own, second, 3, 9), SHOJI_EAGAIN);
        assert_int_equal(events_gone(&own, 3), 1ull << 9);
        assert_int_equal(events_trigger(&own, event, &wake), SHOJI_ENOENT);
        assert_int_equal(events_take(&own, second, 3, 9), SHOJI_ENOENT);
        assert_int_equal(events_trigger(&own, kept, &wake), SHOJI_OK);
        assert_int_equal(events_take(&own, other, 4, 9), 2);
        assert_int_equal(events_gone(&own, 4), 0);
    }
}

/* A client has fetched ids, everything begins anew, and then it uses them: they are nobody's, whoever has the
 * place. */
static void ids_of_another_life_name_nothing(void **state)
{
    static struct events own;
    static const uint32_t lives[] = {0, 1, 0x00ffffff, 0xfffffffe, UINT32_MAX};
    thread_t wake;
    long groups_then[EVENT_GROUPS_EACH], events_then[EVENT_GROUPS_EACH];

    (void)state;
    for (unsigned life = 0; life < sizeof lives / sizeof *lives; life++) {
        events_init(&own, lives[life]);
        for (unsigned i = 0; i < EVENT_GROUPS_EACH; i++) {
            long group = events_group(&own, 3), event = events_create(&own, group, i, 3);

            assert_true(group > 0 && event > 0);
            assert_int_equal(EVENT_GROUP_NUMBER(group), i + 1);
            if (life > 0) {
                assert_int_equal(events_create(&own, groups_then[i], 0, 3), SHOJI_ENOENT);
                assert_int_equal(events_take(&own, groups_then[i], 3, 5), SHOJI_ENOENT);
                assert_int_equal(events_trigger(&own, events_then[i], &wake), SHOJI_ENOENT);
                assert_int_equal(events_free(&own, events_then[i], 3), SHOJI_ENOENT);
                assert_int_equal(events_take(&own, group, 3, 5), SHOJI_EAGAIN);
                events_leave(&own, groups_then[i], 5); /* not that one's */
                assert_int_equal(events_take(&own, group, 3, 6), SHOJI_EBUSY);
            }
            groups_then[i] = group;
            events_then[i] = event;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_is_counted),
        cmocka_unit_test(what_a_component_had_is_free),
        cmocka_unit_test(ids_of_another_life_name_nothing),
        cmocka_unit_test(limits),
        cmocka_unit_test(random_operations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

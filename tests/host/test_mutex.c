/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The mutex library with the lock component behind it, in every order of their atomic operations: never two
 * threads inside, and nobody waits for ever.
 */
// links: components/runtime/mutex.c components/lock/lock.c tests/host/explore/explore.c
// includes: tests/host/explore components/interface build/interface components/runtime components/lock
// includes: kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "atomic.h"
#include "explore.h"
#include "export.h"
#include "lock.h"
#include "mutex.h"
#include "runtime.h"

static struct mutex mutex;
static volatile uint32_t inside;
static uint32_t rounds, again; /* threads up to `again` go all rounds, others one */

void runtime_panic(const char *what, const char *file, int line)
{
    printf("%s:%d: %s\n", file, line, what);
    explore_fail("panic");
    abort();
}

static void body(uint32_t self)
{
    for (uint32_t round = 0; round < rounds && (round == 0 || self <= again); round++) {
        mutex_lock(&mutex);
        if (atomic_swap(&inside, 1) != 0)
            explore_fail("two threads inside");
        explore_mark(2 * round + 1);
        atomic_store(&inside, 0);
        mutex_unlock(&mutex);
        explore_mark(2 * round + 2);
    }
}

static void mutex_is_free(uint32_t blocked)
{
    if (blocked != 0)
        explore_fail("all that are left are blocked");
    if (mutex.state != 0)
        explore_fail("not free at the end");
}

static void each_owner_has_its_locks(void **state)
{
    long id = lock_create();

    (void)state;
    assert_true(id > 0);
    assert_int_equal(lock_free(id), SHOJI_OK);
    assert_int_equal(lock_free(id), SHOJI_EPERM);
    assert_int_equal(lock_wake(id), SHOJI_EPERM);
    assert_int_equal(lock_wait(0), SHOJI_EPERM);
    assert_int_equal(lock_wait(-1), SHOJI_EPERM);
    assert_int_equal(lock_wait(INT64_MAX), SHOJI_EPERM);
}

static void a_wake_is_remembered_once(void **state)
{
    long id = lock_create();

    (void)state;
    assert_int_equal(lock_wake(id), SHOJI_OK);
    assert_int_equal(lock_wake(id), SHOJI_OK);
    assert_int_equal(lock_wait(id), SHOJI_OK);
    assert_int_equal(lock_free(id), SHOJI_OK);
}

static void two_threads(void **state)
{
    (void)state;
    rounds = 2;
    again = 2;
    printf("2 threads: %llu states\n", (unsigned long long)explore(2, body, mutex_is_free));
}

static void three_threads(void **state)
{
    (void)state;
    rounds = 1;
    printf("3 threads: %llu states\n", (unsigned long long)explore(3, body, mutex_is_free));
}

/* One of them twice, with a mutex that was contended before. */
static void three_threads_again(void **state)
{
    (void)state;
    mutex.id = (uint32_t)lock_create();
    rounds = 2;
    again = 1;
    printf("3 threads again: %llu states\n", (unsigned long long)explore(3, body, mutex_is_free));
    mutex.id = 0;
}

/* The lock's own contract, without the mutex: two wakes may fall together, but nobody waits while one is
 * there. */
static long bell;

static void wait_or_wake_twice(uint32_t self)
{
    if (self == 1) {
        if (lock_wake(bell) != SHOJI_OK)
            explore_fail("lock_wake");
        explore_mark(1);
        if (lock_wake(bell) != SHOJI_OK)
            explore_fail("lock_wake again");
    } else if (lock_wait(bell) != SHOJI_OK) {
        explore_fail("lock_wait");
    }
}

static void no_wake_is_left(uint32_t blocked)
{
    /* Outside of the threads a wait that would block is refused. */
    if (blocked > 1 || (blocked == 1 && lock_wait(bell) != SHOJI_EPERM))
        explore_fail("a wake is there and somebody waits");
}

static void each_wake_ends_a_wait(void **state)
{
    (void)state;
    bell = lock_create();
    assert_true(bell > 0);
    printf("wakes: %llu states\n", (unsigned long long)explore(3, wait_or_wake_twice, no_wake_is_left));
}

/* Its owner may have it still, and others of the same owner have locks of this life. */
static void ids_of_an_earlier_life_name_nothing(void **state)
{
    (void)state;
    long old = lock_create(), next;

    assert_int_equal(component_init(3), SHOJI_OK);
    next = lock_create();
    assert_true(next > 0 && next <= UINT32_MAX);
    assert_int_equal(lock_wake(old), SHOJI_EPERM);
    assert_int_equal(lock_wait(old), SHOJI_EPERM);
    assert_int_equal(lock_free(old), SHOJI_EPERM);
    assert_int_equal(lock_wake(next), SHOJI_OK);
    assert_int_equal(lock_free(next), SHOJI_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_owner_has_its_locks),
        cmocka_unit_test(a_wake_is_remembered_once),
        cmocka_unit_test(two_threads),
        cmocka_unit_test(three_threads),
        cmocka_unit_test(three_threads_again),
        cmocka_unit_test(each_wake_ends_a_wait),
        cmocka_unit_test(ids_of_an_earlier_life_name_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

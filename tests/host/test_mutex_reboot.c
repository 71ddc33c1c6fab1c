/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A mutex while the lock component is down: who wants it neither keeps the holder from running nor waits for
 * ever, and who has it gives it back.
 */
// links: components/runtime/mutex.c
// includes: components/interface build/interface components/runtime components/lock components/atomic
// includes: kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lock.h"
#include "mutex.h"
#include "runtime.h"
#include "scheduler.h"

static struct mutex mutex;
static int pauses, pauses_until_free, pauses_until_up, waits, wakes, created;
static bool forgotten; /* lock began anew: it does not know the id */

void runtime_panic(const char *what, const char *file, int line)
{
    fail_msg("%s:%d: %s", file, line, what);
    abort();
}

static bool is_down(void)
{
    return pauses < pauses_until_up;
}

/* Others run: the holder among them. */
long sched_pause(void)
{
    assert_true(++pauses < 1000);
    if (pauses == pauses_until_free)
        mutex_unlock(&mutex);
    return SHOJI_OK;
}

long lock_create(void)
{
    if (is_down())
        return SHOJI_EFAULT;
    forgotten = false;
    return ++created;
}

long lock_free(long id)
{
    (void)id;
    fail();
    return SHOJI_EPERM;
}

long lock_wait(long id)
{
    if (is_down())
        return SHOJI_EFAULT;
    if (forgotten)
        return SHOJI_EPERM;
    assert_int_equal(id, created);
    waits++;
    mutex_unlock(&mutex); /* the holder, meanwhile */
    return SHOJI_OK;
}

long lock_wake(long id)
{
    (void)id;
    wakes++;
    return is_down() ? SHOJI_EFAULT : forgotten ? SHOJI_EPERM : SHOJI_OK;
}

static void scene(uint32_t id, int until_free, int until_up)
{
    mutex = (struct mutex){.state = 1, .id = id};
    pauses = waits = wakes = 0;
    created = (int)id;
    pauses_until_free = until_free;
    pauses_until_up = until_up;
    forgotten = id != 0;
}

static void who_waits_lets_the_holder_run(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < 2; id++)
        for (int free = 1; free < 10; free++) {
            scene(id, free, 1000);
            mutex_lock(&mutex);
            assert_int_equal(pauses, free);
            assert_int_equal(waits, 0);
            assert_int_equal(mutex.state, 2);
            mutex_unlock(&mutex);
            assert_int_equal(mutex.state, 0);
        }
}

static void who_waits_goes_on_under_a_new_id(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < 2; id++)
        for (int up = 1; up < 10; up++) {
            scene(id, 0, up);
            mutex_lock(&mutex);
            assert_true(pauses >= up && pauses <= up + 1);
            assert_int_equal(waits, 1);
            assert_int_equal(mutex.id, created);
            mutex_unlock(&mutex);
            assert_int_equal(mutex.state, 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_lets_the_holder_run),
        cmocka_unit_test(who_waits_goes_on_under_a_new_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

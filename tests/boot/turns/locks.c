/* SPDX-License-Identifier: BSD-2-Clause
 * An uncontended lock invokes nothing, whatever was before; a contended one as much as it must. */
#include "lock.h"
#include "mutex.h"
#include "turns.h"

#define TIMES 10000u

static struct mutex mutex = MUTEX_FREE;
static uint32_t guarded;

static void lock_many(void)
{
    for (uint32_t i = 0; i < TIMES; i++) {
        mutex_lock(&mutex);
        guarded++;
        mutex_unlock(&mutex);
    }
}

static uint64_t asked(void)
{
    return invocations(JUDGE, 3) + invocations(JUDGE, 1);
}

/* It has the higher priority: it runs as soon as it is woken, and waits for the mutex that main has. */
static void lock_once(void)
{
    mutex_lock(&mutex);
    guarded += 1000000;
    mutex_unlock(&mutex);
}

/* Invocations of lock while high waits for main's mutex. */
static uint64_t contend(void)
{
    uint64_t before = invocations(JUDGE, 3);
    uint32_t was = guarded;

    mutex_lock(&mutex);
    turn_start(THREAD_HIGH, lock_once);
    CHECK(guarded == was, guarded); /* it was here, and waits */
    mutex_unlock(&mutex);
    CHECK(guarded == was + 1000000, guarded); /* it went on at once */
    return invocations(JUDGE, 3) - before;
}

void locks_look(void)
{
    uint64_t before = asked();

    lock_many();
    CHECK(guarded == TIMES, guarded);
    CHECK(asked() == before, asked() - before);
    CHECK(mutex.id == 0, mutex.id);
    /* lock_create, lock_wait; lock_wake by main; lock_wake by high, who cannot know that it was the last. */
    EXPECT((long)contend(), 4);
    /* It has its id now, and that last lock_wake is remembered: it waits twice. */
    EXPECT((long)contend(), 4);
    before = asked();
    lock_many();
    CHECK(asked() == before, asked() - before);
}

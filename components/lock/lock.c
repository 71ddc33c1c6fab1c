/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 3, lock: where threads wait for a contended mutex (runtime/mutex.h). Owns the locks: who waits
 * for each, and the wake that nobody has consumed yet. It cannot use a mutex itself and may be preempted
 * anywhere, so it works with single atomic operations. Invariants:
 *
 * 1. A lock is its owner's: the component that created it. Others get SHOJI_EPERM.
 * 2. A thread's bit is in `waiters` from before its first look at `wake` until after it has taken a wake.
 *    A wake that came while it was leaving may have been sent to it: it hands that on to the next.
 * 3. lock_wake sets `wake` before it looks at `waiters`. So either it sees the bit and wakes the thread
 *    in the scheduler, which remembers that if the thread has not blocked yet; or the bit came later, and
 *    the waiter sees `wake`.
 * 4. Whoever takes the wake leaves; all others block again. Two wakes that nobody took in between are
 *    one: the mutex does not need the second, since the thread that takes the first takes the mutex as
 *    contended and wakes the next.
 * 5. Ids of one life name nothing in the next: else a mutex that still has one would share a lock with
 * another of the same owner that has got it since, and the wake for the one would end in the other.
 * 6. When a component is no more, its locks are LOCK_GONE until the last that waited has left.
 */
#include "served/lock.h"
#include "atomic.h"
#include "export.h"
#include "scheduler.h"

#define LOCKS 512
#define LOCKS_EACH 128 /* the most that one component may have */
#define THREADS 64     /* bits of `waiters` */
#define COMPONENTS 256
#define NUMBER_BITS 10 /* an id is life << NUMBER_BITS | number, from 1; mutexes keep 32 bits */
_Static_assert(LOCKS < 1 << NUMBER_BITS, "a number fits its bits");
#define LOCK_GONE UINT32_MAX /* in place of an owner */

static struct lock {
    volatile uint32_t owner; /* 0: free */
    volatile uint32_t wake;
    volatile uint64_t waiters;
} locks[LOCKS];

static volatile uint32_t owned[COMPONENTS];
static uint32_t life; /* another number each time that all begins anew */

/* The owner's lock with this id, or 0. */
static struct lock *lock_of(long id, component_t owner)
{
    uint64_t number = (uint64_t)(id - ((long)life << NUMBER_BITS) - 1);

    if (number >= LOCKS || atomic_load(&locks[number].owner) != owner)
        return 0;
    return &locks[number];
}

/* 1: the component has one more; 0: it has all that it may have. */
static int owned_add(component_t client)
{
    for (;;) {
        uint32_t have = atomic_load(&owned[client]);

        if (have == LOCKS_EACH)
            return 0;
        if (atomic_replace(&owned[client], have, have + 1))
            return 1;
    }
}

static void owned_subtract(component_t client)
{
    uint32_t have;

    do
        have = atomic_load(&owned[client]);
    while (!atomic_replace(&owned[client], have, have - 1));
}

SHOJI_EXPORT_BADGED(lock_create);
long lock_create_badged(component_t client)
{
    if (client == 0 || client >= COMPONENTS)
        return SHOJI_EINVAL;
    if (!owned_add(client))
        return SHOJI_EMEMORY;
    for (long index = 0; index < LOCKS; index++)
        if (atomic_load(&locks[index].owner) == 0 && atomic_replace(&locks[index].owner, 0, client))
            return ((long)life << NUMBER_BITS) + index + 1;
    owned_subtract(client);
    return SHOJI_EMEMORY;
}

/* A wake is there: lets a waiter look. */
static long waiter_wake(struct lock *lock)
{
    uint64_t waiters = atomic_load64(&lock->waiters);

    return waiters != 0 ? sched_wakeup((thread_t)__builtin_ctzll(waiters)) : SHOJI_OK;
}

/* Its owner is no more, and perhaps nobody waits for it either by now. */
static void gone_free(struct lock *lock)
{
    if (atomic_load64(&lock->waiters) != 0)
        return;
    atomic_store(&lock->wake, 0);
    (void)atomic_replace(&lock->owner, LOCK_GONE, 0);
}

static void lock_gone(struct lock *lock)
{
    atomic_store(&lock->owner, LOCK_GONE);
    for (uint64_t waiters = atomic_load64(&lock->waiters); waiters != 0; waiters &= waiters - 1)
        (void)sched_wakeup((thread_t)__builtin_ctzll(waiters));
    gone_free(lock);
}

/* The supervisor calls it: the component is no more, and what it owned is nobody's. */
SHOJI_EXPORT long component_gone(component_t component)
{
    for (struct lock *lock = locks; lock < locks + LOCKS; lock++) {
        if (atomic_load(&lock->owner) != component)
            continue;
        lock_gone(lock);
        owned_subtract(component);
    }
    return SHOJI_OK;
}

SHOJI_EXPORT_BADGED(lock_wait);
long lock_wait_badged(long id, component_t client)
{
    struct lock *lock = lock_of(id, client);
    thread_t self = shoji_global.current;
    long status = SHOJI_OK;

    if (lock == 0)
        return SHOJI_EPERM;
    if (self >= THREADS)
        return SHOJI_EINVAL;
    atomic_set_bits64(&lock->waiters, 1ull << self);
    while (status == SHOJI_OK && atomic_load(&lock->owner) == client && atomic_swap(&lock->wake, 0) == 0)
        status = sched_block_uncut();
    atomic_clear_bits64(&lock->waiters, 1ull << self);
    if (atomic_load(&lock->owner) != client) {
        gone_free(lock);
        return SHOJI_ECLOSED;
    }
    if (status == SHOJI_OK && atomic_load(&lock->wake) != 0)
        status = waiter_wake(lock);
    return status;
}

SHOJI_EXPORT_BADGED(lock_wake);
long lock_wake_badged(long id, component_t client)
{
    struct lock *lock = lock_of(id, client);

    if (lock == 0)
        return SHOJI_EPERM;
    atomic_store(&lock->wake, 1);
    return waiter_wake(lock);
}

SHOJI_EXPORT_BADGED(lock_free);
long lock_free_badged(long id, component_t client)
{
    struct lock *lock = lock_of(id, client);

    if (lock == 0)
        return SHOJI_EPERM;
    if (atomic_load64(&lock->waiters) != 0)
        return SHOJI_EBUSY;
    atomic_store(&lock->wake, 0);
    atomic_store(&lock->owner, 0);
    owned_subtract(client);
    return SHOJI_OK;
}

long component_init(component_t self)
{
    (void)self;
    life = (uint32_t)(__builtin_ia32_rdtsc() >> 8) >> NUMBER_BITS;
    return SHOJI_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The contended half of a mutex. Invariants:
 *
 * 1. Whoever waits has set state to 2 before lock_wait, so the unlock that frees the mutex wakes it;
 *    lock_wait remembers one lock_wake that came first.
 * 2. Whoever was waiting takes the mutex as 2, never as 1: there may be others behind it, and a needless
 *    lock_wake is harmless.
 * 3. The id is set before state becomes 2. It changes only when lock has begun anew and knows it no longer;
 * whoever sets another one looks at state again before it waits.
 * 4. While lock is beginning anew, whoever wants the mutex lets the others run: the one that has it may be of
 * lower priority than the thread that is to bring lock up. So who has a mutex has an edge to scheduler.
 */
#include "mutex.h"

#include "lock.h"
#include "runtime.h"
#include "scheduler.h"

/* Sets an id if it still is `known`, which is of no use. Returns the id. */
static uint32_t mutex_id_set(struct mutex *mutex, uint32_t known)
{
    long id = lock_create();

    if (id == SHOJI_EFAULT) /* lock is beginning anew */
        return atomic_load(&mutex->id);
    if (id <= 0)
        runtime_panic("no lock left", __FILE__, __LINE__);
    if (atomic_replace(&mutex->id, known, (uint32_t)id))
        return (uint32_t)id;
    /* Another thread was first. */
    (void)lock_free(id);
    return atomic_load(&mutex->id);
}

void mutex_lock_contended(struct mutex *mutex)
{
    uint32_t id = atomic_load(&mutex->id);

    if (id == 0)
        id = mutex_id_set(mutex, 0);
    while (atomic_swap(&mutex->state, 2) != 0) {
        long status = id == 0 ? SHOJI_EPERM : lock_wait(id);

        if (status == SHOJI_EPERM)
            id = mutex_id_set(mutex, id);
        if (status == SHOJI_EFAULT || id == 0)
            (void)sched_pause();
    }
}

/* If lock does not know the id, nobody waits under it: all that did have been sent away and look at state,
 * which is free by now. They may wait under a new id since. */
void mutex_unlock_contended(struct mutex *mutex)
{
    for (uint32_t id = 0; id != atomic_load(&mutex->id);) {
        id = atomic_load(&mutex->id);
        if (lock_wake(id) == SHOJI_OK)
            return;
    }
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The contended half of a mutex. Invariants:
 *
 * 1. Whoever waits has set state to 2 before lock_wait, so the unlock that frees the mutex wakes it;
 *    lock_wait remembers one lock_wake that came first.
 * 2. Whoever was waiting takes the mutex as 2, never as 1: there may be others behind it, and a needless
 *    lock_wake is harmless.
 * 3. The id is set before state becomes 2, and never changes.
 */
#include "mutex.h"

#include "lock.h"
#include "runtime.h"

static uint32_t mutex_id(struct mutex *mutex)
{
    uint32_t known = atomic_load(&mutex->id);
    long id;

    if (known != 0)
        return known;
    id = lock_create();
    if (id <= 0)
        runtime_panic("no lock left", __FILE__, __LINE__);
    if (atomic_replace(&mutex->id, 0, (uint32_t)id))
        return (uint32_t)id;
    /* Another thread was first. */
    (void)lock_free(id);
    return atomic_load(&mutex->id);
}

void mutex_lock_contended(struct mutex *mutex)
{
    uint32_t id = mutex_id(mutex);

    while (atomic_swap(&mutex->state, 2) != 0)
        if (lock_wait(id) != SHOJI_OK)
            runtime_panic("lock_wait", __FILE__, __LINE__);
}

void mutex_unlock_contended(struct mutex *mutex)
{
    if (lock_wake(atomic_load(&mutex->id)) != SHOJI_OK)
        runtime_panic("lock_wake", __FILE__, __LINE__);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Mutexes. An uncontended lock or unlock is one atomic instruction in the component; only contention invokes the lock component
 * (TSE11 section 4.1.1). Not recursive, not fair. A component that uses them needs the edge to `lock`.
 */
#ifndef RUNTIME_MUTEX_H
#define RUNTIME_MUTEX_H

#include <stdint.h>

#include "shoji/status.h"

struct mutex {
    volatile uint32_t state; /* 0 free, 1 taken, 2 taken and somebody may wait */
    volatile uint32_t id;    /* the lock component's id, 0 before the first contention */
};
/* Static storage that is zero is a free mutex. */
#define MUTEX_FREE {0, 0}

/* Slow paths; use mutex_lock and mutex_unlock. */
void mutex_lock_contended(struct mutex *mutex);
void mutex_unlock_contended(struct mutex *mutex);

static inline void mutex_lock(struct mutex *mutex)
{
    uint32_t free = 0;

    if (!__atomic_compare_exchange_n(&mutex->state, &free, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        mutex_lock_contended(mutex);
}

static inline void mutex_unlock(struct mutex *mutex)
{
    if (__atomic_exchange_n(&mutex->state, 0, __ATOMIC_RELEASE) == 2)
        mutex_unlock_contended(mutex);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Mutexes. An uncontended lock or unlock is one atomic instruction in the component; only contention invokes
 * the lock component (TSE11 section 4.1.1). Not recursive, not fair. A component that uses them needs the
 * edge to `lock`.
 */
#ifndef RUNTIME_MUTEX_H
#define RUNTIME_MUTEX_H

#include <stdint.h>

#include "atomic.h"
#include "shoji/status.h"

struct mutex {
    volatile uint32_t state; /* 0 free, 1 taken, 2 taken and somebody may wait */
    volatile uint32_t id;    /* the lock component's id, 0 before the first contention */
};
/* Static storage that is zero is a free mutex. */
#define MUTEX_FREE                                                                                           \
    {                                                                                                        \
        0, 0                                                                                                 \
    }

/* Slow paths; use mutex_lock and mutex_unlock. */
void mutex_lock_contended(struct mutex *mutex);
void mutex_unlock_contended(struct mutex *mutex);

static inline void mutex_lock(struct mutex *mutex)
{
    if (!atomic_replace(&mutex->state, 0, 1))
        mutex_lock_contended(mutex);
}

static inline void mutex_unlock(struct mutex *mutex)
{
    if (atomic_swap(&mutex->state, 0) == 2)
        mutex_unlock_contended(mutex);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Component 3: mutexes. The uncontended path is the library (components/runtime/mutex.h); only contention invokes
 * the component (TSE11 section 4.1.1). */
#ifndef INTERFACE_LOCK_H
#define INTERFACE_LOCK_H
#include "shoji/supervisor.h"

long lock_create(void);  /* returns an id > 0 */
/* Returns after a lock_wake that nobody else has consumed; at most one is remembered. SHOJI_EPERM, the id is nobody's or another's: lock began anew. SHOJI_EFAULT: it is doing so. SHOJI_ECLOSED: the client did. */
long lock_wait(long id);
long lock_wake(long id); /* one thread that waits there goes on, or the next that comes; SHOJI_EPERM as above */
long lock_free(long id); /* SHOJI_EBUSY: a thread waits there; SHOJI_EPERM as above */

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * What the two components of this test offer each other. */
#ifndef THREADS_H
#define THREADS_H

#include "export.h"

#define THREADS 3
/* The thread has seen what it waited for; the test ends when all have. The caller waits until somebody
 * switches back to it. */
long sched_done(uint64_t thread);
/* The thread cannot go on: the test has failed. */
long sched_failed(uint64_t thread);

#endif

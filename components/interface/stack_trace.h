/* SPDX-License-Identifier: BSD-2-Clause
 * Component 12: tells where threads are, for debugging. */
#ifndef INTERFACE_STACK_TRACE_H
#define INTERFACE_STACK_TRACE_H
#include "shoji/supervisor.h"

/* Writes where each thread is into pool `trace`, as an array of struct sup_trace from thread 0 on. How many; SHOJI_EBUSY: another thread is
 * at it. What lies there is the reader's to doubt, and may be written again by the next call. */
long stack_trace_threads(void);
/* Prints where the caller is, by way of whom, and a number of the asker's choice. */
long stack_trace_mark(uint64_t mark);

#endif

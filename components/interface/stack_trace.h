/* SPDX-License-Identifier: BSD-2-Clause
 * Component 12: tells where a thread is, for debugging. */
#ifndef INTERFACE_STACK_TRACE_H
#define INTERFACE_STACK_TRACE_H
#include "shoji/supervisor.h"

/* Prints the running thread, the component that asks, and a number of the asker's choice. */
long stack_trace_mark(uint64_t mark);

#endif

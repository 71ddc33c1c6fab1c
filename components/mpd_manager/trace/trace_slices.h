/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The invocations that each thread is in while a trace is read: a stack for each, of one store. And how many
 * instructions each thread has executed.
 */
#ifndef MPD_MANAGER_TRACE_SLICES_H
#define MPD_MANAGER_TRACE_SLICES_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_THREADS 64u
#define TRACE_SLICES 4096u

struct trace_slice {
    uint64_t after;        /* the stack pointer once it has returned */
    uint64_t instructions; /* that its thread had executed when it began */
    uint32_t gate;         /* 0: not by one */
    uint16_t client;       /* of the gate, when it began */
    uint16_t server;       /* whose code it is in */
    uint16_t names;        /* that the server had had by then */
    uint16_t below;        /* the slice around it, plus 1; 0: none */
    bool merged;           /* its return will not be recorded */
};

struct trace_slices {
    struct trace_slice slice[TRACE_SLICES];
    uint16_t top[TRACE_THREADS]; /* plus 1; 0: none */
    uint16_t free;               /* a list of those that were used, likewise */
    uint16_t fresh;              /* those from here on never were */
    uint64_t executed[TRACE_THREADS];
};

void slices_begin(struct trace_slices *slices);
/* False: there is no room. */
bool slices_push(struct trace_slices *slices, uint32_t thread, uint64_t after);
/* The innermost, or NULL. */
struct trace_slice *slices_top(struct trace_slices *slices, uint32_t thread);
/* Takes the innermost away; there is one. */
void slices_pop(struct trace_slices *slices, uint32_t thread);

#endif

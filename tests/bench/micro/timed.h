/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A call, timed to the instruction, where the time-stamp counter counts instructions (QEMU's -icount
 * shift=0).
 */
#ifndef BENCH_TIMED_H
#define BENCH_TIMED_H

#include <stdint.h>

/* Calls function(a, b, c, d) and puts what it returned into *result. Returns the difference of the time-stamp
 * counter before and after: the instructions from the call to the one that follows it, and a fixed number of
 * others. A difference above 2^32 is cut. */
uint32_t timed_call(const void *function, uint64_t a, uint64_t b, uint64_t c, uint64_t d, long *result);

/* Known numbers of instructions, to calibrate and to check with: of timed_ret, from call to the one that
 * follows, 2; of timed_nops TIMED_NOPS + 2. */
#define TIMED_NOPS 100
extern const char timed_ret[], timed_nops[];

/* The null invocation's callee inside the caller's own component. */
long timed_direct(void);

#endif

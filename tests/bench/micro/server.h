/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the server of the primitives' bench offers, and each of the components that fill a domain.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdint.h>

/* Returns 0: the null invocation. */
long bench_null(void);
/* Calls the client back (bench_back), so that a thread is inside the server meanwhile. Its result. */
long bench_within(uint64_t a);
long bench_back(uint64_t a); /* the client's */
/* Lets the component read 64 bytes of this one's memory. */
long bench_lend(uint32_t to);

#endif

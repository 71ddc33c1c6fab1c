/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the server of the primitives' bench offers.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

/* Returns 0: the null invocation. */
long bench_null(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs a few threads in every order in which their atomic operations and scheduler calls can follow one
 * another. Code under test is compiled with tests/host/explore first on the include path. A state is what is
 * in all words touched by atomic operations, what each thread has read since its last explore_mark, and who
 * is blocked; each state is gone through once.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdint.h>

#define EXPLORE_THREADS 4

/* What thread `self` (1 to the number of threads) does. */
typedef void (*explore_body)(uint32_t self);

/* Returns how many states there are. `final` is called at the end of each order, when nobody can go on, with
 * the number of threads that are blocked. */
uint64_t explore(uint32_t threads, explore_body body, void (*final)(uint32_t blocked));

/* The calling thread remembers nothing from before but `place`. */
void explore_mark(uint32_t place);

/* Fails the test with the order that led here. */
void explore_fail(const char *what);

#endif

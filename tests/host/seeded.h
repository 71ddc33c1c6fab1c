/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random numbers for tests: the same ones each time, or those of another seed by SEED=n in the environment.
 */
#ifndef SEEDED_H
#define SEEDED_H

#include <stdbool.h>
#include <stdint.h>

/* Starts the sequence and prints its seed. Each test that draws numbers calls it first. */
void random_start(const char *test);

uint64_t random_bits(void);
uint64_t random_below(uint64_t n); /* 0 to n - 1; n > 0 */
uint64_t random_from(uint64_t first, uint64_t last);
bool random_one_in(uint64_t n);

#endif

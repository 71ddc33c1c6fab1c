/* SPDX-License-Identifier: BSD-2-Clause
 *
 * splitmix64: no state but a counter, so a seed says everything.
 */
#include <stdio.h>
#include <stdlib.h>

#include "seeded.h"

#define SEED_DEFAULT 20031u

static uint64_t counter;

void random_start(const char *test)
{
    const char *seed = getenv("SEED");

    counter = seed != NULL ? strtoull(seed, NULL, 0) : SEED_DEFAULT;
    printf("%s: SEED=%llu\n", test, (unsigned long long)counter);
}

uint64_t random_bits(void)
{
    uint64_t z = counter += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t random_below(uint64_t n)
{
    return random_bits() % n;
}

uint64_t random_from(uint64_t first, uint64_t last)
{
    return first + random_below(last - first + 1);
}

bool random_one_in(uint64_t n)
{
    return random_below(n) == 0;
}

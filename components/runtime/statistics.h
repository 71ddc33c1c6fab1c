/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A component's counters, and how statistics_gatherer learns of them: the component counts in its own memory,
 * and reports the rows that have changed a few times a second, when it is about to do something slow anyway.
 * A system without that edge just counts.
 *
 *     static uint64_t counts[ROWS][STATISTICS_COLUMNS];
 *     static struct statistics statistics = {.rows = ROWS, .counts = counts, .names = {"waits", ...,
 * "thread"}}; counts[thread][0]++; if (statistics_due(&statistics)) statistics_report(&statistics);
 */
#ifndef RUNTIME_STATISTICS_H
#define RUNTIME_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "statistics_gatherer.h"

#define STATISTICS_EVERY_US 100000

struct statistics {
    uint32_t rows; /* at most STATISTICS_ROWS */
    const uint64_t (*counts)[STATISTICS_COLUMNS];
    const char
        *names[STATISTICS_COLUMNS + 1]; /* of the columns, then of a row; at most STATISTICS_NAME_BYTES */
    uint64_t due;                       /* tick of the next report */
    uint64_t sums[STATISTICS_ROWS];     /* of a row's counters when it was reported; counters only grow */
    bool named;
};

static inline bool statistics_due(const struct statistics *statistics)
{
    return shoji_global.ticks >= statistics->due;
}

/* Invokes statistics_gatherer. Of threads that meet here one reports. A gatherer that is beginning anew hears
 * all the next time. */
void statistics_report(struct statistics *statistics);

#endif

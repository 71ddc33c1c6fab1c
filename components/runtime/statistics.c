/* SPDX-License-Identifier: BSD-2-Clause */
#include "statistics.h"

#include <string.h>

#pragma weak statistics_name
#pragma weak statistics_put

static long names_give(const struct statistics *statistics)
{
    for (uint32_t column = 0; column <= STATISTICS_COLUMNS; column++) {
        uint64_t words[STATISTICS_NAME_BYTES / 8] = {0, 0};
        long status;

        memcpy(words, statistics->names[column], strnlen(statistics->names[column], sizeof words));
        status = statistics_name(column, words[0], words[1]);
        if (status != SHOJI_OK)
            return status;
    }
    return SHOJI_OK;
}

void statistics_report(struct statistics *statistics)
{
    statistics->due = shoji_global.ticks + STATISTICS_EVERY_US / shoji_global.tick_us;
    if (!statistics_put)
        return;
    if (!statistics->named) {
        if (names_give(statistics) != SHOJI_OK)
            return;
        memset(statistics->sums, 0, sizeof statistics->sums);
        statistics->named = true;
    }
    for (uint32_t row = 0; row < statistics->rows; row++) {
        const uint64_t *c = statistics->counts[row];
        uint64_t sum = c[0] + c[1] + c[2] + c[3];

        if (sum == statistics->sums[row])
            continue;
        if (statistics_put(row, c[0], c[1], c[2], c[3]) != SHOJI_OK) {
            statistics->named = false;
            return;
        }
        statistics->sums[row] = sum;
    }
}

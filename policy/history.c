/* SPDX-License-Identifier: BSD-2-Clause */
#include "history.h"

void history_carve(struct history *history, struct memory *memory, uint32_t pairs)
{
    history->pairs_limit = pairs;
    history->counts = memory_take(memory, pairs, HISTORY_WINDOWS * sizeof *history->counts);
}

void history_clear(struct history *history, uint32_t pairs)
{
    history->pairs = pairs;
    history->windows = history->last = 0;
}

/* The pair's count in the window that is `age` windows older than the newest. */
static uint64_t *count_at(const struct history *history, uint32_t pair, uint32_t age)
{
    uint32_t window = (history->last + HISTORY_WINDOWS - age) % HISTORY_WINDOWS;
    return &history->counts[(size_t)pair * HISTORY_WINDOWS + window];
}

static uint32_t windows_of(const struct history *history, uint32_t windows)
{
    return windows < history->windows ? windows : history->windows;
}

void history_open(struct history *history, uint64_t cycles)
{
    history->last = (history->last + 1) % HISTORY_WINDOWS;
    history->windows += history->windows < HISTORY_WINDOWS;
    history->cycles[history->last] = cycles < HISTORY_CYCLES_MOST ? cycles : HISTORY_CYCLES_MOST;
    for (uint32_t pair = 0; pair < history->pairs; pair++)
        history->counts[(size_t)pair * HISTORY_WINDOWS + history->last] = 0;
}

void history_add(struct history *history, uint32_t pair, uint64_t invocations)
{
    uint64_t *count = count_at(history, pair, 0);
    *count = invocations < HISTORY_COUNT_MOST - *count ? *count + invocations : HISTORY_COUNT_MOST;
}

uint64_t history_newest(const struct history *history, uint32_t pair)
{
    return history->windows ? *count_at(history, pair, 0) : 0;
}

struct history_counts history_counts(const struct history *history, uint32_t pair, uint32_t windows)
{
    const uint64_t *counts = &history->counts[(size_t)pair * HISTORY_WINDOWS];
    struct history_counts found = {0, 0};
    for (uint32_t left = windows_of(history, windows), at = history->last; left > 0; left--) {
        found.sum += counts[at];
        found.peak = counts[at] > found.peak ? counts[at] : found.peak;
        at = (at + HISTORY_WINDOWS - 1) % HISTORY_WINDOWS;
    }
    return found;
}

uint64_t history_cycles_sum(const struct history *history, uint32_t windows)
{
    uint64_t sum = 0;
    for (uint32_t age = windows_of(history, windows); age-- > 0;)
        sum += history->cycles[(history->last + HISTORY_WINDOWS - age) % HISTORY_WINDOWS];
    return sum;
}

uint64_t history_cycles_least(const struct history *history, uint32_t windows)
{
    uint64_t least = UINT64_MAX;
    for (uint32_t age = windows_of(history, windows); age-- > 0;) {
        uint64_t cycles = history->cycles[(history->last + HISTORY_WINDOWS - age) % HISTORY_WINDOWS];
        if (cycles < least)
            least = cycles;
    }
    return least;
}

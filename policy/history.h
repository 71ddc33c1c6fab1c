/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The last windows: processor cycles, and how often each pair of components invoked each other, either way. A
 * policy that looks at one window runs after noise. So walls are found too costly by the sum of several
 * windows, and a new wall is paid for by the most that any of them had: what is noisy is merged late and
 * split later.
 *
 * 1. A window's count of a pair is at most HISTORY_COUNT_MOST (more saturates), so that no sum over
 *    windows and HISTORY_PAIRS_MOST pairs overflows 63 bits.
 */
#ifndef POLICY_HISTORY_H
#define POLICY_HISTORY_H

#include "memory.h"
#include <stdint.h>

#define HISTORY_WINDOWS 8u
#define HISTORY_COUNT_MOST ((UINT64_C(1) << 40) - 1)
#define HISTORY_PAIRS_MOST (UINT32_C(1) << 20)
#define HISTORY_CYCLES_MOST (UINT64_C(1) << 56)

struct history {
    uint32_t pairs, pairs_limit;
    uint32_t windows, last; /* how many there are; the newest one's place */
    uint64_t cycles[HISTORY_WINDOWS];
    uint64_t *counts; /* HISTORY_WINDOWS for each pair */
};

void history_carve(struct history *history, struct memory *memory, uint32_t pairs);
/* Forgets all windows; `pairs` up to what was carved. */
void history_clear(struct history *history, uint32_t pairs);
/* A new window, its counts 0; the oldest one goes. More cycles than HISTORY_CYCLES_MOST saturate. */
void history_open(struct history *history, uint64_t cycles);
/* To the newest window. */
void history_add(struct history *history, uint32_t pair, uint64_t invocations);
/* Over the newest `windows` windows, or as many as there are: all counts together, and the most in one. */
struct history_counts {
    uint64_t sum, peak;
};
struct history_counts history_counts(const struct history *history, uint32_t pair, uint32_t windows);
uint64_t history_cycles_sum(const struct history *history, uint32_t windows);
uint64_t history_cycles_least(const struct history *history, uint32_t windows);
/* The newest window's. */
uint64_t history_newest(const struct history *history, uint32_t pair);

#endif

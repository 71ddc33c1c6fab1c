/* SPDX-License-Identifier: BSD-2-Clause */
#include "calibration.h"

#include "shoji/supervisor.h"

static uint64_t tick_begins(void)
{
    struct sup_counters counters;
    uint64_t now = shoji_global.ticks;
    while (shoji_global.ticks == now)
        __asm__ volatile("pause");
    return sup_counters(&counters) < 0 ? 0 : counters.cycles;
}

uint64_t calibration_speed(void)
{
    uint64_t from = tick_begins();
    return (tick_begins() - from) * 1000000 / shoji_global.tick_us;
}

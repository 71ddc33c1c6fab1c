/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The time stamp counter against the PIT, whose frequency is known.
 *
 * Both are read one behind the other; if something came between them, on a machine that is itself emulated,
 * the reading is worth nothing: of several the one counts that took least time.
 */
#include "cpu/clock.h"

#include "cpu/interrupt.h"
#include "cpu/io.h"

#define PIT_CHANNEL 0x40
#define PIT_CONTROL 0x43
#define PIT_LATCH 0x00 /* channel 0 */
#define TRIES 16u

struct reading {
    uint64_t time;
    uint32_t count; /* of the PIT, downwards */
};

uint64_t clock_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static uint32_t pit_read(void)
{
    uint32_t low;

    port_write8(PIT_CONTROL, PIT_LATCH);
    low = port_read8(PIT_CHANNEL);
    return low | (uint32_t)port_read8(PIT_CHANNEL) << 8;
}

static struct reading reading_take(void)
{
    struct reading best = {0};
    uint64_t shortest = UINT64_MAX;

    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t before = clock_now(), after;
        uint32_t count = pit_read();

        after = clock_now();
        if (after - before < shortest) {
            shortest = after - before;
            best = (struct reading){.time = before + shortest / 2, .count = count};
        }
    }
    return best;
}

static uint32_t counts_between(uint32_t from, uint32_t to)
{
    return from >= to ? from - to : from + PIT_DIVISOR - to; /* it began anew */
}

uint64_t clock_per_second(void)
{
    static uint64_t known;
    const uint32_t enough = (uint32_t)((uint64_t)CLOCK_MEASURE_US * PIT_HZ / 1000000);
    struct reading first, last;

    if (known != 0)
        return known;
    first = reading_take();
    while (counts_between(first.count, pit_read()) < enough)
        ;
    last = reading_take();
    known = (last.time - first.time) * PIT_HZ / counts_between(first.count, last.count);
    return known;
}

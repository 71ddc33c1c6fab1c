/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 6, timed_block: blocks a thread for a time. Owns nothing: a time in milliseconds becomes a tick,
 * and the scheduler does the waiting. It never returns early; it may return up to one tick late.
 */
#include "timed_block.h"
#include "export.h"
#include "scheduler.h"

/* A day: longer is a mistake. */
#define MOST_MILLISECONDS 86400000u

SHOJI_EXPORT long timed_block(uint64_t milliseconds)
{
    uint64_t ticks, until;
    long status;

    if (milliseconds > MOST_MILLISECONDS)
        return SHOJI_EINVAL;
    /* One more: the tick that runs now is partly over. */
    ticks = (milliseconds * 1000 + shoji_global.tick_us - 1) / shoji_global.tick_us + 1;
    until = shoji_global.ticks + ticks;
    do
        status = sched_block_until(until);
    while (status == SHOJI_OK && shoji_global.ticks < until); /* a wakeup meant for somebody before us */
    return status == SHOJI_ETIMEDOUT ? SHOJI_OK : status;
}

long component_init(component_t self)
{
    (void)self;
    return shoji_global.tick_us > 0 ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * A second thread: waits in victim, where driver tells it to. */
#include "failing.h"
#include "scheduler.h"
#include "timed_block.h"

static long (*const orders[])(void) = {
    0, victim_wait_scheduler, victim_wait_event, victim_wait_lock, victim_wait_bystander, victim_spin};

SHOJI_EXPORT long sleeper_thread(void)
{
    uint64_t order = pool_notes.order;

    pool_notes.sleeper_begins++;
    if (order != 0) {
        pool_notes.order = 0;
        pool_notes.result = orders[order]();
        if (pool_notes.result == 0)
            pool_notes.result = 1;
    }
    return timed_block(10);
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == SLEEPER ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Events are edges: what was triggered is told once, in the order of the first triggers, and not again until
 * it is triggered again. */
#include "event_manager.h"
#include "turns.h"

static long group, first, second;
static volatile long told;
static volatile uint32_t woken;

static void high_waits(void)
{
    told = evt_wait(group);
    woken++;
}

void events_look(void)
{
    uint64_t late;

    group = evt_group();
    CHECK(group > 0, group);
    first = evt_create(group, 11);
    second = evt_create(group, 22);
    CHECK(first > 0 && second > 0 && first != second, first);
    EXPECT(evt_trigger(second), SHOJI_OK);
    EXPECT(evt_trigger(first), SHOJI_OK);
    EXPECT(evt_trigger(second), SHOJI_OK);
    EXPECT(evt_wait(group), 22);
    EXPECT(evt_wait(group), 11);
    late = shoji_global.ticks;
    EXPECT(evt_wait_until(group, late + 3), SHOJI_ETIMEDOUT);
    CHECK(shoji_global.ticks - late >= 3, shoji_global.ticks - late);
    EXPECT(evt_trigger(second), SHOJI_OK);
    EXPECT(evt_wait(group), 22);
    /* Who waits is woken by one trigger, and once. */
    told = 0;
    turn_start(THREAD_HIGH, high_waits);
    CHECK(woken == 0, woken);
    CHECK(evt_trigger(first) == SHOJI_OK, 0);
    CHECK(woken == 1 && told == 11, told);
    EXPECT(evt_wait_until(group, shoji_global.ticks + 2), SHOJI_ETIMEDOUT);
}

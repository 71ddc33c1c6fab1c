/* SPDX-License-Identifier: BSD-2-Clause
 * Kills every other component in turn, some rounds long, a while after each other. For systems of any
 * manifest: test_failing.py adds it. */
#include "export.h"
#include "timed_block.h"

#define ROUNDS 3
#define PAUSE_MS 400

static struct sup_component components[64];
static component_t own;
static uint32_t round_now, next;

static void pause(void)
{
    uint64_t until = shoji_global.ticks + PAUSE_MS * 1000 / shoji_global.tick_us;

    /* timed_block and the scheduler are among those that are killed: then the wait is short. */
    while (shoji_global.ticks < until)
        (void)timed_block(10);
}

SHOJI_EXPORT long killer_thread(void)
{
    long count = sup_components(components, 64);

    pause();
    if (round_now == ROUNDS) {
        if (next == 0)
            sup_console_write(11, 0x6c6c696b206c6c61ul, 0xa6465, 0, 0); /* "all killed\n" */
        next = 1;
        return SHOJI_OK;
    }
    if (components[next].id != own)
        (void)sup_kill(components[next].id);
    next = next + 1 < (uint32_t)count ? next + 1 : 0;
    if (next == 0)
        round_now++;
    return SHOJI_OK;
}

SHOJI_EXPORT long component_init(component_t self)
{
    own = self;
    return SHOJI_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 2, mpd_manager: decides where the walls are. The policy library (policy/) says what is wanted,
 * governor.c runs it, layout.c asks the supervisor for what it wants, and the control interface on port 8081
 * shows and changes all of it. The shell does the same at the serial console. It owns the threads `control`,
 * `policy` and `shell`, which share everything under layout_lock.
 */
#include "connection_manager/connections.h"
#include "control_stream.h"
#include "events.h"
#include "export.h"
#include "fd_api.h"
#include "governor.h"
#include "made.h"
#include "runtime.h"
#include "shell.h"
#include "timed_block.h"
#include "token.h"
#include "uploads.h"
#include "watch.h"

#define CONTROL_PORT 8081

extern char pool_control[], pool_control_end[];

static struct connection control_table[CONTROL_CONNECTIONS];
static struct connections control = {
    .port = CONTROL_PORT,
    .limit = CONTROL_CONNECTIONS,
    .table = control_table,
};

static void token_print(void)
{
    static const char label[] = "control token: ";
    print_bytes(label, sizeof label - 1);
    print_bytes(token_text(), TOKEN_HEX);
    print_bytes("\n", 1);
}

long component_init(component_t self)
{
    made_start(self);
    control.pool = pool_control;
    control.pool_end = pool_control_end;
    if (token_draw() == SHOJI_OK)
        token_print();
    else
        print_line("the CPU gives no random numbers: nothing can be changed through the control interface");
    uint64_t epoch = 0;
    (void)random_word(&epoch);
    watch_start();
    if (!events_start(epoch) || !governor_start())
        return SHOJI_EINVAL;
    shell_start();
    return fd_buffers(pool_control, pool_control_end);
}

SHOJI_EXPORT void control_thread(void)
{
    connections_run(&control);
}

SHOJI_EXPORT void shell_thread(void)
{
    shell_turn();
}

SHOJI_EXPORT void uploads_thread(void)
{
    layout_lock();
    uploads_work();
    layout_unlock();
    uploads_wait();
}

/* The supervisor calls it: the component has failed, or is no more. */
SHOJI_EXPORT long component_gone(component_t component)
{
    uploads_gone(component);
    return SHOJI_OK;
}

/* In a mode that asks for no counts they are only shown, and a window may have more periods: reading them is
 * more work than a hundred requests. */
#define QUIET_PERIODS 16
/* And many more if hardly anything has crossed since then. */
#define IDLE_PERIODS (8 * QUIET_PERIODS)
#define IDLE_CROSSINGS 1000 /* in QUIET_PERIODS: some requests a second */

static uint64_t ticks_of(uint64_t milliseconds)
{
    return milliseconds * 1000 / shoji_global.tick_us;
}

/* In such a mode: is it time for a window's end? */
static bool quiet_over(void)
{
    static uint32_t quiet = QUIET_PERIODS - 1, idle;
    static uint64_t crossings_before;

    if (++quiet % QUIET_PERIODS != 0)
        return false;
    uint64_t crossings = (uint64_t)sup_crossings(), came = crossings - crossings_before;
    crossings_before = crossings;
    idle = came < IDLE_CROSSINGS ? idle + QUIET_PERIODS : IDLE_PERIODS;
    if (idle < IDLE_PERIODS)
        return false;
    idle = 0;
    return true;
}

/* The policy's period, and the windows of those who watch: whichever is over first. */
SHOJI_EXPORT void policy_thread(void)
{
    static uint64_t period_from;

    layout_lock();
    uint64_t now = shoji_global.ticks, due = period_from + ticks_of(governor_state()->settings.period);
    uint64_t next = watch_due() < due ? watch_due() : due;
    layout_unlock();
    if (next > now)
        timed_block((next - now) * shoji_global.tick_us / 1000);
    layout_lock();
    if (shoji_global.ticks >= due) {
        if (policy_mode_counts(governor_state()->settings.mode) || quiet_over())
            governor_period();
        period_from = shoji_global.ticks;
    }
    watch_turn();
    layout_unlock();
}

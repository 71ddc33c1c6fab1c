/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 2, mpd_manager: decides where the walls are. The policy library (policy/) says what is wanted,
 * governor.c runs it, layout.c asks the supervisor for what it wants, and the control interface on port 8081
 * shows and changes all of it. The shell does the same at the serial console. It owns the threads `control`,
 * `policy` and `shell`, which share everything under layout_lock.
 */
#include "connection_manager/connections.h"
#include "control_stream.h"
#include "export.h"
#include "fd_api.h"
#include "governor.h"
#include "made.h"
#include "runtime.h"
#include "shell.h"
#include "timed_block.h"
#include "token.h"

#define CONTROL_PORT 8081

extern char pool_control[], pool_control_end[];

static struct connection table[CONTROL_CONNECTIONS];
static struct connections control = {
    .port = CONTROL_PORT,
    .limit = CONTROL_CONNECTIONS,
    .table = table,
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
    if (!governor_start())
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

/* In a mode that asks for no counts they are only shown, and a window may have more periods: reading them is
 * more work than a hundred requests. */
#define QUIET_PERIODS 16

SHOJI_EXPORT void policy_thread(void)
{
    static uint32_t quiet = QUIET_PERIODS - 1;

    layout_lock();
    uint64_t period = governor_state()->settings.period;
    layout_unlock();
    timed_block(period);
    layout_lock();
    if (policy_mode_counts(governor_state()->settings.mode) || ++quiet % QUIET_PERIODS == 0)
        governor_period();
    layout_unlock();
}

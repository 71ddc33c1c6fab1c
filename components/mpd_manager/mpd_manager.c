/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 2, mpd_manager: decides where the walls are. The policy library (policy/) says what is wanted,
 * layout.c asks the supervisor for it, and the control interface on port 8081 shows and changes both. It owns
 * the thread `control`.
 */
#include "connection_manager/connections.h"
#include "control_stream.h"
#include "export.h"
#include "fd_api.h"
#include "runtime.h"
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
    (void)self;
    control.pool = pool_control;
    control.pool_end = pool_control_end;
    if (token_draw() == SHOJI_OK)
        token_print();
    else
        print_line("the CPU gives no random numbers: nothing can be changed through the control interface");
    return fd_buffers(pool_control, pool_control_end);
}

SHOJI_EXPORT void control_thread(void)
{
    connections_run(&control);
}

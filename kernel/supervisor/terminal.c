/* SPDX-License-Identifier: BSD-2-Clause */
#include "supervisor/terminal.h"

#include <stddef.h>

#include "caller.h"
#include "console.h"
#include "console_input.h"
#include "serial.h"
#include "supervisor/calls.h"

static unsigned foot_owner = NO_COMPONENT;

void terminal_forsake(unsigned component)
{
    if (component != foot_owner)
        return;
    foot_owner = NO_COMPONENT;
    console_foot(NULL, 0);
}

SUPERVISOR_CALL(sup_console_read, uint64_t address, uint64_t bytes, component_t badge)
{
    long taken;

    if (bytes > SUP_CONSOLE_READ_BYTES ||
        !caller_may_write(caller_of(badge), (struct caller_address){address}, bytes))
        return SHOJI_EINVAL;
    taken = (long)console_input_take((char *)address, bytes);
    serial_settle();
    return taken;
}

SUPERVISOR_CALL(sup_console_foot, uint64_t address, uint64_t bytes, component_t badge)
{
    if (bytes > SUP_CONSOLE_FOOT_BYTES ||
        (bytes > 0 && !caller_may_read(caller_of(badge), (struct caller_address){address}, bytes)))
        return SHOJI_EINVAL;
    foot_owner = caller_of(badge).component;
    console_foot((const char *)address, bytes);
    serial_settle();
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_console_state, uint64_t address, component_t badge)
{
    struct sup_console *out = (struct sup_console *)address;

    if (address % _Alignof(struct sup_console) != 0 ||
        !caller_may_write(caller_of(badge), (struct caller_address){address}, sizeof *out))
        return SHOJI_EINVAL;
    *out = (struct sup_console){.received = console_input_received(),
                                .received_lost = console_input_lost(),
                                .written_lost = console_lost(),
                                .kept = console_kept(),
                                .room = console_room()};
    return SHOJI_OK;
}
_Static_assert(SUP_CONSOLE_FOOT_BYTES == CONSOLE_FOOT_BYTES, "supervisor.h");
_Static_assert(SUP_CONSOLE_READ_BYTES == INPUT_KEPT_BYTES, "supervisor.h");

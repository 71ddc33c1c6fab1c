/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group console: characters in registers.
 */
#include "console.h"
#include "serial.h"
#include "supervisor/calls.h"

SUPERVISOR_CALL(sup_console_write, uint64_t length, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3,
                component_t badge)
{
    uint64_t words[4] = {w0, w1, w2, w3};

    (void)badge;
    if (length == 0 || length > sizeof words)
        return SHOJI_EINVAL;
    console_write((const char *)words, length);
    serial_settle();
    return SHOJI_OK;
}

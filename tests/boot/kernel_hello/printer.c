/* SPDX-License-Identifier: BSD-2-Clause
 * Prints what it is given, with the caller's id in front. */
#include "export.h"
#include "served/terminal_printer.h"

SHOJI_EXPORT_BADGED(term_print);
long term_print_badged(uint64_t length, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3,
                       component_t caller)
{
    sup_console_write(2, (uint64_t)('0' + caller) | (uint64_t)' ' << 8, 0, 0, 0);
    return sup_console_write(length, w0, w1, w2, w3);
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == 5 ? SHOJI_OK : SHOJI_EINVAL;
}

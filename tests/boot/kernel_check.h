/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a component of a boot test asserts by. Its component needs edges to the groups console and test. */
#ifndef KERNEL_CHECK_H
#define KERNEL_CHECK_H

#include "shoji/supervisor.h"

/* Prints the line of the check that has failed, and ends the system. */
static void check_fail(uint64_t line)
{
    char text[24] = "failed at line 0000\n";

    for (int i = 0; i < 4; i++, line /= 10)
        text[18 - i] = (char)('0' + line % 10);
    sup_console_write(20, ((uint64_t *)text)[0], ((uint64_t *)text)[1], ((uint64_t *)text)[2], 0);
    sup_exit(1);
}
#define CHECK(condition) ((condition) ? (void)0 : check_fail(__LINE__))

#endif

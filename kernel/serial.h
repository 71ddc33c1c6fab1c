/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The serial line's interrupt: brings the console what the line has, and the line what the console keeps.
 */
#ifndef KERNEL_SERIAL_H
#define KERNEL_SERIAL_H

#include <stdbool.h>

/* Both return true if whoever reads the console is to be told (SUP_EVENT_CONSOLE). */
bool serial_interrupt(void);
bool serial_tick(void);
/* The console has been written to, or read: what the interrupt is to come for may be something else now. */
void serial_settle(void);

#endif

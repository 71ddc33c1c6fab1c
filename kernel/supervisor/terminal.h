/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group terminal: what is typed at the serial console, and the line that shows it.
 */
#ifndef KERNEL_SUPERVISOR_TERMINAL_H
#define KERNEL_SUPERVISOR_TERMINAL_H

/* The component (index) has failed: its foot goes with it. */
void terminal_forsake(unsigned component);

#endif

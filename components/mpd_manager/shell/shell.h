/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The shell on the serial console: one line, one verb (verbs.h), what the control interface answers. It shows
 * nothing until somebody types.
 */
#ifndef MPD_MANAGER_SHELL_H
#define MPD_MANAGER_SHELL_H

/* Before its thread runs. */
void shell_start(void);
/* One turn of the thread `shell`: waits for keys, and does what they ask for. */
void shell_turn(void);

#endif

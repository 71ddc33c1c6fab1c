/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What comes in on the serial console, until somebody takes it. It owns the bytes that nobody has taken.
 *
 * 1. Nothing is received before somebody asks for the first time.
 * 2. A tick brings INPUT_TICK_BYTES at most; then, and while there is no room, the line's interrupt is off
 * and what comes waits in the UART, or before it. So a flood costs no more than that many bytes a tick. What
 * the UART loses it tells, and is counted.
 * 3. Whoever waits is told when the first byte comes, and not again before all have been taken.
 */
#ifndef KERNEL_CONSOLE_INPUT_H
#define KERNEL_CONSOLE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_KEPT_BYTES 1024u
#define INPUT_TICK_BYTES 1024u

/* Takes what the UART has, as far as it may. True: there was nothing, and now there is. */
bool console_input_receive(void);
/* Has nothing come since the last tick? Then nothing needs to be done at this one. */
bool console_input_idle(void);
/* A tick has passed. True, as above. */
bool console_input_tick(void);
/* Is the line's interrupt to come when something does? */
bool console_input_wanted(void);
/* Up to `count` bytes; returns how many. */
size_t console_input_take(char *bytes, size_t count);
/* Received since boot; lost on the way, at least. */
uint64_t console_input_received(void);
uint64_t console_input_lost(void);

#endif

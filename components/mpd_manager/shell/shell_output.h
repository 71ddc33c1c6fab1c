/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What goes to and fro between the shell and the serial console: lines out, keys in, and the line that is
 * being typed, below all others. It owns the keys that have come and wait, and the budget.
 *
 * 1. A tick brings the console OUTPUT_TICK_BYTES of the shell's at most, and nothing while it has
 * OUTPUT_KEPT_BYTES still to show: so a listing takes a small part of the processor's time, and what others
 * print is not lost for it.
 * 2. While lines go out, keys are taken: Ctrl-C, or q if nothing else was typed before, stops the listing.
 * What was typed before a Ctrl-C is dropped; what finds no room while a listing goes on is dropped, counted
 * and said.
 */
#ifndef MPD_MANAGER_SHELL_OUTPUT_H
#define MPD_MANAGER_SHELL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_TICK_BYTES 1024u
#define OUTPUT_KEPT_BYTES 4096u

/* Has anybody typed anything since boot, before this component began? */
bool output_was_used(void);
/* The next key; blocks until there is one. -1: the wait ended without. *more: another one is there already.
 */
int output_key(bool *more);
/* What was lost of what was typed since the last call. */
uint64_t output_keys_lost(void);
/* A listing begins; lines of it. False: it has been stopped, and what comes is not shown. */
void output_begin(void);
bool output_text(const char *bytes, size_t length);
bool output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Lets others have their turns until the next tick. */
void output_pause(void);
/* The last line; empty: none. */
void output_foot(const char *text, uint32_t bytes);
void output_bell(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is written on the serial console. It owns what the line has not taken yet, and the foot.
 *
 * 1. Nobody waits for the console, but whoever panics or ends the emulation (console_flush). What the line
 * does not take at once is kept, CONSOLE_KEPT_BYTES of it; what comes besides is lost, counted, and said once
 * there is room.
 * 2. The foot is a last line below everything else: the one that somebody types. Text is written in its
 * place, and it appears again below. While a line of text is half written there is none.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_KEPT_BYTES (256u * 1024)
#define CONSOLE_FOOT_BYTES 256u
/* What is lost and said; shown in one piece at the begin of a line. */
#define CONSOLE_ERASE "\r\x1b[K"

void console_start(void);
void console_write(const char *bytes, size_t length);
/* One piece of text, at most 500 bytes. Words as of text_format. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A newline, if something else has been left in the middle of a line. */
void console_line_begin(void);
/* Another foot, none if length is 0; at most CONSOLE_FOOT_BYTES. If a line of text has been half written
 * since the last call, it is left as it is and the foot begins on the next line. */
void console_foot(const char *bytes, size_t length);

/* The line takes more, or a tick has passed: sends what is kept. True: some is kept still, and the line will
 * say when it takes more. */
bool console_drain(void);
/* Waits until everything has been sent, unless the line takes nothing. */
void console_flush(void);
/* Bytes that are kept now, that could be kept besides, and that have been lost since boot. */
size_t console_kept(void);
size_t console_room(void);
uint64_t console_lost(void);

#endif

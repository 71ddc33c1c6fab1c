/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The serial console, COM1. Bytes go out as they come; nothing is read.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stddef.h>

void console_start(void);
void console_write(const char *bytes, size_t length);
/* One piece of text, at most 500 bytes. Words as of text_format. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A newline, if something else has been left in the middle of a line. */
void console_line_begin(void);

#endif

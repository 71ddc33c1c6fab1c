/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Text: a small formatter, and what the compiler expects of a C library.
 */
#ifndef KERNEL_TEXT_H
#define KERNEL_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* %s %c %d %u %x, with l for 64 bits, with 0 and a width for %x; %.*s; %%. Always ends with NUL; cuts what
 * does not fit. Returns the length. */
size_t text_format(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t text_format_list(char *out, size_t size, const char *format, va_list list);

bool text_equal(const char *a, const char *b);
/* Copies at most size - 1 characters and ends them with NUL. */
void text_copy(char *out, size_t size, const char *text);

#endif

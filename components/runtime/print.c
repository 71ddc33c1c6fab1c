/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Output: characters travel to terminal_printer in registers, up to 32 with each invocation. Owns no memory:
 * a line is put together on the caller's stack, so any thread may print at any time. It formats by itself
 * because newlib's formatter brings the heap with it, and the scheduler, for one, has no edge to
 * memory_mapper.
 */
#include <stdarg.h>
#include <string.h>

#include "runtime.h"
#include "terminal_printer.h"

#define PIECE_BYTES 32

struct line {
    uint32_t bytes;
    char text[RUNTIME_LINE_BYTES];
};

static void put(struct line *line, char c)
{
    if (line->bytes < sizeof line->text - 1)
        line->text[line->bytes++] = c;
}

static void put_string(struct line *line, const char *string)
{
    for (; *string != '\0'; string++)
        put(line, *string);
}

static void put_number(struct line *line, uint64_t number, uint32_t base, uint32_t width)
{
    char digits[20];
    uint32_t count = 0;

    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    for (uint32_t missing = width > count ? width - count : 0; missing > 0; missing--)
        put(line, '0');
    while (count > 0)
        put(line, digits[--count]);
}

void print_bytes(const char *bytes, uint64_t length)
{
    while (length > 0) {
        uint64_t piece = length < PIECE_BYTES ? length : PIECE_BYTES;
        uint64_t words[PIECE_BYTES / 8] = {0};

        memcpy(words, bytes, piece);
        /* There is nobody to tell that a line could not be printed. */
        (void)term_print(piece, words[0], words[1], words[2], words[3]);
        bytes += piece;
        length -= piece;
    }
}

void print_line(const char *format, ...)
{
    struct line line = {.bytes = 0};
    va_list arguments;

    put_string(&line, runtime_component_name);
    put_string(&line, ": ");
    va_start(arguments, format);
    for (; *format != '\0'; format++) {
        uint32_t width = 0, is_long = 0;

        if (*format != '%') {
            put(&line, *format);
            continue;
        }
        for (format++; *format >= '0' && *format <= '9'; format++)
            width = width * 10 + (uint32_t)(*format - '0');
        for (; *format == 'l' || *format == 'z'; format++)
            is_long = 1;
        switch (*format) {
        case 'd': {
            int64_t number = is_long ? va_arg(arguments, long) : va_arg(arguments, int);

            if (number < 0)
                put(&line, '-');
            put_number(&line, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10, width);
            break;
        }
        case 'u':
            put_number(&line, is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned), 10,
                       width);
            break;
        case 'x':
            put_number(&line, is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned), 16,
                       width);
            break;
        case 'p':
            put_string(&line, "0x");
            put_number(&line, (uint64_t)va_arg(arguments, void *), 16, width);
            break;
        case 'c':
            put(&line, (char)va_arg(arguments, int));
            break;
        case 's':
            put_string(&line, va_arg(arguments, const char *));
            break;
        case '\0':
            format--;
            break;
        default:
            put(&line, *format);
        }
    }
    va_end(arguments);
    line.text[line.bytes++] = '\n';
    print_bytes(line.text, line.bytes);
}

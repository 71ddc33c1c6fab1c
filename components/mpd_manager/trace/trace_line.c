/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace_line.h"

#include <string.h>

static void add(struct trace_line *line, const char *bytes, size_t count)
{
    if (count > sizeof line->bytes - line->used)
        return;
    memcpy(line->bytes + line->used, bytes, count);
    line->used += count;
}

void line_add(struct trace_line *line, const char *text)
{
    add(line, text, strlen(text));
}

/* At least so many digits. */
static void add_digits(struct trace_line *line, uint64_t number, unsigned least)
{
    char digits[20];
    unsigned from = sizeof digits;
    do
        digits[--from] = (char)('0' + number % 10);
    while ((number /= 10) != 0 || sizeof digits - from < least);
    add(line, digits + from, sizeof digits - from);
}

void line_add_number(struct trace_line *line, uint64_t number)
{
    add_digits(line, number, 1);
}

void line_add_time(struct trace_line *line, uint64_t nanoseconds)
{
    add_digits(line, nanoseconds / 1000, 1);
    add(line, ".", 1);
    add_digits(line, nanoseconds % 1000, 3);
}

void line_add_escaped(struct trace_line *line, const char *text)
{
    static const char hexadecimal[] = "0123456789abcdef";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        char escape[6] = {'\\', 'u', '0', '0', hexadecimal[c >> 4], hexadecimal[c & 15]};
        if (c >= 0x7f)
            add(line, "?", 1);
        else if (c < 0x20)
            add(line, escape, sizeof escape);
        else if (c == '"' || c == '\\')
            add(line, (const char[]){'\\', *text}, 2);
        else
            add(line, text, 1);
    }
}

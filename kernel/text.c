/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The formatter. It allocates nothing and calls nothing.
 */
#include "text.h"

struct sink {
    char *out;
    size_t size, length;
};

static void put(struct sink *sink, char c)
{
    if (sink->length + 1 < sink->size)
        sink->out[sink->length++] = c;
}

static void put_number(struct sink *sink, uint64_t number, unsigned base, unsigned width, char pad)
{
    char digits[20];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    for (unsigned i = count; i < width; i++)
        put(sink, pad);
    while (count > 0)
        put(sink, digits[--count]);
}

static void put_string(struct sink *sink, const char *s, int limit)
{
    for (int i = 0; (limit < 0 || i < limit) && s[i] != '\0'; i++)
        put(sink, s[i]);
}

size_t text_format_list(char *out, size_t size, const char *format, va_list list)
{
    struct sink sink = {out, size, 0};

    for (; *format != '\0'; format++) {
        unsigned width = 0;
        int limit = -1;
        bool wide = false;
        char pad = ' ';

        if (*format != '%') {
            put(&sink, *format);
            continue;
        }
        format++;
        if (*format == '0')
            pad = '0';
        for (; *format >= '0' && *format <= '9'; format++)
            width = width * 10 + (unsigned)(*format - '0');
        if (format[0] == '.' && format[1] == '*') {
            limit = va_arg(list, int);
            format += 2;
        }
        for (; *format == 'l'; format++)
            wide = true;
        switch (*format) {
        case 's':
            put_string(&sink, va_arg(list, const char *), limit);
            break;
        case 'c':
            put(&sink, (char)va_arg(list, int));
            break;
        case 'd': {
            int64_t number = wide ? va_arg(list, int64_t) : va_arg(list, int);

            if (number < 0)
                put(&sink, '-');
            put_number(&sink, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10, width, pad);
            break;
        }
        case 'u':
            put_number(&sink, wide ? va_arg(list, uint64_t) : va_arg(list, unsigned), 10, width, pad);
            break;
        case 'x':
            put_number(&sink, wide ? va_arg(list, uint64_t) : va_arg(list, unsigned), 16, width, pad);
            break;
        default:
            put(&sink, *format);
        }
    }
    if (size > 0)
        out[sink.length] = '\0';
    return sink.length;
}

size_t text_format(char *out, size_t size, const char *format, ...)
{
    va_list list;
    size_t length;

    va_start(list, format);
    length = text_format_list(out, size, format, list);
    va_end(list);
    return length;
}

bool text_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return *a == *b;
}

void text_copy(char *out, size_t size, const char *text)
{
    size_t i = 0;

    for (; i + 1 < size && text[i] != '\0'; i++)
        out[i] = text[i];
    out[i] = '\0';
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_FIRST_ROOM 4096

static bool text_grow(struct text *text)
{
    size_t room = text->room ? 2 * text->room : TEXT_FIRST_ROOM;
    char *bytes = realloc(text->bytes, room);
    if (!bytes)
        return false;
    text->bytes = bytes;
    text->room = room;
    return true;
}

void text_add(struct text *text, const char *format, ...)
{
    while (!text->short_of_memory) {
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(text->bytes + text->used, text->room - text->used, format, arguments);
        va_end(arguments);
        if (length >= 0 && (size_t)length < text->room - text->used) {
            text->used += length;
            return;
        }
        text->short_of_memory = length < 0 || !text_grow(text);
    }
}

void text_put(struct text *text, const char *bytes, size_t count)
{
    while (!text->short_of_memory && text->room - text->used < count)
        text->short_of_memory = !text_grow(text);
    if (text->short_of_memory)
        return;
    memcpy(text->bytes + text->used, bytes, count);
    text->used += count;
}

#define DIGITS 20

/* Before `end`, at most DIGITS of them; where they begin. */
static char *digits_before(char *end, uint64_t number)
{
    do
        *--end = (char)('0' + number % 10);
    while (number /= 10);
    return end;
}

void text_number(struct text *text, uint64_t number)
{
    char digits[DIGITS], *end = digits + DIGITS, *at = digits_before(end, number);
    text_put(text, at, (size_t)(end - at));
}

void text_number_line(struct text *text, uint64_t number)
{
    char digits[DIGITS + 1], *end = digits + DIGITS, *at = digits_before(end, number);
    *end = '\n';
    text_put(text, at, (size_t)(end + 1 - at));
}

char *text_take(struct text *text, size_t *bytes)
{
    char *taken = text->bytes;
    *bytes = text->used;
    if (text->short_of_memory) {
        free(taken);
        taken = NULL;
    }
    *text = (struct text){0};
    return taken;
}

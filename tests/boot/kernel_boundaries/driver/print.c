/* SPDX-License-Identifier: BSD-2-Clause
 * Lines on the console, which takes 32 bytes at a time. */
#include "driver.h"

const char *now = "the beginning";
uint32_t now_at;

static char line[128];
static uint32_t line_bytes;

void put(char letter)
{
    if (line_bytes < sizeof line)
        line[line_bytes++] = letter;
}

void put_text(const char *text)
{
    while (*text != '\0')
        put(*text++);
}

void put_number(uint64_t number, uint64_t base)
{
    if (number >= base)
        put_number(number / base, base);
    put("0123456789abcdef"[number % base]);
}

void put_line(void)
{
    put('\n');
    for (uint32_t i = 0; i < line_bytes; i += 32) {
        uint64_t words[4] = {0};
        uint32_t bytes = line_bytes - i < 32 ? line_bytes - i : 32;

        __builtin_memcpy(words, line + i, bytes);
        (void)sup_console_write(bytes, words[0], words[1], words[2], words[3]);
    }
    line_bytes = 0;
}

void numbers_print(const char *const names[], const uint64_t numbers[], uint32_t count, const char *what)
{
    for (uint32_t i = 0; i < count; i++) {
        put_text(names[i]);
        put(' ');
        put_number(numbers[i], 10);
        put_text(i + 1 < count ? ", " : ": ");
    }
    put_text(what);
    put_line();
}

void fail(const char *file, uint64_t source_line, uint64_t value)
{
    const char *name = file;

    for (; *file != '\0'; file++)
        name = *file == '/' ? file + 1 : name;
    line_bytes = 0;
    put_text("failed at ");
    put_text(name);
    put(':');
    put_number(source_line, 10);
    put_text(", value 0x");
    put_number(value, 16);
    put_text(", in: ");
    put_text(now);
    put_text(", boundary ");
    put_number(now_at, 10);
    put_line();
    (void)sup_exit(1);
}

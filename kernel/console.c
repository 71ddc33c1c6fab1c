/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include "text.h"
#include "uart.h"

#define POLLS 100000 /* a line that never becomes ready loses a byte instead of the system */

static struct {
    char bytes[CONSOLE_KEPT_BYTES];
    size_t first, count;
    uint64_t lost, lost_said;
} kept;

static struct {
    char bytes[CONSOLE_FOOT_BYTES];
    size_t length;
    bool shown;
} foot;

static bool at_line_begin = true;
static bool half_known; /* the line was half written when the foot was set last, and nothing has come since */

void console_start(void)
{
    uart_start();
}

size_t console_kept(void)
{
    return kept.count;
}

size_t console_room(void)
{
    return CONSOLE_KEPT_BYTES - kept.count;
}

uint64_t console_lost(void)
{
    return kept.lost;
}

/* ---- Bytes ---- */

static void send_kept(void)
{
    while (kept.count > 0 && uart_can_send()) {
        uart_send((uint8_t)kept.bytes[kept.first]);
        kept.first = (kept.first + 1) % CONSOLE_KEPT_BYTES;
        kept.count--;
    }
}

static void byte_put(char c)
{
    if (kept.count == 0 && uart_can_send())
        uart_send((uint8_t)c);
    else if (kept.count == CONSOLE_KEPT_BYTES)
        kept.lost++;
    else
        kept.bytes[(kept.first + kept.count++) % CONSOLE_KEPT_BYTES] = c;
}

static void bytes_put(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n')
            byte_put('\r');
        byte_put(bytes[i]);
    }
}

/* ---- The foot ---- */

static void foot_hide(void)
{
    if (foot.shown)
        bytes_put(CONSOLE_ERASE, sizeof CONSOLE_ERASE - 1);
    foot.shown = false;
}

/* Only as a whole: else it waits until the line has taken what is kept. */
static void foot_show(void)
{
    if (foot.shown || foot.length == 0 || !at_line_begin || console_room() < CONSOLE_FOOT_BYTES)
        return;
    bytes_put(foot.bytes, foot.length);
    foot.shown = true;
}

void console_foot(const char *bytes, size_t length)
{
    if (length > CONSOLE_FOOT_BYTES)
        return;
    send_kept();
    foot_hide();
    for (size_t i = 0; i < length; i++)
        foot.bytes[i] = bytes[i];
    foot.length = length;
    if (half_known)
        console_line_begin();
    half_known = !at_line_begin;
    foot_show();
}

/* ---- Text ---- */

void console_write(const char *bytes, size_t length)
{
    if (length == 0)
        return;
    send_kept();
    foot_hide();
    bytes_put(bytes, length);
    at_line_begin = bytes[length - 1] == '\n';
    half_known = false;
    foot_show();
}

void console_print(const char *format, ...)
{
    char text[501];
    va_list list;

    va_start(list, format);
    console_write(text, text_format_list(text, sizeof text, format, list));
    va_end(list);
}

void console_line_begin(void)
{
    if (!at_line_begin)
        console_write("\n", 1);
}

/* ---- The line takes more ---- */

bool console_drain(void)
{
    send_kept();
    if (kept.count > 0)
        return true;
    if (kept.lost != kept.lost_said) {
        uint64_t lost = kept.lost - kept.lost_said;

        kept.lost_said = kept.lost;
        console_write("\n", 1); /* of the last line that was shown, the end may be lost */
        console_print("console: %lu bytes were not shown: they came faster than they were taken\n", lost);
    } else {
        foot_show();
    }
    return kept.count > 0;
}

void console_flush(void)
{
    for (unsigned polls = 0; kept.count > 0 && polls < POLLS; polls++) {
        size_t before = kept.count;

        send_kept();
        if (kept.count < before)
            polls = 0;
    }
}

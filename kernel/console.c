/* SPDX-License-Identifier: BSD-2-Clause
 *
 * COM1: a 16550 at 115200 baud, polled.
 */
#include "console.h"

#include "cpu/io.h"
#include "text.h"

#define COM1 0x3f8
#define LINE_STATUS (COM1 + 5)
#define CAN_SEND 0x20
#define POLLS 100000 /* a UART that never becomes ready loses a byte instead of the system */

static bool at_line_begin = true;

void console_start(void)
{
    static const uint8_t setup[][2] = {{1, 0}, {3, 0x80}, {0, 1}, {1, 0}, {3, 3}, {2, 7}, {4, 3}};

    for (unsigned i = 0; i < sizeof setup / sizeof *setup; i++)
        port_write8(COM1 + setup[i][0], setup[i][1]);
}

static void byte_send(char c)
{
    for (unsigned i = 0; i < POLLS && (port_read8(LINE_STATUS) & CAN_SEND) == 0; i++)
        ;
    port_write8(COM1, (uint8_t)c);
}

void console_write(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n')
            byte_send('\r');
        byte_send(bytes[i]);
        at_line_begin = bytes[i] == '\n';
    }
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

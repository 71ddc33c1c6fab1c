/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Panic on the real machine: one line on the console, then the test's exit if QEMU has one, then halt.
 */
#include "panic.h"

#include "console.h"
#include "cpu/io.h"
#include "supervisor/test.h"
#include "text.h"

void panic(const char *format, ...)
{
    char text[400];
    va_list list;

    __asm__ volatile("cli");
    va_start(list, format);
    text_format_list(text, sizeof text, format, list);
    va_end(list);
    console_line_begin();
    console_print("panic: %s\n", text);
    test_exit(TEST_EXIT_PANIC);
    for (;;)
        __asm__ volatile("cli; hlt");
}

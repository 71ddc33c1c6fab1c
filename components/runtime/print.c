/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Output: characters travel to terminal_printer in registers, up to 32 with each invocation. Owns no memory: a line is put together on
 * the caller's stack, so any thread may print at any time. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime.h"
#include "terminal_printer.h"

#define PIECE_BYTES 32

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
    char line[RUNTIME_LINE_BYTES];
    va_list arguments;
    int length = sniprintf(line, sizeof line - 1, "%s: ", runtime_component_name);

    va_start(arguments, format);
    length += vsniprintf(line + length, sizeof line - 1 - (unsigned)length, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof line - 2)
        length = (int)sizeof line - 2;
    line[length++] = '\n';
    print_bytes(line, (uint64_t)length);
}

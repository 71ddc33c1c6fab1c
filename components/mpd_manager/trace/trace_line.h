/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A piece of JSON that is being written, of bounded length: printf would take most of the time that a trace
 * of a million events takes. What does not fit is left out; nothing that trace.c writes is that long.
 */
#ifndef MPD_MANAGER_TRACE_LINE_H
#define MPD_MANAGER_TRACE_LINE_H

#include <stddef.h>
#include <stdint.h>

#define TRACE_LINE_BYTES 4096u

struct trace_line {
    size_t used;
    char bytes[TRACE_LINE_BYTES];
};

void line_add(struct trace_line *line, const char *text);
void line_add_number(struct trace_line *line, uint64_t number);
/* As microseconds, with three decimals. */
void line_add_time(struct trace_line *line, uint64_t nanoseconds);
/* Within a JSON string: quotes, backslashes and control characters become escapes; what is no ASCII becomes
 * '?'. */
void line_add_escaped(struct trace_line *line, const char *text);

#endif

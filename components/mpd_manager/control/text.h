/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A text that grows. Once memory is short it stays as it is, and text_take gives NULL.
 */
#ifndef MPD_MANAGER_TEXT_H
#define MPD_MANAGER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes;
    size_t used, room;
    bool short_of_memory;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Without a format: cheap. */
void text_put(struct text *text, const char *bytes, size_t count);
static inline void text_say(struct text *text, const char *string)
{
    text_put(text, string, __builtin_strlen(string));
}
void text_number(struct text *text, uint64_t number);
/* The number, and the line is over. */
void text_number_line(struct text *text, uint64_t number);
/* The bytes, the caller's to free; the text is empty again. */
char *text_take(struct text *text, size_t *bytes);

#endif

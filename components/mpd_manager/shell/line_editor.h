/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The line that somebody types at a serial terminal: keys, byte by byte, become an edited line, and what the
 * terminal is to show of it. It owns the line, the lines before it, and what was cut. It never waits: an
 * escape sequence may come in pieces, at any pace. It writes nothing, and knows no command.
 *
 * 1. The line holds printable ASCII only; anything else that comes is a key, or nothing.
 * 2. cursor <= length <= LINE_MOST. What does not fit is not taken.
 * 3. A byte takes a bounded time, whatever came before. A sequence that nobody knows means nothing; a control
 * character within one ends it and counts.
 *
 * Keys: left, right, home, end, Ctrl-A, Ctrl-E, Ctrl-B, Ctrl-F; by words with Alt-B, Alt-F, Ctrl-left,
 * Ctrl-right. Backspace, delete (Ctrl-D in a line that is not empty); Ctrl-W, Alt-backspace and Alt-D cut a
 * word, Ctrl-U to the begin, Ctrl-K to the end; Ctrl-Y puts back what was cut last. Up, down, Ctrl-P, Ctrl-N:
 * lines before. Words are letters, digits and `_`, but for Ctrl-W: whatever is no blank.
 */
#ifndef MPD_MANAGER_LINE_EDITOR_H
#define MPD_MANAGER_LINE_EDITOR_H

#include <stdbool.h>
#include <stdint.h>

#define LINE_MOST 250u
#define LINE_HISTORY 32u

enum line_event {
    LINE_NOTHING,
    LINE_CHANGED,   /* what is to be shown has */
    LINE_REFUSED,   /* there is no room, or nothing to do: ring the bell */
    LINE_ENTERED,   /* the line is complete: line_editor_take */
    LINE_TAB,       /* complete the word before the cursor: line_editor_insert */
    LINE_CANCELLED, /* Ctrl-C; the line is empty now */
    LINE_CLEAR,     /* Ctrl-L: show all of it anew */
};

struct line_editor {
    char text[LINE_MOST + 1]; /* ends with 0 */
    uint32_t length, cursor;
    uint32_t shown_from; /* the first character that is shown */
    /* history.line[i % LINE_HISTORY] is the i-th line since the begin; `at` is the one that is shown: count,
     * the new one, which is kept aside */
    struct {
        char line[LINE_HISTORY][LINE_MOST + 1];
        uint32_t count, at;
        char aside[LINE_MOST + 1];
    } history;
    char cut[LINE_MOST + 1];
    bool sequence; /* an escape sequence has begun */
    bool bracket;  /* it began with ESC [ or ESC O */
    uint8_t parameter, modifier;
    bool second; /* the parameter behind a semicolon is being read */
    bool after_return;
};

/* All zeros is an empty one. */
enum line_event line_editor_key(struct line_editor *editor, uint8_t byte);
/* Puts text in at the cursor, as far as there is room and it is printable. */
void line_editor_insert(struct line_editor *editor, const char *text);
/* The line, which is the latest of those before now, if it is not empty or like the one before; the editor's
 * is empty. `out` has LINE_MOST + 1 bytes. */
void line_editor_take(struct line_editor *editor, char *out);
/* What to show: prompt, as much of the line as `columns` have room for, around the cursor, and the sequence
 * that moves the terminal's cursor back to its place. Returns the bytes, at most `room`; room is prompt +
 * columns + 8 at least. */
uint32_t line_editor_show(struct line_editor *editor, const char *prompt, uint32_t columns, char *out,
                          uint32_t room);

#endif

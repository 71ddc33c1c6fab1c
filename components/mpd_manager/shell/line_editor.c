/* SPDX-License-Identifier: BSD-2-Clause */
#include "line_editor.h"

#include <stdio.h>
#include <string.h>

#define CONTROL(letter) ((letter) - '@')
#define ESCAPE 27
#define DELETE 127
#define KEY_CONTROL 5 /* the modifier of Ctrl with an arrow */

static enum line_event changed(bool is)
{
    return is ? LINE_CHANGED : LINE_REFUSED;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_no_blank(char c)
{
    return c != ' ';
}

/* ---- The line ---- */

static bool insert(struct line_editor *editor, char c)
{
    if (editor->length == LINE_MOST)
        return false;
    memmove(editor->text + editor->cursor + 1, editor->text + editor->cursor,
            editor->length - editor->cursor + 1);
    editor->text[editor->cursor++] = c;
    editor->length++;
    return true;
}

static bool is_printable(uint8_t byte)
{
    return byte >= ' ' && byte < DELETE;
}

void line_editor_insert(struct line_editor *editor, const char *text)
{
    for (; *text; text++)
        if (is_printable((uint8_t)*text))
            insert(editor, *text);
}

static void erase(struct line_editor *editor, uint32_t from, uint32_t to)
{
    memmove(editor->text + from, editor->text + to, editor->length - to + 1);
    editor->length -= to - from;
    editor->cursor = from;
}

static enum line_event wipe(struct line_editor *editor, uint32_t from, uint32_t to)
{
    if (from == to)
        return LINE_REFUSED;
    erase(editor, from, to);
    return LINE_CHANGED;
}

static enum line_event cut(struct line_editor *editor, uint32_t from, uint32_t to)
{
    if (from == to)
        return LINE_REFUSED;
    memcpy(editor->cut, editor->text + from, to - from);
    editor->cut[to - from] = 0;
    erase(editor, from, to);
    return LINE_CHANGED;
}

static enum line_event move(struct line_editor *editor, uint32_t to)
{
    bool moves = to != editor->cursor;
    editor->cursor = to;
    return changed(moves);
}

static uint32_t word_before(const struct line_editor *editor, bool (*in_word)(char))
{
    uint32_t at = editor->cursor;
    while (at > 0 && !in_word(editor->text[at - 1]))
        at--;
    while (at > 0 && in_word(editor->text[at - 1]))
        at--;
    return at;
}

static uint32_t word_behind(const struct line_editor *editor)
{
    uint32_t at = editor->cursor;
    while (at < editor->length && !is_name(editor->text[at]))
        at++;
    while (at < editor->length && is_name(editor->text[at]))
        at++;
    return at;
}

/* One character before the cursor, or behind it; where there is none, the cursor. */
static uint32_t before(const struct line_editor *editor)
{
    return editor->cursor - (editor->cursor > 0);
}

static uint32_t behind(const struct line_editor *editor)
{
    return editor->cursor + (editor->cursor < editor->length);
}

/* ---- Lines before ---- */

static void set(struct line_editor *editor, const char *text)
{
    strcpy(editor->text, text);
    editor->length = editor->cursor = (uint32_t)strlen(text);
}

static char *history_line(struct line_editor *editor, uint32_t number)
{
    return editor->history.line[number % LINE_HISTORY];
}

static enum line_event history_go(struct line_editor *editor, uint32_t to)
{
    uint32_t count = editor->history.count, first = count > LINE_HISTORY ? count - LINE_HISTORY : 0;
    if (to > count || to < first || to == editor->history.at)
        return LINE_REFUSED;
    if (editor->history.at == count)
        strcpy(editor->history.aside, editor->text);
    editor->history.at = to;
    set(editor, to == count ? editor->history.aside : history_line(editor, to));
    return LINE_CHANGED;
}

static void line_end(struct line_editor *editor)
{
    set(editor, "");
    editor->shown_from = 0;
    editor->history.at = editor->history.count;
}

void line_editor_take(struct line_editor *editor, char *out)
{
    uint32_t count = editor->history.count;
    strcpy(out, editor->text);
    if (*out && (count == 0 || strcmp(history_line(editor, count - 1), out) != 0)) {
        strcpy(history_line(editor, count), out);
        editor->history.count++;
    }
    line_end(editor);
}

/* ---- Keys ---- */

static enum line_event control(struct line_editor *editor, uint8_t byte)
{
    switch (byte) {
    case CONTROL('A'):
        return move(editor, 0);
    case CONTROL('B'):
        return move(editor, before(editor));
    case CONTROL('C'):
        line_end(editor);
        return LINE_CANCELLED;
    case CONTROL('D'):
        return wipe(editor, editor->cursor, behind(editor));
    case CONTROL('E'):
        return move(editor, editor->length);
    case CONTROL('F'):
        return move(editor, behind(editor));
    case CONTROL('H'):
    case DELETE:
        return wipe(editor, before(editor), editor->cursor);
    case CONTROL('I'):
        return LINE_TAB;
    case CONTROL('J'):
    case CONTROL('M'):
        return LINE_ENTERED;
    case CONTROL('K'):
        return cut(editor, editor->cursor, editor->length);
    case CONTROL('L'):
        return LINE_CLEAR;
    case CONTROL('N'):
        return history_go(editor, editor->history.at + 1);
    case CONTROL('P'):
        return history_go(editor, editor->history.at - 1);
    case CONTROL('U'):
        return cut(editor, 0, editor->cursor);
    case CONTROL('W'):
        return cut(editor, word_before(editor, is_no_blank), editor->cursor);
    case CONTROL('Y'):
        line_editor_insert(editor, editor->cut);
        return changed(*editor->cut);
    default:
        return LINE_NOTHING;
    }
}

/* ESC and one byte. */
static enum line_event alt(struct line_editor *editor, uint8_t byte)
{
    switch (byte) {
    case 'b':
    case 'B':
        return move(editor, word_before(editor, is_name));
    case 'f':
    case 'F':
        return move(editor, word_behind(editor));
    case 'd':
    case 'D':
        return cut(editor, editor->cursor, word_behind(editor));
    case DELETE:
        return cut(editor, word_before(editor, is_name), editor->cursor);
    default:
        return LINE_NOTHING;
    }
}

static enum line_event numbered(struct line_editor *editor)
{
    switch (editor->parameter) {
    case 1:
    case 7:
        return move(editor, 0);
    case 3:
        return wipe(editor, editor->cursor, behind(editor));
    case 4:
    case 8:
        return move(editor, editor->length);
    default:
        return LINE_NOTHING;
    }
}

/* ESC [ or ESC O, and what ended it. */
static enum line_event bracketed(struct line_editor *editor, uint8_t last)
{
    bool words = editor->modifier == KEY_CONTROL;
    switch (last) {
    case 'A':
        return history_go(editor, editor->history.at - 1);
    case 'B':
        return history_go(editor, editor->history.at + 1);
    case 'C':
        return move(editor, words ? word_behind(editor) : behind(editor));
    case 'D':
        return move(editor, words ? word_before(editor, is_name) : before(editor));
    case 'H':
        return move(editor, 0);
    case 'F':
        return move(editor, editor->length);
    case '~':
        return numbered(editor);
    default:
        return LINE_NOTHING;
    }
}

static void parameter_add(struct line_editor *editor, uint8_t byte)
{
    uint8_t *number = editor->second ? &editor->modifier : &editor->parameter;
    if (byte == ';')
        editor->second = true;
    else if (byte >= '0' && byte <= '9')
        *number = (uint8_t)(*number > 20 ? 255 : *number * 10 + byte - '0');
}

static enum line_event sequence(struct line_editor *editor, uint8_t byte)
{
    if (!editor->bracket && (byte == '[' || byte == 'O')) {
        editor->bracket = true;
        return LINE_NOTHING;
    }
    if (editor->bracket && byte < '@') {
        parameter_add(editor, byte);
        return LINE_NOTHING;
    }
    editor->sequence = false;
    return editor->bracket ? bracketed(editor, byte) : alt(editor, byte);
}

static void sequence_begin(struct line_editor *editor)
{
    editor->sequence = true;
    editor->bracket = editor->second = false;
    editor->parameter = editor->modifier = 0;
}

enum line_event line_editor_key(struct line_editor *editor, uint8_t byte)
{
    bool after_return = editor->after_return;
    editor->after_return = byte == CONTROL('M');
    if (byte == ESCAPE) {
        sequence_begin(editor);
        return LINE_NOTHING;
    }
    if (editor->sequence && (byte >= ' ') && !(editor->bracket && byte == DELETE))
        return sequence(editor, byte);
    editor->sequence = false;
    if (after_return && byte == CONTROL('J')) /* a terminal that sends both */
        return LINE_NOTHING;
    if (is_printable(byte))
        return changed(insert(editor, (char)byte));
    return control(editor, byte);
}

/* ---- What is shown ---- */

uint32_t line_editor_show(struct line_editor *editor, const char *prompt, uint32_t columns, char *out,
                          uint32_t room)
{
    uint32_t width = columns - 1; /* the cursor may stand behind the last character */
    if (editor->cursor < editor->shown_from)
        editor->shown_from = editor->cursor;
    if (editor->cursor > editor->shown_from + width)
        editor->shown_from = editor->cursor - width;
    uint32_t left = editor->length - editor->shown_from, shown = left < width ? left : width;
    uint32_t back = editor->shown_from + shown - editor->cursor;
    uint32_t used =
        (uint32_t)snprintf(out, room, "%s%.*s", prompt, (int)shown, editor->text + editor->shown_from);
    if (back)
        used += (uint32_t)snprintf(out + used, room - used, "\033[%uD", (unsigned)back);
    return used;
}

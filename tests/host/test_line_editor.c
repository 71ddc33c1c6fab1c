/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The line editor against a person who knows what each key does to a string and works it out anew each time;
 * what a terminal shows of it; and bytes that nobody would type. The words of a line, and completion, against
 * the same kind of person.
 */
// links: components/mpd_manager/shell/line_editor.c components/mpd_manager/shell/completion.c tests/host/seeded.c
// includes: components/mpd_manager/* tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "completion.h"
#include "line_editor.h"
#include "seeded.h"

/* ---- Keys, as terminals send them ---- */

enum key {
    LEFT,
    RIGHT,
    HOME,
    END,
    WORD_LEFT,
    WORD_RIGHT,
    BACKSPACE,
    DELETE_RIGHT,
    CUT_WORD,      /* to the blank */
    CUT_NAME_LEFT, /* letters, digits, _ */
    CUT_NAME_RIGHT,
    CUT_TO_BEGIN,
    CUT_TO_END,
    PUT_BACK,
    UP,
    DOWN,
    ENTER,
    CANCEL,
    TAB,
    CLEAR,
    NOISE, /* keys that mean nothing */
    KEYS
};

static const char *const sent[KEYS][8] = {
    [LEFT] = {"\x02", "\x1b[D", "\x1bOD", "\x1b[1;2D"},
    [RIGHT] = {"\x06", "\x1b[C", "\x1bOC"},
    [HOME] = {"\x01", "\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"},
    [END] = {"\x05", "\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"},
    [WORD_LEFT] = {"\x1b"
                   "b",
                   "\x1b[1;5D",
                   "\x1b"
                   "B"},
    [WORD_RIGHT] = {"\x1b"
                    "f",
                    "\x1b[1;5C",
                    "\x1b"
                    "F"},
    [BACKSPACE] = {"\x08", "\x7f"},
    [DELETE_RIGHT] = {"\x04", "\x1b[3~"},
    [CUT_WORD] = {"\x17"},
    [CUT_NAME_LEFT] = {"\x1b\x7f"},
    [CUT_NAME_RIGHT] = {"\x1b"
                        "d"},
    [CUT_TO_BEGIN] = {"\x15"},
    [CUT_TO_END] = {"\x0b"},
    [PUT_BACK] = {"\x19"},
    [UP] = {"\x10", "\x1b[A", "\x1bOA"},
    [DOWN] = {"\x0e", "\x1b[B", "\x1bOB"},
    [ENTER] = {"\r", "\n", "\r\n"},
    [CANCEL] = {"\x03"},
    [TAB] = {"\t"},
    [CLEAR] = {"\x0c"},
    [NOISE] = {"\x1b[5~", "\x1b[15;2~", "\x1bq", "\x1b[200;300;400;500;1x", "\x07", "\xc3\xa4", "\x1b[<0;1M"},
};

/* ---- The person ---- */

#define KNOWN 32

static struct person {
    char before[300], after[300]; /* of the cursor */
    char lines[KNOWN][300];       /* the latest last */
    int known, at;                /* at == known: the new line */
    char aside[300], cut[300];
} person;

static const char *whole(void)
{
    static char text[600];
    snprintf(text, sizeof text, "%s%s", person.before, person.after);
    return text;
}

static bool name_letter(char c)
{
    return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", c);
}

static void step_left(void)
{
    size_t n = strlen(person.before);
    char moved[2] = {n ? person.before[n - 1] : 0, 0}, rest[320];
    if (!n)
        return;
    person.before[n - 1] = 0;
    snprintf(rest, sizeof rest, "%s%s", moved, person.after);
    strcpy(person.after, rest);
}

static void step_right(void)
{
    char moved[2] = {person.after[0], 0}, rest[300];
    if (!moved[0])
        return;
    strcat(person.before, moved);
    strcpy(rest, person.after + 1);
    strcpy(person.after, rest);
}

static char last(void)
{
    return person.before[0] ? person.before[strlen(person.before) - 1] : 0;
}

static void name_left(void)
{
    while (last() && !name_letter(last()))
        step_left();
    while (name_letter(last()))
        step_left();
}

static void name_right(void)
{
    while (person.after[0] && !name_letter(person.after[0]))
        step_right();
    while (name_letter(person.after[0]))
        step_right();
}

/* What is between where the cursor was (so many characters before it) and where it is now goes, and is kept.
 */
static void cut_from(size_t was)
{
    size_t is = strlen(person.before), low = was < is ? was : is, high = was < is ? is : was;
    char text[600], rest[300];
    strcpy(text, whole());
    if (high == low)
        return;
    snprintf(person.cut, sizeof person.cut, "%.*s", (int)(high - low), text + low);
    strcpy(rest, text + high);
    snprintf(person.before, sizeof person.before, "%.*s", (int)low, text);
    strcpy(person.after, rest);
}

static void type(char c)
{
    char one[2] = {c, 0};
    if (strlen(whole()) < LINE_MOST)
        strcat(person.before, one);
}

static void go_to(int line)
{
    if (line < 0 || line > person.known || line == person.at)
        return;
    if (person.at == person.known)
        strcpy(person.aside, whole());
    person.at = line;
    strcpy(person.before, line == person.known ? person.aside : person.lines[line]);
    person.after[0] = 0;
}

static void begin_anew(void)
{
    person.before[0] = person.after[0] = 0;
    person.at = person.known;
}

static void remember(void)
{
    const char *line = whole();
    if (*line && (person.known == 0 || strcmp(person.lines[person.known - 1], line) != 0)) {
        if (person.known == KNOWN) {
            memmove(person.lines[0], person.lines[1], sizeof person.lines - sizeof person.lines[0]);
            person.known--;
        }
        strcpy(person.lines[person.known++], line);
    }
    begin_anew();
}

static void press(enum key key)
{
    size_t was = strlen(person.before);
    char back[300];
    switch (key) {
    case LEFT:
        step_left();
        break;
    case RIGHT:
        step_right();
        break;
    case HOME:
        while (last())
            step_left();
        break;
    case END:
        while (person.after[0])
            step_right();
        break;
    case WORD_LEFT:
        name_left();
        break;
    case WORD_RIGHT:
        name_right();
        break;
    case BACKSPACE:
        if (was)
            person.before[was - 1] = 0;
        break;
    case DELETE_RIGHT:
        strcpy(back, person.after[0] ? person.after + 1 : "");
        strcpy(person.after, back);
        break;
    case CUT_WORD:
        while (last() == ' ')
            step_left();
        while (last() && last() != ' ')
            step_left();
        cut_from(was);
        break;
    case CUT_NAME_LEFT:
        name_left();
        cut_from(was);
        break;
    case CUT_NAME_RIGHT:
        name_right();
        cut_from(was);
        break;
    case CUT_TO_BEGIN:
        press(HOME);
        cut_from(was);
        break;
    case CUT_TO_END:
        press(END);
        cut_from(was);
        break;
    case PUT_BACK:
        strcpy(back, person.cut);
        for (char *c = back; *c; c++)
            type(*c);
        break;
    case UP:
        go_to(person.at - 1);
        break;
    case DOWN:
        go_to(person.at + 1);
        break;
    case ENTER:
        remember();
        break;
    case CANCEL:
        begin_anew();
        break;
    default:
        break;
    }
}

/* ---- A terminal, one row of it ---- */

static void assert_shown(struct line_editor *editor)
{
    char out[160], row[160] = "";
    const uint32_t columns = (uint32_t)random_from(8, 72);
    uint32_t bytes = line_editor_show(editor, "> ", columns, out, sizeof out), column = 0;
    assert_true(bytes < sizeof out && strlen(out) == bytes);
    for (const char *c = out; *c;) {
        unsigned back = 0;
        int used = 0;
        if (*c == '\x1b') {
            assert_int_equal(sscanf(c, "\x1b[%uD%n", &back, &used), 1);
            assert_true(back > 0 && back <= column);
            column -= back;
            c += used;
        } else {
            row[column++] = *c++;
        }
    }
    assert_true(strlen(row) <= 2 + columns - 1 && column <= 2 + columns - 1 && column >= 2);
    /* What is in the row is a part of the line, and the cursor stands where it does in the line. */
    const char *text = whole();
    size_t cursor = strlen(person.before), from = cursor - (column - 2);
    assert_true(column - 2 <= cursor);
    assert_memory_equal(row + 2, text + from, strlen(row) - 2);
    assert_true(strlen(row) == 2 + columns - 1 || from + strlen(row) - 2 == strlen(text));
}

/* ---- Tests ---- */

static struct line_editor editor;

static enum line_event send(const char *bytes)
{
    enum line_event event = LINE_NOTHING;
    for (; *bytes; bytes++) {
        enum line_event one = line_editor_key(&editor, (uint8_t)*bytes);
        if (one == LINE_ENTERED) {
            char line[LINE_MOST + 1];
            line_editor_take(&editor, line);
            assert_string_equal(line, whole());
        }
        event = one != LINE_NOTHING ? one : event;
    }
    return event;
}

static void key_random(void)
{
    static const enum line_event said[KEYS] = {
        [ENTER] = LINE_ENTERED, [CANCEL] = LINE_CANCELLED, [TAB] = LINE_TAB, [CLEAR] = LINE_CLEAR};
    enum key key = (enum key)random_below(KEYS);
    unsigned ways = 0;
    char before[600];
    size_t cursor = strlen(person.before);
    strcpy(before, whole());
    while (ways < 8 && sent[key][ways])
        ways++;
    static char ended; /* the byte before: a newline behind a return is the same key still */
    const char *bytes = sent[key][random_below(ways)];
    if (ended == '\r' && *bytes == '\n')
        bytes = "\r";
    ended = bytes[strlen(bytes) - 1];
    enum line_event event = send(bytes);
    press(key);
    if (said[key] || key == NOISE)
        assert_int_equal(event, said[key]);
    else if (strcmp(before, whole()) != 0 || strlen(person.before) != cursor)
        assert_int_equal(event, LINE_CHANGED);
    else
        assert_in_range(event, LINE_CHANGED, LINE_REFUSED); /* a line before may be like this one */
}

static void keys_do_what_they_should(void **state)
{
    (void)state;
    random_start("line editor");
    editor = (struct line_editor){0};
    person = (struct person){0};
    for (unsigned round = 0; round < 200000; round++) {
        unsigned typed = random_one_in(3) ? (unsigned)random_below(random_one_in(50) ? 300 : 6) : 0;
        while (typed--) {
            char c[2] = {random_one_in(4) ? ' ' : (char)random_from('!', '~'), 0};
            if (random_one_in(2))
                c[0] = "abc_ ,"[random_below(6)];
            assert_int_equal(send(c), strlen(whole()) < LINE_MOST ? LINE_CHANGED : LINE_REFUSED);
            type(c[0]);
        }
        key_random();
        assert_string_equal(editor.text, whole());
        assert_int_equal(editor.cursor, strlen(person.before));
        assert_int_equal(editor.length, strlen(editor.text));
        assert_shown(&editor);
    }
}

/* Sequences that end anywhere, and bytes of any kind: afterwards every key does what it should. */
static void any_bytes(void **state)
{
    (void)state;
    random_start("line editor, any bytes");
    editor = (struct line_editor){0};
    for (unsigned i = 0; i < 3000000; i++) {
        static const char likely[] = "\x1b[O;0159~ABCDHF\r\x7f\x15\x10";
        uint8_t byte =
            random_one_in(2) ? (uint8_t)likely[random_below(sizeof likely - 1)] : (uint8_t)random_bits();
        enum line_event event = line_editor_key(&editor, byte);
        assert_true(editor.cursor <= editor.length && editor.length <= LINE_MOST);
        assert_true(editor.text[editor.length] == 0);
        if (event == LINE_ENTERED) {
            char line[LINE_MOST + 1];
            line_editor_take(&editor, line);
            assert_int_equal(strspn(line,
                                    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                                    "abcdefghijklmnopqrstuvwxyz{|}~"),
                             strlen(line));
        }
        if (i % 1000 == 0) {
            line_editor_key(&editor, 3);
            for (const char *c = "ab"; *c; c++)
                assert_int_equal(line_editor_key(&editor, (uint8_t)*c), LINE_CHANGED);
            assert_string_equal(editor.text, "ab");
        }
    }
}

static void halves_of_sequences(void **state)
{
    (void)state;
    editor = (struct line_editor){0};
    person = (struct person){0};
    send("abc\x1b");
    send("[");
    assert_string_equal(editor.text, "abc");
    send("D");
    send("x");
    assert_string_equal(editor.text, "abxc");
    send("\x1b[1;"); /* and then nothing more: the next control character counts */
    assert_int_equal(line_editor_key(&editor, '\r'), LINE_ENTERED);
}

static const char *const names[] = {"tcp",           "tcp_timer", "ip", "timed_block", "vnic",
                                    "event_manager", "event_x",   "e",  "cgi"};
#define NAMES (sizeof names / sizeof *names)

static void completion_says_what_all_begin_with(void **state)
{
    (void)state;
    random_start("completion");
    for (unsigned round = 0; round < 20000; round++) {
        struct completion completion;
        char line[128] = "", word[64] = "", insert[COMPLETION_BYTES + 1], text[160];
        uint32_t words = (uint32_t)random_below(4), fits = 0, only = 0;
        for (uint32_t i = 0; i < words; i++)
            strcat(line, random_one_in(2) ? "merge  " : "a ");
        if (random_one_in(3))
            strcat(line, "x,yy,");
        const char *meant = names[random_below(NAMES)];
        snprintf(word, sizeof word, "%.*s%s", (int)random_below(strlen(meant) + 1), meant,
                 random_one_in(9) ? "?" : "");
        strcat(line, word);
        uint32_t cursor = (uint32_t)strlen(line);
        strcat(line, random_one_in(2) ? " behind" : "");
        assert_int_equal(completion_begin(&completion, line, cursor), words);
        for (uint32_t i = 0; i < NAMES; i++) {
            bool does = strstr(names[i], word) == names[i];
            assert_int_equal(completion_offer(&completion, names[i]), does);
            fits += does;
            only = does ? i : only;
        }
        completion_insert(&completion, insert);
        snprintf(text, sizeof text, "%s%s", word, insert);
        assert_int_equal(completion.matches, fits);
        if (fits == 1) {
            size_t length = strlen(names[only]);
            assert_memory_equal(text, names[only], length);
            assert_string_equal(text + length, " ");
            continue;
        }
        /* All that fit begin with what is there then; and no longer text does that. */
        for (uint32_t i = 0; i < NAMES && fits; i++)
            if (strstr(names[i], word) == names[i])
                assert_true(strstr(names[i], text) == names[i]);
        if (fits) {
            bool longer = true;
            char next = 0;
            for (uint32_t i = 0; i < NAMES; i++)
                if (strstr(names[i], word) == names[i]) {
                    longer &= names[i][strlen(text)] && (!next || next == names[i][strlen(text)]);
                    next = names[i][strlen(text)];
                }
            assert_false(longer);
        } else {
            assert_string_equal(insert, "");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_do_what_they_should),
        cmocka_unit_test(any_bytes),
        cmocka_unit_test(halves_of_sequences),
        cmocka_unit_test(completion_says_what_all_begin_with),
    };
    return cmocka_run_group_tests_name("line_editor", tests, 0, 0);
}

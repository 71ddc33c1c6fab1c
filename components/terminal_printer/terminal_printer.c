/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 5, terminal_printer: prints strings, each line whole. Owns the lines that are being put together
 * and the order in which they go to the console. It never waits for anybody: it has no edge to the scheduler,
 * and may be preempted anywhere.
 *
 * A line belongs to one client and one thread while it is FILLING: a thread is in one place at a time, so
 * nobody else touches it. Complete, it is FULL and belongs to whoever holds the console, which is the first
 * thread that finds it free; all others leave their lines to that thread. Invariants:
 *
 * 1. FREE -> FILLING by an atomic exchange of `holder`; FILLING -> FULL by the filler; FULL -> FREE by
 *    the console's holder.
 * 2. Whoever gives the console back looks for FULL lines once more: none stays behind.
 * 3. Lines are printed in the order in which they became FULL.
 *
 * What does not end in a newline appears when its line does, or when it fills the room of a line.
 */
#include "served/terminal_printer.h"
#include "export.h"

#define LINES 64
#define LINE_BYTES 192
#define PIECE_BYTES 32

#define NOBODY UINT64_MAX

enum line_state { LINE_FREE, LINE_FILLING, LINE_FULL };

static struct line {
    volatile uint64_t holder; /* client << 32 | thread, NOBODY when free */
    volatile uint32_t state;
    uint32_t bytes;
    uint64_t turn; /* when it became full */
    union {
        uint64_t words[LINE_BYTES / 8];
        char text[LINE_BYTES];
    };
} lines[LINES];

static volatile uint32_t console_taken;
static volatile uint64_t turns;

static struct line *line_full(void)
{
    struct line *first = 0;

    for (struct line *line = lines; line < lines + LINES; line++)
        if (line->state == LINE_FULL && (first == 0 || line->turn < first->turn))
            first = line;
    return first;
}

/* The console is ours. */
static void line_print(const struct line *line)
{
    for (uint32_t from = 0; from < line->bytes; from += PIECE_BYTES) {
        uint32_t piece = line->bytes - from < PIECE_BYTES ? line->bytes - from : PIECE_BYTES;
        const uint64_t *words = &line->words[from / 8];

        /* There is nobody to tell that the console refused. */
        (void)sup_console_write(piece, words[0], words[1], words[2], words[3]);
    }
}

static void lines_print(void)
{
    struct line *line;

    while (line_full() != 0 && __atomic_exchange_n(&console_taken, 1, __ATOMIC_ACQUIRE) == 0) {
        while ((line = line_full()) != 0) {
            line_print(line);
            line->bytes = 0;
            line->state = LINE_FREE;
            __atomic_store_n(&line->holder, NOBODY, __ATOMIC_RELEASE);
        }
        __atomic_store_n(&console_taken, 0, __ATOMIC_RELEASE);
    }
}

static void line_finish(struct line *line)
{
    line->turn = __atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&line->state, LINE_FULL, __ATOMIC_RELEASE);
    lines_print();
}

/* The line that the holder is filling, or a fresh one; 0: all are taken. */
static struct line *line_of(uint64_t holder)
{
    for (struct line *line = lines; line < lines + LINES; line++)
        if (line->holder == holder && line->state == LINE_FILLING)
            return line;
    for (struct line *line = lines; line < lines + LINES; line++) {
        uint64_t nobody = NOBODY;

        if (__atomic_compare_exchange_n(&line->holder, &nobody, holder, 0, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
            line->state = LINE_FILLING;
            return line;
        }
    }
    return 0;
}

SHOJI_EXPORT_BADGED(term_print);
long term_print_badged(uint64_t length, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3,
                       component_t client)
{
    uint64_t words[PIECE_BYTES / 8] = {w0, w1, w2, w3};
    const char *text = (const char *)words;
    struct line *line = 0;

    if (length == 0 || length > PIECE_BYTES)
        return SHOJI_EINVAL;
    for (uint64_t at = 0; at < length; at++) {
        if (line == 0)
            line = line_of((uint64_t)client << 32 | shoji_global.current);
        if (line == 0)
            return SHOJI_EAGAIN;
        line->text[line->bytes++] = text[at];
        if (text[at] == '\n' || line->bytes == LINE_BYTES) {
            line_finish(line);
            line = 0;
        }
    }
    return SHOJI_OK;
}

long component_init(component_t self)
{
    (void)self;
    for (struct line *line = lines; line < lines + LINES; line++)
        line->holder = NOBODY;
    return SHOJI_OK;
}

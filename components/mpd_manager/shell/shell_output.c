/* SPDX-License-Identifier: BSD-2-Clause */
#include "shell_output.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime.h"
#include "scheduler.h"
#include "shoji/supervisor.h"

#define CTRL_C 3
#define LINE_BYTES 180u /* terminal_printer keeps so much together; longer lines go on in the next */
#define KEYS_BYTES 4096u
#define WAIT_MS                                                                                              \
    1000u /* a thread that waits keeps the domain it is in, though that may be a stale one by then */
#define FOOT_BYTES SUP_CONSOLE_FOOT_BYTES

static struct {
    uint64_t words[KEYS_BYTES / 8]; /* aligned for the supervisor */
    uint32_t first, count;
    uint64_t dropped;
    uint64_t lost_before; /* by the line, as sup_console_state told last */
} keys;

static struct {
    bool stopped;
    uint64_t tick;
    uint32_t bytes; /* written in that tick */
} listing;

static struct {
    uint64_t words[FOOT_BYTES / 8];
    uint32_t bytes;
} foot;

static struct sup_console console_state(void)
{
    static struct sup_console state;
    if (sup_console_state(&state) < 0)
        state = (struct sup_console){0};
    return state;
}

bool output_was_used(void)
{
    struct sup_console state = console_state();
    keys.lost_before = state.received_lost;
    return state.received > 0;
}

/* ---- Keys ---- */

static char *key_bytes(void)
{
    return (char *)keys.words;
}

/* All keys have been taken: brings more, if there are. */
static void keys_fetch(void)
{
    long count = sup_console_read(key_bytes(), SUP_CONSOLE_READ_BYTES);
    keys.first = 0;
    keys.count = count > 0 && count <= (long)SUP_CONSOLE_READ_BYTES ? (uint32_t)count : 0;
}

int output_key(bool *more)
{
    *more = false;
    if (keys.count == 0)
        keys_fetch();
    if (keys.count == 0) {
        (void)sched_line_wait_until(SUP_EVENT_CONSOLE,
                                    shoji_global.ticks + WAIT_MS * 1000 / shoji_global.tick_us);
        keys_fetch();
    }
    if (keys.count == 0)
        return -1;
    keys.count--;
    *more = keys.count > 0;
    return (unsigned char)key_bytes()[keys.first++];
}

uint64_t output_keys_lost(void)
{
    uint64_t lost = console_state().received_lost, now = keys.dropped + lost - keys.lost_before;
    keys.lost_before = lost;
    keys.dropped = 0;
    return now;
}

/* Keys behind those that wait; a Ctrl-C among them drops all before it. */
static void keys_look(void)
{
    static uint64_t words[32];
    const char *fresh = (const char *)words;
    long count = sup_console_read((char *)words, sizeof words);
    if (keys.first > 0) {
        memmove(key_bytes(), key_bytes() + keys.first, keys.count);
        keys.first = 0;
    }
    for (long i = 0; i < count && count <= (long)sizeof words; i++) {
        bool first = keys.count == 0;
        if (fresh[i] == CTRL_C || (fresh[i] == 'q' && first)) {
            listing.stopped = true;
            keys.count = 0;
        } else if (fresh[i] == '\n' && first) {
            continue; /* of a terminal that sends it behind a return */
        } else if (keys.count < sizeof keys.words) {
            key_bytes()[keys.count++] = fresh[i];
        } else {
            keys.dropped++;
        }
    }
}

/* ---- Lines ---- */

void output_pause(void)
{
    for (uint64_t now = shoji_global.ticks; shoji_global.ticks == now;)
        if (sched_block_until(now + 1) < 0 && shoji_global.ticks == now)
            (void)sched_pause();
}

/* Waits until the console may have so many bytes more. */
static void room_await(uint32_t bytes)
{
    for (;;) {
        if (listing.tick != shoji_global.ticks) {
            listing.tick = shoji_global.ticks;
            listing.bytes = 0;
        }
        keys_look();
        if (listing.stopped)
            return;
        if (listing.bytes + bytes <= OUTPUT_TICK_BYTES && console_state().kept < OUTPUT_KEPT_BYTES)
            break;
        output_pause();
    }
    listing.bytes += bytes;
}

void output_begin(void)
{
    listing.stopped = false;
}

static bool line_write(const char *bytes, size_t length)
{
    char line[LINE_BYTES + 1];
    memcpy(line, bytes, length);
    line[length] = '\n';
    room_await((uint32_t)length + 1);
    if (!listing.stopped)
        print_bytes(line, length + 1);
    return !listing.stopped;
}

bool output_text(const char *bytes, size_t length)
{
    while (length > 0 && !listing.stopped) {
        const char *end = memchr(bytes, '\n', length);
        size_t line = end ? (size_t)(end - bytes) : length, piece = line < LINE_BYTES ? line : LINE_BYTES;
        line_write(bytes, piece);
        piece += end && piece == line; /* the newline */
        bytes += piece;
        length -= piece;
    }
    return !listing.stopped;
}

bool output_line(const char *format, ...)
{
    char line[2 * LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length == 0)
        return line_write("", 0);
    return output_text(line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

/* ---- The foot ---- */

void output_foot(const char *text, uint32_t bytes)
{
    if (bytes > FOOT_BYTES || (bytes == foot.bytes && memcmp(foot.words, text, bytes) == 0))
        return;
    memcpy(foot.words, text, bytes);
    foot.bytes = bytes;
    (void)sup_console_foot((const char *)foot.words, bytes);
}

void output_bell(void)
{
    char rung[FOOT_BYTES];
    if (foot.bytes == 0 || foot.bytes == FOOT_BYTES)
        return;
    memcpy(rung, foot.words, foot.bytes);
    rung[foot.bytes] = '\a';
    (void)sup_console_foot(rung, foot.bytes + 1);
    (void)sup_console_foot((const char *)foot.words, foot.bytes);
}

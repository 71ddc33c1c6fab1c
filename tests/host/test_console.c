/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's console over a UART that takes bytes when it likes: nothing waits, nothing is out of order,
 * what is lost is counted and said, and a terminal shows the foot below everything else. And what comes in:
 * never more than a tick's share.
 */
// links: kernel/console.c kernel/console_input.c kernel/serial.c kernel/text.c tests/host/seeded.c
// includes: kernel tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console.h"
#include "console_input.h"
#include "seeded.h"
#include "serial.h"
#include "uart.h"

/* ---- The UART ---- */

static char *sent;
static size_t sent_bytes, sent_room;
static uint64_t may_send; /* so many more bytes */
static bool on_received, on_can_send;
static uint64_t polls;
static uint64_t coming; /* bytes that wait in the line */
static uint64_t took;

void uart_start(void) {}
void uart_interrupts(bool received, bool can_send)
{
    on_received = received;
    on_can_send = can_send;
}
void uart_acknowledge(void) {}
bool uart_can_send(void)
{
    polls++;
    return may_send > 0;
}
void uart_send(uint8_t byte)
{
    assert_true(may_send > 0);
    may_send--;
    if (sent_bytes + 1 >= sent_room)
        sent = realloc(sent, sent_room = sent_room ? 2 * sent_room : 1024);
    sent[sent_bytes++] = (char)byte;
    sent[sent_bytes] = 0;
}
bool uart_receive(uint8_t *byte, bool *overrun)
{
    *overrun = false;
    if (coming == 0)
        return false;
    coming--;
    *byte = (uint8_t)took++;
    return true;
}

/* ---- A terminal that shows lines: those that are complete, and the last ---- */

static char *screen;
static size_t screen_bytes, screen_line; /* where the last line begins */
static size_t column;

static void screen_read(void)
{
    screen = realloc(screen, sent_bytes + 1);
    screen_bytes = screen_line = column = 0;
    for (size_t i = 0; i < sent_bytes; i++) {
        if (sent[i] == '\r') {
            column = 0;
        } else if (sent[i] == '\n') {
            screen[screen_bytes++] = '\n';
            screen_line = screen_bytes;
            column = 0;
        } else if (strncmp(sent + i, "\x1b[K", 3) == 0) {
            screen_bytes = screen_line + column;
            i += 2;
        } else {
            screen[screen_line + column++] = sent[i];
            if (screen_line + column > screen_bytes)
                screen_bytes = screen_line + column;
        }
    }
    screen[screen_bytes] = 0;
}

static void begin(const char *test)
{
    random_start(test);
    may_send = UINT64_MAX;
    console_foot("", 0);
    console_line_begin();
    while (console_drain())
        ;
    sent_bytes = 0;
    if (sent)
        sent[0] = 0;
}

/* ---- Tests ---- */

/* Whole lines and halves of lines, feet and a line that takes more or less: what is shown is the text, in
 * order, and below it the last foot. */
static void the_foot_is_below(void **state)
{
    (void)state;
    begin("console");
    for (unsigned round = 0; round < 300; round++) {
        char text[1 << 14] = "", foot[64] = "";
        unsigned halves = 0;
        sent_bytes = 0;
        for (unsigned step = 0; step < 60; step++) {
            char piece[40];
            may_send = random_one_in(3) ? 0 : random_below(200);
            switch (random_below(4)) {
            case 0:
                snprintf(foot, sizeof foot, random_one_in(5) ? "" : "shoji> %u",
                         (unsigned)random_below(1000));
                if (halves > 0) /* the line before is left alone */
                    break;
                console_foot(foot, strlen(foot));
                break;
            case 1:
                snprintf(piece, sizeof piece, "half %u, ", step);
                console_write(piece, strlen(piece));
                strcat(text, piece);
                halves++;
                break;
            default:
                snprintf(piece, sizeof piece, "line %u\n", step);
                console_write(piece, strlen(piece));
                strcat(text, piece);
                halves = 0;
            }
            if (random_one_in(3))
                (void)serial_interrupt();
        }
        if (halves > 0) {
            console_write("\n", 1);
            strcat(text, "\n");
        }
        may_send = UINT64_MAX;
        console_foot(foot, strlen(foot));
        (void)serial_interrupt();
        assert_int_equal(console_kept(), 0);
        assert_false(on_can_send);
        screen_read();
        assert_memory_equal(screen, text, strlen(text));
        assert_string_equal(screen + strlen(text), foot);
        console_foot("", 0);
    }
}

static void a_line_that_takes_nothing_costs_no_time(void **state)
{
    (void)state;
    begin("console that stands still");
    may_send = 0;
    polls = 0;
    for (unsigned i = 0; i < 100000; i++)
        console_print("line %06u of a hundred thousand\n", i);
    assert_true(polls < 500000);
    assert_int_equal(console_room(), 0);
    uint64_t bytes = 100000ull * (sizeof "line 000000 of a hundred thousand\r\n" - 1), lost = console_lost();
    assert_int_equal(lost, bytes - CONSOLE_KEPT_BYTES);
    serial_settle();
    assert_true(on_can_send);
    may_send = UINT64_MAX;
    (void)serial_interrupt();
    char wanted[100];
    snprintf(wanted, sizeof wanted, "\nconsole: %lu bytes were not shown", (unsigned long)lost);
    screen_read();
    assert_non_null(strstr(screen, wanted));
    assert_memory_equal(screen, "line 000000 of a hundred thousand\nline 000001", 40);
}

static void who_panics_waits_but_not_for_ever(void **state)
{
    (void)state;
    begin("console that never goes on");
    may_send = 0;
    console_print("the last words\n");
    polls = 0;
    console_flush();
    assert_in_range(polls, 1000, 1000000);
    may_send = 5;
    console_flush();
    assert_int_equal(sent_bytes, 5);
    may_send = UINT64_MAX;
    console_flush();
    assert_string_equal(sent, "the last words\r\n");
}

static void somebody_else_is_half_through_a_line(void **state)
{
    (void)state;
    begin("half a line");
    console_write("half", 4);
    console_foot("> a", 3);
    screen_read();
    assert_string_equal(screen, "half");
    console_foot("> ab", 4); /* it goes on for long */
    screen_read();
    assert_string_equal(screen, "half\n> ab");
    console_write("and", 3);
    screen_read();
    assert_string_equal(screen, "half\nand");
    console_write(" more\n", 6);
    screen_read();
    assert_string_equal(screen, "half\nand more\n> ab");
}

static void input_comes_in_shares(void **state)
{
    char bytes[INPUT_KEPT_BYTES];
    uint64_t got = 0, sum = 0;
    (void)state;
    random_start("console input");
    coming = 1000;
    assert_false(serial_interrupt()); /* nobody has asked */
    assert_int_equal(coming, 1000);
    assert_int_equal(console_input_take(bytes, sizeof bytes), 0);
    coming = 1 << 20;
    serial_settle();
    assert_true(on_received);
    unsigned ticks = 0;
    bool told = false;
    for (; got < 1 << 20; ticks++) {
        uint64_t before = coming;
        for (unsigned i = 0; i < 50; i++) {
            if (on_received && serial_interrupt())
                told = true;
            if (random_one_in(2)) {
                size_t count = console_input_take(bytes, random_below(sizeof bytes));
                assert_true(count == 0 || told);
                for (size_t n = 0; n < count; n++)
                    assert_int_equal((uint8_t)bytes[n], (uint8_t)(got + n));
                got += count;
                sum += count;
                serial_settle();
            }
        }
        assert_true(before - coming <= INPUT_TICK_BYTES);
        if (got == sum && coming > 0 && console_input_take(bytes, 0) == 0)
            told |= serial_tick();
        assert_true(ticks < 10000);
    }
    assert_true(ticks >= (1 << 20) / INPUT_TICK_BYTES - 1);
    assert_int_equal(console_input_received(), 1 << 20);
    assert_int_equal(console_input_lost(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_foot_is_below),
        cmocka_unit_test(a_line_that_takes_nothing_costs_no_time),
        cmocka_unit_test(who_panics_waits_but_not_for_ever),
        cmocka_unit_test(somebody_else_is_half_through_a_line),
        cmocka_unit_test(input_comes_in_shares),
    };
    return cmocka_run_group_tests_name("console", tests, 0, 0);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Counters on their way: what a component has counted is what statistics_gatherer shows after a report,
 * however often the gatherer or the component begins anew in between.
 */
// links: components/statistics_gatherer/statistics_gatherer.c tests/host/seeded.c
// includes: tests/host components/interface build/interface components/runtime kernel/include
// flags: -Wno-address
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "export.h"
#include "runtime.h"
#include "seeded.h"
#include "served/statistics_gatherer.h"

/* The client's side, invoking what stands for its gate. */
static long gate_name(uint32_t column, uint64_t first, uint64_t second);
static long gate_put(uint32_t row, uint64_t c0, uint64_t c1, uint64_t c2, uint64_t c3);
#define statistics_name gate_name
#define statistics_put gate_put
#include "../../components/runtime/statistics.c"
#undef statistics_name
#undef statistics_put

struct shoji_global page = {.tick_us = 10000};
__asm__(".globl shoji_global\n.set shoji_global, page");

static component_t client = 7;
static unsigned puts_, names_;
static bool down;
static char printed[32][200];
static unsigned lines;

static long gate_name(uint32_t column, uint64_t first, uint64_t second)
{
    names_++;
    return down ? SHOJI_EFAULT : statistics_name_badged(column, first, second, client);
}
static long gate_put(uint32_t row, uint64_t c0, uint64_t c1, uint64_t c2, uint64_t c3)
{
    puts_++;
    return down ? SHOJI_EFAULT : statistics_put_badged(row, c0, c1, c2, c3, client);
}
void print_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(printed[lines++ % 32], sizeof *printed, format, arguments);
    va_end(arguments);
}

#define ROWS 9
static uint64_t counts[ROWS][STATISTICS_COLUMNS];
static struct statistics table = {.rows = ROWS,
                                  .counts = (const void *)counts,
                                  .names = {"turns", "waits", "exactly sixteen!", "x", "thread"}};

static void same(uint32_t number)
{
    for (uint32_t row = 0; row < ROWS; row++)
        for (uint32_t column = 0; column < STATISTICS_COLUMNS; column++)
            assert_int_equal(statistics_read(number, row, column), counts[row][column]);
}

static void only_what_has_changed(void **state)
{
    (void)state;
    assert_int_equal(statistics_table(0), SHOJI_ENOENT);
    assert_true(statistics_due(&table));
    statistics_report(&table);
    assert_int_equal(puts_, 0);
    assert_int_equal(names_, STATISTICS_COLUMNS + 1);
    assert_false(statistics_due(&table));
    page.ticks += STATISTICS_EVERY_US / page.tick_us;
    assert_true(statistics_due(&table));
    counts[3][1] = 5;
    counts[8][0] = 1;
    statistics_report(&table);
    assert_int_equal(puts_, 2);
    assert_int_equal(names_, STATISTICS_COLUMNS + 1);
    same(0);
    statistics_report(&table);
    assert_int_equal(puts_, 2);
    assert_int_equal(statistics_table(0), 7);
    assert_int_equal(statistics_rows(0), 9);
    char name[17] = "";
    for (uint32_t word = 0; word < 2; word++) {
        uint64_t characters = statistics_name_of(0, 2, word);
        memcpy(name + 8 * word, &characters, 8);
    }
    assert_string_equal(name, "exactly sixteen!");
    assert_int_equal(statistics_print(), SHOJI_OK);
    assert_int_equal(lines, 2);
    assert_string_equal(printed[0], "component 7, thread 3: turns 0, waits 5, exactly sixteen! 0, x 0");
}

static void a_gatherer_that_is_down_hears_all_later(void **state)
{
    (void)state;
    down = true;
    counts[2][2]++;
    statistics_report(&table);
    assert_int_equal(statistics_read(0, 2, 2), 0);
    counts[3][1]++;
    statistics_report(&table);
    down = false;
    statistics_report(&table);
    same(0);
}

static void tables_are_their_owners(void **state)
{
    (void)state;
    assert_int_equal(statistics_put_badged(0, 1, 2, 3, 4, 8), SHOJI_ENOENT);
    same(0);
    for (component_t other = 10; other < 10 + STATISTICS_TABLES - 1; other++) {
        assert_int_equal(statistics_name_badged(0, other, 0, other), SHOJI_OK);
        assert_int_equal(statistics_put_badged(1, other, 0, 0, 0, other), SHOJI_OK);
    }
    assert_int_equal(statistics_name_badged(0, 1, 0, 99), SHOJI_EMEMORY);
    assert_int_equal(statistics_put_badged(1, 1, 1, 1, 1, 99), SHOJI_ENOENT);
    same(0);
    for (uint32_t number = 1; number < STATISTICS_TABLES; number++)
        assert_int_equal(statistics_read(number, 1, 0), statistics_table(number));
    assert_int_equal(statistics_table(STATISTICS_TABLES), SHOJI_ENOENT);
    assert_int_equal(statistics_put_badged(STATISTICS_ROWS, 1, 1, 1, 1, 7), SHOJI_EINVAL);
    assert_int_equal(statistics_put_badged(0, 1, 1, 1, 1, 0), SHOJI_ENOENT);
    assert_int_equal(statistics_name_badged(STATISTICS_COLUMNS + 1, 1, 1, 7), SHOJI_EINVAL);
    assert_int_equal(statistics_read(0, STATISTICS_ROWS, 0), SHOJI_EINVAL);
    assert_int_equal(statistics_read(0, 0, STATISTICS_COLUMNS), SHOJI_EINVAL);
    assert_int_equal(statistics_name_of(UINT32_MAX, 0, 0), 0);
    assert_int_equal(statistics_name_of(0, 0, 2), 0);
}

static void at_random(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 100000; round++) {
        counts[random_below(ROWS)][random_below(STATISTICS_COLUMNS)] += random_below(3);
        if (random_one_in(20))
            down = !down;
        page.ticks += random_below(3);
        if (!statistics_due(&table))
            continue;
        statistics_report(&table);
        if (!down)
            same(0);
    }
    down = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_has_changed),
        cmocka_unit_test(a_gatherer_that_is_down_hears_all_later),
        cmocka_unit_test(tables_are_their_owners),
        cmocka_unit_test(at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the control interface: statistics_gatherer and stack_trace as tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stack_trace.h"
#include "statistics_gatherer.h"

__asm__(".pushsection .bss\n.balign 4096\n.globl pool_trace, pool_trace_end\npool_trace:\n\t.zero 8192\n"
        "pool_trace_end:\n\t.zero 4096\n.popsection");
extern char pool_trace[], pool_trace_end[];
long traces = 2;
unsigned prints;

long stack_trace_threads(void)
{
    struct sup_trace *out = (struct sup_trace *)pool_trace;

    memset(pool_trace, 0xff, (size_t)(pool_trace_end - pool_trace)); /* text without an end */
    out[0] = (struct sup_trace){.name = "input",
                                .component = 3,
                                .priority = 7,
                                .state = SUP_THREAD_WAITS,
                                .frames = 2,
                                .frame = {{3, 4, "take", "wait+0x10"}, {0, 0, "sup_switch", ""}}};
    return traces;
}

long statistics_table(uint32_t table)
{
    return table == 0 ? 1 : SHOJI_ENOENT;
}
uint64_t statistics_name_of(uint32_t table, uint32_t column, uint32_t word)
{
    static const char names[][STATISTICS_NAME_BYTES] = {"turns", "waits", "sixteen letters!", "", "thread"};
    uint64_t characters;

    assert_true(table == 0 && column <= STATISTICS_COLUMNS && word < 2);
    memcpy(&characters, names[column] + 8 * word, 8);
    return characters;
}
long statistics_rows(uint32_t table)
{
    return table == 0 ? 3 : SHOJI_ENOENT;
}
long statistics_read(uint32_t table, uint32_t row, uint32_t column)
{
    assert_true(table == 0 && row < 3);
    return row == 1 ? 0 : 100 * row + column;
}
long statistics_print(void)
{
    prints++;
    return SHOJI_OK;
}

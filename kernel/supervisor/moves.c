/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group test: moves of the layout at interrupts that come after a number of instructions, so that a boot test
 * can make them at each instruction of an invocation. It owns the list of moves and what came of them.
 */
#include "supervisor/moves.h"

#include <stddef.h>

#include "caller.h"
#include "console.h"
#include "cpu/interrupt.h"
#include "layout/layout.h"
#include "supervisor/calls.h"
#include "supervisor/layout.h"
#include "thread.h"

static struct sup_test_move moves[SUP_MOVES];
static struct sup_test_hit hits[SUP_MOVES];
static uint32_t move_count, hit_count;
static uint64_t armed_at;

static uint64_t time_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static long move_make(const struct sup_test_move *move)
{
    unsigned a = system_component(move->a), b = system_component(move->b);

    switch (move->kind) {
    case SUP_MOVE_MERGE:
        return layout_merge(a, b);
    case SUP_MOVE_SPLIT:
        return layout_split(a);
    case SUP_MOVE_MOVE:
        return layout_move(a, b);
    case SUP_MOVE_PARTITION:
        return layout_partition(move->sets, system_state.manifest.component_count);
    default:
        return SHOJI_OK;
    }
}

void moves_interrupt(const struct registers *registers)
{
    uint64_t time = time_now() - armed_at;

    while (hit_count < move_count) {
        hits[hit_count] = (struct sup_test_hit){.rip = registers->rip,
                                                .time = time,
                                                .thread = thread_number(thread_current()),
                                                .status = (int32_t)move_told(move_make(&moves[hit_count]))};
        hit_count++;
        if (hit_count < move_count && moves[hit_count].after != 0) {
            once_start(moves[hit_count].after);
            return;
        }
    }
}

/* ---- Supervisor calls ---- */

static bool move_valid(const struct sup_test_move *move)
{
    bool a = system_component(move->a) != NO_COMPONENT, b = system_component(move->b) != NO_COMPONENT;

    switch (move->kind) {
    case SUP_MOVE_NONE:
        return true;
    case SUP_MOVE_SPLIT:
        return a;
    case SUP_MOVE_MERGE:
    case SUP_MOVE_MOVE:
        return a && b;
    case SUP_MOVE_PARTITION:
        for (unsigned i = 0; i < sizeof move->sets; i++)
            if (move->sets[i] >= LAYOUT_COMPONENTS)
                return false;
        return system_state.manifest.component_count <= sizeof move->sets;
    default:
        return false;
    }
}

SUPERVISOR_CALL(sup_moves_at, uint64_t address, uint32_t count, component_t badge)
{
    const struct sup_test_move *wanted = (const struct sup_test_move *)address;

    if (count == 0 || count > SUP_MOVES || address % _Alignof(struct sup_test_move) != 0 ||
        !caller_may_read(caller_of(badge), (struct caller_address){address}, count * sizeof *wanted) ||
        wanted->after == 0)
        return SHOJI_EINVAL;
    for (uint32_t i = 0; i < count; i++)
        if (!move_valid(&wanted[i]))
            return SHOJI_EINVAL;
    once_stop();
    for (uint32_t i = 0; i < count; i++)
        moves[i] = wanted[i];
    move_count = count;
    hit_count = 0;
    armed_at = time_now();
    once_start(moves[0].after);
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_moves_hit, uint64_t address, uint32_t count, component_t badge)
{
    struct sup_test_hit *out = (struct sup_test_hit *)address;

    if (count > SUP_MOVES || address % _Alignof(struct sup_test_hit) != 0 ||
        !caller_may_write(caller_of(badge), (struct caller_address){address}, count * sizeof *out))
        return SHOJI_EINVAL;
    once_stop();
    move_count = 0;
    for (uint32_t i = 0; i < hit_count && i < count; i++)
        out[i] = hits[i];
    return hit_count;
}

SUPERVISOR_CALL(sup_layout_check, component_t)
{
    const char *broken = layout_check();

    if (broken == NULL)
        return SHOJI_OK;
    console_print("layout: %s\n", broken);
    return SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * A thread manager: stack segments that it makes active, one after the other and in turns. */
#include "stack.h"
#include "kernel_check.h"

#define SEGMENT 0x10000ul

static uint64_t first, second;
extern uint64_t pool_both[]; /* where opener's words lay */
static volatile unsigned steps;

static void words_closed(void)
{
    CHECK(opener_closed(pool_both[0]) == 0);
    CHECK(opener_nest(pool_both) == 0);
    CHECK(opener_closed(pool_both[0]) == 0);
}

static void frames(void)
{
    for (int i = 0; i < 3; i++) {
        CHECK(opener_pass(pool_both) == 0);
        words_closed();
    }
    CHECK(opener_take(pool_both) == 0);
    words_closed();
    CHECK(opener_exclusive(pool_both) == 0);
    words_closed();
    CHECK(opener_moved(pool_both) == 0);
    words_closed();
    CHECK(opener_refused() == 0);
    words_closed();
    CHECK(opener_raised(pool_both) == SHOJI_EFAULT);
    words_closed();
    CHECK(opener_sneaks(pool_both) == SHOJI_EFAULT);
    words_closed();
    CHECK(opener_sneaks_well(pool_both) == 9);
    words_closed();
    CHECK(opener_faults(pool_both) == SHOJI_EFAULT);
    words_closed();
}

static long runs(long value)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0);

    CHECK(here > first && here <= first + SEGMENT);
    steps++;
    frames(); /* frames are opened on it as on any other stack */
    return value + 1;
}

static long turns(long value)
{
    for (int i = 0; i < 5; i++) {
        steps++;
        CHECK(mmp_set_stack(0, 0, 0, 0, 0) == SHOJI_OK);
    }
    return value;
}

static long other_turns(long value)
{
    volatile uint64_t own = 0;

    for (int i = 0; i < 5; i++) {
        own += (uint64_t)value;
        CHECK(mmp_set_stack(second, 0, i == 0 ? second + SEGMENT : 0, i == 0 ? (uint64_t)turns : 0, 11) ==
              SHOJI_OK);
    }
    CHECK(own == 50 && mmp_set_stack(second, 0, 0, 0, 0) == 11); /* and its entry returns */
    return (long)own;
}

static long deep(long value)
{
    volatile char room[200];

    room[0] = (char)value;
    return value < 0 ? 0 : deep(value + 1) + room[0];
}

static long fails(long value)
{
    return value == 0 ? deep(0)
                      : (long)*(volatile uint32_t *)(second + SEGMENT - 16); /* of another segment */
}

static void segments(void)
{
    uint64_t top;
    unsigned count = 0;
    long more;

    CHECK(mmp_alloc(MANAGER, 4096) == SHOJI_EPERM && mmp_alloc(SUP_STACK, 0x10001) == SHOJI_EINVAL);
    CHECK(mmp_alloc(SUP_STACK, 0) == SHOJI_EINVAL);
    first = (uint64_t)mmp_alloc(SUP_STACK, SEGMENT);
    second = (uint64_t)mmp_alloc(SUP_STACK, 4096);
    CHECK((long)first > 0 && (long)second > 0 && first != second && first % SEGMENT == 0);
    top = first + SEGMENT;
    /* It is the supervisor's: nobody's to use or to give. */
    CHECK(mmp_set_perm(first, 64, READ, CALLEE) == SHOJI_EPERM && callee_load(first) == SHOJI_EFAULT);
    CHECK(mmp_supr_set_perm(first, 64, READ, 0, CALLEE) == SHOJI_EPERM); /* not active */
    /* Where it begins is checked. */
    CHECK(mmp_set_stack(first, 1, top, (uint64_t)runs, 1) == SHOJI_EINVAL);
    CHECK(mmp_set_stack(first + 4096, 0, top, (uint64_t)runs, 1) == SHOJI_ENOENT);
    CHECK(mmp_set_stack(0x4000000, 0, top, (uint64_t)runs, 1) == SHOJI_ENOENT); /* the thread's own */
    CHECK(mmp_set_stack(first, 0, top + 16, (uint64_t)runs, 1) == SHOJI_EINVAL);
    CHECK(mmp_set_stack(first, 0, top - 8, (uint64_t)runs, 1) == SHOJI_EINVAL);
    CHECK(mmp_set_stack(first, 0, first, (uint64_t)runs, 1) == SHOJI_EINVAL);
    CHECK(mmp_set_stack(first, 0, 0, (uint64_t)runs, 1) == SHOJI_EINVAL);
    CHECK(mmp_set_stack(first, 0, top, (uint64_t)callee_load, 1) == SHOJI_EINVAL); /* a gate is no function */
    CHECK(mmp_set_stack(first, 0, top, (uint64_t)&steps, 1) == SHOJI_EINVAL);
    CHECK(mmp_set_stack(0, 0, 0, 0, 0) == SHOJI_ENOENT && steps == 0);
    /* It runs, and ends. */
    CHECK(mmp_set_stack(first, 0, top, (uint64_t)runs, 41) == 42 && steps == 1);
    CHECK(mmp_set_stack(first, 0, top - 4096, (uint64_t)runs, 1) == 2 && steps == 2);
    /* Two in turns. */
    CHECK(mmp_set_stack(first, 0, top, (uint64_t)other_turns, 10) == 50 && steps == 7);
    /* What goes wrong on one is that one's. */
    CHECK(mmp_set_stack(first, 0, top, (uint64_t)fails, 0) == SHOJI_EFAULT);
    CHECK(mmp_set_stack(first, 0, top, (uint64_t)fails, 1) == SHOJI_EFAULT);
    CHECK(mmp_set_stack(first, 0, top, (uint64_t)runs, 1) == 2);
    /* Freed, and used up. */
    CHECK(mmp_free(SUP_STACK, first + 16, 0) == SHOJI_ENOENT && mmp_free(MANAGER, first, 0) == SHOJI_EPERM);
    CHECK(mmp_free(SUP_STACK, first, 0) == SHOJI_OK && mmp_free(SUP_STACK, first, 0) == SHOJI_ENOENT);
    CHECK(mmp_set_stack(first, 0, top, (uint64_t)runs, 1) == SHOJI_ENOENT);
    for (int round = 0; round < 3; round++) {
        uint64_t taken[64];

        for (count = 0; (more = mmp_alloc(SUP_STACK, 1)) > 0; count++)
            taken[count] = (uint64_t)more;
        CHECK(count >= 40 && more == SHOJI_EMEMORY);
        while (count > 0)
            CHECK(mmp_free(SUP_STACK, taken[--count], 0) == SHOJI_OK);
    }
}

SHOJI_EXPORT long component_init(component_t self)
{
    CHECK(self == MANAGER);
    frames();
    segments();
    sup_console_write(6, 0x0a6b63617473ul, 0, 0, 0); /* "stack\n" */
    sup_exit(0);
    return SHOJI_EINVAL;
}

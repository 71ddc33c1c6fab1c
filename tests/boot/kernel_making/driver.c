/* SPDX-License-Identifier: BSD-2-Clause
 * Calls what the maker has made, lets it fail in every way, and its maker too, and looks at what is left. */
#include "making.h"
#include "kernel_check.h"
#include "scheduler.h"
#include "timed_block.h"

typedef long call(uint64_t);

static struct sup_component components[16];
static volatile uint64_t asked, slept; /* the sleeper's call, and what became of it */
static volatile long answer;

static const struct sup_component *find(component_t id)
{
    long count = sup_components(components, 16);

    for (long i = 0; i < count; i++)
        if (components[i].id == id)
            return &components[i];
    return 0;
}

static void await_maker(void)
{
    for (uint64_t until = shoji_global.ticks + 3000; find(MAKER)->state != SUP_RUNS; (void)timed_block(10))
        CHECK(shoji_global.ticks < until);
}

static void await_told(long count)
{
    for (uint64_t until = shoji_global.ticks + 3000; keeper_gone() >> 8 < count; (void)timed_block(10))
        CHECK(shoji_global.ticks < until);
    CHECK(keeper_gone() >> 8 == count);
}

static call *gate(uint32_t kind)
{
    return (call *)maker_gate(kind);
}

SHOJI_EXPORT long sleeper_thread(void)
{
    if (asked != 0) {
        slept = 1;
        answer = ((call *)asked)(5000);
        asked = 0;
        slept = 2;
    }
    (void)timed_block(10);
    return SHOJI_OK;
}

/* Fails, and is closed until it is opened. */
static void closed(uint32_t kind, long told)
{
    component_t pd = maker_make();
    const struct sup_component *it;

    CHECK(pd > 0 && pd < 256 && gate(ANSWERS)(0) == 42 && maker_open(pd) == SHOJI_ESAME);
    CHECK(maker_reset(pd) == SHOJI_EBUSY && maker_reset(MAKER) == SHOJI_EPERM &&
          maker_reset(99) == SHOJI_ENOENT);
    CHECK(gate(kind)(0) == SHOJI_EFAULT);
    it = find(pd);
    CHECK(it != 0 && it->state == SUP_STAYS && it->parent == MAKER && it->faults == 1 && it->reason[0] != 0);
    CHECK(gate(ANSWERS)(0) == SHOJI_EFAULT && find(MAKER)->reboots == 0);
    await_told(told);
    CHECK((keeper_gone() & 0xff) == (long)pd);
    CHECK(maker_reset(pd) == SHOJI_OK && gate(ANSWERS)(0) == SHOJI_EFAULT);
    CHECK(maker_open(pd) == SHOJI_OK && gate(ANSWERS)(0) == 42 && find(pd)->reboots == 1);
    CHECK(maker_free(pd) == SHOJI_OK && gate(ANSWERS)(0) == SHOJI_ECLOSED && find(pd) == 0);
    await_told(told + 1);
}

/* Freed while an invocation waits in another component on its behalf. */
static void freed_in_flight(void)
{
    component_t pd = maker_make();

    slept = 0;
    asked = (uint64_t)maker_gate(WAITS);
    while (slept == 0)
        (void)timed_block(10);
    (void)timed_block(30);
    CHECK(slept == 1 && maker_free(pd) == SHOJI_OK);
    for (uint64_t until = shoji_global.ticks + 3000; slept != 2; (void)timed_block(10))
        CHECK(shoji_global.ticks < until);
    CHECK(answer == SHOJI_EFAULT && find(pd) == 0);
}

/* The maker fails: what it made goes with it, also where an invocation is, and where it was merged. */
static void maker_fails(void)
{
    component_t first = maker_make(), second = maker_make();
    call *first_gate = gate(ANSWERS);

    CHECK(first != second && first_gate(0) == 42);
    CHECK(pd_merge(KEEPER, second) == SHOJI_OK && first_gate(0) == 42);
    CHECK(pd_split(second) == SHOJI_OK);
    slept = 0;
    asked = (uint64_t)maker_gate(WAITS);
    while (slept == 0)
        (void)timed_block(10);
    (void)timed_block(30);
    CHECK(sup_kill(MAKER) == SHOJI_OK);
    CHECK(find(first) == 0 && find(second) == 0 && first_gate(0) == SHOJI_ECLOSED);
    for (uint64_t until = shoji_global.ticks + 3000; slept != 2; (void)timed_block(10))
        CHECK(shoji_global.ticks < until);
    CHECK(answer == SHOJI_EFAULT);
    await_maker();
    CHECK(find(MAKER)->memory_used == 0 && find(MAKER)->memory_budget == 256 << 10);
    first = maker_make();
    CHECK(gate(ANSWERS)(0) == 42 && maker_free(first) == SHOJI_OK);
}

/* Words opened on the stack are the thread's: they stay open while others run, and walls move. */
static void opened(void)
{
    volatile uint32_t words[16] = {5};

    CHECK(mmp_supr_set_perm((uint64_t)words, sizeof words, 1, 0, KEEPER) == SHOJI_OK);
    for (int i = 0; i < 5; i++) {
        (void)timed_block(20);
        CHECK(keeper_load((uint64_t)words) == 5);
        CHECK(i % 2 == 0 ? pd_merge(MAKER, KEEPER) == SHOJI_OK : pd_split(KEEPER) == SHOJI_OK);
        CHECK(keeper_load((uint64_t)words) == 5);
    }
    CHECK(pd_split(KEEPER) == SHOJI_OK && keeper_load((uint64_t)words) == 5);
}

SHOJI_EXPORT long driver_thread(void)
{
    struct sup_counters counters;

    opened();
    closed(FAILS, 1);
    closed(LOOPS, 3);
    freed_in_flight();
    maker_fails();
    for (int i = 0; i < 100; i++) {
        component_t pd = maker_make();

        CHECK(pd < 256 && gate(ANSWERS)(0) == 42 && maker_free(pd) == SHOJI_OK);
        (void)timed_block(10); /* until the keeper has heard */
    }
    CHECK(sup_counters(&counters) == SHOJI_OK && counters.stale_domains == 0 && counters.domains == 8);
    sup_console_write(7, 0x0a676e696b616dul, 0, 0, 0); /* "making\n" */
    sup_exit(0);
    return SHOJI_OK;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == DRIVER ? SHOJI_OK : SHOJI_EINVAL;
}

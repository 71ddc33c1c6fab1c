/* SPDX-License-Identifier: BSD-2-Clause
 * Fails in every way. */
#include "event_manager.h"
#include "failing.h"
#include "lock.h"
#include "memory_mapper.h"
#include "scheduler.h"

static uint64_t count, begun = 7;
static uint32_t shared_word = 4711;

SHOJI_EXPORT long victim_count(void)
{
    return begun == 8 ? (long)++count : SHOJI_EINVAL;
}

static long overflow(volatile uint64_t depth)
{
    volatile uint64_t room[64] = {depth};

    return room[0] == UINT64_MAX ? 0 : overflow(depth + 1) + (long)room[1];
}

SHOJI_EXPORT long victim_fail(enum way way)
{
    volatile uint64_t zero = 0;

    switch (way) {
    case STORE:
        *(volatile uint32_t *)0x1000 = 1;
        break;
    case ASSERTION:
        __asm__ volatile("ud2");
        break;
    case OVERFLOW:
        return overflow(0);
    case LOOP:
        for (;;)
            __asm__ volatile("");
    case LOOP_CALLING:
        for (;;)
            (void)bystander_load((uint64_t)&pool_notes);
    case DIVIDE:
        __asm__ volatile("div %0" : : "r"(zero) : "rax", "rdx");
        break;
    case WILD_JUMP:
        ((void (*)(void))0x12345678)();
        break;
    case HEAP: /* what a component does that cannot go on without memory */
        while (mem_grow(4096) > 0)
            ;
        __asm__ volatile("ud2");
        break;
    default:
        break;
    }
    return SHOJI_OK;
}

SHOJI_EXPORT long victim_wait_scheduler(void)
{
    pool_notes.inside = 1;
    for (;;) /* whatever woke it was not meant for it; but it is not to wait for ever when it is told to go */
        if (sched_block() != SHOJI_OK)
            return SHOJI_OK;
}

SHOJI_EXPORT long victim_wait_event(void)
{
    long group = evt_group();

    pool_notes.inside = 1;
    return group < 0 ? group : evt_wait(group);
}

SHOJI_EXPORT long victim_wait_lock(void)
{
    long id = lock_create();

    pool_notes.inside = 1;
    return id < 0 ? id : lock_wait(id);
}

SHOJI_EXPORT long victim_wait_bystander(void)
{
    pool_notes.inside = 1;
    return bystander_wait();
}

SHOJI_EXPORT long victim_spin(void)
{
    for (;;)
        pool_notes.inside = 1;
}

SHOJI_EXPORT long victim_resources(void)
{
    long group = evt_group(), event, memory;

    if (group < 0)
        return group;
    event = evt_create(group, 1);
    if (event < 0)
        return event;
    (void)evt_trigger(event);
    memory = mem_grow(60 * 1024);
    if (memory < 0)
        return memory;
    if (*(uint64_t *)memory != 0)
        return SHOJI_EINVAL;
    *(uint64_t *)memory = 1;
    for (int i = 0; i < 100; i++) {
        long id = lock_create();

        if (id < 0)
            return id;
    }
    return SHOJI_OK;
}

SHOJI_EXPORT long victim_share(void)
{
    long status = mmp_set_perm((uint64_t)&shared_word & ~3ul, 4, 1, BYSTANDER);

    return status != SHOJI_OK ? status : (long)&shared_word;
}

SHOJI_EXPORT long component_init(component_t self)
{
    pool_notes.victim_inits++;
    begun++;
    return self == VICTIM ? SHOJI_OK : SHOJI_EINVAL;
}

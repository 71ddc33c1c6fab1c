/* SPDX-License-Identifier: BSD-2-Clause
 * Lets the others fail, and looks at what became of whom. */
#include "failing.h"
#include "scheduler.h"
#include "terminal_printer.h"
#include "timed_block.h"
#include "lock.h"
#include "event_manager.h"
#include "memory_mapper.h"

static struct sup_component components[16];

static void say(const char *text, uint64_t number)
{
    char out[32] = {0};
    unsigned length = 0;

    while (text[length] != 0 && length < 24) {
        out[length] = text[length];
        length++;
    }
    out[length++] = ' ';
    for (uint64_t digit = 1000; digit != 0; digit /= 10)
        out[length++] = (char)('0' + number / digit % 10);
    out[length++] = '\n';
    sup_console_write(length, ((uint64_t *)out)[0], ((uint64_t *)out)[1], ((uint64_t *)out)[2],
                      ((uint64_t *)out)[3]);
}

static void fail(uint64_t line)
{
    say("failed at line", line);
    sup_exit(1);
}
#define CHECK(condition) ((condition) ? (void)0 : fail(__LINE__))

static struct sup_component *state_of(component_t id)
{
    long count = sup_components(components, 16);

    for (long i = 0; i < count; i++)
        if (components[i].id == id)
            return &components[i];
    fail(__LINE__);
    return components;
}

static uint64_t stale(void)
{
    struct sup_counters out;

    CHECK(sup_counters(&out) == SHOJI_OK);
    return out.stale_domains;
}

/* Until it serves again. Its waits may be cut short by the scheduler's own reboot. */
static void await(component_t id)
{
    for (uint64_t until = shoji_global.ticks + 3000; state_of(id)->state != SUP_RUNS;) {
        CHECK(shoji_global.ticks < until);
        (void)sched_yield();
    }
}

static void await_note(volatile uint64_t *note)
{
    uint64_t until = shoji_global.ticks + 3000;

    while (*note == 0) {
        CHECK(shoji_global.ticks < until);
        (void)timed_block(10);
    }
}

static void each_way(void)
{
    for (enum way way = STORE; way < WAYS; way++) {
        struct sup_component *victim;
        uint64_t reboots = state_of(VICTIM)->reboots, inits = pool_notes.victim_inits;

        CHECK(victim_count() == 1 && victim_count() == 2);
        CHECK(victim_fail(way) == SHOJI_EFAULT);
        say("failed in way", way);
        await(VICTIM);
        victim = state_of(VICTIM);
        CHECK(victim->reboots == reboots + 1 && pool_notes.victim_inits == inits + 1);
        CHECK(victim->reason[0] != 0 && victim->memory_used == 0);
        CHECK(victim_count() == 1);
        CHECK(sup_kill(VICTIM) == SHOJI_OK); /* so that the next way finds it fresh */
        await(VICTIM);
    }
    CHECK(pool_notes.bystander_inits == 1);
}

/* Another thread is in victim, or waits on its behalf somewhere, while victim is killed. */
static void waits(void)
{
    for (uint64_t order = 1; order <= 5; order++) {
        uint64_t done = pool_notes.bystander_done;

        pool_notes.result = 0;
        pool_notes.inside = 0;
        pool_notes.order = order;
        await_note(&pool_notes.inside);
        (void)timed_block(20);                       /* it waits by now */
        CHECK(order == 5 || pool_notes.result == 0); /* spinning, it ran out of time */
        CHECK(sup_kill(VICTIM) == SHOJI_OK);
        await(VICTIM);
        CHECK(victim_count() == 1);
        await_note((volatile uint64_t *)&pool_notes.result);
        CHECK(pool_notes.result == SHOJI_EFAULT);
        if (order == 4) /* bystander was not harmed, and came to an end */
            CHECK(pool_notes.bystander_done == done + 1);
        say("waited", order);
    }
    CHECK(pool_notes.bystander_inits == 1);
    CHECK(stale() == 0);
}

/* What others keep for victim is given back each time, else one of these is used up soon. */
static void resources(void)
{
    for (int i = 0; i < 100; i++) {
        CHECK(victim_resources() == SHOJI_OK);
        CHECK(state_of(VICTIM)->memory_used == 60 * 1024);
        CHECK(sup_kill(VICTIM) == SHOJI_OK);
        await(VICTIM);
        CHECK(state_of(VICTIM)->memory_used == 0);
    }
    CHECK(state_of(VICTIM)->state == SUP_RUNS);
    say("resources", 100);
}

/* What victim gave to others is taken back. */
static void shares(void)
{
    uint64_t address = (uint64_t)victim_share(), inits = pool_notes.bystander_inits;

    CHECK(bystander_load(address) == 4711);
    CHECK(sup_kill(VICTIM) == SHOJI_OK);
    await(VICTIM);
    CHECK(bystander_load(address) == SHOJI_EFAULT);
    await(BYSTANDER);
    CHECK(pool_notes.bystander_inits == inits + 1);
    CHECK((uint64_t)victim_share() == address && bystander_load(address) == 4711);
    say("shares", 1);
}

/* Who is in one domain falls together. */
static void merged(void)
{
    uint64_t inits = pool_notes.bystander_inits;

    CHECK(pd_merge(VICTIM, BYSTANDER) == SHOJI_OK);
    CHECK(victim_fail(ASSERTION) == SHOJI_EFAULT);
    await(VICTIM);
    await(BYSTANDER);
    CHECK(pool_notes.bystander_inits == inits + 1 && victim_count() == 1);
    CHECK(pd_split(VICTIM) == SHOJI_OK);
    /* A component that is down may be moved, and stays closed. */
    CHECK(sup_kill(VICTIM) == SHOJI_OK);
    CHECK(pd_merge(BYSTANDER, VICTIM) == SHOJI_OK && pd_split(BYSTANDER) == SHOJI_OK);
    await(VICTIM);
    CHECK(victim_count() == 1);
    CHECK(pool_notes.bystander_inits == inits + 1);
    /* What a split has taken away is denied in its name. */
    CHECK(bystander_load((uint64_t)victim_share() + 4) == SHOJI_EFAULT);
    await(BYSTANDER);
    say("merged", 1);
}

/* What everybody needs fails, too. */
static void servers(void)
{
    static const component_t ids[] = {5, 4, 3, 6, 8, 1};

    for (unsigned i = 0; i < sizeof ids / sizeof *ids; i++)
        for (int times = 0; times < 3; times++) {
            struct sup_component *it = state_of(ids[i]);
            uint64_t reboots = it->reboots;

            CHECK(sup_kill(ids[i]) == SHOJI_OK || ids[i] == 1);
            await(ids[i]);
            CHECK(state_of(ids[i])->reboots == reboots + 1);
            CHECK(term_print(3, 'x' | 'y' << 8 | '\n' << 16, 0, 0, 0) == SHOJI_OK);
            CHECK(timed_block(10) == SHOJI_OK);
            long id = lock_create(), group = evt_group(), event = evt_create(group, 5);
            CHECK(id > 0 && lock_wake(id) == SHOJI_OK && lock_wait(id) == SHOJI_OK &&
                  lock_free(id) == SHOJI_OK);
            CHECK(evt_trigger(event) == SHOJI_OK && evt_wait(group) == 5);
            CHECK(victim_resources() == SHOJI_OK);
            CHECK(sup_kill(VICTIM) == SHOJI_OK);
            await(VICTIM);
        }
    say("servers", 6);
}

/* Delays double, and at last it stays down. */
static void repeated(void)
{
    uint64_t before = shoji_global.ticks, fails = 0;

    pool_notes.init_fails = 2;
    for (; state_of(BROKEN)->state != SUP_STAYS; (void)timed_block(10)) {
        CHECK(shoji_global.ticks < before + 2000);
        if (state_of(BROKEN)->state != SUP_RUNS) {
            CHECK(broken_call() == SHOJI_EFAULT);
            continue;
        }
        CHECK(broken_call() == SHOJI_EFAULT);
        fails++;
    }
    CHECK(fails == 6 && state_of(BROKEN)->reboots == 5 && pool_notes.broken_inits == 8);
    CHECK(shoji_global.ticks >= before + 4 * (1 + 2 + 4 + 8 + 16));
    CHECK(broken_call() == SHOJI_EFAULT && victim_count() > 0);
    CHECK(sup_kill(BROKEN) == SHOJI_OK);
    await(BROKEN);
    CHECK(state_of(BROKEN)->reboots == 6);
    say("stays down", fails);
}

SHOJI_EXPORT long driver_thread(void)
{
    CHECK(sup_kill(99) == SHOJI_ENOENT);
    each_way();
    waits();
    resources();
    shares();
    merged();
    servers();
    repeated();
    CHECK(pool_notes.sleeper_begins > 0);
    sup_exit(0);
    return SHOJI_OK;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == DRIVER && sup_kill(VICTIM) == SHOJI_EPERM ? SHOJI_OK : SHOJI_EINVAL;
}

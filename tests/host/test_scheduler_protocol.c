/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The scheduler component with a kernel played by this test, interrupts striking at any instruction. The
 * threads run under the trap flag: after each instruction a signal asks whether an interrupt comes now (at
 * random, mostly close to the last one), and if so does what the kernel does: struct sup_sched in
 * shoji/supervisor.h. What must hold:
 *
 * (No sanitizers here: the instructions should be the component's own.)
 *
 * 1. Lock is set whenever the scheduler calls the kernel, and clear whenever it has returned to a client;
 *    then nothing is pending either, but what may be left for later.
 * 2. With lock clear and nothing pending, no thread runs while one of a higher priority could: here, the
 *    one that waits for the device. Nor does one that is less urgent than the slow device's thread while that
 *    device's interrupt would be left for later.
 * 3. No wakeup is lost: two threads that wake each other in turn do so to the end, and the reader has
 *    read all letters whenever a thread below it runs.
 * 4. A wait with a time does not end before it.
 */
// links: components/runtime/statistics.c
// links: components/scheduler/scheduler.c components/scheduler/run_queue.c tests/host/seeded.c
// flags: -fno-sanitize=all -O2
// includes: tests/host/explore components/interface build/interface components/runtime components/scheduler
// includes: kernel/include tests/host
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export.h"
#include "runtime.h"
#include "scheduler.h"
#include "seeded.h"

#define STEPS 300000 /* instructions */
#define STACK_BYTES 262144
#define LINE (SUP_EVENT_LINE0 + 1)
#define SLOW_LINE (SUP_EVENT_LINE0 + 2)

long sched_upcall(void);

static struct shoji_global global_page = {.tick_us = 1000};
extern const struct shoji_global shoji_global __attribute__((alias("global_page")));

/* ---- Threads ---- */

static void device_thread(void), slow_thread(void), ping_thread(void), pong_thread(void), clock_thread(void),
    reader_thread(void), busy_thread(void);

enum { UPCALL, DEVICE, SLOW, PING, PONG, CLOCK, READER, BUSY, THREADS };
static struct thread {
    void (*entry)(void);
    uint32_t priority;
    int invoked; /* it called sup_switch; else it was interrupted, or never ran */
    void *context;
    _Alignas(16) char stack[STACK_BYTES];
    uint64_t rounds;
} threads[THREADS] = {
    [UPCALL] = {.entry = NULL},
    [DEVICE] = {.entry = device_thread, .priority = 1},
    [SLOW] = {.entry = slow_thread, .priority = 2},
    [PING] = {.entry = ping_thread, .priority = 2},
    [PONG] = {.entry = pong_thread, .priority = 2},
    [CLOCK] = {.entry = clock_thread, .priority = 2},
    [READER] = {.entry = reader_thread, .priority = 2},
    [BUSY] = {.entry = busy_thread, .priority = 3},
};
static void *test_context;
static struct sup_sched *shared;
static uint64_t steps, accepted, left_pending, left_for_later;
static int line_unserved;

static void fail_now(const char *what)
{
    printf("%s: step %llu, thread %u, lock %u, pending %x\n", what, (unsigned long long)steps,
           global_page.current, shared->lock, shared->pending);
    fflush(stdout);
    abort();
}

/* Saves the caller's registers and stack pointer, and goes on where `to` was saved. */
void protocol_switch(void **from, void *to);
__asm__(".pushsection .text\n"
        "protocol_switch:\n"
        "    push %rbp\n    push %rbx\n    push %r12\n    push %r13\n    push %r14\n    push %r15\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbx\n    pop %rbp\n"
        "    ret\n"
        ".popsection");

static void trap_flag_set(void)
{
    __asm__ volatile("sub $128, %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tadd $128, %%rsp"
                     :
                     :
                     : "memory", "cc");
}

static void trap_flag_clear(void)
{
    __asm__ volatile("sub $128, %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\tadd $128, %%rsp"
                     :
                     :
                     : "memory", "cc");
}

/* ---- The kernel ---- */

static void resume(uint32_t to)
{
    void **from = &threads[global_page.current].context;

    global_page.current = to;
    protocol_switch(from, threads[to].context);
}

static unsigned event(void)
{
    unsigned came = SUP_EVENT_TIMER;

    if (random_one_in(2)) {
        global_page.ticks = global_page.ticks + 1;
    } else if (!random_one_in(3)) {
        came = SLOW_LINE;
    } else {
        line_unserved = 1;
        came = LINE;
    }
    shared->pending |= 1u << came;
    return came;
}

static void interrupt(void)
{
    unsigned came = event();

    if (shared->lock != 0) {
        left_pending++;
        return;
    }
    if (shared->later >> came & 1) {
        left_for_later++;
        return;
    }
    if (global_page.current == UPCALL)
        fail_now("the upcall thread runs with lock clear");
    accepted++;
    threads[global_page.current].invoked = 0;
    shared->lock = 1;
    resume(UPCALL);
}

/* After each instruction of a thread. */
static void trapped(int signal)
{
    static uint32_t next;

    (void)signal;
    if (++steps >= STEPS)
        protocol_switch(&threads[global_page.current].context, test_context);
    if (shared->lock == 0 && (shared->pending & ~shared->later) == 0 && line_unserved &&
        global_page.current != DEVICE)
        fail_now("the device's thread could run, and another does");
    if (shared->lock == 0 && shared->later >> SLOW_LINE & 1 &&
        threads[global_page.current].priority > threads[SLOW].priority)
        fail_now("the slow device's interrupt would wait for a thread that is less urgent");
    if (next-- == 0) {
        next = (uint32_t)random_below(random_one_in(2) ? 60 : 3000);
        interrupt();
    }
}

static void thread_main(void)
{
    trap_flag_set();
    while (global_page.current == UPCALL) {
        (void)sched_upcall();
        if (shared->lock == 0)
            fail_now("the upcall thread returns with lock clear");
    }
    for (;;)
        threads[global_page.current].entry();
}

long sup_sched_attach(struct sup_sched *where)
{
    shared = where;
    return SHOJI_OK;
}

long sup_thread_get(uint32_t index, struct sup_thread *out)
{
    trap_flag_clear();
    if (index < THREADS)
        *out = (struct sup_thread){.component = 1, .priority = threads[index].priority};
    trap_flag_set();
    return index < THREADS ? SHOJI_OK : SHOJI_ENOENT;
}

long sup_switch(thread_t to)
{
    trap_flag_clear();
    if (shared->lock == 0)
        fail_now("sup_switch with lock clear");
    if (to >= THREADS || to == global_page.current)
        fail_now("sup_switch to nobody");
    if (!threads[to].invoked && to != UPCALL) {
        if (shared->pending != 0) {
            trap_flag_set();
            return SHOJI_EAGAIN;
        }
        shared->lock = 0;
    }
    threads[global_page.current].invoked = 1;
    resume(to);
    if (shared->lock == 0)
        fail_now("back from sup_switch with lock clear");
    trap_flag_set();
    return SHOJI_OK;
}

long sup_idle(void)
{
    trap_flag_clear();
    if (shared->lock == 0)
        fail_now("sup_idle with lock clear");
    while (shared->pending == 0 ||
           (shared->pending == 1u << SUP_EVENT_TIMER && shoji_global.ticks < shared->idle_until)) {
        shared->pending = 0;
        (void)event();
    }
    trap_flag_set();
    return SHOJI_OK;
}

void runtime_panic(const char *what, const char *file, int line)
{
    trap_flag_clear();
    printf("%s:%d: ", file, line);
    fail_now(what);
    abort();
}

/* ---- What the threads do ---- */

/* A call of the scheduler has returned. An interrupt may strike here too, but is over before the next
 * instruction. */
static void returned(uint32_t self)
{
    if (shared->lock != 0)
        fail_now("back at the client with lock set");
    if ((shared->pending & ~shared->later) != 0)
        fail_now("back at the client with an interrupt unseen");
    if (shoji_global.current != self)
        fail_now("another thread's return");
    threads[self].rounds++;
}

static volatile uint64_t letters, letters_read;

static void device_thread(void)
{
    long status = SHOJI_ETIMEDOUT;

    /* Every other time a wait that may end without the interrupt, which then is not lost. */
    while (letters % 2 == 1 && status == SHOJI_ETIMEDOUT) {
        uint64_t until = shoji_global.ticks + 1;

        status = sched_line_wait_until(LINE, until);
        if (status == SHOJI_ETIMEDOUT && shoji_global.ticks < until)
            fail_now("a wait for the line that ended too early");
        returned(DEVICE);
    }
    if (status == SHOJI_ETIMEDOUT)
        status = sched_line_wait(LINE);
    if (status != SHOJI_OK)
        fail_now("sched_line_wait");
    line_unserved = 0;
    returned(DEVICE);
    letters = letters + 1;
    if (sched_wakeup(READER) != SHOJI_OK)
        fail_now("sched_wakeup of the reader");
    returned(DEVICE);
}

static void slow_thread(void)
{
    if (sched_line_wait(SLOW_LINE) != SHOJI_OK)
        fail_now("sched_line_wait for the slow device");
    returned(SLOW);
}

static void reader_thread(void)
{
    while (letters_read == letters) {
        if (sched_block() != SHOJI_OK)
            fail_now("the reader's sched_block");
        returned(READER);
    }
    letters_read = letters;
}

static volatile int ball; /* 0: at ping's, 1: at pong's */

static void play(int mine, uint32_t self, thread_t other)
{
    while (ball != mine) {
        if (sched_block() != SHOJI_OK)
            fail_now("sched_block");
        returned(self);
    }
    ball = !mine;
    if (sched_wakeup(other) != SHOJI_OK)
        fail_now("sched_wakeup");
    returned(self);
}

static void ping_thread(void)
{
    static uint32_t plays;

    play(0, PING, PONG);
    if (++plays % 4 == 0) { /* the busy one's time */
        uint64_t until = shoji_global.ticks + 2;

        while (shoji_global.ticks < until) {
            (void)sched_block_until(until);
            returned(PING);
        }
    }
}

static void pong_thread(void)
{
    play(1, PONG, PING);
}

static void clock_thread(void)
{
    uint64_t until = shoji_global.ticks + 3;

    if (sched_block_until(until) != SHOJI_ETIMEDOUT || shoji_global.ticks < until)
        fail_now("a wait of three ticks");
    returned(CLOCK);
}

static void busy_thread(void)
{
    for (volatile int at = 0; at < 50; at++) {
        uint64_t sent = letters;

        if (letters_read < sent)
            fail_now("the reader sleeps over a letter");
    }
    if (sched_yield() != SHOJI_OK)
        fail_now("sched_yield");
    returned(BUSY);
}

/* ---- The tests ---- */

static void before_the_first_thread(void **state)
{
    (void)state;
    assert_int_equal(component_init(1), SHOJI_OK);
    assert_int_equal(shared->lock, 1);
    assert_int_equal(sched_block(), SHOJI_EPERM);
    assert_int_equal(sched_yield(), SHOJI_EPERM);
    assert_int_equal(sched_line_wait(LINE), SHOJI_EPERM);
    assert_int_equal(sched_wakeup(1), SHOJI_EINVAL);
    assert_int_equal(shared->lock, 1);
}

static void interrupts_anywhere(void **state)
{
    struct sigaction action = {.sa_handler = trapped, .sa_flags = SA_NODEFER};
    struct sigaction before;

    (void)state;
    random_start("scheduler protocol");
    for (uint32_t id = 0; id < THREADS; id++) {
        void **top = (void **)(threads[id].stack + STACK_BYTES);

        top[-2] = (void *)thread_main;
        threads[id].context = &top[-8];
    }
    assert_int_equal(sigaction(SIGTRAP, &action, &before), 0);
    global_page.current = UPCALL;
    protocol_switch(&test_context, threads[UPCALL].context);
    assert_int_equal(sigaction(SIGTRAP, &before, NULL), 0);
    printf(
        "%llu interrupts at once, %llu left pending, %llu for later; rounds:", (unsigned long long)accepted,
        (unsigned long long)left_pending, (unsigned long long)left_for_later);
    for (uint32_t id = 1; id < THREADS; id++)
        printf(" %llu", (unsigned long long)threads[id].rounds);
    printf("\n");
    for (uint32_t id = 1; id < THREADS; id++)
        assert_true(threads[id].rounds > 10);
    assert_true(left_for_later > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_thread),
        cmocka_unit_test(interrupts_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

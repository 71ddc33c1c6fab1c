/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Depth first over the choices of who goes on. Threads are coroutines; there are no copies of their stacks,
 * so going back means to begin anew and to repeat the choices up to there. The scheduler is a naive one: a
 * wakeup of a thread that is not blocked is remembered, and there are no priorities.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sanitizer/asan_interface.h>

#include "atomic.h"
#include "explore.h"
#include "scheduler.h"

#define STACK_BYTES 65536
#define DEPTH 1000
#define WORDS 256
#define TABLE_BITS 24

static struct shoji_global global_page;
extern const struct shoji_global shoji_global __attribute__((alias("global_page")));

static struct thread {
    void *context; /* its stack pointer while it is away */
    _Alignas(16) char stack[STACK_BYTES];
    uint64_t history; /* hash of what it has read since the mark */
    int done, blocked, remembered;
} threads[EXPLORE_THREADS + 1];
static uint32_t count;
static explore_body thread_body;
static void *explorer;

/* Words that atomic operations have touched, and what was in them at the beginning. */
static struct word {
    volatile void *at;
    uint64_t initial;
    int wide;
} words[WORDS];
static uint32_t word_count;

static uint8_t order[DEPTH], choices[DEPTH]; /* bit t: thread t could have been chosen */
static uint32_t depth;

static uint64_t *table;
static uint64_t states;

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

void explore_fail(const char *what)
{
    printf("%s, in this order:", what);
    for (uint32_t at = 0; at < depth; at++)
        printf(" %u", order[at]);
    printf("\n");
    fflush(stdout);
    abort();
}

/* ---- In a thread ---- */

static struct thread *self(void)
{
    return &threads[global_page.current];
}

/* Saves the caller's registers and stack pointer, and goes on where `to` was saved: ucontext without its
 * system calls. */
void explore_switch(void **from, void *to);
__asm__(".pushsection .text\n"
        "explore_switch:\n"
        "    push %rbp\n    push %rbx\n    push %r12\n    push %r13\n    push %r14\n    push %r15\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbx\n    pop %rbp\n"
        "    ret\n"
        ".popsection");

/* Outside of explore() there are no threads. */
static void point(void)
{
    if (global_page.current != 0)
        explore_switch(&self()->context, explorer);
}

static uint64_t word_read(volatile void *at, int wide)
{
    return wide ? *(volatile uint64_t *)at : *(volatile uint32_t *)at;
}

static void touch(const volatile void *at, int wide)
{
    point();
    for (uint32_t i = 0; i < word_count; i++)
        if (words[i].at == at)
            return;
    if (word_count == WORDS)
        explore_fail("too many words");
    words[word_count++] = (struct word){
        .at = (volatile void *)at, .initial = word_read((volatile void *)at, wide), .wide = wide};
}

static uint64_t seen(uint64_t value)
{
    self()->history = mix(self()->history, value + 1);
    return value;
}

uint32_t atomic_load(const volatile uint32_t *word)
{
    touch(word, 0);
    return (uint32_t)seen(*word);
}

void atomic_store(volatile uint32_t *word, uint32_t value)
{
    touch(word, 0);
    *word = value;
    (void)seen(0);
}

uint32_t atomic_swap(volatile uint32_t *word, uint32_t value)
{
    uint32_t old;

    touch(word, 0);
    old = *word;
    *word = value;
    return (uint32_t)seen(old);
}

int atomic_replace(volatile uint32_t *word, uint32_t old, uint32_t value)
{
    touch(word, 0);
    if (*word != old)
        return (int)seen(0);
    *word = value;
    return (int)seen(1);
}

uint64_t atomic_load64(const volatile uint64_t *word)
{
    touch(word, 1);
    return seen(*word);
}

void atomic_set_bits64(volatile uint64_t *word, uint64_t bits)
{
    touch(word, 1);
    *word |= bits;
    (void)seen(0);
}

void atomic_clear_bits64(volatile uint64_t *word, uint64_t bits)
{
    touch(word, 1);
    *word &= ~bits;
    (void)seen(0);
}

long sched_block(void)
{
    if (global_page.current == 0)
        return SHOJI_EPERM;
    point();
    if (self()->remembered == 0) {
        self()->blocked = 1;
        point();
    }
    self()->remembered = 0;
    (void)seen(2);
    return SHOJI_OK;
}

long sched_block_uncut(void)
{
    return sched_block();
}

/* Nobody's component begins anew here. */
long sched_pause(void)
{
    explore_fail("sched_pause");
    return SHOJI_EPERM;
}

long sched_wakeup(thread_t thread)
{
    point();
    if (thread == 0 || thread > count)
        explore_fail("wakeup of nobody");
    if (threads[thread].blocked)
        threads[thread].blocked = 0;
    else
        threads[thread].remembered = 1;
    (void)seen(3);
    return SHOJI_OK;
}

void explore_mark(uint32_t place)
{
    self()->history = mix(1, place);
}

/* ---- The explorer ---- */

static void thread_main(void)
{
    thread_body(global_page.current);
    self()->done = 1;
    point();
}

static void step(uint32_t thread)
{
    global_page.current = thread;
    explore_switch(&explorer, threads[thread].context);
    global_page.current = 0;
}

static void begin_anew(void)
{
    for (uint32_t i = 0; i < word_count; i++)
        if (words[i].wide)
            *(volatile uint64_t *)words[i].at = words[i].initial;
        else
            *(volatile uint32_t *)words[i].at = (uint32_t)words[i].initial;
    for (uint32_t id = 1; id <= count; id++) {
        struct thread *thread = &threads[id];

        /* The coroutine that was there is given up in the middle. */
        ASAN_UNPOISON_MEMORY_REGION(thread->stack, sizeof thread->stack);
        thread->history = 0;
        thread->done = thread->blocked = thread->remembered = 0;
        /* Six registers, the address to return to, and one word so that the stack is aligned as after a call.
         */
        void **top = (void **)(thread->stack + sizeof thread->stack);

        top[-2] = (void *)thread_main;
        thread->context = &top[-8];
        step(id); /* up to its first operation */
    }
}

static uint64_t state_hash(void)
{
    uint64_t hash = 1;

    /* In the order of addresses, for the order in which they were touched first is history; 0 as if never
     * touched. */
    for (uint32_t i = 0; i < word_count; i++) {
        uint64_t value = word_read(words[i].at, words[i].wide);

        if (value != words[i].initial)
            hash += mix(mix(5, (uint64_t)words[i].at), value);
    }
    for (uint32_t id = 1; id <= count; id++)
        hash = mix(hash, mix(threads[id].history, (uint64_t)(threads[id].done | threads[id].blocked << 1 |
                                                             threads[id].remembered << 2)));
    return hash | 1;
}

/* 1: this state was not known. */
static int state_add(void)
{
    uint64_t hash = state_hash();
    uint64_t at = hash >> 1 & ((1u << TABLE_BITS) - 1);

    for (; table[at] != 0; at = (at + 1) & ((1u << TABLE_BITS) - 1))
        if (table[at] == hash)
            return 0;
    table[at] = hash;
    if (++states > 1u << (TABLE_BITS - 1))
        explore_fail("too many states");
    return 1;
}

/* Bit t: thread t can go on. */
static uint8_t runnable(void)
{
    uint8_t who = 0;

    for (uint32_t id = 1; id <= count; id++)
        if (!threads[id].done && !threads[id].blocked)
            who |= (uint8_t)(1u << id);
    return who;
}

static void choose(uint8_t from)
{
    uint32_t thread = (uint32_t)__builtin_ctz(from);

    if (depth == DEPTH)
        explore_fail("too deep");
    order[depth] = (uint8_t)thread;
    choices[depth++] = from & (uint8_t) ~(1u << thread);
    step(thread);
}

static uint32_t blocked_count(void)
{
    uint32_t blocked = 0;

    for (uint32_t id = 1; id <= count; id++)
        blocked += !threads[id].done;
    return blocked;
}

/* Goes back to the last choice that has an alternative, and takes that; 0: there is none. */
static int back(void)
{
    while (depth > 0 && choices[depth - 1] == 0)
        depth--;
    if (depth == 0)
        return 0;
    depth--;
    begin_anew();
    for (uint32_t at = 0; at < depth; at++)
        step(order[at]);
    choose(choices[depth]);
    return 1;
}

uint64_t explore(uint32_t thread_count, explore_body body, void (*final)(uint32_t blocked))
{
    int going = 1;

    count = thread_count;
    thread_body = body;
    depth = word_count = 0;
    states = 0;
    table = calloc(1u << TABLE_BITS, sizeof *table);
    assert_non_null(table);
    begin_anew();
    (void)state_add(); /* the beginning */
    while (going) {
        if (runnable() != 0) {
            choose(runnable());
        } else {
            final(blocked_count());
            going = back();
        }
        while (going && !state_add())
            going = back();
    }
    begin_anew();
    free(table);
    return states;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Invocations that end with their components, in random systems: threads with activations in domains of one
 * and of many components, current ones and stale ones, against a model that knows nothing of frames. The
 * model says who falls together, and into which activations each thread returns afterwards, with which
 * result.
 */
// clang-format off
// links: kernel/abort.c tests/host/seeded.c
// includes: kernel kernel/include mmp_hw/include tests/host
// flags: -D_GNU_SOURCE
// clang-format on
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>

#include "abort.h"
#include "layout/layout.h"
#include "panic.h"
#include "scheduling.h"
#include "seeded.h"
#include "shoji/status.h"
#include "system.h"

#define COMPONENTS 9u
#define DOMAINS 13u /* those of now first, as many as components, then stale ones; 0 is the supervisor's */
#define THREADS 6u
#define DEPTH 7u
#define WORDS 40u /* of stack, for each activation */
#define GATE 0x1000u
#define CODE_BYTES 0x100u

struct system system_state;
static uint32_t code_base[COMPONENTS]; /* of code that is there, in this process's memory */

/* ---- The truth ---- */

struct activation {
    unsigned domain;
    uint64_t components; /* whose code is on its stack */
    unsigned entered;    /* where it began */
};

static struct truth {
    struct activation activations[DEPTH]; /* the base first */
    unsigned depth;
} truth[THREADS];
static uint64_t members[DOMAINS];
static unsigned domain_now[COMPONENTS];

/* ---- What the kernel sees of it ---- */

static struct fake {
    struct thread thread;
    struct frame frames[DEPTH + 1]; /* the base first */
    uint64_t words[DEPTH * WORDS];
    bool cut;
} fakes[THREADS];
static unsigned running;
static uint64_t hardware_top; /* of the running thread: how many frames it has */

void thread_gone(void)
{
    fail();
}
void panic(const char *format, ...)
{
    fail_msg("%s", format);
    abort();
}

static struct fake *fake_of(const struct call_stack *stack)
{
    return (struct fake *)((uintptr_t)stack - offsetof(struct fake, thread) - offsetof(struct thread, stack));
}

/* The descriptor says what the hardware says only after call_stack_save. */
void call_stack_save(struct call_stack *stack)
{
    assert_ptr_equal(stack, &fakes[running].thread.stack);
    stack->top = hardware_top;
}
void call_stack_load(const struct call_stack *stack)
{
    assert_ptr_equal(stack, &fakes[running].thread.stack);
    hardware_top = stack->top;
}
struct frame call_stack_frame(const struct call_stack *stack, unsigned n)
{
    if (n >= stack->top)
        return (struct frame){.kind = FRAME_NONE};
    return fake_of(stack)->frames[stack->top - n - 1];
}
void call_stack_drop(struct call_stack *stack)
{
    assert_true(stack->top > 0);
    stack->top--;
}
void call_stack_divert(struct call_stack *stack, unsigned n, uint64_t rip)
{
    struct frame *frame = &fake_of(stack)->frames[stack->top - n - 1];

    assert_true(n < stack->top && frame->kind == FRAME_CALL);
    *frame = (struct frame){.kind = FRAME_CALL, .rip = rip, .gate = frame->gate};
}
struct pd pd_named(struct pd_id id)
{
    return (struct pd){(uint8_t)id.value};
}
struct gate gate_read(uint32_t address)
{
    return (struct gate){.target = code_base[address - GATE] + 9};
}
unsigned layout_slot_of(uint32_t address)
{
    return address >= ARENA_BASE && address < ARENA_END ? (address - ARENA_BASE) / SLOT_BYTES : NO_SLOT;
}
struct view layout_view(unsigned component, unsigned slot)
{
    assert_int_equal(component, slot);
    return (struct view){slot};
}
enum right view_right(struct view view, uint32_t address)
{
    return address - code_base[view.word] < CODE_BYTES ? RIGHT_EXECUTE : RIGHT_WRITE;
}
uint64_t layout_members(struct pd pd)
{
    assert_true(pd.number < DOMAINS);
    return members[pd.number];
}
struct pd layout_domain(unsigned component)
{
    return (struct pd){(uint8_t)domain_now[component]};
}
struct thread *thread_at(uint64_t number)
{
    return number < THREADS ? &fakes[number].thread : NULL;
}
struct thread *thread_current(void)
{
    return &fakes[running].thread;
}
void scheduling_cut(const struct thread *thread, bool cut)
{
    ((struct fake *)(uintptr_t)thread)->cut = cut;
}
_Static_assert(offsetof(struct fake, thread) == 0, "a fake begins with its thread");

/* ---- Making a system ---- */

static unsigned one_of(uint64_t set)
{
    uint64_t skip = random_below((uint64_t)__builtin_popcountll(set));

    for (; skip > 0; skip--)
        set &= set - 1;
    return (unsigned)__builtin_ctzll(set);
}

/* Behind a call, of which there is one every eight bytes. */
static uint64_t return_into(unsigned component)
{
    return code_base[component] + 8 * random_from(1, CODE_BYTES / 8 - 1);
}

/* A number that is an address of code, but not behind a call. */
static uint64_t code_of(unsigned component)
{
    return code_base[component] + 8 * random_from(1, CODE_BYTES / 8 - 1) + random_from(1, 7);
}

static void make_domains(void)
{
    uint64_t merged = random_below(8); /* of ten */

    memset(members, 0, sizeof members);
    for (unsigned i = 0; i < COMPONENTS; i++) {
        domain_now[i] = random_below(10) < merged ? 1 + (unsigned)random_below(COMPONENTS) : 1 + i;
        members[domain_now[i]] |= 1ull << i;
    }
    for (unsigned d = COMPONENTS + 1; d < DOMAINS; d++)
        members[d] = 1ull << random_below(COMPONENTS) | 1ull << random_below(COMPONENTS);
}

/* A domain with somebody in it. */
static unsigned domain_draw(void)
{
    unsigned domain;

    do
        domain = 1 + (unsigned)random_below(DOMAINS - 1);
    while (members[domain] == 0);
    return domain;
}

/* The activation's part of the stack: return addresses of those on it above `sp`, anything below. */
static void make_words(struct fake *fake, unsigned depth, const struct activation *it, uint64_t interrupted,
                       struct frame *frame)
{
    uint64_t *words = fake->words + (DEPTH - 1 - depth) * WORDS, left = it->components;
    unsigned sp = 20;

    for (unsigned i = 0; i < WORDS; i++)
        words[i] = i < sp             ? return_into((unsigned)random_below(COMPONENTS))
                   : random_one_in(4) ? code_of((unsigned)random_below(COMPONENTS))
                                      : random_below(1ull << 27);
    left &= ~(1ull << it->entered) & ~(1ull << interrupted);
    for (unsigned i = sp; left != 0; i += 1 + (unsigned)random_below(2), left &= left - 1)
        words[i] = return_into((unsigned)__builtin_ctzll(left));
    if (random_one_in(2))
        words[WORDS - 1] = return_into(it->entered);
    /* Code of others is no word of this activation's components. */
    if (random_one_in(3))
        words[WORDS - 2] = members[it->domain] == (1u << COMPONENTS) - 1
                               ? 0
                               : return_into(one_of(~members[it->domain] & ((1u << COMPONENTS) - 1)));
    frame->rsp = (uintptr_t)(words + sp);
    frame->frame_base = (uintptr_t)(words + WORDS);
    frame->rip = code_of((unsigned)interrupted);
    frame->id = (uint16_t)it->domain;
}

static void make_thread(unsigned number)
{
    struct truth *t = &truth[number];
    struct fake *fake = &fakes[number];
    unsigned frames = 0;

    memset(fake, 0, sizeof *fake);
    t->depth = 1 + (unsigned)random_below(DEPTH - 1);
    fake->thread.stack.limit = (uintptr_t)fake->words;
    fake->frames[frames++] = (struct frame){.kind = FRAME_CALL, .rip = 1};
    for (unsigned i = 0; i < t->depth; i++) {
        struct activation *it = &t->activations[i];
        unsigned interrupted;

        it->domain = domain_draw();
        it->entered = one_of(members[it->domain]);
        interrupted = one_of(members[it->domain]);
        it->components =
            1ull << it->entered | 1ull << interrupted | (members[it->domain] & random_bits() & random_bits());
        if (i == 0)
            fake->thread.component = it->entered;
        else
            fake->frames[frames - 1].gate = GATE + it->entered;
        fake->frames[frames].kind = FRAME_CALL;
        make_words(fake, i, it, interrupted, &fake->frames[frames]);
        frames++;
    }
    if (number != running && random_one_in(2)) {
        fake->frames[frames - 1].kind = FRAME_INTERRUPT;
        fake->thread.state = THREAD_INTERRUPTED;
    } else {
        fake->frames[frames - 1].gate = 1; /* a supervisor call */
        fake->thread.state = number == running ? THREAD_RUNNING : THREAD_INVOKED;
    }
    fake->thread.stack.top = frames;
    if (number == running) {
        hardware_top = frames;
        fake->thread.stack.top = random_below(frames); /* out of date */
    }
}

static void make_system(void)
{
    make_domains();
    running = (unsigned)random_below(THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        make_thread(i);
}

/* ---- The model ---- */

static unsigned class_of[COMPONENTS];

static void join(uint64_t set)
{
    for (unsigned i = 0; i < COMPONENTS; i++)
        for (unsigned j = 0; j < COMPONENTS; j++)
            if ((set >> i & 1) != 0 && (set >> j & 1) != 0 && class_of[i] != class_of[j])
                for (unsigned k = 0, old = class_of[j]; k < COMPONENTS; k++)
                    if (class_of[k] == old)
                        class_of[k] = class_of[i];
}

/* Who is of a domain now, or of an activation, falls together. */
static uint64_t model_closure(uint64_t components)
{
    uint64_t all = components;

    for (unsigned i = 0; i < COMPONENTS; i++)
        class_of[i] = i;
    for (unsigned d = 1; d <= COMPONENTS; d++)
        join(members[d]);
    for (unsigned t = 0; t < THREADS; t++)
        for (unsigned i = 0; i < truth[t].depth; i++)
            join(truth[t].activations[i].components);
    for (unsigned i = 0; i < COMPONENTS; i++)
        for (unsigned j = 0; j < COMPONENTS; j++)
            if ((components >> i & 1) != 0 && class_of[i] == class_of[j])
                all |= 1ull << j;
    return all;
}

static bool ended(unsigned thread, unsigned activation, uint64_t fallen)
{
    return (truth[thread].activations[activation].components & fallen) != 0;
}

/* Where the thread is, once it runs again: in the activation with this number, -1 behind its base; and
 * whether it got there by an error. */
static int model_top(unsigned thread, uint64_t fallen, bool *error)
{
    int at = (int)truth[thread].depth - 1;

    *error = ended(thread, (unsigned)at, fallen);
    while (at >= 0 && ended(thread, (unsigned)at, fallen))
        at--;
    return at;
}

/* ---- The test ---- */

/* The thread runs, and returns from one activation after the other: each return is the model's. */
static void run_to_its_end(unsigned number, uint64_t fallen)
{
    struct fake *fake = &fakes[number];
    bool error;
    int at = model_top(number, fallen, &error);

    assert_int_equal(fake->thread.state == THREAD_RETURNING, error);
    running = number;
    hardware_top = fake->thread.stack.top;
    if (error)
        assert_int_equal(fake->thread.result, SHOJI_EFAULT);
    for (;;) {
        struct frame frame = call_stack_frame(&fake->thread.stack, 0);

        /* On the way into activation `at`: the frame is about it, or is the base's. */
        assert_int_equal(hardware_top, at + 2);
        assert_true(frame.rip != (uintptr_t)thread_gone);
        if (at < 0) {
            assert_int_equal(frame.rip, 1);
            return;
        }
        assert_int_equal(frame.id, truth[number].activations[at].domain);
        hardware_top--; /* it goes on there, and returns from there */
        call_stack_save(&fake->thread.stack);
        frame = call_stack_frame(&fake->thread.stack, 0);
        if (at > 0 && ended(number, (unsigned)at - 1, fallen)) {
            assert_true(fake->cut);
            assert_true(frame.rip == (uintptr_t)thread_gone);
            fake->thread.state = THREAD_RUNNING;
            abort_return();
            assert_int_equal(fake->thread.state, THREAD_RETURNING);
            assert_int_equal(fake->thread.result, SHOJI_EFAULT);
            at--;
            while (at >= 0 && ended(number, (unsigned)at, fallen))
                at--;
            assert_int_equal(hardware_top, fake->thread.stack.top);
        } else {
            at--;
        }
        {
            bool more = false;

            for (int i = 0; i < at; i++)
                more = more || ended(number, (unsigned)i, fallen);
            assert_int_equal(fake->cut, more);
        }
    }
}

static void one_failure(uint64_t components, bool twice)
{
    uint64_t fallen = abort_closure(components), second = fallen;

    assert_int_equal(fallen, model_closure(components));
    abort_invocations(fallen);
    if (twice) { /* more fall before anybody has run */
        uint64_t more = 1ull << random_below(COMPONENTS);

        second = abort_closure(more);
        abort_invocations(second);
        second |= fallen;
    }
    for (unsigned t = 0; t < THREADS; t++) {
        bool unfinished = false, any = false, error;
        int top = model_top(t, second, &error);

        for (int i = 0; i < top; i++)
            unfinished = unfinished || ended(t, (unsigned)i, second);
        assert_int_equal(fakes[t].cut, unfinished);
        for (unsigned n = 0; n < THREADS; n++)
            any = any || fakes[n].cut;
        assert_int_equal(abort_unfinished(), any);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        if (t != running)
            continue;
        assert_int_equal(hardware_top, fakes[t].thread.stack.top);
    }
    for (unsigned t = 0; t < THREADS; t++)
        run_to_its_end(t, second);
}

static void failures_at_random(void **state)
{
    (void)state;
    random_start("abort");
    for (int round = 0; round < 20000; round++) {
        make_system();
        one_failure(1ull << random_below(COMPONENTS), false);
    }
}

static void failures_upon_failures(void **state)
{
    (void)state;
    random_start("abort twice");
    for (int round = 0; round < 20000; round++) {
        make_system();
        one_failure(1ull << random_below(COMPONENTS) | 1ull << random_below(COMPONENTS), true);
    }
}

static void threads_that_are_over_stay_so(void **state)
{
    (void)state;
    random_start("abort over");
    for (int round = 0; round < 2000; round++) {
        struct fake before;
        unsigned number;

        make_system();
        number = (running + 1) % THREADS;
        fakes[number].thread.state = THREAD_OVER;
        before = fakes[number];
        abort_invocations((1ull << COMPONENTS) - 1);
        assert_memory_equal(&before, &fakes[number], sizeof before);
    }
}

/* Code of each component, where components lie: a call every eight bytes. */
static void make_code(void)
{
    for (unsigned i = 0; i < COMPONENTS; i++) {
        uint32_t at = ARENA_BASE + i * SLOT_BYTES + i * PAGE_BYTES;
        uint8_t *code = mmap((void *)(uintptr_t)at, PAGE_BYTES, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

        assert_true((uintptr_t)code == at);
        for (unsigned call = 8; call < CODE_BYTES; call += 8)
            code[call - 5] = 0xe8;
        code_base[i] = at;
        system_state.present |= 1ull << i;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_at_random),
        cmocka_unit_test(failures_upon_failures),
        cmocka_unit_test(threads_that_are_over_stay_so),
    };

    make_code();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Micro-reboots in random systems: components fail, alone and with their domains, by invocations, in
 * component_init and while they are told of others' failures; are killed; serve; time passes. A model that
 * knows only the rules of reboot.h and docs/architecture.md ("Faults") says at each step who is down, who is
 * still to be told of whom, and when a component_init may begin.
 */
// clang-format off
// links: kernel/reboot.c kernel/text.c tests/host/seeded.c
// includes: kernel kernel/include build/interface mmp_hw/include tests/host
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
#include "console.h"
#include "device/virtio.h"
#include "layout/layout.h"
#include "loader/loader.h"
#include "memory_map.h"
#include "panic.h"
#include "reboot.h"
#include "recorder.h"
#include "scheduling.h"
#include "seeded.h"
#include "served/supervisor.h"
#include "supervisor/calls.h"
#include "supervisor/group.h"
#include "supervisor/gates.h"
#include "supervisor/memory.h"
#include "supervisor/pd.h"
#include "supervisor/stack.h"
#include "system.h"

#define COMPONENTS 8u
#define SCHEDULER 0u
#define THREADS 7u /* 0 is the upcall thread, the last one `reboot` */
#define REBOOTER (THREADS - 1)
#define ALL ((1u << COMPONENTS) - 1)

/* ---- The model ---- */

enum model_state { RUNS, DOWN, STAYS };
static struct model {
    enum model_state state;
    unsigned failures, reboots;
    uint64_t due, since;
    unsigned invoked; /* since it began or failed: one invocation may be the one that failed */
    unsigned untold;  /* a bit for each that is to be told of it */
} model[COMPONENTS];

/* ---- The fakes ---- */

void recorder_state(unsigned component, uint32_t state)
{
    (void)component, (void)state;
}
struct system system_state;
const struct loader_call supervisor_calls[1];
static struct shoji_global *global;
static unsigned domain[COMPONENTS];
static uint64_t invocations[COMPONENTS];
static unsigned exports_gone; /* a bit for each that exports component_gone */
static bool closed[COMPONENTS], busy, cut[THREADS];
static unsigned resets[COMPONENTS];
static struct thread threads[THREADS];
static struct entered {
    uint32_t entry;
    uint64_t argument;
    uint16_t id;
} entered[THREADS];
static unsigned current;
static jmp_buf gone_on;
enum went { CONTINUED = 1, RAN_UPCALL, STARTED };

enum function { BLOCK = 1, INIT, GONE, UPCALL };
static uint32_t code(unsigned component, enum function function)
{
    return 0x1000 * (component + 1) + function;
}
uint32_t loader_function(unsigned component, const char *name)
{
    if (strcmp(name, "component_gone") == 0)
        return (exports_gone >> component & 1) != 0 ? code(component, GONE) : 0;
    if (strcmp(name, "sched_block") == 0)
        return component == SCHEDULER ? code(component, BLOCK) : 0;
    if (strcmp(name, "sched_upcall") == 0)
        return code(component, UPCALL);
    assert_string_equal(name, "component_init");
    return code(component, INIT);
}
void panic(const char *format, ...)
{
    fail_msg("%s", format);
    abort();
}
const char *system_name(unsigned component)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};

    return names[component];
}
static unsigned mates(unsigned components)
{
    unsigned all = components;

    for (unsigned i = 0; i < COMPONENTS; i++)
        for (unsigned j = 0; j < COMPONENTS; j++)
            if ((components >> i & 1) != 0 && domain[i] == domain[j])
                all |= 1u << j;
    return all;
}
uint64_t abort_closure(uint64_t components)
{
    return mates((unsigned)components);
}
void abort_invocations(uint64_t components)
{
    assert_int_equal(components, mates((unsigned)components));
}
void abort_return(void) {}
bool abort_unfinished(void)
{
    return busy;
}
void console_line_begin(void) {}
void console_print(const char *format, ...)
{
    (void)format;
}
void terminal_forsake(unsigned component)
{
    (void)component;
}

void virtio_net_reset(unsigned component)
{
    (void)component;
}
void memory_reset(unsigned component)
{
    resets[component]++;
}
void loader_reload(unsigned component, const struct loader_call *calls, bool keep)
{
    assert_int_equal(keep, model[component].failures <= 1);
    assert_ptr_equal(calls, supervisor_calls);
}
uint64_t pd_descendants(unsigned component)
{
    return (void)component, 0;
}
void pd_forsake(unsigned component)
{
    (void)component;
}
void group_forsake(unsigned component)
{
    (void)component;
}
void stack_forsake(unsigned component)
{
    (void)component;
}
void gates_forsake(unsigned component)
{
    (void)component;
}
struct pd layout_domain(unsigned component)
{
    return (struct pd){(uint8_t)(1 + domain[component])};
}
struct pd_id pd_home(uint32_t id)
{
    return (struct pd_id){(uint16_t)id};
}
struct pd_id pd_tag(struct pd pd)
{
    return (struct pd_id){(uint16_t)(0x100 + pd.number)};
}
void layout_close(unsigned component)
{
    closed[component] = true;
}
void layout_open(unsigned component)
{
    closed[component] = false;
}
/* Component i has a gate into each component j. */
struct gate gate_read(uint32_t address)
{
    unsigned i = address / 0x1000, j = address % 0x1000 / GATE_BYTES;

    return (struct gate){.server = {(uint16_t)(j + 1)}, .invocations = i == 0 ? invocations[j] : 0};
}
struct thread *thread_create(const char *name, unsigned component, uint32_t entry, uint32_t priority)
{
    assert_string_equal(name, "reboot");
    assert_int_equal(priority, 0);
    threads[REBOOTER] =
        (struct thread){.name = name, .component = component, .entry = entry, .interruptible = true};
    return &threads[REBOOTER];
}
struct thread *thread_at(uint64_t number)
{
    return number < THREADS ? &threads[number] : NULL;
}
struct thread *thread_current(void)
{
    return &threads[current];
}
void thread_enter(struct thread *thread, struct pd_id id, uint32_t entry, uint64_t argument)
{
    entered[thread - threads] = (struct entered){.entry = entry, .argument = argument, .id = id.value};
}
void thread_begin(struct thread *thread)
{
    thread_enter(thread, (struct pd_id){(uint16_t)(thread->component + 1)}, thread->entry, thread->argument);
}
void thread_returns(long result)
{
    (void)result;
}
void thread_run(struct thread *thread, long result)
{
    assert_ptr_equal(thread, &threads[0]);
    assert_int_equal(result, SHOJI_OK);
    longjmp(gone_on, RAN_UPCALL);
}
void scheduling_continue(void)
{
    longjmp(gone_on, CONTINUED);
}
void scheduling_start(uint32_t upcall)
{
    assert_int_equal(upcall, code(SCHEDULER, UPCALL));
    longjmp(gone_on, STARTED);
}
void scheduling_cut(const struct thread *thread, bool is_cut)
{
    cut[thread - threads] = is_cut;
}
void scheduling_detach(void) {}

/* ---- Steps ---- */

static uint64_t now(void)
{
    return global->ticks;
}

/* In what the thread `reboot` is: its component and function; SCHEDULER and BLOCK if it is parked. */
static unsigned rebooter_in(enum function *function)
{
    *function = (enum function)(entered[REBOOTER].entry % 0x1000);
    return entered[REBOOTER].entry / 0x1000 - 1;
}

static uint64_t last_failure; /* tick */
static bool calm;             /* nobody fails any more */
static bool
    init_ended; /* the component whose component_init `reboot` is in has fallen: its invocation is over */

static void model_fail(unsigned guilty, unsigned fallen, bool killed)
{
    enum function function;
    unsigned in = rebooter_in(&function);

    last_failure = now();
    init_ended = init_ended || (function == INIT && (fallen >> in & 1) != 0);
    /* Who has fallen knows of nobody any more. But the scheduler, up again at once, is told what it was to be
     * told. */
    for (unsigned i = 0; i < COMPONENTS; i++)
        model[i].untold &= ~fallen | 1u << SCHEDULER;
    for (unsigned i = 0; i < COMPONENTS; i++) {
        struct model *it = &model[i];

        if ((fallen >> i & 1) == 0)
            continue;
        if (killed && i == guilty) {
            it->failures = 0;
            it->due = now();
            if (it->state == STAYS)
                it->state = DOWN;
        } else if (i == guilty) {
            static const unsigned delays[] = {0, 0, 0, 4, 8, 16, 32, 64};

            it->failures = it->invoked > 1 || now() - it->since > REBOOT_QUIET_TICKS ? 1 : it->failures + 1;
            if (it->failures == REBOOT_FAILURES_MAX)
                it->state = STAYS;
            else
                it->due = now() + delays[it->failures];
        } else if (it->state == RUNS) {
            it->due = now();
        }
        if (i == guilty && !killed)
            it->invoked = 0;
        if (it->state == RUNS)
            it->state = DOWN;
        it->since = now();
        it->untold = exports_gone & ~fallen;
    }
}

/* The scheduler begins anew at once, before anybody else runs. */
static void scheduler_up(void)
{
    int went = setjmp(gone_on);

    if (went == 0)
        reboot_go_on();
    if (went == CONTINUED)
        return;
    assert_int_equal(entered[0].entry, code(SCHEDULER, INIT));
    assert_false(threads[0].interruptible);
    current = 0;
    went = setjmp(gone_on);
    if (went == 0)
        (void)reboot_thread_returned(SHOJI_OK);
    assert_int_equal(went, STARTED);
    threads[0].interruptible = true;
    model[SCHEDULER].state = RUNS;
    model[SCHEDULER].since = now();
    model[SCHEDULER].reboots++;
    model[SCHEDULER].invoked = 0;
}

static void fail_now(unsigned guilty)
{
    unsigned fallen = mates(1u << guilty);

    model_fail(guilty, fallen, false);
    assert_int_equal(reboot_fail(guilty, 0, "it failed"), fallen);
    assert_string_equal(reboot_state(guilty).reason, "it failed");
    scheduler_up();
}

static void step_failure(void)
{
    unsigned guilty =
        (unsigned)random_from(1, COMPONENTS - 1); /* the scheduler's own repeated failures end in a panic */

    if (model[guilty].state != RUNS)
        return;
    invocations[guilty]++; /* the one that fails */
    model[guilty].invoked++;
    fail_now(guilty);
}

static void kill_now(unsigned component)
{
    unsigned fallen = mates(1u << component);
    int went;

    current = (unsigned)random_from(1, THREADS - 2);
    threads[current].state = THREAD_RUNNING;
    model_fail(component, fallen, true);
    went = setjmp(gone_on);
    if (went == 0)
        (void)sup_kill_call(component + 1, 0);
    assert_int_equal(went, model[SCHEDULER].state == DOWN ? RAN_UPCALL : CONTINUED);
    scheduler_up();
}

static void step_time(void)
{
    for (uint64_t ticks = random_one_in(50) ? 1100 : random_below(12); ticks > 0; ticks--) {
        enum function function;

        global->ticks++;
        reboot_tick();
        /* Who is due, and what is to be told when the time is over, leaves it no rest. */
        (void)rebooter_in(&function);
        for (unsigned i = 0; i < COMPONENTS; i++)
            if (function == BLOCK && model[i].state == DOWN && model[i].due <= now() && i != SCHEDULER)
                assert_true(cut[REBOOTER]);
    }
}

static unsigned lowest_due(void)
{
    for (unsigned i = 0; i < COMPONENTS; i++)
        if (model[i].state == DOWN && model[i].due <= now())
            return i;
    return COMPONENTS;
}

static bool untold_any(void)
{
    unsigned runs = 0, untold = 0;

    for (unsigned i = 0; i < COMPONENTS; i++) {
        runs |= model[i].state == RUNS ? 1u << i : 0;
        untold |= model[i].untold;
    }
    return (untold & runs) != 0;
}

/* Whose turn it was to be told, but who is down, is not told any more: of components below `about`, and for
 * `about` of those below `in`. */
static void untold_drop(unsigned about, unsigned in)
{
    for (unsigned i = 0; i <= about && i < COMPONENTS; i++)
        for (unsigned to = 0; to < (i < about ? COMPONENTS : in); to++)
            if (model[to].state != RUNS)
                model[i].untold &= ~(1u << to);
}

/* What it has entered is what it should do next. */
static void rebooter_check(void)
{
    enum function function;
    unsigned in = rebooter_in(&function), about;

    if (function == GONE)
        untold_drop((unsigned)entered[REBOOTER].argument - 1, in);
    else if (function == INIT || !busy || now() >= last_failure + REBOOT_SETTLE_TICKS)
        untold_drop(COMPONENTS, 0);
    switch (function) {
    case GONE:
        about = (unsigned)entered[REBOOTER].argument - 1;
        assert_true(about < COMPONENTS && (model[about].untold >> in & 1) != 0);
        assert_int_equal(model[in].state, RUNS);
        assert_int_equal(entered[REBOOTER].id, 0x101 + domain[in]);
        assert_true(!busy || now() >= last_failure + REBOOT_SETTLE_TICKS);
        model[about].untold &= ~(1u << in);
        break;
    case INIT:
        assert_false(untold_any());
        assert_int_equal(in, lowest_due());
        assert_int_equal(entered[REBOOTER].argument, in + 1);
        assert_int_equal(entered[REBOOTER].id, 0x101 + domain[in]);
        break;
    default:
        assert_int_equal(function, BLOCK);
        assert_true(threads[REBOOTER].parked);
        if (!busy || now() >= last_failure + REBOOT_SETTLE_TICKS) {
            assert_false(untold_any());
            assert_int_equal(lowest_due(), COMPONENTS);
        }
    }
}

static void step_rebooter(void)
{
    enum function function;
    unsigned in = rebooter_in(&function);
    long status = SHOJI_OK;

    if (function == BLOCK && !cut[REBOOTER])
        return;
    if (function == BLOCK)
        status = SHOJI_ECLOSED;
    if (function == INIT && !calm && random_one_in(4))
        status = SHOJI_EMEMORY;
    if (function == INIT && init_ended) {
        status = SHOJI_EFAULT;
    } else if (function == INIT && !calm && random_one_in(6)) { /* it faults there: its invocation ends */
        fail_now(in);
        status = SHOJI_EFAULT;
    } else if (function == GONE && !calm && random_one_in(6) && model[in].state == RUNS && in != SCHEDULER) {
        fail_now(in);
        status = SHOJI_EFAULT;
    } else if (function == INIT && status < 0) {
        model_fail(in, mates(1u << in), false);
    } else if (function == INIT) {
        model[in].state = RUNS;
        model[in].since = now();
        model[in].reboots++;
        model[in].invoked = 0;
    }
    current = REBOOTER;
    assert_true(reboot_thread_returned(status));
    init_ended = false;
    rebooter_check();
}

static void step_thread(void)
{
    struct thread *thread = &threads[current = (unsigned)random_from(1, THREADS - 2)];
    bool runs = model[thread->component].state == RUNS, parked = thread->parked;

    if (parked && !cut[current])
        return; /* it sleeps */
    assert_int_equal(reboot_thread_returned(parked ? SHOJI_ECLOSED : SHOJI_OK), !runs);
    assert_int_equal(thread->parked, !runs);
    if (!runs)
        assert_int_equal(entered[current].entry, code(SCHEDULER, BLOCK));
}

static void step_busy(void)
{
    busy = !busy;
    if (busy)
        return;
    current = 1;
    if (setjmp(gone_on) == 0)
        thread_gone_returned();
    if (untold_any() && threads[REBOOTER].parked)
        assert_true(cut[REBOOTER]);
}

static void step_serve(void)
{
    unsigned component = (unsigned)random_below(COMPONENTS);

    if (model[component].state != RUNS)
        return;
    invocations[component]++;
    model[component].invoked++;
}

static void check(void)
{
    for (unsigned i = 0; i < COMPONENTS; i++) {
        static const uint32_t states[] = {SUP_RUNS, SUP_DOWN, SUP_STAYS};

        assert_int_equal(reboot_state(i).state, states[model[i].state]);
        assert_int_equal(reboot_state(i).reboots, model[i].reboots);
        if (i != SCHEDULER)
            assert_int_equal(closed[i], model[i].state != RUNS);
        assert_int_equal(reboot_gate_closed(i * GATE_BYTES), model[i].state != RUNS);
    }
    for (unsigned i = 1; i < REBOOTER; i++)
        if (threads[i].parked && model[threads[i].component].state == RUNS)
            assert_true(cut[i]);
}

static void begin(void)
{
    static bool prepared;

    system_state.scheduler = SCHEDULER;
    system_state.manifest.component_count = COMPONENTS;
    for (unsigned i = 0; i < COMPONENTS; i++) {
        system_state.present |= 1ull << i;
        system_state.index_of_id[i + 1] = (uint8_t)i;
        system_state.manifest.components[i].id = i + 1;
        system_state.components[i].gates = 0x1000 * i;
        system_state.components[i].gate_count = COMPONENTS;
        domain[i] = random_one_in(3) ? (unsigned)random_below(COMPONENTS) : i;
        reboot_begin(i);
    }
    for (unsigned i = COMPONENTS + 1; i < 256; i++)
        system_state.index_of_id[i] = NO_COMPONENT;
    memset(model, 0, sizeof model);
    memset(closed, 0, sizeof closed);
    memset(cut, 0, sizeof cut);
    memset(invocations, 0, sizeof invocations);
    exports_gone = (unsigned)random_below(ALL + 1);
    busy = calm = false;
    global->ticks += 2000;
    for (unsigned i = 0; i < REBOOTER; i++)
        threads[i] = (struct thread){.component = (unsigned)random_below(COMPONENTS), .interruptible = true};
    if (prepared)
        return;
    prepared = true;
    reboot_prepare();
    assert_false(reboot_can());
    reboot_start();
    assert_true(reboot_can());
}

static void random_steps(void **state)
{
    (void)state;
    random_start("reboot");
    for (int round = 0; round < 600; round++) {
        enum function function;

        begin();
        for (int step = 0; step < 400; step++) {
            switch (random_below(20)) {
            case 0:
                step_failure();
                break;
            case 1:
                if (random_one_in(3))
                    kill_now((unsigned)random_below(COMPONENTS));
                break;
            case 2:
                step_time();
                break;
            case 3:
            case 4:
                step_thread();
                break;
            case 5:
                step_busy();
                break;
            case 6:
                step_serve();
                break;
            default:
                step_rebooter();
            }
            check();
        }
        /* At rest, all that have not failed too often serve, and everybody knows. */
        busy = false;
        calm = true;
        for (int i = 0;
             i < 2000 && (rebooter_in(&function),
                          function != BLOCK || lowest_due() != COMPONENTS || untold_any() || cut[REBOOTER]);
             i++) {
            global->ticks++;
            reboot_tick();
            step_rebooter();
        }
        assert_false(untold_any());
        for (unsigned i = 0; i < COMPONENTS; i++) /* the next round begins with nobody down */
            while (model[i].state != RUNS) {
                if (model[i].state == STAYS)
                    kill_now(i);
                global->ticks++;
                reboot_tick();
                step_rebooter();
            }
        for (rebooter_in(&function); function != BLOCK || cut[REBOOTER]; rebooter_in(&function))
            step_rebooter();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_steps),
    };
    void *page = mmap((void *)(uintptr_t)GLOBAL_BASE, PAGE_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if ((uintptr_t)page != GLOBAL_BASE)
        return 1;
    global = page;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

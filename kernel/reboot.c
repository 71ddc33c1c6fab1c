/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Micro-reboots. At once, with interrupts off: gates into the failed components are closed, their invocations
 * ended (abort.c), their memory is as it was before component_init, what they gave to others is taken back.
 * Later, on the thread `reboot`, in turn: component_gone(id) of each component that exports it; when the
 * delay is over, their own component_init; then their gates open and threads begin in them.
 *
 * 1. A component that is not RUNS is closed (layout.h), but the scheduler, whose reboot ends before anybody
 * else runs.
 * 2. A thread whose component is closed is parked in the scheduler: it has entered sched_block as if called
 * by nobody.
 * 3. `reboot` is parked exactly if there is nothing to do at this moment.
 */
#include "reboot.h"

#include <stddef.h>

#include "abort.h"
#include "console.h"
#include "device/virtio.h"
#include "layout/layout.h"
#include "loader/loader.h"
#include "panic.h"
#include "recorder.h"
#include "scheduling.h"
#include "shoji/supervisor.h"
#include "supervisor/calls.h"
#include "supervisor/gates.h"
#include "supervisor/group.h"
#include "supervisor/memory.h"
#include "supervisor/pd.h"
#include "supervisor/stack.h"
#include "supervisor/terminal.h"
#include "system.h"
#include "text.h"

struct rebooting {
    uint32_t state, reboots, failures;
    uint64_t due;     /* the tick of its component_init */
    uint64_t since;   /* the tick of its last failure or reboot */
    uint64_t invoked; /* invocations by its last failure or reboot */
    uint64_t untold;  /* components whose component_gone has not been called for it */
    char reason[SUP_REASON_BYTES];
};
static struct rebooting components[MANIFEST_SLOTS];
static uint64_t down;           /* those that are DOWN */
static bool telling;            /* some component may not have been told of all */
static uint64_t settled;        /* the tick from which on others are told in any case */
static uint64_t doomed;         /* those that reboot_later was called for */
static struct thread *rebooter; /* NULL: this system cannot */
static uint32_t block;          /* sched_block */
static bool started;
static unsigned initialised; /* whose component_init `rebooter` is in, or NO_COMPONENT */

static uint64_t now(void)
{
    return ((struct shoji_global *)(uintptr_t)GLOBAL_BASE)->ticks;
}

static unsigned lowest(uint64_t set)
{
    return (unsigned)__builtin_ctzll(set);
}

/* ---- What threads do while there is nothing for them ---- */

static void park(struct thread *thread)
{
    thread->parked = true;
    thread_enter(thread, pd_home(system_state.manifest.components[system_state.scheduler].id), block, 0);
}

static void unpark(struct thread *thread)
{
    if (thread->parked)
        scheduling_cut(thread, true);
}

void reboot_prepare(void)
{
    initialised = NO_COMPONENT;
    if (system_state.scheduler == NO_COMPONENT)
        return;
    block = loader_function(system_state.scheduler, "sched_block");
    if (block == 0)
        return;
    rebooter = thread_create("reboot", system_state.scheduler, block, 0);
    if (rebooter == NULL)
        panic("thread reboot: no room");
    park(rebooter);
}

void reboot_start(void)
{
    started = true;
}

bool reboot_can(void)
{
    return started && rebooter != NULL;
}

/* ---- The failure ---- */

/* What a component that another has made holds is for its maker to put right, or to free. Who fails again
 * before it has served may fail of what it keeps, and begins with nothing. */
static void component_reset(unsigned index)
{
    if (system_is_made(index))
        return;
    pd_forsake(index);
    group_forsake(index);
    gates_forsake(index);
    stack_forsake(index);
    virtio_net_reset(index);
    terminal_forsake(index);
    memory_reset(index);
    loader_reload(index, supervisor_calls, components[index].failures <= 1);
}

/* Of the component, by all others, since boot. */
static uint64_t invocations(unsigned index)
{
    struct pd_id home = pd_home(system_state.manifest.components[index].id);
    uint64_t count = 0;

    for (uint64_t left = system_state.present; left != 0;) {
        unsigned i = system_next(&left);

        for (uint32_t n = 0; n < system_state.components[i].gate_count; n++) {
            struct gate gate = gate_read(system_state.components[i].gates + n * GATE_BYTES);

            if (gate.server.value == home.value)
                count += gate.invocations;
        }
    }
    return count;
}

static void component_blame(unsigned index, const char *reason)
{
    struct rebooting *it = &components[index];

    uint64_t invoked = invocations(index);
    bool served = invoked > it->invoked + 1; /* the failed one is not counted */

    it->invoked = invoked; /* what was served before this failure does not excuse the next one */
    if (system_is_made(index)) {
        text_copy(it->reason, sizeof it->reason, reason);
        return;
    }
    it->failures = served || now() - it->since > REBOOT_QUIET_TICKS ? 1 : it->failures + 1;
    text_copy(it->reason, sizeof it->reason, reason);
    it->due = now() + (it->failures < 3 ? 0 : REBOOT_DELAY_TICKS << (it->failures - 3));
    if (it->failures < REBOOT_FAILURES_MAX)
        return;
    if (index == system_state.scheduler)
        panic("nobody schedules any more: %s", reason);
    it->state = SUP_STAYS;
    down &= ~(1ull << index);
    console_line_begin();
    console_print("reboot: %s stays down after %u failures: %s\n", system_name(index), it->failures, reason);
}

static void untold_set(unsigned index, uint64_t fallen)
{
    components[index].untold = 0;
    for (uint64_t left = system_state.present & ~fallen; left != 0;) {
        unsigned i = system_next(&left);

        if (rebooter != NULL && loader_function(i, "component_gone") != 0)
            components[index].untold |= 1ull << i;
    }
}

/* It is down; others are to hear of it. */
static void component_down(unsigned index, uint64_t fallen)
{
    struct rebooting *it = &components[index];

    if (system_is_made(index))
        it->state = SUP_STAYS;
    if (it->state != SUP_STAYS) {
        it->state = SUP_DOWN;
        down |= 1ull << index;
    }
    recorder_state(index, it->state);
    untold_set(index, fallen);
    it->since = now();
    if (index == initialised)
        initialised = NO_COMPONENT;
    if (index != system_state.scheduler)
        layout_close(index);
    component_reset(index);
}

/* With a component that is rebooted falls what it has made. */
static uint64_t fall(uint64_t components_failed)
{
    uint64_t fallen = components_failed, before;

    do {
        before = fallen;
        for (uint64_t left = before; left != 0;) {
            unsigned index = system_next(&left);

            if (!system_is_made(index))
                fallen |= pd_descendants(index);
        }
        fallen = abort_closure(fallen);
    } while (fallen != before);
    return fallen;
}

uint64_t reboot_fail(unsigned guilty, uint64_t with, const char *reason)
{
    uint64_t fallen = fall(with | (guilty != NO_COMPONENT ? 1ull << guilty : 0));

    abort_invocations(fallen);
    for (uint64_t left = fallen; left != 0; left &= left - 1) {
        unsigned index = lowest(left);
        struct rebooting *it = &components[index];

        if (!system_has(index)) /* it went with its maker */
            continue;
        if (index == guilty) {
            component_blame(index, reason);
        } else if (it->state == SUP_RUNS) {
            it->due = now();
            if (guilty != NO_COMPONENT)
                text_format(it->reason, sizeof it->reason, "in one domain with %s", system_name(guilty));
            else
                text_copy(it->reason, sizeof it->reason, reason);
        }
        component_down(index, fallen);
    }
    telling = true;
    settled = now() + REBOOT_SETTLE_TICKS;
    unpark(rebooter);
    return fallen;
}

void reboot_later(unsigned component, const char *reason)
{
    if (!reboot_can() || components[component].state != SUP_RUNS)
        return;
    text_copy(components[component].reason, sizeof components[component].reason, reason);
    doomed |= 1ull << component;
    unpark(rebooter);
}

/* What reboot_later was called for happens now. */
static void doom(void)
{
    while (doomed != 0) {
        unsigned index = lowest(doomed);
        char reason[SUP_REASON_BYTES];

        doomed &= doomed - 1;
        if (components[index].state != SUP_RUNS)
            continue;
        text_copy(reason, sizeof reason, components[index].reason);
        (void)reboot_fail(index, 0, reason);
    }
}

/* Threads that are busy for a failed component have time to come to an end: else they could take something
 * for it after their component was told to release all. */
static bool settling(void)
{
    return telling && now() < settled && abort_unfinished();
}

void thread_gone_returned(void)
{
    abort_return();
    if (telling && rebooter->parked && !settling())
        unpark(rebooter);
    scheduling_continue();
}

/* The scheduler begins anew with interrupts off, on the upcall thread, as at boot. */
static void scheduler_begin(void) __attribute__((noreturn));

static void scheduler_begin(void)
{
    struct thread *thread = thread_at(UPCALL_THREAD);

    scheduling_detach();
    thread->component = system_state.scheduler;
    thread->entry = loader_function(system_state.scheduler, "component_init");
    thread->argument = system_state.manifest.components[system_state.scheduler].id;
    thread->interruptible = false;
    thread_begin(thread);
    thread_run(thread, SHOJI_OK);
}

void reboot_go_on(void)
{
    if (system_state.scheduler != NO_COMPONENT && components[system_state.scheduler].state == SUP_DOWN)
        scheduler_begin();
    scheduling_continue();
}

/* ---- The reboot ---- */

static void component_up(unsigned index)
{
    struct rebooting *it = &components[index];
    struct thread *thread;

    down &= ~(1ull << index);
    it->state = SUP_RUNS;
    it->since = now();
    it->invoked = invocations(index);
    it->reboots++;
    layout_open(index);
    recorder_state(index, SUP_RUNS);
    for (unsigned i = 0; (thread = thread_at(i)) != NULL; i++)
        if (thread != rebooter && thread->component == index)
            unpark(thread);
    console_line_begin();
    console_print("reboot: %s runs again (%u)\n", system_name(index), it->reboots);
}

static void enter(unsigned component, const char *function, uint64_t argument)
{
    thread_enter(rebooter, pd_tag(layout_domain(component)), loader_function(component, function), argument);
}

/* One component_gone; false: all have been called. */
static bool tell(void)
{
    for (unsigned i = 0; i < MANIFEST_SLOTS; i++) { /* also of those that are no more */
        struct rebooting *it = &components[i];

        while (it->untold != 0) {
            unsigned to = lowest(it->untold);

            it->untold &= it->untold - 1;
            if (components[to].state != SUP_RUNS)
                continue; /* it remembers nothing either */
            enter(to, "component_gone", system_state.manifest.components[i].id);
            return true;
        }
    }
    telling = false;
    return false;
}

static bool init(void)
{
    for (uint64_t left = down; left != 0; left &= left - 1) {
        unsigned index = lowest(left);

        if (components[index].due > now())
            continue;
        initialised = index;
        enter(index, "component_init", system_state.manifest.components[index].id);
        return true;
    }
    return false;
}

/* `rebooter` is at its base, with nothing begun. */
static void rebooter_next(void)
{
    doom();
    if (settling() || (!tell() && !init()))
        park(rebooter);
}

static void rebooter_returned(long status)
{
    unsigned index = initialised;

    initialised = NO_COMPONENT;
    if (index != NO_COMPONENT && status >= 0)
        component_up(index);
    if (index != NO_COMPONENT && status < 0) {
        char reason[SUP_REASON_BYTES];

        text_format(reason, sizeof reason, "component_init returned %ld", status);
        (void)reboot_fail(index, 0, reason);
    }
    rebooter_next();
}

bool reboot_thread_returned(long status)
{
    struct thread *thread = thread_current();
    bool parked = thread->parked;

    if (rebooter == NULL)
        return false;
    if (!thread->interruptible) { /* the scheduler's component_init, again */
        if (!started)
            return false;
        if (status < 0)
            panic("the scheduler cannot be rebooted: component_init returned %ld", status);
        component_up(system_state.scheduler);
        scheduling_start(loader_function(system_state.scheduler, "sched_upcall"));
    }
    if (parked) {
        thread->parked = false;
        scheduling_cut(thread, false);
    }
    if (thread == rebooter) {
        rebooter_returned(parked ? SHOJI_OK : status);
        return true;
    }
    if (components[thread->component].state == SUP_RUNS)
        return false;
    park(thread);
    return true;
}

void reboot_tick(void)
{
    if (rebooter == NULL || !rebooter->parked)
        return;
    if (telling && now() >= settled) {
        unpark(rebooter);
        return;
    }
    for (uint64_t left = down; left != 0; left &= left - 1)
        if (components[lowest(left)].due <= now()) {
            unpark(rebooter);
            return;
        }
}

bool reboot_gate_closed(uint64_t address)
{
    struct gate gate = gate_read((uint32_t)address);

    for (uint64_t left = system_state.present; left != 0;) {
        unsigned i = system_next(&left);

        if (components[i].state != SUP_RUNS &&
            pd_home(system_state.manifest.components[i].id).value == gate.server.value)
            return true;
    }
    return false;
}

SUPERVISOR_CALL(sup_kill, component_t component, component_t)
{
    unsigned index = system_component(component);

    if (!reboot_can())
        return SHOJI_EPERM;
    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    console_line_begin();
    console_print("fault: %s is killed\n", system_name(index));
    components[index].failures = 0;
    if (components[index].state == SUP_STAYS && !system_is_made(index))
        components[index].state = SUP_DOWN;
    components[index].due = now();
    (void)reboot_fail(NO_COMPONENT, 1ull << index, "killed");
    if (thread_current()->state == THREAD_RUNNING)
        thread_returns(SHOJI_OK);
    reboot_go_on();
}

void reboot_begin(unsigned component)
{
    components[component] = (struct rebooting){.state = SUP_RUNS};
}

void reboot_gone(unsigned component)
{
    untold_set(component, 1ull << component);
    if (rebooter != NULL)
        unpark(rebooter);
}

bool reboot_is_told(unsigned component)
{
    return components[component].untold == 0;
}

long reboot_open(unsigned component)
{
    if (components[component].state == SUP_RUNS)
        return SHOJI_ESAME;
    components[component].state = SUP_RUNS;
    components[component].reboots++;
    layout_open(component);
    return SHOJI_OK;
}

struct reboot_state reboot_state(unsigned component)
{
    const struct rebooting *it = &components[component];

    return (struct reboot_state){.state = it->state, .reboots = it->reboots, .reason = it->reason};
}

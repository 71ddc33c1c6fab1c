/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group pd: protection domains that components make and free (HotOS section 3.1, mmp_alloc_PD and
 * mmp_free_PD). Such a one is a component with a slot of its own, without an image: its maker writes what it
 * is to run, and gives it memory and gates (gates.c).
 *
 * 1. Each was made by a component that there is; nobody is above itself.
 * 2. It may own what was taken from its maker's budget, and gives that back when it ends.
 * 3. Its slot and its id are used anew only when no frame names a gate in it, nobody owns a page of it, and
 * everybody who keeps things for others has heard that it is gone.
 */
#include "supervisor/pd.h"

#include "abort.h"
#include "caller.h"
#include "layout/layout.h"
#include "reboot.h"
#include "recorder.h"
#include "supervisor/calls.h"
#include "supervisor/gates.h"
#include "supervisor/group.h"
#include "supervisor/memory.h"
#include "supervisor/names.h"
#include "supervisor/pages.h"
#include "supervisor/share.h"
#include "text.h"
#include "thread.h"

static uint32_t last_id = 256; /* ids go down from here and begin again */

static struct component *component_at(unsigned index)
{
    return &system_state.components[index];
}

/* ---- Who made whom ---- */

bool pd_is_within(unsigned component, unsigned above)
{
    while (component != above && component != NO_COMPONENT)
        component = component_at(component)->parent;
    return component == above;
}

uint64_t pd_descendants(unsigned component)
{
    uint64_t below = 0;

    for (uint64_t left = system_state.present; left != 0;) {
        unsigned i = system_next(&left);

        if (i != component && pd_is_within(i, component))
            below |= 1ull << i;
    }
    return below;
}

/* ---- What is free ---- */

unsigned pd_index_free(bool with_slot)
{
    unsigned first = system_state.manifest.component_count + system_state.manifest.pool_count;
    uint64_t taken = system_state.present | group_indices(), named = 0;

    if (with_slot)
        thread_gate_slots(&named);
    for (unsigned n = first; n < MANIFEST_SLOTS; n++) {
        unsigned i = with_slot ? n : MANIFEST_SLOTS - 1 - (n - first);

        if ((taken >> i & 1) == 0 && reboot_is_told(i) &&
            (!with_slot || ((named >> i & 1) == 0 && pages_empty(i))))
            return i;
    }
    return NO_COMPONENT;
}

/* Has it an id that others are yet to hear is gone? */
static bool is_untold(uint32_t id)
{
    for (unsigned i = system_state.manifest.component_count; i < MANIFEST_SLOTS; i++)
        if (!system_has(i) && !reboot_is_told(i) && system_state.manifest.components[i].id == id)
            return true;
    return false;
}

static uint32_t id_free(void)
{
    for (unsigned tried = 0; tried < 255; tried++) {
        last_id = last_id > 1 ? last_id - 1 : 255;
        if (system_component(last_id) == NO_COMPONENT && !is_untold(last_id))
            return last_id;
    }
    return 0;
}

/* ---- Making one ---- */

static void describe(unsigned index, unsigned maker, uint32_t id, uint64_t memory, const char *name)
{
    struct manifest_component *said = &system_state.manifest.components[index];
    uint32_t base = ARENA_BASE + index * SLOT_BYTES;

    *said = (struct manifest_component){
        .id = id, .memory = (uint32_t)memory, .time_ms = system_state.manifest.components[maker].time_ms};
    text_copy(said->name, sizeof said->name, name);
    *component_at(index) =
        (struct component){.base = base,
                           .gates = base + GATES_OFFSET + index % GATE_COLOURS * PAGE_BYTES,
                           .heap_base = base,
                           .heap_next = base,
                           .heap_end = base + GATES_OFFSET,
                           .budget = (uint32_t)memory,
                           .parent = maker};
}

SUPERVISOR_CALL(mmp_alloc_PD, uint32_t kind, uint64_t memory, uint64_t name_address, component_t badge)
{
    struct caller caller = caller_of(badge);
    struct component *maker = component_at(caller.component);
    char name[SHOJI_NAME_BYTES];
    unsigned index;
    uint32_t id;
    long status;

    if (kind == SUP_PD_KERNEL) /* who calls is a user domain */
        return SHOJI_EPERM;
    if (kind != SUP_PD_USER || memory % PAGE_BYTES != 0 || memory > GATES_OFFSET)
        return SHOJI_EINVAL;
    status = name_address != 0 ? names_read_new(caller, name_address, name) : SHOJI_OK;
    if (status != SHOJI_OK)
        return status;
    if (memory > maker->budget - maker->heap_used)
        return SHOJI_EMEMORY;
    index = pd_index_free(true);
    id = id_free();
    if (index == NO_COMPONENT || id == 0 || layout_component_add(index, id) != SHOJI_OK)
        return SHOJI_EMEMORY;
    if (name_address == 0)
        text_format(name, sizeof name, "pd_%u", id);
    describe(index, caller.component, id, memory, name);
    maker->budget -= (uint32_t)memory;
    system_state.index_of_id[id] = (uint8_t)index;
    system_state.present |= 1ull << index;
    reboot_begin(index);
    recorder_moved();
    return id;
}

/* ---- The end of one ---- */

/* Its invocations have been ended. What it may own goes to the heir, and what it made is the heir's. */
static void end(unsigned index, unsigned heir)
{
    memory_forsake(index);
    share_forsake(index);
    group_forsake(index);
    gates_into_close(index);
    gates_inherit(index, heir);
    gates_forsake(index);
    component_at(heir)->budget += component_at(index)->budget;
    for (uint64_t left = system_state.present; left != 0;) {
        struct component *other = component_at(system_next(&left));

        if (other->parent == index)
            other->parent = heir;
    }
    layout_component_remove(index);
    system_state.index_of_id[system_state.manifest.components[index].id] = NO_COMPONENT;
    system_state.present &= ~(1ull << index);
    reboot_gone(index);
    recorder_gone(index);
}

void pd_forsake(unsigned component)
{
    for (uint64_t left = pd_descendants(component); left != 0;)
        end(system_next(&left), component);
}

/* They end alone: each that is in one domain with others leaves it first. */
static long part(uint64_t components)
{
    for (uint64_t left = components; left != 0;) {
        unsigned index = system_next(&left);

        if ((layout_members(layout_domain(index)) & ~components) == 0)
            continue;
        long status = layout_split(index);

        if (status != SHOJI_OK)
            return status;
    }
    /* An invocation of two of them at once, from before. */
    return (abort_closure(components) & ~components) != 0 ? SHOJI_EBUSY : SHOJI_OK;
}

/* The component that an id names, and that the caller made, directly or not. */
static long below_find(component_t pd, component_t badge, unsigned *index)
{
    unsigned caller = caller_of(badge).component;

    *index = system_component(pd);
    if (*index == NO_COMPONENT)
        return SHOJI_ENOENT;
    return *index != caller && pd_is_within(*index, caller) ? SHOJI_OK : SHOJI_EPERM;
}

SUPERVISOR_CALL(mmp_free_PD, component_t pd, uint32_t recursive, component_t badge)
{
    unsigned index, heir;
    uint64_t ending;
    long status = below_find(pd, badge, &index);

    if (status != SHOJI_OK)
        return status;
    ending = 1ull << index | (recursive ? pd_descendants(index) : 0);
    status = part(ending);
    if (status != SHOJI_OK)
        return status;
    abort_invocations(ending);
    heir = component_at(index)->parent;
    while (ending != 0)
        end(system_next(&ending), heir);
    return SHOJI_OK;
}

SUPERVISOR_CALL(mmp_pd_slot, component_t pd, component_t badge)
{
    unsigned index;
    long status = below_find(pd, badge, &index);

    return status != SHOJI_OK ? status : component_at(index)->heap_base;
}

SUPERVISOR_CALL(mmp_reset_PD, component_t pd, component_t badge)
{
    unsigned index;
    long status = below_find(pd, badge, &index);

    if (status != SHOJI_OK)
        return status;
    if (reboot_state(index).state == SUP_RUNS || pd_descendants(index) != 0)
        return SHOJI_EBUSY;
    memory_reset(index);
    group_forsake(index);
    return SHOJI_OK;
}

SUPERVISOR_CALL(mmp_open_PD, component_t pd, component_t badge)
{
    unsigned index;
    long status = below_find(pd, badge, &index);

    return status != SHOJI_OK ? status : reboot_open(index);
}

SUPERVISOR_CALL(mmp_time_PD, component_t pd, uint32_t milliseconds, component_t badge)
{
    unsigned index;
    long status = below_find(pd, badge, &index);

    if (status != SHOJI_OK)
        return status;
    if (milliseconds < MANIFEST_TIME_LEAST || milliseconds > MANIFEST_TIME_MAX)
        return SHOJI_EINVAL;
    system_state.manifest.components[index].time_ms = milliseconds;
    return SHOJI_OK;
}

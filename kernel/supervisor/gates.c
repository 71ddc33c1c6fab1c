/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group pd: gates given at run time. A component gives a gate to a function of its own, or of one that it has
 * made; or it passes on a gate that it has itself, where the manifest says that it may, or whoever gave it
 * that gate.
 *
 * 1. What is passed on leads where a gate of the giver's leads that may be passed on, or an edge of the
 * manifest that may be; when the giver loses that, it closes.
 * 2. A component that others have made has gates from those above it alone: together with 1, it can invoke
 * what its maker can, what its maker exports, and what was made with it, and nothing else.
 * 3. A gate that closes stays where it is, and leads nowhere: invoking it ends with SHOJI_ECLOSED. Its place
 * is used anew for a gate from the same giver only, and when no frame names it.
 */
#include "supervisor/gates.h"

#include "caller.h"
#include "layout/layout.h"
#include "supervisor/calls.h"
#include "supervisor/names.h"
#include "supervisor/pd.h"
#include "text.h"
#include "thread.h"

#define GIVEN 512u

struct given {
    uint8_t client, giver; /* indices */
    bool used, open;
    bool exported;   /* the function is of the giver's, or of what it made: no gate of its own is behind it */
    bool transitive; /* the client may pass it on */
    uint16_t number; /* among the client's gates */
};
static struct given given[GIVEN];

/* Where a gate leads. */
struct target {
    uint32_t function;
    struct pd_id server;
};

static uint32_t address_of(const struct given *it)
{
    return system_state.components[it->client].gates + it->number * GATE_BYTES;
}

static bool leads_to(uint32_t gate, struct target target)
{
    struct gate record = gate_read(gate);

    return record.target == target.function && record.server.value == target.server.value;
}

/* MANIFEST_SUPERVISOR and NO_COMPONENT are one number: here a gate that leads nowhere is never asked about.
 */
unsigned gates_server(struct pd_id server)
{
    for (uint64_t left = system_state.present; left != 0;) {
        unsigned i = system_next(&left);

        if (pd_home(system_state.manifest.components[i].id).value == server.value)
            return i;
    }
    return NO_COMPONENT;
}

/* ---- What a component may pass on ---- */

/* By the manifest: an edge to that server, or to that group of calls. */
static bool edge_is_transitive(unsigned client, struct target target)
{
    const struct manifest *manifest = &system_state.manifest;
    unsigned server = gates_server(target.server);
    const struct loader_call *call = supervisor_calls;

    if (target.server.value == PD_SUPERVISOR_ID.value)
        while (call->name != NULL && (uint32_t)(uintptr_t)call->entry != target.function)
            call++;
    for (unsigned i = 0; i < manifest->edge_count; i++) {
        const struct manifest_edge *edge = &manifest->edges[i];

        if (edge->client != client || !edge->transitive)
            continue;
        if (target.server.value == PD_SUPERVISOR_ID.value
                ? edge->server == MANIFEST_SUPERVISOR && call->name != NULL &&
                      text_equal(call->group, manifest_groups[edge->group])
                : edge->server != MANIFEST_SUPERVISOR && edge->server == server)
            return true;
    }
    return false;
}

/* The one given for this place, or NULL: the place is one of the loader's. */
static struct given *given_at(unsigned client, uint32_t number)
{
    for (struct given *it = given; it < given + GIVEN; it++)
        if (it->used && it->client == client && it->number == number)
            return it;
    return NULL;
}

static bool may_pass(unsigned giver, uint32_t number)
{
    const struct component *component = &system_state.components[giver];
    const struct given *it = given_at(giver, number);
    struct gate record = gate_read(component->gates + number * GATE_BYTES);

    if (it != NULL)
        return it->open && it->transitive;
    return edge_is_transitive(giver, (struct target){record.target, record.server});
}

static bool may_pass_to(unsigned giver, struct target target)
{
    const struct component *component = &system_state.components[giver];

    if (edge_is_transitive(giver, target)) /* by name: it needs no gate itself */
        return true;
    for (uint32_t n = 0; n < component->gate_count; n++)
        if (leads_to(component->gates + n * GATE_BYTES, target) && may_pass(giver, n))
            return true;
    return false;
}

/* ---- Closing ---- */

static void gate_close(struct given *it)
{
    struct gate record = gate_read(address_of(it));

    record.server = PD_NOBODY_ID;
    gate_write(address_of(it), &record);
    it->open = false;
}

/* Gates passed on by whoever may no longer do so. */
static void sweep(void)
{
    bool closed;

    do {
        closed = false;
        for (struct given *it = given; it < given + GIVEN; it++) {
            struct gate record;

            if (!it->used || !it->open || it->exported)
                continue;
            record = gate_read(address_of(it));
            if (may_pass_to(it->giver, (struct target){record.target, record.server}))
                continue;
            gate_close(it);
            closed = true;
        }
    } while (closed);
}

void gates_into_close(unsigned server)
{
    struct pd_id home = pd_home(system_state.manifest.components[server].id);

    for (struct given *it = given; it < given + GIVEN; it++)
        if (it->used && it->open && gate_read(address_of(it)).server.value == home.value)
            gate_close(it);
}

void gates_inherit(unsigned component, unsigned by)
{
    for (struct given *it = given; it < given + GIVEN; it++)
        if (it->used && it->giver == component)
            it->giver = (uint8_t)by;
    sweep();
}

void gates_forsake(unsigned component)
{
    bool made = system_is_made(component);

    for (struct given *it = given; it < given + GIVEN; it++) {
        if (!it->used || (it->client != component && it->giver != component))
            continue;
        if (it->open)
            gate_close(it);
        if (made && it->client == component) /* its gates go with its slot */
            it->used = false;
    }
    sweep();
}

bool gates_is_closed(uint64_t gate)
{
    return gate_read((uint32_t)gate).server.value == PD_NOBODY_ID.value;
}

/* ---- Giving ---- */

static bool frame_names(uint32_t gate)
{
    struct thread *thread;
    struct frame frame;

    call_stack_save(&thread_current()->stack);
    for (unsigned i = 0; (thread = thread_at(i)) != NULL; i++)
        for (unsigned n = 0; (frame = call_stack_frame(&thread->stack, n)).kind != FRAME_NONE; n++)
            if (frame.gate == gate)
                return true;
    return false;
}

/* A place among the client's gates, and a record of it. */
static struct given *place_find(unsigned client, unsigned giver, bool *is_new)
{
    const struct component *component = &system_state.components[client];
    struct given *unused = NULL;

    *is_new = false;
    for (struct given *it = given; it < given + GIVEN; it++) {
        if (it->used && !it->open && it->client == client && it->giver == giver &&
            !frame_names(address_of(it)))
            return it;
        if (!it->used && unused == NULL)
            unused = it;
    }
    if (unused == NULL || component->gate_count == GATES_PER_COMPONENT)
        return NULL;
    *is_new = true;
    unused->client = (uint8_t)client;
    unused->number = (uint16_t)component->gate_count;
    return unused;
}

static long gate_give(unsigned giver, struct target target, bool exported, bool transitive, unsigned client)
{
    bool is_new;
    struct given *it = place_find(client, giver, &is_new);
    struct gate record = {.target = target.function,
                          .server = target.server,
                          .badge = system_state.manifest.components[client].id};

    if (it == NULL)
        return SHOJI_EMEMORY;
    if (is_new) {
        gate_write(address_of(it), &record);
        if (layout_set_right(address_of(it), GATE_BYTES, RIGHT_EXECUTE, client) != SHOJI_OK)
            return SHOJI_EMEMORY;
        system_state.components[client].gate_count++;
    }
    gate_write(address_of(it), &record);
    *it = (struct given){.client = (uint8_t)client,
                         .giver = (uint8_t)giver,
                         .used = true,
                         .open = true,
                         .exported = exported,
                         .transitive = transitive,
                         .number = it->number};
    return (long)address_of(it);
}

/* What was given by the giver, or by one that it made. */
static long gates_take(unsigned giver, struct target target, unsigned client)
{
    unsigned taken = 0;

    for (struct given *it = given; it < given + GIVEN; it++)
        if (it->used && it->open && it->client == client && pd_is_within(it->giver, giver) &&
            leads_to(address_of(it), target)) {
            gate_close(it);
            taken++;
        }
    sweep();
    return taken != 0 ? SHOJI_OK : SHOJI_ENOENT;
}

/* A function of the giver's own, or of one that it made: code in that one's slot, that the kernel does not
 * keep to itself. */
static long export_check(unsigned giver, uint64_t function, unsigned *server)
{
    unsigned slot = function >> 32 == 0 ? layout_slot_of((uint32_t)function) : NO_SLOT;

    if (!system_has(slot) || !pd_is_within(slot, giver))
        return SHOJI_EPERM;
    if (function % SLOT_BYTES >= GATES_OFFSET ||
        view_right(layout_view(slot, slot), (uint32_t)function) != RIGHT_EXECUTE ||
        loader_keeps(slot, (uint32_t)function))
        return SHOJI_EINVAL;
    *server = slot;
    return SHOJI_OK;
}

/* A component that others have made takes gates from those above it; one of the manifest from itself, and
 * from those that it has an edge to. */
static bool takes_from(unsigned client, unsigned giver)
{
    const struct manifest *manifest = &system_state.manifest;

    if (pd_is_within(client, giver))
        return true;
    for (unsigned i = 0; i < manifest->edge_count && !system_is_made(client); i++)
        if (manifest->edges[i].client == client && manifest->edges[i].server == giver)
            return true;
    return false;
}

SUPERVISOR_CALL(mmp_set_gate, uint64_t function, uint32_t perm, component_t to, component_t badge)
{
    unsigned giver = caller_of(badge).component, client = system_component(to), server = NO_COMPONENT;
    const struct component *component = &system_state.components[giver];
    uint32_t right = perm & ~SUP_PERM_TRANSITIVE,
             number = (uint32_t)(function - component->gates) / GATE_BYTES;
    struct target target;

    if (right != RIGHT_NONE && right != RIGHT_EXECUTE)
        return SHOJI_EINVAL;
    if (client == NO_COMPONENT)
        return SHOJI_ENOENT;
    if (!takes_from(client, giver))
        return SHOJI_EPERM;
    if (function >= component->gates && function < component->gates + component->gate_count * GATE_BYTES) {
        struct gate record;

        if (function % GATE_BYTES != 0 || client == giver)
            return SHOJI_EINVAL;
        record = gate_read((uint32_t)function);
        target = (struct target){record.target, record.server};
        if (record.server.value == PD_NOBODY_ID.value)
            return SHOJI_ECLOSED;
        if (right != RIGHT_NONE && !may_pass(giver, number))
            return SHOJI_EPERM;
    } else {
        long status = export_check(giver, function, &server);

        if (status != SHOJI_OK)
            return status;
        target = (struct target){(uint32_t)function, pd_home(system_state.manifest.components[server].id)};
    }
    if (right == RIGHT_NONE)
        return gates_take(giver, target, client);
    if (target.server.value == pd_home(to).value)
        return SHOJI_EINVAL;
    return gate_give(giver, target, server != NO_COMPONENT, (perm & SUP_PERM_TRANSITIVE) != 0, client);
}

SUPERVISOR_CALL(mmp_pass_gate, component_t of, uint64_t name_address, component_t to, component_t badge)
{
    struct caller caller = caller_of(badge);
    unsigned giver = caller.component, client = system_component(to), server = system_component(of);
    char name[NAMES_FUNCTION_BYTES];
    struct target target;
    long status = names_read(caller, name_address, name, sizeof name);

    if (status != SHOJI_OK)
        return status;
    if (client == NO_COMPONENT || server == NO_COMPONENT || system_is_made(server))
        return SHOJI_ENOENT;
    target = (struct target){loader_function(server, name), pd_home(of)};
    if (target.function == 0 || loader_keeps(server, target.function))
        return SHOJI_ENOENT;
    if (client == giver || client == server || !takes_from(client, giver) ||
        !edge_is_transitive(giver, target))
        return SHOJI_EPERM;
    return gate_give(giver, target, false, false, client);
}

/* ---- For reports ---- */

static bool pair_of(const struct given *it, unsigned *client, unsigned *server)
{
    struct gate record;

    if (!it->used || !it->open)
        return false;
    record = gate_read(address_of(it));
    *client = it->client;
    *server =
        record.server.value == PD_SUPERVISOR_ID.value ? MANIFEST_SUPERVISOR : gates_server(record.server);
    return true;
}

static bool is_edge(unsigned client, unsigned server)
{
    const struct manifest *manifest = &system_state.manifest;

    for (unsigned i = 0; i < manifest->edge_count; i++)
        if (manifest->edges[i].client == client && manifest->edges[i].server == server)
            return true;
    return false;
}

bool gates_pair(unsigned n, unsigned *client, unsigned *server)
{
    for (const struct given *it = given; it < given + GIVEN; it++) {
        unsigned c, s;
        bool seen = false;

        if (!pair_of(it, client, server) || is_edge(*client, *server))
            continue;
        for (const struct given *before = given; before < it && !seen; before++)
            seen = pair_of(before, &c, &s) && c == *client && s == *server;
        if (!seen && n-- == 0)
            return true;
    }
    return false;
}

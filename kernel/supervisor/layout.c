/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group layout: merge, split, move, partition, and the numbers by which somebody decides about them.
 */
#include "layout/layout.h"

#include "caller.h"
#include "reboot.h"
#include "recorder.h"
#include "reports.h"
#include "supervisor/calls.h"
#include "supervisor/frames.h"
#include "supervisor/gates.h"
#include "supervisor/layout.h"
#include "text.h"

_Static_assert(SUP_SETS == LAYOUT_COMPONENTS, "each component may have a set of its own");

/* May the caller take up to `count` records here? SHOJI_OK or SHOJI_EINVAL. */
static bool records_check(component_t badge, uint64_t address, uint64_t count, uint64_t record)
{
    return count <= 4096 && address % 8 == 0 &&
           caller_may_write(caller_of(badge), (struct caller_address){address}, count * record);
}

SUPERVISOR_CALL(sup_components, uint64_t address, uint32_t count, component_t badge)
{
    const struct manifest *manifest = &system_state.manifest;
    struct sup_component *out = (struct sup_component *)address;
    uint32_t there = 0;

    if (!records_check(badge, address, count, sizeof *out))
        return SHOJI_EINVAL;
    for (uint64_t left = system_state.present; left != 0; out++, there++) {
        unsigned i = system_next(&left);
        const struct component *component = &system_state.components[i];
        struct reboot_state state = reboot_state(i);

        if (there >= count)
            continue;
        *out = (struct sup_component){.id = manifest->components[i].id,
                                      .domain = layout_domain(i).number,
                                      .memory_used = component->heap_used,
                                      .memory_budget = component->budget,
                                      .faults = component->faults,
                                      .state = state.state,
                                      .reboots = state.reboots};
        if (component->parent != NO_COMPONENT)
            out->parent = manifest->components[component->parent].id;
        text_copy(out->reason, sizeof out->reason, state.reason);
        text_copy(out->name, sizeof out->name, manifest->components[i].name);
    }
    return there;
}

/* The edge's place among the client's: those to the supervisor's groups are one. */
static bool is_first_of_pair(const struct manifest *manifest, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (manifest->edges[i].client == manifest->edges[index].client &&
            manifest->edges[i].server == manifest->edges[index].server)
            return false;
    return true;
}

/* Without counts. */
static struct sup_edge edge_describe(unsigned client, unsigned server)
{
    const struct manifest *manifest = &system_state.manifest;
    bool supervisor = server == MANIFEST_SUPERVISOR;

    return (struct sup_edge){.client = manifest->components[client].id,
                             .server = supervisor ? 0 : manifest->components[server].id,
                             .crossing =
                                 supervisor || layout_domain(client).number != layout_domain(server).number};
}

/* Adds the counts of the client's gates to those of its edges that are in [from, to). */
static void edges_count(struct sup_edge *from, struct sup_edge *to)
{
    const struct component *client = &system_state.components[system_component(from->client)];
    static struct sup_edge *edge_to[256]; /* by the server's id; NULL between calls */

    for (struct sup_edge *edge = from; edge < to; edge++)
        edge_to[edge->server] = edge;
    for (uint32_t i = 0; i < client->gate_count; i++) {
        struct gate gate = gate_read(client->gates + i * GATE_BYTES);
        struct sup_edge *edge = edge_to[pd_home_of(gate.server)];

        if (edge == NULL)
            continue;
        edge->gates++;
        edge->invocations += gate.invocations;
        edge->gated += gate.gated;
    }
    for (struct sup_edge *edge = from; edge < to; edge++)
        edge_to[edge->server] = NULL;
}

uint32_t edges_tell(struct sup_edge *out, uint32_t count)
{
    const struct manifest *manifest = &system_state.manifest;
    unsigned client, server;
    uint32_t edges = 0, written;

    for (unsigned i = 0; i < manifest->edge_count; i++) {
        if (manifest->edges[i].server == MANIFEST_SUPERVISOR && !is_first_of_pair(manifest, i))
            continue;
        if (edges < count)
            out[edges] = edge_describe(manifest->edges[i].client, manifest->edges[i].server);
        edges++;
    }
    for (unsigned n = 0; gates_pair(n, &client, &server); n++, edges++)
        if (edges < count)
            out[edges] = edge_describe(client, server);
    written = edges < count ? edges : count;
    for (uint32_t from = 0, to; from < written; from = to) {
        for (to = from + 1; to < written && out[to].client == out[from].client; to++)
            ;
        edges_count(out + from, out + to);
    }
    return edges;
}

SUPERVISOR_CALL(sup_edges, uint64_t address, uint32_t count, component_t badge)
{
    if (!records_check(badge, address, count, sizeof(struct sup_edge)))
        return SHOJI_EINVAL;
    return edges_tell((struct sup_edge *)address, count);
}

SUPERVISOR_CALL(sup_counters, uint64_t address, component_t badge)
{
    struct sup_counters *out = (struct sup_counters *)address;
    struct protection_counters hardware;
    struct layout_counts layout;

    if (!records_check(badge, address, 1, sizeof *out))
        return SHOJI_EINVAL;
    protection_counters(&hardware);
    layout_counts(&layout);
    *out = (struct sup_counters){.instructions = hardware.instructions,
                                 .gated = hardware.gated,
                                 .passed = hardware.passed,
                                 .returns = hardware.returns,
                                 .faults = hardware.faults,
                                 .switches = hardware.switches,
                                 .mixed = hardware.mixed,
                                 .merges = layout.merges,
                                 .splits = layout.splits,
                                 .stale_domains = layout.stale,
                                 .domains = layout.domains,
                                 .cycles = hardware.cycles,
                                 .domain_bytes = layout.domain_bytes,
                                 .table_bytes = layout.table_bytes,
                                 .reports = reports_count()};
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_null, component_t)
{
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_policy_line, uint32_t index, uint64_t address, uint64_t bytes, component_t badge)
{
    const struct manifest *manifest = &system_state.manifest;
    const struct manifest_policy_line *line;
    char *out = (char *)address;

    if (bytes > MANIFEST_POLICY_BYTES ||
        !caller_may_write(caller_of(badge), (struct caller_address){address}, bytes))
        return SHOJI_EINVAL;
    if (index >= manifest->policy_line_count)
        return SHOJI_ENOENT;
    line = &manifest->policy_lines[index];
    if (line->bytes >= bytes)
        return SHOJI_ETOOBIG;
    __builtin_memcpy(out, line->text, line->bytes);
    out[line->bytes] = '\0';
    return line->bytes;
}

long move_told(long status)
{
    if (status >= 0) {
        ((struct shoji_global *)(uintptr_t)GLOBAL_BASE)->moves++;
        recorder_moved();
        call_stack_save(&thread_current()->stack);
        frames_load(thread_current());
    }
    return status;
}

SUPERVISOR_CALL(pd_merge, component_t into, component_t from, component_t)
{
    unsigned a = system_component(into), b = system_component(from);

    if (into == 0 || from == 0)
        return SHOJI_EPERM;
    if (a == NO_COMPONENT || b == NO_COMPONENT)
        return SHOJI_ENOENT;
    return move_told(layout_merge(a, b));
}

SUPERVISOR_CALL(pd_split, component_t component, component_t)
{
    unsigned index = system_component(component);

    if (component == 0)
        return SHOJI_EPERM;
    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    return move_told(layout_split(index));
}

SUPERVISOR_CALL(pd_move, component_t component, component_t into, component_t)
{
    unsigned a = system_component(component), b = system_component(into);

    if (component == 0 || into == 0)
        return SHOJI_EPERM;
    if (a == NO_COMPONENT || b == NO_COMPONENT)
        return SHOJI_ENOENT;
    return move_told(layout_move(a, b));
}

SUPERVISOR_CALL(pd_partition, uint64_t address, uint32_t count, component_t badge)
{
    const uint32_t *sets = (const uint32_t *)address;
    uint8_t set_of[LAYOUT_COMPONENTS];
    uint32_t there = 0, n = 0;

    for (uint64_t left = system_state.present; left != 0; there++)
        (void)system_next(&left);
    if ((count != there && count != system_state.manifest.component_count) || address % sizeof *sets != 0 ||
        !caller_may_read(caller_of(badge), (struct caller_address){address}, count * sizeof *sets))
        return SHOJI_EINVAL;
    for (uint64_t left = system_state.present; n < count; n++) {
        if (sets[n] >= LAYOUT_COMPONENTS)
            return SHOJI_EINVAL;
        set_of[system_next(&left)] = (uint8_t)sets[n];
    }
    return move_told(layout_partition(set_of, count == there ? LAYOUT_COMPONENTS : count));
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group layout: what can be asked besides the layout: reports of faults, a client's gates one by one, and
 * what crossed in all.
 */
#include "caller.h"
#include "layout/layout.h"
#include "reports.h"
#include "supervisor/calls.h"
#include "supervisor/files.h"
#include "system.h"
#include "text.h"

static bool record_check(component_t badge, uint64_t address, uint64_t bytes)
{
    return address % 8 == 0 && caller_may_write(caller_of(badge), (struct caller_address){address}, bytes);
}

SUPERVISOR_CALL(sup_fault, uint64_t number, uint64_t address, component_t badge)
{
    const struct sup_fault *report = reports_find(number);

    if (!record_check(badge, address, sizeof *report))
        return SHOJI_EINVAL;
    if (report == NULL)
        return SHOJI_ENOENT;
    *(struct sup_fault *)address = *report;
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_gate, component_t client, uint32_t index, uint64_t address, component_t badge)
{
    const struct manifest *manifest = &system_state.manifest;
    struct sup_gate *out = (struct sup_gate *)address;
    unsigned from = system_component(client), to;
    const char *name = NULL;
    struct gate gate;
    uint32_t into;

    if (!record_check(badge, address, sizeof *out))
        return SHOJI_EINVAL;
    if (from == NO_COMPONENT || index >= system_state.components[from].gate_count)
        return SHOJI_ENOENT;
    *out = (struct sup_gate){.address = system_state.components[from].gates + index * GATE_BYTES};
    gate = gate_read(out->address);
    out->invocations = gate.invocations;
    out->gated = gate.gated;
    to = layout_slot_of(gate.target);
    if (!system_has(to))
        return SHOJI_OK;
    out->server = manifest->components[to].id;
    name = elf_function_at(files_of(to), gate.target - system_state.components[to].base, &into);
    if (name != NULL && into == 0)
        text_copy(out->function, sizeof out->function, name);
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_crossings, component_t)
{
    uint64_t crossings = 0;

    for (uint64_t left = system_state.present; left != 0;) {
        const struct component *client = &system_state.components[system_next(&left)];

        for (uint32_t i = 0; i < client->gate_count; i++)
            crossings += gate_crossings(client->gates + i * GATE_BYTES);
    }
    return (long)crossings;
}

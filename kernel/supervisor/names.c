/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Names: those that callers hand over, the name of what a component has made, and who is behind a gate.
 *
 * 1. No two components that there are have one name, and none is called supervisor.
 */
#include "supervisor/names.h"

#include "layout/layout.h"
#include "recorder.h"
#include "supervisor/calls.h"
#include "supervisor/gates.h"
#include "supervisor/pd.h"
#include "text.h"

static bool name_taken(const char *name)
{
    for (uint64_t left = system_state.present; left != 0;)
        if (text_equal(system_name(system_next(&left)), name))
            return true;
    return text_equal(name, "supervisor");
}

long names_read(struct caller caller, uint64_t address, char *out, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        char c;

        if (!caller_may_read(caller, (struct caller_address){address + i}, 1))
            return SHOJI_EINVAL;
        out[i] = c = *(const char *)(address + i);
        if (c == '\0')
            return i == 0 ? SHOJI_EINVAL : SHOJI_OK;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return SHOJI_EINVAL;
    }
    return SHOJI_EINVAL;
}

long names_read_new(struct caller caller, uint64_t address, char out[SHOJI_NAME_BYTES])
{
    long status = names_read(caller, address, out, SHOJI_NAME_BYTES);

    return status == SHOJI_OK && name_taken(out) ? SHOJI_EBUSY : status;
}

SUPERVISOR_CALL(mmp_name_PD, component_t pd, uint64_t name_address, component_t badge)
{
    struct caller caller = caller_of(badge);
    unsigned index = system_component(pd);
    char name[SHOJI_NAME_BYTES];
    long status;

    if (index == NO_COMPONENT)
        return SHOJI_ENOENT;
    if (index == caller.component || !pd_is_within(index, caller.component))
        return SHOJI_EPERM;
    status = names_read_new(caller, name_address, name);
    if (status != SHOJI_OK)
        return status;
    text_copy(system_state.manifest.components[index].name, SHOJI_NAME_BYTES, name);
    recorder_named(index);
    return SHOJI_OK;
}

SUPERVISOR_CALL(sup_gate_server, uint64_t gate, uint64_t name_address, component_t badge)
{
    struct caller caller = caller_of(badge);
    const struct component *component = &system_state.components[caller.component];
    unsigned server;

    if (gate < component->gates || gate >= component->gates + component->gate_count * GATE_BYTES ||
        gate % GATE_BYTES != 0 ||
        !caller_may_write(caller, (struct caller_address){name_address}, SHOJI_NAME_BYTES))
        return SHOJI_EINVAL;
    server = gates_server(gate_read((uint32_t)gate).server);
    if (server == NO_COMPONENT)
        return SHOJI_ENOENT;
    text_copy((char *)name_address, SHOJI_NAME_BYTES, system_name(server));
    return system_state.manifest.components[server].id;
}

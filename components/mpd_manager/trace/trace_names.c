/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace_names.h"

#include <string.h>

#define GATE_BYTES 32u /* they lie at multiples of it */

void trace_name_copy(char *out, const char *name, uint32_t bytes)
{
    uint32_t used = 0;
    for (; used + 1 < bytes && name[used]; used++) {
        bool plain = name[used] >= ' ' && name[used] <= '~' && name[used] != '"' && name[used] != '\\';
        out[used] = plain ? name[used] : '?';
    }
    out[used] = 0;
}

void trace_names_begin(struct trace_names *names, const struct layout *layout)
{
    memset(names, 0, sizeof *names);
    strcpy(names->component[0], "supervisor");
    for (uint32_t i = 0; i < layout->components_count; i++)
        if (layout->components[i].id < 256)
            trace_name_copy(names->component[layout->components[i].id], layout->components[i].name,
                            SHOJI_NAME_BYTES);
}

void trace_named(struct trace_names *names, component_t id, const char *name)
{
    char fit[SHOJI_NAME_BYTES];
    if (id == 0 || id >= 256 || !name[0])
        return;
    trace_name_copy(fit, name, sizeof fit);
    names->renamed[id] += strcmp(fit, names->component[id]) != 0;
    strcpy(names->component[id], fit);
}

uint16_t trace_renamed(const struct trace_names *names, component_t id)
{
    return id < 256 ? names->renamed[id] : 0;
}

const char *trace_component(const struct trace_names *names, component_t id)
{
    return id < 256 && names->component[id][0] ? names->component[id] : "gone";
}

const struct sup_record_gate *trace_gate(struct trace_names *names, uint32_t address)
{
    /* Components' gates lie 4 MiB apart, and begin at one of a few pages. */
    struct trace_gate *kept = &names->gates[(address / GATE_BYTES + (address >> 22) * 37) % TRACE_GATES];
    struct sup_record_gate asked;
    if (kept->address == address && address)
        return &kept->gate;
    memset(kept, 0, sizeof *kept);
    kept->address = address;
    if (sup_record_gate(address, &asked) >= 0) {
        kept->gate = (struct sup_record_gate){.client = asked.client, .server = asked.server};
        trace_name_copy(kept->gate.function, asked.function, sizeof asked.function);
    }
    return &kept->gate;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace_names.h"

#include <string.h>

#define GATE_BYTES 32u /* they lie at multiples of it */

void trace_names_begin(struct trace_names *names, const struct layout *layout)
{
    memset(names, 0, sizeof *names);
    strcpy(names->component[0], "supervisor");
    for (uint32_t i = 0; i < layout->components_count; i++)
        if (layout->components[i].id < 256)
            memcpy(names->component[layout->components[i].id], layout->components[i].name,
                   SHOJI_NAME_BYTES - 1);
}

const char *trace_component(const struct trace_names *names, component_t id)
{
    return id < 256 && names->component[id][0] ? names->component[id] : "gone";
}

const struct sup_record_gate *trace_gate(struct trace_names *names, uint32_t address)
{
    /* Components' gates lie 4 MiB apart, and begin at one of a few pages. */
    struct trace_gate *kept = &names->gates[(address / GATE_BYTES + (address >> 22) * 37) % TRACE_GATES];
    if (kept->address == address && address)
        return &kept->gate;
    memset(kept, 0, sizeof *kept);
    kept->address = address;
    if (sup_record_gate(address, &kept->gate) < 0)
        memset(&kept->gate, 0, sizeof kept->gate);
    return &kept->gate;
}

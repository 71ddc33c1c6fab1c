/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Gate records in memory (docs/mmp-manual.md, 5.2). The processor counts in them; the kernel only writes
 * whole new ones.
 */
#include <stddef.h>

#include "protection.h"

#include "mmp/arch.h"

struct record {
    uint32_t kind, target;
    uint16_t pd, zero;
    uint32_t badge;
    uint64_t count, crossed;
};
_Static_assert(sizeof(struct record) == MMP_GATE_BYTES && GATE_BYTES == MMP_GATE_BYTES, "gate record");
_Static_assert(offsetof(struct record, kind) == MMP_GATE_KIND &&
                   offsetof(struct record, target) == MMP_GATE_TARGET &&
                   offsetof(struct record, pd) == MMP_GATE_PD &&
                   offsetof(struct record, badge) == MMP_GATE_BADGE &&
                   offsetof(struct record, count) == MMP_GATE_COUNT &&
                   offsetof(struct record, crossed) == MMP_GATE_CROSSED,
               "gate record (manual 5.2)");

void gate_write(uint32_t address, const struct gate *gate)
{
    struct record *record = (struct record *)(uintptr_t)address;

    *record = (struct record){.kind = MMP_GATE_CALL,
                              .target = gate->target,
                              .pd = gate->server.value,
                              .badge = gate->badge,
                              .count = gate->invocations,
                              .crossed = gate->gated};
}

uint64_t gate_crossings(uint32_t address)
{
    const struct record *record = (const struct record *)(uintptr_t)address;

    return record->pd != PD_SUPERVISOR_ID.value ? record->crossed : 0;
}

struct gate gate_read(uint32_t address)
{
    const struct record *record = (const struct record *)(uintptr_t)address;

    return (struct gate){.target = record->target,
                         .server = {record->pd},
                         .badge = record->badge,
                         .invocations = record->count,
                         .gated = record->crossed};
}

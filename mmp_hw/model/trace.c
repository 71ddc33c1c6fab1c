/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The trace ring (manual 7.9): what happened to the domain that runs, in memory that domain 0 chose. Nobody
 * else's rights are asked, and nothing is decided here.
 *
 * 1. A record is written after all else that its event writes, and no record without its event.
 * 2. Of memory only the ring is written; where the ring is not in memory, records are counted only.
 */
#include "parts.h"

struct record {
    uint64_t time, rsp;
    uint32_t place, insns;
    uint16_t kind, from, to, zero;
};
#define FIELD(field, offset) static_assert(offsetof(struct record, field) == (offset), "record (manual 7.9)")
FIELD(time, MMP_TRACE_TIME);
FIELD(rsp, MMP_TRACE_RSP);
FIELD(place, MMP_TRACE_PLACE);
FIELD(insns, MMP_TRACE_INSNS);
FIELD(kind, MMP_TRACE_KIND);
FIELD(from, MMP_TRACE_FROM);
FIELD(to, MMP_TRACE_TO);
static_assert(sizeof(struct record) == MMP_TRACE_BYTES, "record (manual 7.9)");

static uint64_t place_of(const struct mmp_ring *ring, uint64_t number)
{
    return ring->base + (number * MMP_TRACE_BYTES & (ring->size - 1));
}

void mmp_trace_append(struct mmp_state *s, const struct mmp_memory *m, uint16_t kind, uint16_t from,
                      uint64_t rsp, uint64_t place)
{
    const struct record record = {.time = s->ring.time,
                                  .rsp = rsp,
                                  .place = (uint32_t)place,
                                  .insns = s->ring.insns,
                                  .kind = kind,
                                  .from = from,
                                  .to = s->pdid};
    uint8_t *at;

    if (!s->enabled)
        return;
    at = mmp_memory_at(m, place_of(&s->ring, s->ring.count), sizeof record);
    if (at != NULL)
        memcpy(at, &record, sizeof record);
    s->ring.count++;
}

void mmp_interrupt_returned(struct mmp_state *s, const struct mmp_memory *m, uint16_t from,
                            const struct mmp_cpu *cpu)
{
    mmp_trace(s, m, MMP_TRACE_INTERRUPT_RETURN, from, cpu->gpr[4], cpu->rip);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The processor's trace ring (docs/mmp-manual.md, 7.9).
 */
#include <stddef.h>

#include "protection.h"

#include "mmp/arch.h"
#include "mmp/registers.h"

struct record {
    uint64_t time, rsp;
    uint32_t place, instructions;
    uint16_t kind, from, to, zero;
};
_Static_assert(sizeof(struct record) == MMP_TRACE_BYTES && PROTECTION_RECORD_BYTES == MMP_TRACE_BYTES &&
                   offsetof(struct record, time) == MMP_TRACE_TIME &&
                   offsetof(struct record, rsp) == MMP_TRACE_RSP &&
                   offsetof(struct record, place) == MMP_TRACE_PLACE &&
                   offsetof(struct record, instructions) == MMP_TRACE_INSNS &&
                   offsetof(struct record, kind) == MMP_TRACE_KIND &&
                   offsetof(struct record, from) == MMP_TRACE_FROM &&
                   offsetof(struct record, to) == MMP_TRACE_TO,
               "record (manual 7.9)");
_Static_assert(RECORD_CALL == MMP_TRACE_CALL && RECORD_PASS == MMP_TRACE_PASS &&
                   RECORD_RETURN == MMP_TRACE_RETURN && RECORD_INTERRUPT == MMP_TRACE_INTERRUPT &&
                   RECORD_RESUME == MMP_TRACE_INTERRUPT_RETURN && RECORD_STACK == MMP_TRACE_STACK,
               "kinds (manual 7.9)");

static uint64_t ring_base, ring_records;

void protection_record_start(uint64_t address, uint64_t bytes)
{
    ring_base = address;
    ring_records = bytes / MMP_TRACE_BYTES;
    mmp_register_write(MMP_MSR_TRACE_BASE, address);
    mmp_register_write(MMP_MSR_TRACE_COUNT, 0);
    mmp_register_write(MMP_MSR_TRACE_SIZE, bytes);
}

void protection_record_stop(void)
{
    mmp_register_write(MMP_MSR_TRACE_SIZE, 0);
}

uint64_t protection_record_count(void)
{
    return mmp_register_read(MMP_MSR_TRACE_COUNT);
}

struct protection_record protection_record(uint64_t number)
{
    const struct record *r = (const struct record *)(ring_base + number % ring_records * MMP_TRACE_BYTES);

    return (struct protection_record){.time = r->time,
                                      .stack = r->rsp,
                                      .place = r->place,
                                      .instructions = r->instructions,
                                      .kind = (enum record_kind)r->kind,
                                      .from = pd_of_tag(r->from),
                                      .to = pd_of_tag(r->to)};
}

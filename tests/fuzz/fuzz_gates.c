/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Gates, returns, interrupts and register writes over memory of any content, with the machine of model mode
 * beside them: a fault or a refusal changes nothing, a domain that runs was named by a descriptor, what lies
 * outside the places of manual 5.3 and 6.2 stays, and the machine's account balances.
 */
// links: mmp_hw/model/gate.c mmp_hw/model/interrupt.c mmp_hw/model/callstack.c mmp_hw/model/domain.c
// links: mmp_hw/model/register.c mmp_hw/model/trace.c mmp_hw/model/spt.c mmp_hw/model/permission.c mmp_hw/model/table.c
// links: mmp_hw/model/runlength.c mmp_hw/model/machine.c mmp_hw/model/machine_make.c mmp_hw/model/check.c
// links: mmp_hw/model/cache.c mmp_hw/model/plb.c mmp_hw/model/glb.c mmp_hw/model/stacktop.c
// includes: mmp_hw/include mmp_hw/model tests/fuzz
#include <stdlib.h>

#include "input.h"
#include "machine.h"

#define MEMORY                                                                                               \
    0x4000u /* gates are at its start: the window's first 64 KiB below 4 MiB would need 4 MiB of memory */

static uint8_t *memory;
static struct mmp_memory m;
static struct mmp_state s;
static struct mmp_machine *mc;

/* An address in or just beside memory, mostly of some use. */
static uint64_t place(struct input *in)
{
    uint64_t at = input_take(in, 2);

    return at % 16 == 15 ? input_take(in, 8) : (at / 16 * 8) % (MEMORY + 64);
}

static void cpu_fill(struct input *in, struct mmp_cpu *cpu)
{
    memset(cpu->gpr, 0x11, 16 * sizeof *cpu->gpr);
    cpu->rip = 0x1111;
    cpu->gpr[4] = input_take(in, 1) % 4 != 0 && s.fb >= 64 ? s.fb - 8 * input_below(in, 8) : place(in);
    cpu->rflags = (uint32_t)input_take(in, 4);
}

/* The words that a crossing may write. */
static bool may_write(uint64_t at, uint64_t frame, uint64_t slot, uint64_t counts)
{
    return at - frame < 88 || at - slot < 8 || at - counts < 16;
}

static void expect_little_changed(const uint8_t *before, uint64_t frame, uint64_t slot, uint64_t counts)
{
    for (uint64_t at = 0; at < MEMORY; at++)
        CHECK(memory[at] == before[at] || may_write(at, frame, slot, counts));
}

static void expect_nothing_changed(const uint8_t *before, const struct mmp_state *state)
{
    CHECK(memcmp(memory, before, MEMORY) == 0);
    CHECK(memcmp(&s, state, sizeof s) == 0);
}

static void one_event(struct input *in)
{
    static uint8_t before[MEMORY];
    struct mmp_state state = s;
    struct mmp_fault fault;
    struct mmp_invalidate inval = {0};
    uint64_t gpr[16];
    struct mmp_cpu cpu = {.gpr = gpr};
    enum mmp_crossing crossing;
    uint64_t at, popped = 0;
    uint32_t msr;
    uint8_t what;

    memcpy(before, memory, MEMORY);
    switch (input_take(in, 1) % 8) {
    case 0:
    case 1:
        cpu_fill(in, &cpu);
        what = (uint8_t)input_take(in, 1);
        at = what % 4 != 0 ? 0x400 + what / 4 % 4 * 32 : place(in) / 32 * 32 + (what / 4 % 16 == 0);
        cpu.rip = at;
        crossing = mmp_gate_enter(&s, &m, &cpu, &fault);
        if (crossing == MMP_CROSSING_FAULT)
            expect_nothing_changed(before, &state);
        else
            expect_little_changed(before, crossing == MMP_CROSSING_CHANGED ? state.xsp : UINT64_MAX / 2,
                                  crossing == MMP_CROSSING_CHANGED ? s.fb - 8 : UINT64_MAX / 2, at + 16);
        CHECK(crossing != MMP_CROSSING_CHANGED ||
              (s.xsp == state.xsp + 128 && state.pdid != s.pdid && state.pdid != 0));
        mmp_machine_gate(mc, at, crossing);
        break;
    case 2:
    case 3:
        cpu_fill(in, &cpu);
        if (s.xsp >= 128 && s.xsp <= MEMORY && input_take(in, 1) % 8 != 0)
            memcpy(&popped, memory + s.xsp - 128, 8);
        crossing = mmp_gate_return(&s, &m, &cpu, popped, &fault);
        CHECK(memcmp(memory, before, MEMORY) == 0);
        if (crossing == MMP_CROSSING_FAULT)
            expect_nothing_changed(before, &state);
        else
            CHECK(s.xsp == state.xsp - 128 && cpu.rip == popped);
        mmp_machine_return(mc, crossing);
        break;
    case 4:
        cpu_fill(in, &cpu);
        if (mmp_interrupt_enter(&s, &m, &cpu)) {
            CHECK(s.pdid == 0 && s.xsp == state.xsp + 128);
            expect_little_changed(before, state.xsp, UINT64_MAX / 2, UINT64_MAX / 2);
            mmp_machine_interrupt(mc);
        } else {
            expect_nothing_changed(before, &state);
        }
        break;
    case 5:
        crossing = mmp_interrupt_return(&s, &m, input_take(in, 1) % 2 * 3, &fault);
        if (crossing == MMP_CROSSING_FAULT)
            expect_nothing_changed(before, &state);
        mmp_machine_interrupt_return(mc, crossing);
        break;
    case 6:
        msr = MMP_MSR_BASE + (uint32_t)input_below(in, MMP_MSR_END - MMP_MSR_BASE);
        if (s.pdid == 0) { /* as the processor has it */
            enum mmp_msr outcome =
                mmp_msr_write(&s, &m, msr, input_take(in, 1) % 2 ? place(in) : input_take(in, 8), &inval);

            if (outcome == MMP_MSR_REFUSED)
                expect_nothing_changed(before, &state);
            s.enabled = true;
            mmp_machine_msr_written(mc, msr, outcome, &inval);
        }
        break;
    default:
        at = place(in);
        switch (input_take(in, 1) % 4) {
        case 0:
            mmp_machine_fetch(mc, at, 1 + (uint32_t)input_below(in, 15));
            break;
        case 1:
            mmp_machine_load(mc, at, (uint32_t)input_below(in, 65), 3);
            break;
        case 2:
            mmp_machine_store(mc, at, (uint32_t)input_below(in, 65), 4);
            break;
        default:
            mmp_machine_device(mc, 0x8001, (uint32_t)place(in) & ~0xfffu, at, input_below(in, 65),
                               MMP_ACCESS_STORE);
            break;
        }
        expect_nothing_changed(before, &state);
        break;
    }
    if (s.pdid != 0 && s.pdid != state.pdid) {
        bool named = false; /* by a descriptor that was there before or after */

        for (uint64_t i = 0; i < s.dtcount && s.dtbase + 16 * i + 16 <= MEMORY; i++)
            named |= memcmp(memory + s.dtbase + 16 * i + 4, &s.pdid, 2) == 0 ||
                     memcmp(before + s.dtbase + 16 * i + 4, &s.pdid, 2) == 0;
        CHECK(named);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct mmp_machine_shape shape = mmp_machine_mondrix;
    const struct mmp_machine_counts *counts;
    uint64_t sum = 0, domains = 0;
    static void *storage; /* of the largest of the shapes, which differ in nothing that takes storage */

    shape.l1i.bytes = shape.l1d.bytes = 1024;
    shape.l2.bytes = 4096;
    shape.plb.entries = shape.plb.ways = 4;
    shape.glb.entries = 2;
    shape.frames = (uint32_t)input_take(&in, 1) % 4;
    shape.sidecars = (enum mmp_sidecars)(input_take(&in, 1) % 3);
    shape.stale_check = true;
    memory = malloc(MEMORY);
    memset(memory, 0, MEMORY);
    for (uint64_t at = 0x1000; at < MEMORY; at += 8) /* no two words alike */
        memcpy(memory + at, &at, 8);
    m = (struct mmp_memory){memory, MEMORY};
    mmp_reset(&s);
    s.enabled = true;
    s.align = 3 + (uint8_t)input_take(&in, 1) % 10;
    s.dtcount = 4;
    s.dtbase = 0x200;
    s.gwhi = 0x400000;
    s.s0 = 0x3000;
    s.sl = 0x2000;
    s.fb = 0x2800;
    s.xbase = s.xsp = 0x1000;
    s.xlimit = 0x1000 + 128 * (input_take(&in, 1) % 16);
    for (uint32_t i = 0; i < 4; i++) { /* descriptors and gates that work, unless the input says otherwise */
        uint32_t tag = (i % 2 ? 0x8000 : 0) + i;
        const uint32_t descriptor[4] = {0, (tag != 0 ? tag : 0x8001) | 1u << 16, 0, 0};
        const uint32_t gate[8] = {0x47415445, 0x100, tag};

        memcpy(memory + 0x200 + 16 * i, descriptor, sizeof descriptor);
        memcpy(memory + 0x400 + 32 * i, gate, sizeof gate);
    }
    for (unsigned i = (unsigned)input_take(&in, 1) % 32; i > 0; i--) {
        uint64_t at = place(&in), value = input_take(&in, 8);

        if (at <= MEMORY - 8)
            memcpy(memory + at, &value, 8);
    }
    s.pdid = 0x8001;
    if (storage == NULL)
        storage = aligned_alloc(16, mmp_machine_bytes(&shape));
    mc = mmp_machine_make(storage, &shape, &s, &m, NULL, NULL);
    for (unsigned i = 0; i < 100 && in.size > 0; i++)
        one_event(&in);
    counts = mmp_machine_counts(mc);
    for (unsigned i = 0; i < MMP_CAUSES; i++)
        sum += counts->by_cause[i];
    for (uint32_t tag = 0; tag < 0x10000; tag++)
        domains += mmp_machine_cycles_of(mc, (uint16_t)tag);
    CHECK(sum == counts->cycles && domains == sum);
    CHECK(counts->glb_hits + counts->glb_misses == counts->passes + counts->calls);
    CHECK(counts->frames_filled <= counts->returns + counts->interrupt_returns);
    free(memory);
    return 0;
}

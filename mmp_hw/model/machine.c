/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine: which event goes through which structure, and what it costs (manual 11).
 */
#include "machine_parts.h"

/* ---- Memory ---- */

static uint64_t line_cost(struct mmp_machine *mc, struct mmp_cache *l1, struct mmp_cache_counts *l1_counts,
                          uint64_t line)
{
    uint64_t cycles;

    if (mmp_cache_use(l1, line)) {
        l1_counts->hits++;
        return 0;
    }
    l1_counts->misses++;
    cycles = mc->shape.costs.l1_miss;
    if (mmp_cache_use(&mc->l2, line << l1->line_shift >> mc->l2.line_shift)) {
        mc->counts.l2.hits++;
        return cycles;
    }
    mc->counts.l2.misses++;
    return cycles + mc->shape.costs.l2_miss;
}

/* Cycles that [addr, addr + bytes) stalls for; bytes > 0, and nothing wraps. */
static uint64_t lines_cost(struct mmp_machine *mc, struct mmp_cache *l1, struct mmp_cache_counts *l1_counts,
                           uint64_t addr, uint64_t bytes)
{
    uint64_t last = (addr + bytes - 1) >> l1->line_shift, cycles = 0;

    for (uint64_t line = addr >> l1->line_shift; line <= last; line++)
        cycles += line_cost(mc, l1, l1_counts, line);
    return cycles;
}

void mmp_machine_reference(struct mmp_machine *mc, uint64_t addr, uint32_t bytes, enum mmp_cause cause)
{
    uint64_t cycles = lines_cost(mc, &mc->l1d, &mc->counts.l1d, addr, bytes);

    mmp_cycles_pay(&mc->cycles, cause, mc->shape.costs.table_reference + cycles);
}

/* ---- Instructions and their accesses ---- */

static bool mediated(const struct mmp_machine *mc)
{
    return mc->state->enabled && mc->state->pdid != MMP_PD_SUPERVISOR;
}

static struct mmp_checker running(const struct mmp_machine *mc)
{
    return (struct mmp_checker){.tag = mc->state->pdid, .root = mc->state->root, .processor = true};
}

static unsigned sidecar_of(const struct mmp_machine *mc, int access, unsigned reg)
{
    switch (mc->shape.sidecars) {
    case MMP_SIDECAR_BY_ACCESS:
        return (unsigned)access;
    case MMP_SIDECAR_BY_REGISTER:
        return access == MMP_ACCESS_FETCH ? MMP_SIDECAR_RIP : reg < MMP_SIDECAR_RIP ? reg : MMP_SIDECARS;
    default:
        return MMP_SIDECARS;
    }
}

static void check(struct mmp_machine *mc, uint64_t addr, uint32_t bytes, int access, unsigned reg)
{
    mc->counts.references[access]++;
    mc->cycles.payer = mc->state->pdid;
    if (mediated(mc)) {
        struct mmp_checker who = running(mc);

        mc->counts.checked[access]++;
        mmp_machine_check(mc, &who, addr, bytes, access, sidecar_of(mc, access, reg));
    }
}

/* An access that would wrap ends at the end. */
static uint32_t unwrapped(uint64_t addr, uint32_t bytes)
{
    return bytes != 0 && addr + bytes - 1 < addr ? (uint32_t)-addr : bytes;
}

void mmp_machine_fetch(struct mmp_machine *mc, uint64_t addr, uint32_t bytes)
{
    bytes = unwrapped(addr, bytes);
    if (bytes == 0)
        return;
    check(mc, addr, bytes, MMP_ACCESS_FETCH, 0);
    mmp_cycles_pay(&mc->cycles, MMP_CAUSE_INSTRUCTION, 1);
    mmp_cycles_pay(&mc->cycles, MMP_CAUSE_FETCH, lines_cost(mc, &mc->l1i, &mc->counts.l1i, addr, bytes));
}

/* ---- Frames ---- */

static void frames_written(struct mmp_machine *mc, const uint64_t *frame, unsigned count,
                           enum mmp_cause cause)
{
    mc->counts.frames_spilled += count;
    for (unsigned i = 0; i < count; i++)
        mmp_machine_reference(mc, frame[i], MMP_XFRAME_BYTES, cause);
}

static void frames_spill(struct mmp_machine *mc, enum mmp_cause cause)
{
    uint64_t frame[MMP_FRAMES_MAX + 1];

    frames_written(mc, frame, mmp_stacktop_spill(&mc->top, frame), cause);
}

static void frame_pushed(struct mmp_machine *mc, enum mmp_cause cause)
{
    uint64_t frame[MMP_FRAMES_MAX + 1];

    frames_written(mc, frame, mmp_stacktop_push(&mc->top, mc->state->xsp, frame), cause);
}

static void frame_popped(struct mmp_machine *mc, enum mmp_cause cause)
{
    if (mmp_stacktop_pop(&mc->top, mc->state->xsp))
        return;
    mc->counts.frames_filled++;
    mmp_machine_reference(mc, mc->state->xsp, MMP_XFRAME_BYTES, cause);
}

/* ---- Loads and stores ---- */

static void data(struct mmp_machine *mc, uint64_t addr, uint32_t bytes, int access, unsigned reg)
{
    check(mc, addr, bytes, access, reg);
    mmp_cycles_pay(&mc->cycles, MMP_CAUSE_DATA, lines_cost(mc, &mc->l1d, &mc->counts.l1d, addr, bytes));
    if (mc->top.held != 0 && mmp_stacktop_meets(&mc->top, addr, addr + bytes))
        frames_spill(mc, MMP_CAUSE_DATA);
}

/* Is there a gate record or a descriptor in [addr, addr + bytes)? */
static bool may_be_of_gate(const struct mmp_state *s, uint64_t addr, uint64_t bytes)
{
    uint64_t table_end = s->dtbase + s->dtcount * MMP_DD_SIZE, end = addr + bytes;

    return (addr < table_end && end > s->dtbase) || (addr < s->gwhi && end > s->gwlo);
}

static void written(struct mmp_machine *mc, uint64_t addr, uint64_t bytes)
{
    if (may_be_of_gate(mc->state, addr, bytes))
        mc->counts.glb_dropped += mmp_glb_written(&mc->glb, addr, addr + bytes);
}

void mmp_machine_load(struct mmp_machine *mc, uint64_t addr, uint32_t bytes, unsigned reg)
{
    bytes = unwrapped(addr, bytes);
    if (bytes != 0)
        data(mc, addr, bytes, MMP_ACCESS_LOAD, reg);
}

void mmp_machine_store(struct mmp_machine *mc, uint64_t addr, uint32_t bytes, unsigned reg)
{
    bytes = unwrapped(addr, bytes);
    if (bytes == 0)
        return;
    data(mc, addr, bytes, MMP_ACCESS_STORE, reg);
    written(mc, addr, bytes);
}

/* ---- Crossings. The domain that is left pays ---- */

static uint64_t descriptor_of(const struct mmp_state *s, uint16_t id)
{
    return id == MMP_PD_SUPERVISOR ? 0 : s->dtbase + (uint64_t)(id & MMP_PD_INDEX_MASK) * MMP_DD_SIZE;
}

/* The event just done has made a record, if any are made (manual 7.9): one reference. */
static void record_written(struct mmp_machine *mc, enum mmp_cause cause)
{
    const struct mmp_ring *ring = &mc->state->ring;
    uint64_t at = ring->base + ((ring->count - 1) * MMP_TRACE_BYTES & (ring->size - 1));

    if (mc->state->enabled && ring->size != 0 && mmp_memory_at(mc->memory, at, MMP_TRACE_BYTES) != NULL)
        mmp_machine_reference(mc, at, MMP_TRACE_BYTES, cause);
}

void mmp_machine_gate(struct mmp_machine *mc, uint64_t gate, enum mmp_crossing crossing)
{
    const struct mmp_costs *costs = &mc->shape.costs;
    uint64_t descriptor;
    uint16_t callee;

    if (crossing == MMP_CROSSING_FAULT)
        return;
    memcpy(&callee, mc->memory->base + gate + MMP_GATE_PD, sizeof callee);
    descriptor = descriptor_of(mc->state, callee);
    if (mmp_glb_use(&mc->glb, gate, descriptor)) {
        mc->counts.glb_hits++;
    } else {
        mc->counts.glb_misses++;
        mmp_machine_reference(mc, gate, MMP_GATE_COUNT, MMP_CAUSE_GATE);
        if (descriptor != 0)
            mmp_machine_reference(mc, descriptor, MMP_DD_SIZE / 2, MMP_CAUSE_GATE);
    }
    mmp_machine_reference(mc, gate + MMP_GATE_COUNT, MMP_GATE_BYTES - MMP_GATE_COUNT, MMP_CAUSE_GATE);
    if (crossing == MMP_CROSSING_PASSED) {
        mc->counts.passes++;
        mmp_cycles_pay(&mc->cycles, MMP_CAUSE_GATE, costs->pass);
        record_written(mc, MMP_CAUSE_GATE);
        return;
    }
    mc->counts.calls++;
    mmp_cycles_pay(&mc->cycles, MMP_CAUSE_GATE, costs->call);
    frame_pushed(mc, MMP_CAUSE_GATE);
    /* the return address below the callee's frame base; the caller's was just pushed */
    mmp_machine_reference(mc, mc->state->fb - 8, 8, MMP_CAUSE_GATE);
    record_written(mc, MMP_CAUSE_GATE);
    mc->cycles.payer = mc->state->pdid;
}

/* The descriptor of the domain that is returned to is read. */
static void returned(struct mmp_machine *mc, uint64_t cost, enum mmp_cause cause)
{
    uint64_t descriptor = descriptor_of(mc->state, mc->state->pdid);

    mmp_cycles_pay(&mc->cycles, cause, cost);
    frame_popped(mc, cause);
    if (descriptor != 0)
        mmp_machine_reference(mc, descriptor, MMP_DD_SIZE / 2, cause);
    record_written(mc, cause);
    mc->cycles.payer = mc->state->pdid;
}

void mmp_machine_return(struct mmp_machine *mc, enum mmp_crossing crossing)
{
    if (crossing == MMP_CROSSING_FAULT)
        return;
    mc->counts.returns++;
    returned(mc, mc->shape.costs.gate_return, MMP_CAUSE_GATE);
}

void mmp_machine_interrupt(struct mmp_machine *mc)
{
    mc->counts.interrupts++;
    mmp_cycles_pay(&mc->cycles, MMP_CAUSE_INTERRUPT, mc->shape.costs.interrupt);
    frame_pushed(mc, MMP_CAUSE_INTERRUPT);
    record_written(mc, MMP_CAUSE_INTERRUPT);
    mc->cycles.payer = mc->state->pdid;
}

void mmp_machine_interrupt_return(struct mmp_machine *mc, enum mmp_crossing crossing)
{
    if (crossing == MMP_CROSSING_FAULT)
        return;
    mc->counts.interrupt_returns++;
    returned(mc, mc->shape.costs.interrupt_return, MMP_CAUSE_INTERRUPT);
}

/* ---- Registers ---- */

void mmp_machine_invalidate(struct mmp_machine *mc, const struct mmp_invalidate *inval)
{
    mmp_machine_forget(mc, inval->pdid, inval->addr, inval->addr + inval->size);
}

void mmp_machine_msr_written(struct mmp_machine *mc, uint32_t msr, enum mmp_msr outcome,
                             const struct mmp_invalidate *inval)
{
    mc->cycles.payer = mc->state->pdid;
    switch (outcome) {
    case MMP_MSR_OK_INVALIDATE:
        mmp_machine_invalidate(mc, inval);
        break;
    case MMP_MSR_OK_CONTROL:
        mmp_machine_forget(mc, 0, 0, MMP_MEDIATED_END);
        mc->counts.glb_dropped += mmp_glb_written(&mc->glb, 0, UINT64_MAX);
        break;
    case MMP_MSR_OK:
    case MMP_MSR_OK_STACK:
        if (msr == MMP_MSR_STACK || msr == MMP_MSR_XBASE || msr == MMP_MSR_XLIMIT || msr == MMP_MSR_XSP)
            frames_spill(mc, MMP_CAUSE_GATE);
        if (msr == MMP_MSR_STACK)
            record_written(mc, MMP_CAUSE_GATE);
        break;
    case MMP_MSR_REFUSED:
        break;
    }
}

/* ---- Devices ---- */

static void lines_drop(struct mmp_cache *c, uint64_t addr, uint64_t bytes)
{
    uint64_t last = (addr + bytes - 1) >> c->line_shift;

    for (uint64_t line = addr >> c->line_shift; line <= last; line++)
        mmp_cache_drop(c, line);
}

void mmp_machine_device(struct mmp_machine *mc, uint16_t tag, uint32_t root, uint64_t addr, uint64_t bytes,
                        int access)
{
    struct mmp_checker who = {.tag = tag, .root = root};

    mc->counts.device_references++;
    if (bytes == 0 || addr + bytes - 1 < addr)
        return;
    if (mc->state->enabled && tag != MMP_PD_SUPERVISOR)
        mmp_machine_check(mc, &who, addr, bytes, access, MMP_SIDECARS);
    if (access != MMP_ACCESS_STORE)
        return;
    lines_drop(&mc->l1i, addr, bytes);
    lines_drop(&mc->l1d, addr, bytes);
    lines_drop(&mc->l2, addr, bytes);
    written(mc, addr, bytes);
}

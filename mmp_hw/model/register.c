/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The model-specific registers of MMP (manual 8): reading, writing and the range of each value. Who may
 * execute RDMSR and WRMSR is the processor's to check.
 *
 * 1. A refused write changes nothing, stack descriptors in memory included.
 */
#include "parts.h"

struct stack_descriptor {
    uint64_t sl, fb, xbase, xlimit, xsp;
};
#define FIELD(field, offset)                                                                                 \
    static_assert(offsetof(struct stack_descriptor, field) == (offset), "stack descriptor (manual 7.2)")
FIELD(sl, MMP_SD_SL);
FIELD(fb, MMP_SD_FB);
FIELD(xbase, MMP_SD_XBASE);
FIELD(xlimit, MMP_SD_XLIMIT);
FIELD(xsp, MMP_SD_XSP);
static_assert(sizeof(struct stack_descriptor) == MMP_SD_BYTES, "stack descriptor (manual 7.2)");

#define ALIGN_MIN 3
#define ALIGN_MAX 12
#define SPACE_END 0x100000000u /* tables and gates are below 4 GiB */
#define STACK_ALIGN 8u         /* of everything that points into a stack */

void mmp_reset(struct mmp_state *s)
{
    *s = (struct mmp_state){.align = ALIGN_MAX};
}

void mmp_fault_record(struct mmp_state *s, const struct mmp_fault *fault)
{
    s->fault = *fault;
    s->count.faults++;
    s->count.faults_of[fault->kind % MMP_FAULT_KINDS]++;
}

static uint64_t fault_info(const struct mmp_fault *f)
{
    uint64_t size = f->size > 0xffff ? 0xffff : f->size;

    return f->kind | (uint64_t)f->access << 8 | (uint64_t)f->pdid << 16 | size << 32;
}

static enum mmp_msr control_write(struct mmp_state *s, uint64_t value)
{
    uint64_t align = value >> MMP_CTL_ALIGN_SHIFT;

    if ((value & 0xff & ~(uint64_t)MMP_CTL_EN) != 0 || align < ALIGN_MIN || align > ALIGN_MAX)
        return MMP_MSR_REFUSED;
    s->enabled = (value & MMP_CTL_EN) != 0;
    s->align = (uint8_t)align;
    return MMP_MSR_OK_CONTROL;
}

/* Sets a register to a multiple of align, at most max. */
static enum mmp_msr aligned_write(uint64_t *reg, uint64_t value, uint64_t align, uint64_t max,
                                  enum mmp_msr ok)
{
    if (value % align != 0 || value > max)
        return MMP_MSR_REFUSED;
    *reg = value;
    return ok;
}

/* Two code selectors, each with RPL 0. */
static enum mmp_msr selectors_write(struct mmp_state *s, uint64_t value)
{
    if (value > UINT32_MAX || (value & 0x00030003u) != 0)
        return MMP_MSR_REFUSED;
    s->selectors = (uint32_t)value;
    return MMP_MSR_OK;
}

static enum mmp_msr invalidate_write(uint64_t value, struct mmp_invalidate *inval)
{
    unsigned log2 = value >> 16 & 0x3f;

    if ((value >> 22 & 0x3ff) != 0 || log2 > 32)
        return MMP_MSR_REFUSED;
    inval->pdid = (uint16_t)value;
    inval->addr = value >> 32 >> log2 << log2;
    inval->size = UINT64_C(1) << log2;
    return MMP_MSR_OK_INVALIDATE;
}

static bool stack_descriptor_ok(const struct stack_descriptor *d)
{
    return ((d->sl | d->fb | d->xbase | d->xlimit | d->xsp) % STACK_ALIGN) == 0 && d->sl <= d->fb &&
           d->xbase <= d->xsp && d->xsp <= d->xlimit;
}

/* What the descriptor at next holds once fb and xsp have been saved to the one at old: the two may be the
 * same or overlap; both are 8-byte aligned, so words coincide or do not meet. */
static void stack_descriptor_load(const struct mmp_state *s, uint64_t next, const uint8_t *at,
                                  struct stack_descriptor *d)
{
    uint64_t word[MMP_SD_BYTES / 8];

    memcpy(word, at, sizeof word);
    if (s->stack != 0) {
        uint64_t fb = (s->stack + MMP_SD_FB - next) / 8, xsp = (s->stack + MMP_SD_XSP - next) / 8;

        if (fb < MMP_SD_BYTES / 8)
            word[fb] = s->fb;
        if (xsp < MMP_SD_BYTES / 8)
            word[xsp] = s->xsp;
    }
    memcpy(d, word, sizeof *d);
}

static enum mmp_msr stack_write(struct mmp_state *s, const struct mmp_memory *m, uint64_t next)
{
    struct stack_descriptor d;
    uint8_t *saved;

    if (next != 0) {
        const uint8_t *at = mmp_memory_at(m, next, sizeof d);

        if (next % STACK_ALIGN != 0 || at == NULL)
            return MMP_MSR_REFUSED;
        stack_descriptor_load(s, next, at, &d);
        if (!stack_descriptor_ok(&d))
            return MMP_MSR_REFUSED;
    }
    if (s->stack != 0) {
        saved = m->base + s->stack; /* in memory: it was when it was written to MMP_STACK */
        memcpy(saved + MMP_SD_FB, &s->fb, sizeof s->fb);
        memcpy(saved + MMP_SD_XSP, &s->xsp, sizeof s->xsp);
    }
    s->stack = next;
    mmp_spt_clear(s); /* it was of the thread that ran */
    if (next != 0) {
        s->sl = d.sl;
        s->fb = d.fb;
        s->xbase = d.xbase;
        s->xlimit = d.xlimit;
        s->xsp = d.xsp;
    }
    mmp_trace(s, m, MMP_TRACE_STACK, s->pdid, 0, next);
    return MMP_MSR_OK_STACK;
}

/* 0, or a power of two of which some records make the whole. */
static enum mmp_msr ring_size_write(struct mmp_ring *ring, uint64_t value)
{
    if (value != 0 && ((value & (value - 1)) != 0 || value < MMP_TRACE_BYTES || value > MMP_TRACE_SIZE_MAX))
        return MMP_MSR_REFUSED;
    ring->size = value;
    return MMP_MSR_OK;
}

enum mmp_msr mmp_msr_write(struct mmp_state *s, const struct mmp_memory *m, uint32_t msr, uint64_t value,
                           struct mmp_invalidate *inval)
{
    const uint64_t slot = UINT64_C(1) << MMP_ROOT_SHIFT;

    if (msr - MMP_MSR_SPT < MMP_SPT_ENTRIES)
        return mmp_spt_write(s, msr - MMP_MSR_SPT, value) ? MMP_MSR_OK_STACK : MMP_MSR_REFUSED;
    switch (msr) {
    case MMP_MSR_CTL:
        return control_write(s, value);
    case MMP_MSR_DTBASE:
        return aligned_write(&s->dtbase, value, MMP_DD_SIZE, SPACE_END, MMP_MSR_OK_CONTROL);
    case MMP_MSR_DTCOUNT:
        return aligned_write(&s->dtcount, value, 1, MMP_PD_INDEX_MASK + 1, MMP_MSR_OK_CONTROL);
    case MMP_MSR_GWLO:
        return aligned_write(&s->gwlo, value, slot, SPACE_END, MMP_MSR_OK_CONTROL);
    case MMP_MSR_GWHI:
        return aligned_write(&s->gwhi, value, slot, SPACE_END, MMP_MSR_OK_CONTROL);
    case MMP_MSR_STACK:
        return stack_write(s, m, value);
    case MMP_MSR_FB:
        return aligned_write(&s->fb, value, STACK_ALIGN, UINT64_MAX, MMP_MSR_OK_STACK);
    case MMP_MSR_SL:
        return aligned_write(&s->sl, value, STACK_ALIGN, UINT64_MAX, MMP_MSR_OK_STACK);
    case MMP_MSR_XBASE:
        return aligned_write(&s->xbase, value, STACK_ALIGN, UINT64_MAX, MMP_MSR_OK);
    case MMP_MSR_XLIMIT:
        return aligned_write(&s->xlimit, value, STACK_ALIGN, UINT64_MAX, MMP_MSR_OK);
    case MMP_MSR_XSP:
        return aligned_write(&s->xsp, value, STACK_ALIGN, UINT64_MAX, MMP_MSR_OK);
    case MMP_MSR_S0:
        return aligned_write(&s->s0, value, 16, UINT64_MAX, MMP_MSR_OK);
    case MMP_MSR_SEL:
        return selectors_write(s, value);
    case MMP_MSR_INVAL:
        return invalidate_write(value, inval);
    case MMP_MSR_TRACE_BASE:
        return aligned_write(&s->ring.base, value, MMP_TRACE_BYTES, SPACE_END, MMP_MSR_OK);
    case MMP_MSR_TRACE_SIZE:
        return ring_size_write(&s->ring, value);
    case MMP_MSR_TRACE_COUNT:
        return aligned_write(&s->ring.count, value, 1, UINT64_MAX, MMP_MSR_OK);
    default:
        return MMP_MSR_REFUSED;
    }
}

static uint64_t control_read(const struct mmp_state *s)
{
    return (s->enabled ? MMP_CTL_EN : 0) | (uint64_t)s->align << MMP_CTL_ALIGN_SHIFT;
}

enum mmp_msr mmp_msr_read(const struct mmp_state *s, uint32_t msr, uint64_t *value)
{
    if (msr - MMP_MSR_SPT < MMP_SPT_ENTRIES) {
        *value = s->spt[msr - MMP_MSR_SPT];
        return MMP_MSR_OK;
    }
    if (msr - MMP_MSR_COUNT_FAULT < MMP_FAULT_KINDS) {
        *value = s->count.faults_of[msr - MMP_MSR_COUNT_FAULT];
        return MMP_MSR_OK;
    }
    switch (msr) {
    case MMP_MSR_CTL:
        *value = control_read(s);
        break;
    case MMP_MSR_PDID:
        *value = s->pdid;
        break;
    case MMP_MSR_DTBASE:
        *value = s->dtbase;
        break;
    case MMP_MSR_DTCOUNT:
        *value = s->dtcount;
        break;
    case MMP_MSR_GWLO:
        *value = s->gwlo;
        break;
    case MMP_MSR_GWHI:
        *value = s->gwhi;
        break;
    case MMP_MSR_STACK:
        *value = s->stack;
        break;
    case MMP_MSR_FB:
        *value = s->fb;
        break;
    case MMP_MSR_SL:
        *value = s->sl;
        break;
    case MMP_MSR_XBASE:
        *value = s->xbase;
        break;
    case MMP_MSR_XLIMIT:
        *value = s->xlimit;
        break;
    case MMP_MSR_XSP:
        *value = s->xsp;
        break;
    case MMP_MSR_S0:
        *value = s->s0;
        break;
    case MMP_MSR_SEL:
        *value = s->selectors;
        break;
    case MMP_MSR_FAULT_INFO:
        *value = fault_info(&s->fault);
        break;
    case MMP_MSR_FAULT_ADDR:
        *value = s->fault.addr;
        break;
    case MMP_MSR_FAULT_GATE:
        *value = s->fault.gate;
        break;
    case MMP_MSR_COUNT_GATED:
        *value = s->count.gated;
        break;
    case MMP_MSR_COUNT_PASSED:
        *value = s->count.passed;
        break;
    case MMP_MSR_COUNT_RETURNS:
        *value = s->count.returns;
        break;
    case MMP_MSR_COUNT_FAULTS:
        *value = s->count.faults;
        break;
    case MMP_MSR_COUNT_SWITCHES:
        *value = s->count.switches;
        break;
    case MMP_MSR_COUNT_MIXED:
        *value = s->count.mixed;
        break;
    case MMP_MSR_TRACE_BASE:
        *value = s->ring.base;
        break;
    case MMP_MSR_TRACE_SIZE:
        *value = s->ring.size;
        break;
    case MMP_MSR_TRACE_COUNT:
        *value = s->ring.count;
        break;
    case MMP_MSR_CAPS:
        *value = MMP_VERSION;
        break;
    default:
        return MMP_MSR_REFUSED;
    }
    return MMP_MSR_OK;
}

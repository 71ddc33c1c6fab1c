/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Interrupts and exceptions (manual 7.3): the domain that was interrupted waits in a frame of the call stack
 * while domain 0 runs. What x86 itself pushes and pops is the processor's.
 *
 * 1. Every check comes before the first write, in the order that the manual gives.
 */
#include "parts.h"

#define RSP 4 /* in gpr */

bool mmp_interrupt_enter(struct mmp_state *s, const struct mmp_memory *m, const struct mmp_cpu *cpu)
{
    struct mmp_xframe *frame = mmp_callstack_free(s, m, 1);
    uint16_t from = s->pdid;

    if (frame == NULL)
        return false;
    frame->rip = cpu->rip;
    frame->rsp = cpu->gpr[RSP];
    frame->fb = s->fb;
    frame->pd = s->pdid;
    frame->kind = MMP_XFRAME_INTERRUPT;
    frame->flags = cpu->rflags;
    s->xsp += MMP_XFRAME_BYTES;
    mmp_domain_enter(s, MMP_PD_SUPERVISOR, 0);
    mmp_trace(s, m, MMP_TRACE_INTERRUPT, from, cpu->gpr[RSP], cpu->rip);
    return true;
}

static enum mmp_crossing refuse(const struct mmp_state *s, uint8_t kind, uint64_t addr,
                                struct mmp_fault *fault)
{
    *fault = (struct mmp_fault){.kind = kind, .pdid = s->pdid, .addr = addr};
    return MMP_CROSSING_FAULT;
}

enum mmp_crossing mmp_interrupt_return(struct mmp_state *s, const struct mmp_memory *m, int cpl,
                                       struct mmp_fault *fault)
{
    const struct mmp_xframe *frame = mmp_callstack_top(s, m);
    uint16_t tag;
    uint32_t root;

    if (frame == NULL)
        return refuse(s, MMP_FAULT_XSTACK_UNDERFLOW, s->xsp, fault);
    if (frame->kind != MMP_XFRAME_INTERRUPT)
        return refuse(s, MMP_FAULT_RETURN_KIND, s->xsp - MMP_XFRAME_BYTES, fault);
    if (!mmp_domain_lookup(s, m, frame->pd, &tag, &root))
        return refuse(s, MMP_FAULT_GATE_DOMAIN, frame->pd, fault);
    if (cpl != ((tag & MMP_PD_USER) != 0 ? 3 : 0))
        return refuse(s, MMP_FAULT_PRIVILEGE, frame->pd, fault);
    s->xsp -= MMP_XFRAME_BYTES;
    s->fb = frame->fb;
    mmp_domain_enter(s, tag, root);
    return MMP_CROSSING_CHANGED;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Gates (manual 5) and the returns through them (manual 6): the two ways in which an invocation crosses
 * domains.
 *
 * 1. Every check comes before the first write, in the order that the manual gives.
 * 2. What a crossing writes to memory is one frame, one return address and the two counts of one gate.
 */
#include "parts.h"

struct gate {
    uint32_t kind, target;
    uint16_t pd, zero;
    uint32_t badge;
    uint64_t count, crossed;
};
#define FIELD(field, offset)                                                                                 \
    static_assert(offsetof(struct gate, field) == (offset), "gate record (manual 5.2)")
FIELD(kind, MMP_GATE_KIND);
FIELD(target, MMP_GATE_TARGET);
FIELD(pd, MMP_GATE_PD);
FIELD(badge, MMP_GATE_BADGE);
FIELD(count, MMP_GATE_COUNT);
FIELD(crossed, MMP_GATE_CROSSED);
static_assert(sizeof(struct gate) == MMP_GATE_BYTES, "gate record (manual 5.2)");
static_assert(MMP_GATE_SPACE_OFFSET + MMP_GATE_SPACE_BYTES == 1u << MMP_ROOT_SHIFT,
              "gate space ends the root slot");

/* gpr in x86 encoding order */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

#define RFLAGS_TF 0x100u
#define RFLAGS_IF 0x200u
#define RFLAGS_DF 0x400u
#define RFLAGS_NT 0x4000u
#define RFLAGS_AC 0x40000u
/* Flags that one domain could set to trip another: cleared in both directions (manual 5.3, 6.2). */
#define RFLAGS_CLEARED (RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC)

bool mmp_is_gate(const struct mmp_state *s, uint64_t addr)
{
    return s->enabled && addr >= s->gwlo && addr < s->gwhi &&
           addr % (1u << MMP_ROOT_SHIFT) >= MMP_GATE_SPACE_OFFSET;
}

bool mmp_is_gate_return(const struct mmp_state *s, uint64_t rsp)
{
    return s->enabled && rsp == s->fb - 8;
}

static enum mmp_crossing refuse(const struct mmp_state *s, uint8_t kind, uint64_t addr, uint64_t gate,
                                struct mmp_fault *fault)
{
    *fault = (struct mmp_fault){.kind = kind, .pdid = s->pdid, .addr = addr, .gate = gate};
    return MMP_CROSSING_FAULT;
}

/* Where the return address is: the caller's top of stack, if [rsp, rsp + 8) lies in [sl, fb) and in memory.
 */
static const uint8_t *return_address(const struct mmp_state *s, const struct mmp_memory *m, uint64_t rsp)
{
    if (rsp < s->sl || rsp >= s->fb || s->fb - rsp < 8)
        return NULL;
    return mmp_memory_at(m, rsp, 8);
}

/* Base of the callee's first frame; the word below it will hold the return address, so it is in memory and,
 * but for domain 0, in the caller's stack. False: there is no room for it. */
static bool frame_base(const struct mmp_state *s, const struct mmp_memory *m, uint16_t callee, uint64_t rsp,
                       uint64_t *base)
{
    if (callee == MMP_PD_SUPERVISOR) {
        *base = s->s0;
        return mmp_memory_at(m, s->s0 - 8, 8) != NULL; /* nor does memory wrap, where S0 is 0 */
    }
    *base = (rsp + 8) >> s->align << s->align;
    return *base >= s->sl + 8; /* in memory, because it is not above rsp + 8 */
}

static void gate_count(uint8_t *record, const struct gate *gate, unsigned crossed)
{
    uint64_t counts[2] = {gate->count + 1, gate->crossed + crossed};

    static_assert(MMP_GATE_CROSSED == MMP_GATE_COUNT + 8, "the counts are written together");
    memcpy(record + MMP_GATE_COUNT, counts, sizeof counts);
}

/* Caller's registers that the call saves and the callee does not see. */
static void registers_save(const struct mmp_cpu *cpu, struct mmp_xframe *f)
{
    f->flags = cpu->rflags;
    f->rbx = cpu->gpr[RBX];
    f->rbp = cpu->gpr[RBP];
    f->r12 = cpu->gpr[R12];
    f->r13 = cpu->gpr[R13];
    f->r14 = cpu->gpr[R14];
    f->r15 = cpu->gpr[R15];
}

static void registers_enter(struct mmp_cpu *cpu, uint16_t callee)
{
    cpu->gpr[RBX] = cpu->gpr[RBP] = cpu->gpr[R10] = cpu->gpr[R11] = 0;
    cpu->gpr[R12] = cpu->gpr[R13] = cpu->gpr[R14] = cpu->gpr[R15] = 0;
    cpu->rflags &= ~(callee == MMP_PD_SUPERVISOR ? RFLAGS_CLEARED | RFLAGS_IF : RFLAGS_CLEARED);
}

static void registers_return(struct mmp_cpu *cpu, uint16_t callee, const struct mmp_xframe *f)
{
    cpu->gpr[RBX] = f->rbx;
    cpu->gpr[RBP] = f->rbp;
    cpu->gpr[R12] = f->r12;
    cpu->gpr[R13] = f->r13;
    cpu->gpr[R14] = f->r14;
    cpu->gpr[R15] = f->r15;
    cpu->gpr[RCX] = cpu->gpr[RSI] = cpu->gpr[RDI] = 0;
    cpu->gpr[R8] = cpu->gpr[R9] = cpu->gpr[R10] = cpu->gpr[R11] = 0;
    cpu->rflags &= ~RFLAGS_CLEARED;
    if (callee == MMP_PD_SUPERVISOR)
        cpu->rflags = (cpu->rflags & ~RFLAGS_IF) | (f->flags & RFLAGS_IF);
}

enum mmp_crossing mmp_gate_enter(struct mmp_state *s, const struct mmp_memory *m, struct mmp_cpu *cpu,
                                 struct mmp_fault *fault)
{
    uint64_t at = cpu->rip, rsp = cpu->gpr[RSP], base;
    const uint8_t *return_slot;
    struct mmp_xframe *frame;
    struct gate gate;
    uint64_t address;
    uint8_t *record;
    uint16_t callee, caller = s->pdid;
    uint32_t root;

    if (at % MMP_GATE_BYTES != 0)
        return refuse(s, MMP_FAULT_GATE_ALIGN, at, at, fault);
    record = mmp_memory_at(m, at, sizeof gate);
    if (record == NULL)
        return refuse(s, MMP_FAULT_GATE_INVALID, at, at, fault);
    memcpy(&gate, record, sizeof gate);
    if (gate.kind != MMP_GATE_CALL)
        return refuse(s, MMP_FAULT_GATE_INVALID, at, at, fault);
    if (!mmp_domain_lookup(s, m, gate.pd, &callee, &root))
        return refuse(s, MMP_FAULT_GATE_DOMAIN, gate.pd, at, fault);

    if (callee == s->pdid) {
        gate_count(record, &gate, 0);
        s->count.passed++;
        mmp_trace(s, m, MMP_TRACE_PASS, s->pdid, rsp + 8, at);
        cpu->gpr[RAX] = gate.badge;
        cpu->rip = gate.target;
        return MMP_CROSSING_PASSED;
    }

    if (s->pdid == MMP_PD_SUPERVISOR)
        return refuse(s, MMP_FAULT_GATE_CALLER, at, at, fault);
    return_slot = return_address(s, m, rsp);
    if (return_slot == NULL)
        return refuse(s, MMP_FAULT_STACK_RANGE, rsp, at, fault);
    frame = mmp_callstack_free(s, m, MMP_XFRAME_RESERVE + 1);
    if (frame == NULL)
        return refuse(s, MMP_FAULT_XSTACK_OVERFLOW, s->xsp, at, fault);
    if (!frame_base(s, m, callee, rsp, &base))
        return refuse(s, MMP_FAULT_STACK_OVERFLOW, callee == MMP_PD_SUPERVISOR ? s->s0 : s->sl, at, fault);

    memcpy(&address, return_slot, sizeof address);
    frame->rip = address;
    frame->rsp = rsp + 8;
    frame->fb = s->fb;
    frame->pd = s->pdid;
    frame->kind = MMP_XFRAME_CALL;
    frame->gate = at;
    registers_save(cpu, frame);
    memcpy(m->base + base - 8, &address, sizeof address);
    gate_count(record, &gate, 1);

    s->count.gated++;
    s->xsp += MMP_XFRAME_BYTES;
    s->fb = base;
    mmp_domain_enter(s, callee, root);
    registers_enter(cpu, callee);
    mmp_trace(s, m, MMP_TRACE_CALL, caller, rsp + 8, at);
    cpu->gpr[RAX] = gate.badge;
    cpu->gpr[RSP] = base - 8;
    cpu->rip = gate.target;
    return MMP_CROSSING_CHANGED;
}

enum mmp_crossing mmp_gate_return(struct mmp_state *s, const struct mmp_memory *m, struct mmp_cpu *cpu,
                                  uint64_t popped, struct mmp_fault *fault)
{
    const struct mmp_xframe *frame = mmp_callstack_top(s, m);
    uint16_t callee = s->pdid, caller;
    uint32_t root;

    if (frame == NULL)
        return refuse(s, MMP_FAULT_XSTACK_UNDERFLOW, s->xsp, 0, fault);
    if (frame->kind != MMP_XFRAME_CALL)
        return refuse(s, MMP_FAULT_RETURN_KIND, s->xsp - MMP_XFRAME_BYTES, 0, fault);
    if (popped != frame->rip)
        return refuse(s, MMP_FAULT_RETURN_ADDRESS, popped, frame->gate, fault);
    if (!mmp_domain_lookup(s, m, frame->pd, &caller, &root))
        return refuse(s, MMP_FAULT_GATE_DOMAIN, frame->pd, frame->gate, fault);

    s->count.returns++;
    s->xsp -= MMP_XFRAME_BYTES;
    s->fb = frame->fb;
    mmp_domain_enter(s, caller, root);
    registers_return(cpu, callee, frame);
    cpu->gpr[RSP] = frame->rsp;
    cpu->rip = frame->rip;
    mmp_trace(s, m, MMP_TRACE_RETURN, callee, frame->rsp,
              frame->gate); /* last: the ring may lie over the frame */
    return MMP_CROSSING_CHANGED;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Returns to where nobody called from, and frames that are not what they seem.
 */
#include "attacks.h"

CODE(c_call);
CODE(c_ret);
CODE(callee);
CODE(callee_forges_too);
CODE(callee_unwinds_too);
CODE(callee_pivots_too);
CODE(callee_writes);
CODE(callee_reads);
CODE(replay);
CODE(p_cli);
extern const char callee_forges[], callee_unwinds[], callee_pivots[], callee_ret_imm[], replay_again[];

#define BASE 0x280f000u /* of a callee's frame: Alice's rsp rounded down */

/* Alice calls Bob at code, with rdx and rcx. */
static void bob(const void *code, uint64_t rdx, uint64_t rcx)
{
    struct start start;

    gate_set(0, ID(BOB), code, 0);
    draw(ALICE, 0);
    start_registers(&start);
    start.gpr[RDI] = GATE(0);
    start.gpr[RDX] = rdx;
    start.gpr[RCX] = rcx;
    msr_write(MMP_MSR_SL, STACK_LOW);
    msr_write(MMP_MSR_FB, STACK_TOP);
    msr_write(MMP_MSR_XSP, CALLSTACK);
    attack_from(ALICE, c_call, &start);
}

static void forged(void)
{
    const uint64_t targets[] = {(uint64_t)c_call_at + 3,
                                (uint64_t)c_call_at + 1,
                                (uint64_t)callee,
                                0,
                                (uint64_t)-1,
                                (uint64_t)p_cli,
                                (uint64_t)1 << 63,
                                (uint64_t)c_call_at + 2 + 0x100000000u};

    for (unsigned i = 0; i < sizeof targets / sizeof *targets; i++) {
        bob(callee_forges, targets[i], 0);
        refused(BOB, MMP_FAULT_RETURN_ADDRESS, callee_forges_too_at, targets[i], GATE(0));
    }
}

static void callers_frame(void)
{
    bob(callee_writes, 0, 8); /* where Alice's own frames are, just above fb */
    refused_access(BOB, callee_writes_at, MMP_ACCESS_STORE, BASE, 8);
    bob(callee_writes, 0, STACK_TOP - 72 - (BASE - 8)); /* her return address */
    refused_access(BOB, callee_writes_at, MMP_ACCESS_STORE, STACK_TOP - 72, 8);
    bob(callee_reads, 0, 1);
    refused_access(BOB, callee_reads_at, MMP_ACCESS_LOAD, BASE, 8);
}

static void callers_frame_hot(void)
{

    /* Alice's and Bob's frames share a page, which Alice has just been writing */
    msr_write(MMP_MSR_CTL, 4 << MMP_CTL_ALIGN_SHIFT | MMP_CTL_EN);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t base = (STACK_TOP - 64) & ~15ull;

        extern const char m_push[], m_push_end[];
        attack(ALICE, m_push, 0, i);
        check(trap_last.rip == (uint64_t)m_push_end, "push", trap_last.rip);
        bob(callee_writes, 0, 8);
        refused_access(BOB, callee_writes_at, MMP_ACCESS_STORE, base, 8);
    }
}

static void replayed(void)
{
    struct start start;

    gate_set(0, ID(BOB), callee, 0);
    draw(ALICE, 0);
    start_registers(&start);
    start.gpr[RDI] = GATE(0);
    start.gpr[R12] = STACK_TOP - 8; /* fb - 8, where a return is a gate return */
    attack_from(ALICE, replay, &start);
    refused(ALICE, MMP_FAULT_XSTACK_UNDERFLOW, replay_at, CALLSTACK, 0);
}

static void empty(void)
{
    struct start start;

    *(uint64_t *)(STACK_TOP - 8ull) = (uint64_t)c_call;
    start_registers(&start);
    start.gpr[RSP] = STACK_TOP - 8;
    attack_from(ALICE, c_ret, &start);
    refused(ALICE, MMP_FAULT_XSTACK_UNDERFLOW, c_ret_at, CALLSTACK, 0);
    msr_write(MMP_MSR_XSP, CALLSTACK);
    attack_from(NOBODY, c_ret, &start);
    refused(NOBODY, MMP_FAULT_XSTACK_UNDERFLOW, c_ret_at, CALLSTACK, 0);
}

/* A frame below the one through which a domain is entered: what it finds on top. */
static void top_set(uint16_t kind, uint16_t id, uint64_t rip)
{
    for (unsigned i = 0; i < MMP_XFRAME_BYTES; i += 8)
        *(uint64_t *)(CALLSTACK + (uint64_t)i) = 0;
    *(uint64_t *)(uint64_t)(CALLSTACK + MMP_XFRAME_RIP) = rip;
    *(uint64_t *)(uint64_t)(CALLSTACK + MMP_XFRAME_RSP) = STACK_TOP;
    *(uint64_t *)(uint64_t)(CALLSTACK + MMP_XFRAME_FB) = STACK_TOP;
    *(uint16_t *)(uint64_t)(CALLSTACK + MMP_XFRAME_PD) = id;
    *(uint16_t *)(uint64_t)(CALLSTACK + MMP_XFRAME_KIND) = kind;
    *(uint64_t *)(uint64_t)(CALLSTACK + MMP_XFRAME_GATE) = GATE(9);
    msr_write(MMP_MSR_XSP, CALLSTACK + MMP_XFRAME_BYTES);
}

static void with_top(uint16_t kind, uint16_t id, uint64_t rip)
{
    struct start start;

    top_set(kind, id, rip);
    *(uint64_t *)(STACK_TOP - 8ull) = rip;
    start_registers(&start);
    start.gpr[RSP] = STACK_TOP - 8;
    attack_from(ALICE, c_ret, &start);
}

static void through_an_interrupt(void)
{
    with_top(MMP_XFRAME_INTERRUPT, 0, (uint64_t)p_cli);
    refused(ALICE, MMP_FAULT_RETURN_KIND, c_ret_at, CALLSTACK, 0);
    with_top(0, ID(BOB), (uint64_t)p_cli);
    refused(ALICE, MMP_FAULT_RETURN_KIND, c_ret_at, CALLSTACK, 0);
    with_top(0x101, ID(BOB), (uint64_t)p_cli);
    refused(ALICE, MMP_FAULT_RETURN_KIND, c_ret_at, CALLSTACK, 0);
}

static void to_no_domain(void)
{
    with_top(MMP_XFRAME_CALL, MMP_PD_USER | 99, (uint64_t)p_cli);
    refused(ALICE, MMP_FAULT_GATE_DOMAIN, c_ret_at, MMP_PD_USER | 99, GATE(9));
    with_top(MMP_XFRAME_CALL, BOB, (uint64_t)p_cli); /* a user domain's index without the user bit */
    refused(ALICE, MMP_FAULT_GATE_DOMAIN, c_ret_at, BOB, GATE(9));
    with_top(MMP_XFRAME_CALL, ID(KEN) | MMP_PD_USER, (uint64_t)p_cli);
    refused(ALICE, MMP_FAULT_GATE_DOMAIN, c_ret_at, ID(KEN) | MMP_PD_USER, GATE(9));
}

static void call_stack_elsewhere(void)
{
    struct start start;

    /* registers that no check relates to each other (manual 8.2) must not lead out of the call stack */
    with_top(MMP_XFRAME_CALL, ID(BOB), (uint64_t)p_cli);
    check(trap_last.vector == 13 && trap_last.pd == ID(BOB), "a good one", trap_last.pd);
    start_registers(&start);
    start.gpr[RSP] = STACK_TOP - 8;
    msr_write(MMP_MSR_FB, STACK_TOP);
    top_set(MMP_XFRAME_CALL, ID(BOB), (uint64_t)p_cli);
    msr_write(MMP_MSR_XBASE, CALLSTACK + 8); /* less than a whole frame below xsp */
    attack_from(ALICE, c_ret, &start);
    refused(ALICE, MMP_FAULT_XSTACK_UNDERFLOW, c_ret_at, CALLSTACK + MMP_XFRAME_BYTES, 0);
    msr_write(MMP_MSR_XBASE, CALLSTACK);
}

static void unwound(void)
{
    bob(callee_unwinds, 0, 0); /* rsp = fb: a plain return, whose word is the caller's */
    refused_access(BOB, callee_unwinds_too_at, MMP_ACCESS_LOAD, BASE, 8);
}

static void plain_return_to_the_caller(void)
{
    perm_change(BOB, low(c_call) & ~31u, (low(c_call_end) + 31) & ~31u, MMP_PERM_NONE);
    bob(callee_pivots, (uint64_t)c_call_at + 2,
        0); /* the right address, by a plain ret: still Bob, who may not run it */
    may_register(RSP, BASE - 8);
    refused_fetch(BOB, (uint64_t)c_call_at + 2, (uint64_t)c_call_at + 2);
}

static void ret_imm(void)
{
    bob(callee_ret_imm, 0, 0);
    check(trap_last.vector == DONE && trap_last.pd == ID(ALICE), "back", trap_last.pd);
    check(trap_last.rsp == STACK_TOP - 64, "rsp", trap_last.rsp); /* not what the callee wanted to release */
}

/* Alice returns at slot, where fb says a gate return is; [sl, fb) is empty. */
static void return_at(uint64_t slot, uint64_t address)
{
    struct start start;

    top_set(MMP_XFRAME_CALL, ID(BOB), (uint64_t)p_cli);
    msr_write(MMP_MSR_FB, slot + 8);
    msr_write(MMP_MSR_SL, slot + 8);
    *(uint64_t *)slot = address;
    start_registers(&start);
    start.gpr[RSP] = slot;
    attack_from(ALICE, c_ret, &start);
}

static void stack_swapped(void)
{
    return_at(OURS + 0x100, (uint64_t)p_cli + 1);
    refused(ALICE, MMP_FAULT_RETURN_ADDRESS, c_ret_at, (uint64_t)p_cli + 1, GATE(9));
}

static void unreadable_slot(void)
{
    return_at((WALL + 7) & ~7u, (uint64_t)p_cli);
    refused_access(ALICE, c_ret_at, MMP_ACCESS_LOAD, (WALL + 7) & ~7u, 8);
}

static void iretq_of_domain_0(void)
{
    extern const char p_iretq[], p_iretq_at[];
    static const struct {
        uint16_t kind, id;
        unsigned fault;
        uint64_t addr;
    } tops[] = {{MMP_XFRAME_CALL, ID(BOB), MMP_FAULT_RETURN_KIND, CALLSTACK},
                {MMP_XFRAME_INTERRUPT, KEN, MMP_FAULT_PRIVILEGE, KEN},
                {MMP_XFRAME_INTERRUPT, 0, MMP_FAULT_PRIVILEGE, 0},
                {MMP_XFRAME_INTERRUPT, MMP_PD_USER | 77, MMP_FAULT_GATE_DOMAIN, MMP_PD_USER | 77}};
    uint64_t *popped = (uint64_t *)(STACK_TOP - 64ull);
    struct start start;

    popped[0] = (uint64_t)p_cli, popped[1] = 0x1b, popped[2] = 2, popped[3] = STACK_TOP - 64,
    popped[4] = 0x23;
    start_registers(&start);
    attack_from(NOBODY, p_iretq, &start);
    refused(NOBODY, MMP_FAULT_XSTACK_UNDERFLOW, p_iretq_at, CALLSTACK, 0);
    for (unsigned i = 0; i < sizeof tops / sizeof *tops; i++) {
        top_set(tops[i].kind, tops[i].id, (uint64_t)p_cli);
        attack_from(NOBODY, p_iretq, &start);
        refused(NOBODY, tops[i].fault, p_iretq_at, tops[i].addr, 0);
    }
}

static const struct attack list[] = {
    {"a forged return address", "a callee overwrites its return address with eight others",
     "RETURN_ADDRESS, the address tried; rip the ret, frame kept", forged},
    {"the caller's frame", "a callee writes and reads above fb", "PERMISSION, fb and above", callers_frame},
    {"the caller's frame on a page that is hot",
     "the same where frames share a page that the caller has just written", "PERMISSION, fb",
     callers_frame_hot},
    {"a replayed return", "after a call has returned, a second return to the same place",
     "XSTACK_UNDERFLOW, xsp", replayed},
    {"a return with nothing to return to",
     "ret at rsp = fb - 8 with an empty call stack, in a user domain and in domain 0",
     "XSTACK_UNDERFLOW, xsp", empty},
    {"a return through an interrupt's frame", "the top frame is an INTERRUPT frame, or of no kind",
     "RETURN_KIND, the frame", through_an_interrupt},
    {"a return to no domain", "the frame names no descriptor, or one of the other privilege",
     "GATE_DOMAIN, the PD-ID", to_no_domain},
    {"a call stack cut short", "xbase within the frame", "XSTACK_UNDERFLOW, xsp", call_stack_elsewhere},
    {"unwinding the caller", "a callee pops its return address and returns through the caller's",
     "PERMISSION, load, fb", unwound},
    {"a plain return to the caller", "a callee returns to the right address with another rsp",
     "PERMISSION, fetch: it is the callee still", plain_return_to_the_caller},
    {"ret imm16", "a callee releases 256 bytes of its caller's stack", "returns; rsp is the frame's",
     ret_imm},
    {"a return slot in the heap", "fb points into read-write data, which holds another address",
     "RETURN_ADDRESS", stack_swapped},
    {"a return slot that cannot be read", "rsp = fb - 8 where the domain has no right", "PERMISSION, load",
     unreadable_slot},
    {"iretq of domain 0", "no frame, a CALL frame, the wrong CPL, no domain",
     "XSTACK_UNDERFLOW, RETURN_KIND, PRIVILEGE, GATE_DOMAIN; nothing popped", iretq_of_domain_0},
};
ATTACKS(on_returns);

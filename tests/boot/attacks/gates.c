/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entering another domain otherwise than by a gate that is drawn, valid and entered on a stack of one's own.
 */
#include "attacks.h"

CODE(c_jump);
CODE(c_call);
CODE(callee);
CODE(callee_calls);
CODE(callee_reads);
CODE(p_cli);
extern const char supervisor_entry[], before_gates[];

#define RETURN_SLOT (STACK_TOP - 72u)

static uint64_t record_word(unsigned gate, unsigned word)
{
    return ((uint64_t *)(uint64_t)GATE(gate))[word];
}

/* Alice calls, and the fault is at the gate: the call has pushed, nothing else has happened, no count went
 * up. */
static void call(uint64_t gate, unsigned kind, uint64_t addr)
{
    attack(ALICE, c_call, gate, 0);
    may_register(RSP, RETURN_SLOT);
    may_word(RETURN_SLOT, PATTERN, (uint64_t)c_call_at + 2);
    if (kind == MMP_FAULT_PERMISSION)
        refused_fetch(ALICE, gate, addr);
    else
        refused(ALICE, kind, at(gate), addr, gate);
    *(uint64_t *)(uint64_t)RETURN_SLOT = PATTERN;
}

static void not_drawn(void)
{
    gate_set(3, ID(BOB), callee, 0);
    draw(BOB, 3);
    call(GATE(3), MMP_FAULT_PERMISSION, GATE(3));
    gate_set(4, 0, supervisor_entry, 0);
    call(GATE(4), MMP_FAULT_PERMISSION, GATE(4));
}

static void without_rx(void)
{
    for (unsigned perm = MMP_PERM_RO; perm <= MMP_PERM_RW; perm++) {
        gate_set(perm, ID(BOB), callee, 0);
        perm_change(ALICE, GATE(perm), GATE(perm + 1), perm);
        call(GATE(perm), MMP_FAULT_PERMISSION, GATE(perm));
    }
    gate_set(5, ID(BOB), callee, 0); /* all of the record but the word that counts */
    perm_change(ALICE, GATE(5) + 4, GATE(6), MMP_PERM_RX);
    call(GATE(5), MMP_FAULT_PERMISSION, GATE(5));
}

static void past_the_gate(void)
{
    perm_change(ALICE, low(callee) & ~0xfffu, (low(callee) & ~0xfffu) + 4096, MMP_PERM_NONE);
    perm_change(ALICE, low(c_call), low(c_call_end), MMP_PERM_RX);
    gate_set(0, ID(BOB), callee, 0);
    draw(ALICE, 0);
    call(low(callee_at), MMP_FAULT_PERMISSION, low(callee_at));
    call(low(callee_calls), MMP_FAULT_PERMISSION, low(callee_calls));
}

static void misaligned(void)
{
    gate_set(0, ID(BOB), callee, 0);
    gate_set(1, ID(BOB), callee, 0);
    draw(ALICE, 0);
    draw(ALICE, 1);
    for (unsigned i = 1; i < 32; i += 3)
        call(GATE(0) + i, MMP_FAULT_GATE_ALIGN, GATE(0) + i);
    call(GATE(1) - 1, MMP_FAULT_GATE_ALIGN, GATE(1) - 1);
}

static void end_of_a_page(void)
{
    const uint64_t last = GATES + 0x1000 - 1;

    perm_change(ALICE, GATES + 0x1000 - 32, GATES + 0x1000, MMP_PERM_RX);
    gate_set(127, ID(BOB), callee, 5);
    call(last, MMP_FAULT_GATE_ALIGN, last);
    perm_change(ALICE, GATES + 0x1000 - 4, GATES + 0x1000, MMP_PERM_RO);
    call(last, MMP_FAULT_PERMISSION, last);
    attack(ALICE, c_call, GATE(127), 0); /* the record there is a gate still, of which one word is needed */
    check(trap_last.vector == DONE && trap_last.rax == 5, "last gate", trap_last.rax);
}

static void unreadable_record(void)
{
    gate_set(0, ID(BOB), callee_reads, 0x1234);
    perm_change(ALICE, GATE(0), GATE(0) + 4, MMP_PERM_RX);
    draw(BOB, 1);
    attack(ALICE, c_call, GATE(0),
           0); /* Bob reads above his frame, and is stopped; so the gate was entered */
    check(trap_last.pd == ID(BOB), "pd", trap_last.pd);
    check(record_word(0, 2) == 1 && record_word(0, 3) == 1, "count", record_word(0, 2));
    extern const char m_load4[], m_load4_at[];
    attack(ALICE, m_load4, GATE(0) + 4, 0);
    refused_access(ALICE, m_load4_at, MMP_ACCESS_LOAD, GATE(0) + 4, 4);
}

static void unknown_kind(void)
{
    static const uint32_t kinds[] = {0, 1, MMP_GATE_CALL + 1, MMP_GATE_CALL ^ 0x80000000u, 0xffffffff};

    draw(ALICE, 0);
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        gate_set(0, ID(BOB), callee, 0);
        *(uint32_t *)(uint64_t)GATE(0) = kinds[i];
        call(GATE(0), MMP_FAULT_GATE_INVALID, GATE(0));
    }
}

static void outside_memory(void)
{
    const uint32_t window = 0x10000000, gate = window + MMP_GATE_SPACE_OFFSET; /* where RAM ends */

    msr_write(MMP_MSR_GWHI, window + 0x400000);
    *root_entry(ALICE, window) = MMP_BITMAP_ALL(MMP_PERM_RX);
    invalidate(ID(ALICE), window, 22);
    call(gate, MMP_FAULT_GATE_INVALID, gate);
}

static uint8_t *descriptor(int domain)
{
    return at(msr_read(MMP_MSR_DTBASE) + MMP_DD_SIZE * (uint64_t)domain);
}

static void no_such_domain(void)
{
    draw(ALICE, 0);
    gate_set(0, MMP_PD_USER | DOMAINS, callee, 0); /* the first beyond the table */
    call(GATE(0), MMP_FAULT_GATE_DOMAIN, MMP_PD_USER | DOMAINS);
    gate_set(0, 0xffff, callee, 0);
    call(GATE(0), MMP_FAULT_GATE_DOMAIN, 0xffff);
    gate_set(0, MMP_PD_USER, callee, 0); /* index 0, but not domain 0; its descriptor is zero */
    call(GATE(0), MMP_FAULT_GATE_DOMAIN, MMP_PD_USER);
}

static void not_valid(void)
{
    draw(ALICE, 0);
    gate_set(0, ID(BOB), callee, 0);
    *(uint16_t *)(descriptor(BOB) + MMP_DD_FLAGS) = 0xfffe;
    call(GATE(0), MMP_FAULT_GATE_DOMAIN, ID(BOB));
    root_own(BOB);
    *(uint32_t *)(descriptor(BOB) + MMP_DD_ROOT) += 8;
    call(GATE(0), MMP_FAULT_GATE_DOMAIN, ID(BOB));
    root_own(BOB);
    *(uint16_t *)(descriptor(BOB) + MMP_DD_TAG) = 0; /* would be domain 0 */
    call(GATE(0), MMP_FAULT_GATE_DOMAIN, ID(BOB));
    root_own(BOB);
    msr_write(MMP_MSR_DTCOUNT, BOB);
    call(GATE(0), MMP_FAULT_GATE_DOMAIN, ID(BOB));
}

static void wrong_privilege(void)
{
    draw(ALICE, 0);
    gate_set(0, ID(KEN) | MMP_PD_USER, callee, 0); /* a user's id, a kernel domain's descriptor */
    call(GATE(0), MMP_FAULT_GATE_DOMAIN, ID(KEN) | MMP_PD_USER);
    gate_set(0, BOB, callee, 0); /* a kernel's id, a user domain's descriptor */
    call(GATE(0), MMP_FAULT_GATE_DOMAIN, BOB);
    *(uint16_t *)(descriptor(BOB) + MMP_DD_TAG) = KEN;
    gate_set(0, ID(BOB), callee, 0);
    call(GATE(0), MMP_FAULT_GATE_DOMAIN, ID(BOB));
}

static void jump_from(uint64_t rsp, unsigned kind, uint64_t addr)
{
    struct start start;

    start_registers(&start);
    start.gpr[RSP] = rsp;
    start.gpr[RDI] = GATE(0);
    msr_write(MMP_MSR_XSP, CALLSTACK);
    attack_from(ALICE, c_jump, &start);
    refused(ALICE, kind, at(GATE(0)), addr, GATE(0));
}

static void stack_elsewhere(void)
{
    gate_set(0, ID(BOB), callee, 0);
    draw(ALICE, 0);
    attack(ALICE, c_jump, 0, 0);
    /* read-write memory of Alice's, but no stack; above, across, below; not an address */
    const uint64_t elsewhere[] = {OURS + 0x100,
                                  STACK_TOP,
                                  STACK_TOP - 7,
                                  STACK_TOP + 8,
                                  STACK_LOW - 8,
                                  STACK_LOW - 1,
                                  0,
                                  8,
                                  (uint64_t)-8,
                                  0x100000000u + STACK_TOP - 64,
                                  0x8000000000000000u};
    for (unsigned i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        jump_from(elsewhere[i], MMP_FAULT_STACK_RANGE, elsewhere[i]);
}

static void no_room(void)
{
    gate_set(0, ID(BOB), callee, 0);
    draw(ALICE, 0);
    attack(ALICE, c_jump, 0, 0);
    jump_from(STACK_LOW, MMP_FAULT_STACK_OVERFLOW, STACK_LOW); /* the base would be sl itself */
    jump_from(STACK_LOW + 4080, MMP_FAULT_STACK_OVERFLOW, STACK_LOW);
}

static void no_room_in_domain_0(void)
{
    gate_set(0, 0, supervisor_entry, 0);
    draw(ALICE, 0);
    attack(ALICE, c_jump, 0, 0);
    msr_write(MMP_MSR_S0, 0);
    jump_from(STACK_TOP - 64, MMP_FAULT_STACK_OVERFLOW, 0);
    msr_write(MMP_MSR_S0, 0x20000000); /* beyond RAM */
    jump_from(STACK_TOP - 64, MMP_FAULT_STACK_OVERFLOW, 0x20000000);
}

static void call_stack_full(void)
{
    gate_set(0, ID(BOB), callee, 0);
    draw(ALICE, 0);
    attack(ALICE, c_jump, 0, 0);
    msr_write(MMP_MSR_XLIMIT, CALLSTACK + 2 * MMP_XFRAME_BYTES); /* room for interrupts, as the rule wants */
    jump_from(STACK_TOP - 64, MMP_FAULT_XSTACK_OVERFLOW, CALLSTACK);
    msr_write(MMP_MSR_XLIMIT, CALLSTACK + 3 * MMP_XFRAME_BYTES - 8);
    jump_from(STACK_TOP - 64, MMP_FAULT_XSTACK_OVERFLOW, CALLSTACK);
}

static void recursion(void)
{
    struct start start;

    gate_set(0, ID(BOB), callee_calls, 0);
    gate_set(1, ID(ALICE), callee_calls, 0);
    draw(ALICE, 0);
    draw(BOB, 1);
    msr_write(MMP_MSR_CTL, 4 << MMP_CTL_ALIGN_SHIFT | MMP_CTL_EN);
    attack(ALICE, c_jump, 0, 0);
    start_registers(&start);
    start.gpr[RDI] = GATE(0);
    start.gpr[RSI] = GATE(1);
    start.gpr[R9] = GATE(0);
    msr_write(MMP_MSR_XSP, CALLSTACK);
    attack_from(ALICE, c_call, &start); /* each calls the other until no frame but the reserve is left */
    check(trap_last.frames == CALLSTACK_FRAMES - 2, "frames", trap_last.frames);
    check(trap_last.error == MMP_FAULT_XSTACK_OVERFLOW, "kind", trap_last.error);
    check(trap_last.addr == CALLSTACK + (CALLSTACK_FRAMES - 2) * MMP_XFRAME_BYTES, "addr", trap_last.addr);
    check(record_word(0, 3) == (CALLSTACK_FRAMES - 2) / 2, "crossed", record_word(0, 3));
    check(trap_last.rsp < trap_last.fb && trap_last.rsp >= STACK_LOW, "rsp", trap_last.rsp);
}

static void from_domain_0(void)
{
    gate_set(0, ID(BOB), callee, 0);
    attack(NOBODY, c_jump, GATE(0), 0);
    refused(NOBODY, MMP_FAULT_GATE_CALLER, at(GATE(0)), GATE(0), GATE(0));
    attack(NOBODY, c_jump, GATE(0) + 8, 0);
    refused(NOBODY, MMP_FAULT_GATE_ALIGN, at(GATE(0) + 8), GATE(0) + 8, GATE(0) + 8);
}

static void outside_the_window(void)
{
    const uint32_t elsewhere =
        ARENA + MMP_GATE_SPACE_OFFSET; /* gate space of a slot that is not in the window */

    perm_change(ALICE, elsewhere, elsewhere + 32, MMP_PERM_RX);
    *(uint64_t *)(uint64_t)elsewhere = 0x30cd | (uint64_t)low(callee) << 32;
    attack(ALICE, c_jump, elsewhere, 0); /* an instruction like any other: no crossing */
    check(trap_last.vector == DONE && trap_last.rip == elsewhere + 2 && trap_last.pd == ID(ALICE), "insn",
          trap_last.rip);
    check(trap_last.frames == 0, "frames", trap_last.frames);
    msr_write(MMP_MSR_GWLO, ARENA);
    attack(ALICE, c_jump, elsewhere, 0); /* now it is a gate, of a kind that is none */
    refused(ALICE, MMP_FAULT_GATE_INVALID, at(elsewhere), elsewhere, elsewhere);
}

static void up_to_gate_space(void)
{
    for (unsigned i = 0; i < 10; i++) /* movabs, of which five bytes are in gate space */
        at(GATES - 5 + i)[0] = (uint8_t)before_gates[i];
    perm_change(ALICE, GATES - 8, GATES + 64, MMP_PERM_RX);
    attack(ALICE, c_jump, GATES - 5, 0);
    may_register(RAX, 0x1122334455667788);
    refused(ALICE, MMP_FAULT_GATE_ALIGN, at(GATES + 5), GATES + 5, GATES + 5);
    perm_change(ALICE, GATES, GATES + 4, MMP_PERM_RO);
    attack(ALICE, c_jump, GATES - 5, 0);
    refused_fetch(ALICE, GATES - 5, GATES);
}

static const struct attack list[] = {
    {"a gate that is not drawn", "call of a gate of another domain's, and of one into domain 0",
     "PERMISSION, fetch, at the gate; no count, no frame", not_drawn},
    {"a gate on data", "the gate's words are read-only, read-write, or executable but for the first",
     "PERMISSION, fetch, at the gate", without_rx},
    {"past the gate", "call into the middle of a function behind a gate", "PERMISSION, fetch, at the target",
     past_the_gate},
    {"a misaligned gate", "call of each kind of address within a record", "GATE_ALIGN", misaligned},
    {"the last byte of a page of gates", "call of it, with the right to execute and without",
     "GATE_ALIGN; PERMISSION; the last record still is a gate", end_of_a_page},
    {"a record that cannot be read",
     "only the first word is executable: enter the gate, then read its target",
     "the gate works; PERMISSION, load", unreadable_record},
    {"a gate of unknown kind", "0, 1, bits flipped", "GATE_INVALID", unknown_kind},
    {"a gate outside memory", "gate space where RAM has ended", "GATE_INVALID", outside_memory},
    {"a gate to no domain", "PD-IDs beyond the table, and index 0 as a user", "GATE_DOMAIN, the PD-ID",
     no_such_domain},
    {"a gate to an invalid descriptor", "not valid, root misaligned, tag 0, table shortened",
     "GATE_DOMAIN, the PD-ID", not_valid},
    {"a gate of the wrong privilege",
     "user id with a kernel domain's descriptor, kernel id with a user's, tag of the other kind",
     "GATE_DOMAIN, the PD-ID", wrong_privilege},
    {"stack pivot before a gate",
     "rsp in the own data, at and across fb, below sl, wrapping, above 4 GiB, not canonical",
     "STACK_RANGE, rsp", stack_elsewhere},
    {"no room on the stack", "a gate near sl", "STACK_OVERFLOW, sl", no_room},
    {"no room on domain 0's stack", "S0 is 0 or outside memory", "STACK_OVERFLOW, S0", no_room_in_domain_0},
    {"call stack full", "fewer than three free frames", "XSTACK_OVERFLOW, xsp", call_stack_full},
    {"endless recursion across domains", "two domains that call each other",
     "XSTACK_OVERFLOW with the reserve for interrupts left", recursion},
    {"a gate from domain 0", "jump to a gate, to the middle of it", "GATE_CALLER; GATE_ALIGN", from_domain_0},
    {"gate space outside the window", "a record there, before and after the window grows over it",
     "an instruction; GATE_INVALID", outside_the_window},
    {"an instruction up to gate space", "one that ends there, then the next",
     "an instruction; GATE_ALIGN; PERMISSION where its end is denied", up_to_gate_space},
};
ATTACKS(on_gates);

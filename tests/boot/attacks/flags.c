/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Flags with which one domain could make another trap, or compute something else.
 */
#include "attacks.h"

extern const char flags_call[], callee_sees_flags[], callee_strings[], callee_flags[], flags_after[],
    callee[];

#define TF 0x100u
#define DF 0x400u
#define NT 0x4000u
#define AC 0x40000u
#define CR0_AM 0x40000u

extern const char callee_traces[];
static unsigned steps, steps_behind; /* all; those of the other domain */
static uint16_t tracer;

static bool count_step(struct trap *frame)
{
    steps++;
    if (trap_last.pd != tracer)
        steps_behind++;
    check(trap_last.pd == tracer || (frame->rflags & TF) == 0, "TF", frame->rflags);
    return true;
}

static void alignment_checks(bool on)
{
    uint64_t cr0;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    cr0 = on ? cr0 | CR0_AM : cr0 & ~(uint64_t)CR0_AM;
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0) : "memory");
}

static void call_with(uint64_t flags, const char *target)
{
    struct start start;

    gate_set(0, ID(BOB), target, 0);
    draw(ALICE, 0);
    start_registers(&start);
    start.gpr[RDI] = GATE(0);
    start.gpr[R12] = flags;
    msr_write(MMP_MSR_XSP, CALLSTACK);
    attack_from(ALICE, flags_call, &start);
    check(trap_last.vector == DONE && trap_last.pd == ID(ALICE), "end", trap_last.vector);
}

static void steps_of(int domain)
{
    steps = steps_behind = 0;
    tracer = ID(domain);
    on_step = count_step;
}

static void trap_flag(void)
{
    steps_of(ALICE);
    call_with(TF, callee_sees_flags);
    check(steps > 0, "steps", steps);
    check(steps_behind == 0, "Bob's steps", steps_behind);
    check((trap_last.rax & TF) == 0, "flags", trap_last.rax);
}

static void trap_flag_back(void)
{
    steps_of(BOB);
    call_with(0, callee_traces);
    check(steps > 0, "steps", steps);
    check(steps_behind == 0, "Alice's steps", steps_behind);
}

static void other_flags(void)
{
    call_with(NT | AC | DF, callee_sees_flags);
    check((trap_last.rax & (NT | AC | DF | TF)) == 0, "flags", trap_last.rax);
    check((trap_last.r13 & (NT | AC | DF | TF)) == 0, "back", trap_last.r13);
}

static void alignment(void)
{
    alignment_checks(true);
    call_with(AC, callee_sees_flags); /* which loads from an address that is not aligned */
    alignment_checks(false);
    check((trap_last.rax & AC) == 0, "flags", trap_last.rax);
}

static void direction(void)
{
    call_with(DF, callee_strings);
    check(trap_last.rax == 8, "upwards", trap_last.rax);
}

static void back(void)
{
    struct start start;

    gate_set(0, ID(BOB), callee_flags, 0);
    draw(ALICE, 0);
    start_registers(&start);
    start.gpr[RDI] = GATE(0);
    msr_write(MMP_MSR_XSP, CALLSTACK);
    attack_from(ALICE, flags_after, &start);
    check(trap_last.vector == DONE && trap_last.pd == ID(ALICE), "end", trap_last.vector);
    check((trap_last.rax & (NT | AC | DF | TF)) == 0, "flags", trap_last.rax);
}

static void registers_left(void)
{
    struct start start;
    extern const char c_call[], callee_at[];

    gate_set(0, ID(BOB), callee_at, 0x99);
    draw(ALICE, 0);
    *(uint16_t *)(uint64_t)(ARENA + 0x20000) =
        0x30cd; /* the callee is INT: what it finds, and its caller then */
    perm_change(BOB, ARENA + 0x20000, ARENA + 0x20004, MMP_PERM_RX);
    gate_set(1, ID(BOB), at(ARENA + 0x20000), 0x99);
    draw(ALICE, 1);
    start_registers(&start);
    start.gpr[RDI] = GATE(1);
    attack_from(ALICE, c_call, &start);
    check(trap_last.pd == ID(BOB) && trap_last.rax == 0x99, "badge", trap_last.rax);
    check((trap_last.rbx | trap_last.rbp | trap_last.r10 | trap_last.r11 | trap_last.r12 | trap_last.r13 |
           trap_last.r14 | trap_last.r15) == 0,
          "cleared", trap_last.rbx);
    check(trap_last.rdx == start.gpr[RDX] && trap_last.r8 == start.gpr[R8] && trap_last.rdi == GATE(1),
          "kept", trap_last.rdx);
    start.gpr[RDI] = GATE(0);
    msr_write(MMP_MSR_FB, STACK_TOP);
    msr_write(MMP_MSR_XSP, CALLSTACK);
    attack_from(ALICE, c_call, &start);
    check(trap_last.pd == ID(ALICE) && trap_last.rax == 0x99, "back", trap_last.rax);
    check((trap_last.rcx | trap_last.rsi | trap_last.rdi | trap_last.r8 | trap_last.r9 | trap_last.r10 |
           trap_last.r11) == 0,
          "cleared", trap_last.rsi);
    check(trap_last.rbx == start.gpr[RBX] && trap_last.r15 == start.gpr[R15] &&
              trap_last.rsp == start.gpr[RSP],
          "restored", trap_last.rbx);
}

static const struct attack list[] = {
    {"TF into a callee", "call through a gate with TF set", "no trap in the callee, TF clear there",
     trap_flag},
    {"TF back to the caller", "return through a gate with TF set", "no trap in the caller, TF clear there",
     trap_flag_back},
    {"NT, AC, DF into a callee", "call through a gate with all set",
     "clear in the callee, and in the caller after the return", other_flags},
    {"AC where it counts", "CR0.AM set, AC set, call; the callee loads from an address that is not aligned",
     "no #AC", alignment},
    {"DF where it counts", "DF set, call; the callee stores a string", "upwards", direction},
    {"flags back to the caller", "a callee returns with DF, NT, AC set", "clear in the caller", back},
    {"registers across a crossing",
     "what a callee finds in the caller's registers, and the caller in the callee's",
     "cleared, but for arguments, results and those restored", registers_left},
};
ATTACKS(on_flags);

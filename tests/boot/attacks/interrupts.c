/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An interrupt at each instruction of a crossing: a crossing has happened or it has not.
 *
 * The local timer interrupts after n nanoseconds, for n from 1 up. Where the emulator counts instructions
 * (the word "exact" on the command line, with -icount shift=0) that is after n instructions, and each of them
 * is hit; otherwise it is wherever it happens to be. In both, what the handler sees must be a state between
 * two instructions.
 */
#include "attacks.h"

extern const char stepped[], stepped_call[], stepped_back[], stepped_end[], stepped_middle[],
    stepped_middle_back[], stepped_middle_end[], stepped_inner[], stepped_inner_end[];

#define APIC 0xfee00000ull
static volatile uint32_t *apic(unsigned offset)
{
    return (volatile uint32_t *)(APIC + offset);
}

static unsigned hits, places;
static uint64_t place[64];

static bool between(uint64_t rip, const char *first, const char *end)
{
    return rip >= (uint64_t)first && rip < (uint64_t)end;
}

/* What must hold where the interrupt was taken: domain, frame base and frames in use fit the code. */
static bool seen(struct trap *frame)
{
    uint64_t rip = frame->rip;
    unsigned i = 0;

    *apic(0xb0) = 0; /* end of interrupt */
    hits++;
    while (i < places && place[i] != rip)
        i++;
    if (i == places && places < 64)
        place[places++] = rip;
    if (between(rip, stepped, stepped_end + 1) || rip == GATE(0)) {
        check(trap_last.pd == ID(ALICE), "pd in Alice", trap_last.pd);
        check(trap_last.frames == 0 && trap_last.fb == STACK_TOP, "fb in Alice", trap_last.fb);
        check(frame->rsp == STACK_TOP - 64 - 8 * (rip == GATE(0)), "rsp in Alice", frame->rsp);
    } else if (between(rip, stepped_middle, stepped_middle_end) || rip == GATE(1)) {
        check(trap_last.pd == ID(BOB), "pd in Bob", trap_last.pd);
        check(trap_last.frames == 1 && trap_last.fb == STACK_TOP - 4096, "fb in Bob", trap_last.fb);
        check(frame->rsp == STACK_TOP - 4096 - 8 - 8 * (rip == GATE(1)), "rsp in Bob", frame->rsp);
    } else if (between(rip, stepped_inner, stepped_inner_end)) {
        check(trap_last.pd == ID(CAROL), "pd in Carol", trap_last.pd);
        check(trap_last.frames == 2 && trap_last.fb == STACK_TOP - 8192, "fb in Carol", trap_last.fb);
        check(frame->rsp == STACK_TOP - 8192 - 8, "rsp in Carol", frame->rsp);
    } else {
        check(false, "rip", rip);
    }
    return true;
}

/* Alice calls Bob, who calls Carol; the timer is set to n. */
static void once(unsigned n)
{
    struct start start;

    start_registers(&start);
    start.gpr[RDI] = GATE(0);
    start.gpr[RSI] = GATE(1);
    start.rflags |= IF;
    msr_write(MMP_MSR_FB, STACK_TOP);
    msr_write(MMP_MSR_XSP, CALLSTACK);
    *apic(0x380) = n;
    attack_from(ALICE, stepped, &start);
    *apic(0x380) = 0;
    check(trap_last.vector == DONE && trap_last.pd == ID(ALICE), "end", trap_last.vector);
    check(trap_last.rax == 0x77 + 2 && trap_last.rbx == 0x1212 && trap_last.rbp == 0x1515, "result",
          trap_last.rax);
    check(trap_last.rsp == STACK_TOP - 64 && trap_last.frames == 0, "rsp", trap_last.rsp);
}

static void every_instruction(void)
{
    static const char *const insns[] = {stepped,        stepped_call,        stepped_back, stepped_end,
                                        stepped_middle, stepped_middle_back, stepped_inner};
    uint64_t calls;

    gate_set(0, ID(BOB), stepped_middle, 0);
    gate_set(1, ID(CAROL), stepped_inner, 0x77);
    draw(ALICE, 0);
    draw(BOB, 1);
    *apic(0xf0) = 0x100 | 0xff; /* on */
    *apic(0x3e0) = 0xb;         /* every tick of the clock */
    *apic(0x320) = LOCAL_TIMER;
    on_step = seen;
    hits = places = 0;
    for (calls = 0; calls < 600; calls++)
        once((unsigned)calls + 1);
    for (unsigned n = 1000; n < 40000; n += 997)
        once(n), calls++;
    check(*(uint64_t *)(uint64_t)(GATE(0) + MMP_GATE_CROSSED) == calls, "calls",
          *(uint64_t *)(uint64_t)(GATE(0) + MMP_GATE_CROSSED));
    check(*(uint64_t *)(uint64_t)(GATE(1) + MMP_GATE_CROSSED) == calls, "calls",
          *(uint64_t *)(uint64_t)(GATE(1) + MMP_GATE_CROSSED));
    if (boot_word("exact")) {
        check(hits > 0, "interrupts", hits);
        for (unsigned i = 0; i < sizeof insns / sizeof *insns; i++) {
            bool found = false;

            for (unsigned k = 0; k < places; k++)
                found |= place[k] == (uint64_t)insns[i];
            check(found, "never interrupted at", (uint64_t)insns[i]);
        }
        for (unsigned gate = 0; gate < 2; gate++) {
            bool found = false;

            for (unsigned k = 0; k < places; k++)
                found |= place[k] == GATE(gate);
            check(found, "never interrupted at", GATE(gate));
        }
    }
    on_step = NULL;
    *apic(0x320) = 0x10000;
}

static const struct attack list[] = {
    {"an interrupt at each instruction of a crossing",
     "two nested calls and their returns, the timer after 1, 2, 3, ... instructions",
     "domain, frame base, rsp and call stack are those of the instruction; the calls return right",
     every_instruction},
};
const struct attacks attacks_by_interrupt = {list, sizeof list / sizeof *list};

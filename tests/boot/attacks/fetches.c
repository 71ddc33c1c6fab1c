/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Execution of what the domain may not execute: data, another's code, code whose right is gone, code that
 * changed.
 */
#include "attacks.h"

CODE(c_jump);
CODE(c_call);
extern const char c_loop[], c_loop_page[], c_loop_second[], c_loop_page_end[];
extern const char c_call_loop[], c_call_loop_end[];

#define CODE_AT (ARENA + 0x20000u) /* code that the cases write */

static void nops(uint32_t addr, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at(addr)[i] = 0x90;
    at(addr)[bytes - 2] = 0xcd; /* int 0x30 */
    at(addr)[bytes - 1] = 0x30;
}

static void jump_to(unsigned perm)
{
    nops(CODE_AT, 64);
    perm_change(ALICE, CODE_AT, CODE_AT + 64, perm);
    attack(ALICE, c_jump, CODE_AT, 0);
    refused_fetch(ALICE, CODE_AT, CODE_AT);
    attack(ALICE, c_jump, CODE_AT + 61, 0);
    refused_fetch(ALICE, CODE_AT + 61, CODE_AT + 61);
}

static void data(void)
{
    jump_to(MMP_PERM_RW);
    jump_to(MMP_PERM_RO);
    jump_to(MMP_PERM_NONE);
}

static void stack(void)
{
    nops(STACK_TOP - 512, 64);
    attack(ALICE, c_jump, STACK_TOP - 512, 0);
    refused_fetch(ALICE, STACK_TOP - 512, STACK_TOP - 512);
}

static void call_of_data(void)
{
    attack(ALICE, c_call, OURS, 0); /* the call has happened: it has pushed and jumped */
    may_register(RSP, STACK_TOP - 72);
    may_word(STACK_TOP - 72, PATTERN, (uint64_t)c_call_at + 2);
    refused_fetch(ALICE, OURS, OURS);
}

static void end_of_an_instruction(void)
{
    const uint32_t wall = CODE_AT + 0x1000; /* at a page */

    for (unsigned last = 1; last < 10; last++) {
        uint32_t insn = wall - 10 + last;

        nops(wall - 64, 128);
        at(insn)[0] = 0x48, at(insn)[1] = 0xb8; /* movabs, 10 bytes, of which so many are beyond */
        perm_change(ALICE, wall - 64, wall, MMP_PERM_RX);
        attack(ALICE, c_jump, insn, 0);
        refused_fetch(ALICE, insn, wall);
    }
    perm_change(ALICE, wall, wall + 4, MMP_PERM_RX); /* and at a word */
    at(wall - 2)[0] = 0x48, at(wall - 2)[1] = 0xb8;
    attack(ALICE, c_jump, wall - 2, 0);
    refused_fetch(ALICE, wall - 2, wall + 4);
    perm_change(ALICE, wall - 4, wall, MMP_PERM_RW);
    attack(ALICE, c_jump, wall - 2, 0);
    refused_fetch(ALICE, wall - 2, wall - 2);
}

static void anothers_code(void)
{
    perm_change(ALICE, low(c_loop_page), low(c_loop_page_end), MMP_PERM_NONE);
    attack(BOB, c_loop, 100000, 0); /* hot, for Bob */
    check(trap_last.vector == DONE, "bob", trap_last.vector);
    attack(ALICE, c_jump, (uint64_t)c_loop_second, 0);
    refused_fetch(ALICE, (uint64_t)c_loop_second, (uint64_t)c_loop_second);
    attack(ALICE, c_jump, low(c_loop) + 2, 0);
    refused_fetch(ALICE, low(c_loop) + 2, low(c_loop) + 2);
}

static void chained(void)
{
    attack(ALICE, c_loop, 100000, 0);
    check(trap_last.vector == DONE, "before", trap_last.vector);
    perm_change(ALICE, low(c_loop_second), low(c_loop_second) + 4, MMP_PERM_NONE);
    attack(ALICE, c_loop, 100000, 0);
    may_register(RAX, 0x5151515100000000u + RAX + 1); /* the block before it has run */
    may_flags(0x8d5);
    refused_fetch(ALICE, (uint64_t)c_loop_second, (uint64_t)c_loop_second);
    perm_change(ALICE, low(c_loop_page), low(c_loop_page_end), MMP_PERM_RX);
    attack(BOB, c_loop, 100000, 0);
    check(trap_last.vector == DONE, "bob", trap_last.vector);
    perm_change(ALICE, low(c_loop_page), low(c_loop_page_end), MMP_PERM_NONE);
    attack(ALICE, c_jump, low(c_loop) + 2, 0);
    refused_fetch(ALICE, low(c_loop) + 2, low(c_loop) + 2);
}

static void call_after_the_right_is_gone(void)
{
    struct start start;

    nops(CODE_AT, 64);
    at(CODE_AT)[0] = 0xc3; /* ret */
    perm_change(ALICE, CODE_AT, CODE_AT + 4096, MMP_PERM_RX);
    for (unsigned i = 0; i < 2; i++) {
        start_registers(&start);
        start.gpr[R14] = CODE_AT;
        start.gpr[R13] = 1000;
        msr_write(MMP_MSR_XSP, CALLSTACK);
        attack_from(ALICE, c_call_loop, &start);
        if (i == 0) {
            check(trap_last.rip == (uint64_t)c_call_loop_end, "before", trap_last.rip);
            perm_change(ALICE, CODE_AT, CODE_AT + 4096, MMP_PERM_RO);
        }
    }
    check(trap_last.r13 == 999, "calls", trap_last.r13);
    expect_fault(MMP_FAULT_PERMISSION, at(CODE_AT),
                 CODE_AT); /* at the first call, long before the snapshot */
}

static void rewritten(void)
{
    static const char store[] = {(char)0x66, (char)0x89, 0x37, (char)0xcd,
                                 0x30}; /* mov %si, (%rdi); int 0x30 */

    nops(CODE_AT, 64);
    for (unsigned i = 0; i < sizeof store; i++)
        at(CODE_AT + 0x1000)[i] = (uint8_t)store[i];
    perm_change(ALICE, CODE_AT, CODE_AT + 64, MMP_PERM_RX);
    perm_change(BOB, CODE_AT, CODE_AT + 64, MMP_PERM_RW);
    perm_change(BOB, CODE_AT + 0x1000, CODE_AT + 0x1008, MMP_PERM_RX);
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t hole = CODE_AT + 40 - 8 * i;

        attack(ALICE, at(CODE_AT), 0, 0);
        check(trap_last.vector == DONE && trap_last.rip == (i == 0 ? CODE_AT + 64 : hole + 10), "old",
              trap_last.rip);
        attack(BOB, at(CODE_AT + 0x1000), hole, 0x30cd);
        check(trap_last.vector == DONE, "bob", trap_last.vector);
        attack(ALICE, at(CODE_AT), 0, 0);
        check(trap_last.vector == DONE && trap_last.rip == hole + 2, "new", trap_last.rip);
    }
    attack(BOB, c_jump, CODE_AT, 0); /* who writes it may not run it */
    refused_fetch(BOB, CODE_AT, CODE_AT);
}

static void rewrites_itself(void)
{
    nops(CODE_AT, 64);
    perm_change(ALICE, CODE_AT, CODE_AT + 64, MMP_PERM_RX);
    /* ud2; movw $0x30cd, 8(%rip): a store to what is read-execute */
    static const uint8_t code[] = {0x0f, 0x0b, 0x66, 0xc7, 0x05, 8, 0, 0, 0, 0xcd, 0x30};

    for (unsigned i = 0; i < sizeof code; i++)
        at(CODE_AT)[i] = code[i];
    attack(ALICE, at(CODE_AT), 0, 0);
    refused_access(ALICE, at(CODE_AT + 2), MMP_ACCESS_STORE, CODE_AT + 19, 2);
}

static void into_the_supervisor(void)
{
    extern const char supervisor_entry[];

    attack(ALICE, c_jump, (uint64_t)supervisor_entry, 0);
    refused_fetch(ALICE, (uint64_t)supervisor_entry, (uint64_t)supervisor_entry);
    attack(KEN, c_jump, (uint64_t)supervisor_entry, 0);
    refused_fetch(KEN, (uint64_t)supervisor_entry, (uint64_t)supervisor_entry);
}

static const struct attack list[] = {
    {"execution of data", "jump to words that are read-write, read-only, nobody's",
     "PERMISSION, fetch, at the target; rip there", data},
    {"execution of the stack", "jump into [sl, fb)",
     "PERMISSION, fetch: the stack registers give no right to execute", stack},
    {"call of data", "call of words that are read-write",
     "PERMISSION, fetch, at the target; the return address is pushed, nothing else", call_of_data},
    {"end of an instruction", "only the last bytes of an instruction are denied, across a page and a word",
     "PERMISSION, fetch, first byte denied; rip the instruction", end_of_an_instruction},
    {"another's code", "jump to code that another domain runs hot", "PERMISSION, fetch", anothers_code},
    {"chained code after the right is gone",
     "a loop of chained blocks, one of which shrinks to no right; then the page",
     "PERMISSION, fetch, at that block", chained},
    {"cached code after the right is gone", "a loop of calls whose callee's page shrinks to read-only",
     "PERMISSION, fetch, at the first call", call_after_the_right_is_gone},
    {"code that another domain rewrites",
     "Bob writes through read-write what Alice runs through read-execute",
     "Alice runs the new code at once; Bob may not run it", rewritten},
    {"code that rewrites itself", "store to a read-execute word of the own code", "PERMISSION, store",
     rewrites_itself},
    {"supervisor's code", "jump to domain 0's entry, from a user domain and a kernel domain",
     "PERMISSION, fetch", into_the_supervisor},
};
ATTACKS(on_fetches);

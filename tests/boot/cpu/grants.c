/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Boot tests of the stack permissions table (manual 7.7): what a grant lets a callee do with its caller's
 * frame, and all that it does not.
 */
#include "cases.h"
#include "rig.h"

extern const char callee_load[], callee_load_at[], callee_store[], callee_store_at[], call_gate[], jump[],
    do_wrmsr[], do_wrmsr_at[], load8[], load8_at[], store8[], store8_at[], load_loop[];
extern volatile uint64_t ticks;

#define FRAME (STACK_TOP - 32) /* two words of Alice's frame, which Bob's does not reach */
#define PAGE (ARENA + 0x200000u)
enum { GATE_LOAD = 70, GATE_STORE };

static uint64_t *quad(uint32_t addr)
{
    return (uint64_t *)(uint64_t)addr;
}

static void grant(unsigned i, int domain, uint32_t start, unsigned words, unsigned perm)
{
    msr_write(MMP_MSR_SPT + i, ID(domain) | (uint64_t)words << MMP_SPT_WORDS_SHIFT |
                                   (uint64_t)perm << MMP_SPT_PERM_SHIFT |
                                   (uint64_t)start << MMP_SPT_START_SHIFT);
}

static void entry_of(struct entry *e, const char *code, uint64_t rdi, uint64_t rsi)
{
    *e = (struct entry){(uint64_t)code, 0x1b, 2, STACK_TOP - 256, 0x23, rdi, rsi, 0, 0, 0, 0};
}

/* Alice calls Bob through that gate with the address of a part of her frame. */
static void call_with(unsigned gate, uint32_t addr)
{
    struct entry e;

    entry_of(&e, call_gate, GATE(gate), addr);
    run_prepared(ALICE, &e);
}

static void run_with(int domain, const char *code, uint64_t rdi, uint64_t rsi)
{
    struct entry e;

    entry_of(&e, code, rdi, rsi);
    run_prepared(domain, &e);
}

static void denied(const char *where, int access, uint32_t addr)
{
    expect_denied(where, access, addr, 8);
    check(trap_last.pd == ID(BOB), "domain", trap_last.pd);
    check(*quad(FRAME) == 0x5a, "written", *quad(FRAME));
}

static void test_frames(void)
{
    test("a callee cannot touch its caller's frame");
    call_with(GATE_LOAD, FRAME);
    denied(callee_load_at, MMP_ACCESS_LOAD, FRAME);
    call_with(GATE_STORE, FRAME);
    denied(callee_store_at, MMP_ACCESS_STORE, FRAME);
    test_end();

    test("a grant to read");
    grant(0, BOB, FRAME, 2, MMP_PERM_RO);
    call_with(GATE_LOAD, FRAME);
    expect_done(0x5a);
    call_with(GATE_STORE, FRAME);
    denied(callee_store_at, MMP_ACCESS_STORE, FRAME);
    call_with(GATE_LOAD, FRAME + 4); /* a word too many */
    denied(callee_load_at, MMP_ACCESS_LOAD, FRAME + 8);
    call_with(GATE_LOAD, FRAME - 1); /* a byte too early */
    denied(callee_load_at, MMP_ACCESS_LOAD, FRAME - 1);
    test_end();

    test("a grant to write, and its end");
    grant(7, BOB, FRAME, 2, MMP_PERM_RW); /* beside the other */
    call_with(GATE_STORE, FRAME);
    expect_done(0x77);
    check(*quad(FRAME) == 0x77, "frame", *quad(FRAME));
    *quad(FRAME) = 0x5a;
    msr_write(MMP_MSR_SPT + 7, 0); /* nothing is invalidated: grants are not cached */
    call_with(GATE_STORE, FRAME);
    denied(callee_store_at, MMP_ACCESS_STORE, FRAME);
    call_with(GATE_LOAD, FRAME);
    expect_done(0x5a);
    grant(0, BOB, FRAME, 2, MMP_PERM_NONE);
    call_with(GATE_LOAD, FRAME);
    denied(callee_load_at, MMP_ACCESS_LOAD, FRAME);
    test_end();

    test("two grants side by side are one");
    grant(0, BOB, FRAME, 1, MMP_PERM_RO);
    grant(1, BOB, FRAME + 4, 1, MMP_PERM_RW);
    call_with(GATE_LOAD, FRAME);
    expect_done(0x5a);
    call_with(GATE_STORE, FRAME);
    denied(callee_store_at, MMP_ACCESS_STORE, FRAME);
    test_end();
}

/* Who gets nothing by somebody's grant. */
static void test_others(void)
{
    test("a grant is one domain's");
    msr_write(MMP_MSR_SPT + 1, 0);
    grant(0, CAROL, FRAME, 2, MMP_PERM_RW);
    call_with(GATE_LOAD, FRAME);
    denied(callee_load_at, MMP_ACCESS_LOAD, FRAME);
    grant(0, BOB, PAGE, 2, MMP_PERM_RW);
    run_with(CAROL, store8, PAGE, 1);
    expect_denied(store8_at, MMP_ACCESS_STORE, PAGE, 8);
    run_with(BOB, store8, PAGE, 1);
    check(trap_last.vector == DONE, "Bob", trap_last.vector);
    test_end();

    test("a grant names a tag: whom a merge runs under another has none of it");
    root_share(BOB, ALICE);
    run_with(BOB, store8, PAGE, 2); /* Alice's domain */
    expect_denied(store8_at, MMP_ACCESS_STORE, PAGE, 8);
    check(*quad(PAGE) == 1, "written", *quad(PAGE));
    root_own(BOB);
    test_end();

    test("what is granted is never executed");
    *quad(PAGE) = 0x30cd;
    run_with(BOB, load8, PAGE, 0);
    expect_done(0x30cd);
    run_with(BOB, jump, PAGE, 0);
    expect_fault(MMP_FAULT_PERMISSION, quad(PAGE), PAGE);
    check((trap_last.info >> 8 & 3) == MMP_ACCESS_FETCH, "access", trap_last.info);
    test_end();

    test("a thread's grants end with it");
    grant(3, BOB, PAGE + 64, 2, MMP_PERM_RW);
    msr_write(MMP_MSR_STACK, 0);
    for (unsigned i = 0; i < MMP_SPT_ENTRIES; i++)
        check(msr_read(MMP_MSR_SPT + i) == 0, "register", i);
    run_with(BOB, load8, PAGE, 0);
    expect_denied(load8_at, MMP_ACCESS_LOAD, PAGE, 8);
    run_with(BOB, load8, PAGE + 64, 0);
    expect_denied(load8_at, MMP_ACCESS_LOAD, PAGE + 64, 8);
    test_end();

    test("grants that cannot be");
    run(NOBODY, do_wrmsr, 0, 0, PAGE + 2, MMP_MSR_SPT);
    expect_exception(13, do_wrmsr_at);
    run(ALICE, do_wrmsr, 0, 0, FRAME, MMP_MSR_SPT);
    expect_exception(13, do_wrmsr_at);
    run(KEN, do_wrmsr, 0, 0, FRAME, MMP_MSR_SPT);
    expect_exception(13, do_wrmsr_at);
    check(msr_read(MMP_MSR_SPT) == 0, "register", msr_read(MMP_MSR_SPT));
    test_end();
}

/* What else decides about the page. */
static void test_pages(void)
{
    struct entry e;
    uint64_t before = ticks;

    test("a grant on a page of which the table grants less");
    perm_change(BOB, PAGE, PAGE + 4096, MMP_PERM_RO);
    run_with(BOB, load8, PAGE + 256, 0); /* before there is a grant: a fast translation */
    grant(2, BOB, PAGE + 256, 4, MMP_PERM_RW);
    run_with(BOB, store8, PAGE + 264, 3);
    check(trap_last.vector == DONE && *quad(PAGE + 264) == 3, "granted", trap_last.vector);
    run_with(BOB, store8, PAGE + 265, 4);
    expect_denied(store8_at, MMP_ACCESS_STORE, PAGE + 272, 8);
    run_with(BOB, store8, PAGE + 248, 4);
    expect_denied(store8_at, MMP_ACCESS_STORE, PAGE + 248, 8);
    msr_write(MMP_MSR_SPT + 2, 0);
    run_with(BOB, store8, PAGE + 256, 4);
    expect_denied(store8_at, MMP_ACCESS_STORE, PAGE + 256, 8);
    run_with(BOB, load8, PAGE + 264, 0);
    expect_done(3);
    perm_change(BOB, PAGE, PAGE + 4096, MMP_PERM_NONE);
    test_end();

    test("a grant does not hide a malformed entry");
    grant(2, BOB, PAGE + 256, 4, MMP_PERM_RW);
    {
        uint32_t good = *mid_entry(BOB, PAGE);

        *mid_entry(BOB, PAGE) = MMP_ENTRY_RUNLENGTH;
        invalidate(ID(BOB), PAGE, 12);
        run_with(BOB, load8, PAGE + 256, 0);
        expect_fault(MMP_FAULT_MALFORMED, load8_at, (uint64_t)mid_entry(BOB, PAGE));
        *mid_entry(BOB, PAGE) = good;
        invalidate(ID(BOB), PAGE, 12);
    }
    run_with(BOB, load8, PAGE + 264, 0);
    expect_done(3);
    test_end();

    test("a grant lasts through interrupts");
    for (unsigned tries = 0; tries < 20 && ticks == before; tries++) {
        entry_of(&e, load_loop, PAGE + 256, PAGE + 272);
        e.rdx = 200000, e.rflags = 2 | IF;
        run_prepared(BOB, &e);
        check(trap_last.vector == DONE, "end", trap_last.vector);
    }
    check(ticks > before, "ticks", ticks - before);
    msr_write(MMP_MSR_STACK, 0);
    test_end();
}

void test_grants(void)
{
    gate_set(GATE_LOAD, ID(BOB), callee_load, 0);
    gate_set(GATE_STORE, ID(BOB), callee_store, 0);
    perm_change(ALICE, GATE(GATE_LOAD), GATE(GATE_STORE + 1), MMP_PERM_RX);
    *quad(FRAME) = 0x5a;
    test_frames();
    test_others();
    test_pages();
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Boot tests of the MMP CPU. Each prints `ok NAME` or `FAIL NAME: what differs`; the last line is `done`.
 */
#include "cases.h"
#include "rig.h"

#define SNIPPET(name) extern const char name[], name##_at[]
SNIPPET(load1); SNIPPET(load2); SNIPPET(load4); SNIPPET(load8); SNIPPET(load16);
SNIPPET(store1); SNIPPET(store2); SNIPPET(store4); SNIPPET(store8); SNIPPET(store16);
SNIPPET(add8); SNIPPET(lock_add8); SNIPPET(lock_add4); SNIPPET(xchg8); SNIPPET(cmpxchg16); SNIPPET(plain_cmpxchg16);
SNIPPET(fxsave_); SNIPPET(fxrstor_); SNIPPET(fnsave_); SNIPPET(fstpt_); SNIPPET(rep_stos); SNIPPET(rep_movs);
SNIPPET(maskmov); SNIPPET(do_rdmsr); SNIPPET(do_wrmsr); SNIPPET(do_cli); SNIPPET(do_hlt); SNIPPET(do_out);
SNIPPET(do_cr3); SNIPPET(do_syscall); SNIPPET(do_iretq); SNIPPET(call_gate); SNIPPET(callee_ret_imm);
SNIPPET(callee_above); SNIPPET(callee_wrong); SNIPPET(far_return); SNIPPET(enter_nested); SNIPPET(sgdt_);
SNIPPET(sidt_);
extern const char push_at[], push_at_at[], call_at[], call_at_at[], enter_at[], enter_at_at[], jump[], callee_add[], callee_badge[], callee_cleared[],
    callee_stack[], callee_recurse[], callee_alternate[], callee_nest[], spin[], call_gate_rsi[], call_loop[], count_loop[], load_loop[], call_gate_loop[];
extern const char chain_page[], chain_first[], chain_second[], loop_first[], loop_second[], across_page[], across_insn[], across_loop[];
extern const char supervisor_entry[], domain_iretq[];
extern volatile uint64_t ticks;

static uint8_t *at(uint32_t addr)
{
    return (uint8_t *)(uint64_t)addr;
}

static void fill(uint32_t addr, uint32_t bytes, uint8_t value)
{
    for (uint32_t i = 0; i < bytes; i++)
        at(addr)[i] = value;
}

static bool filled(uint32_t addr, uint32_t bytes, uint8_t value)
{
    for (uint32_t i = 0; i < bytes; i++)
        if (at(addr)[i] != value)
            return false;
    return true;
}

/* ---- Loads and stores ---- */

struct insn {
    const char *name, *code, *where;
    unsigned size;
    bool load, store;
};

#define INSN(n, size, load, store) {#n, n, n##_at, size, load, store}
static const struct insn insns[] = {
    INSN(load1, 1, true, false),      INSN(load2, 2, true, false),    INSN(load4, 4, true, false),
    INSN(load8, 8, true, false),      INSN(load16, 16, true, false),  INSN(store1, 1, false, true),
    INSN(store2, 2, false, true),     INSN(store4, 4, false, true),   INSN(store8, 8, false, true),
    INSN(store16, 16, false, true),   INSN(add8, 8, true, true),      INSN(lock_add8, 8, true, true),
    INSN(lock_add4, 4, true, true),   INSN(xchg8, 8, true, true),     INSN(cmpxchg16, 16, true, true),
    INSN(plain_cmpxchg16, 16, true, true),
};
#define INSNS (sizeof insns / sizeof *insns)

/* The instruction touches [addr, addr + size); the first denied byte is wall. */
static void denied(const struct insn *i, uint32_t addr, uint32_t wall)
{
    fill(addr - 64, 160, 0x5a);
    run(ALICE, i->code, addr, 0x0101010101010101, 0, 0);
    check(trap_last.vector == MMP_VECTOR && trap_last.error == MMP_FAULT_PERMISSION, "vector", trap_last.vector);
    check(trap_last.rip == (uint64_t)i->where, "rip", trap_last.rip);
    check(trap_last.addr == wall, "addr", trap_last.addr);
    check((trap_last.info >> 32) <= i->size, "size", trap_last.info >> 32);
    check(filled(addr - 64, 160, 0x5a), "written", *(uint64_t *)at(addr));
}

static void allowed(const struct insn *i, uint32_t addr)
{
    fill(addr - 64, 160, 0x5a);
    run(ALICE, i->code, addr, 0x0101010101010101, 0, 0);
    check(trap_last.vector == DONE, "allowed", addr);
    check(filled(addr - 64, 64, 0x5a) && filled(addr + i->size, 64, 0x5a), "around", addr);
    /* a cmpxchg that compares unequal writes what was there */
    check(!i->store || i->size == 16 || *at(addr) != 0x5a || i->code == cmpxchg16, "stored", *at(addr));
}

/* A wall at every place where tables change: words before wall are rw, it and those after are not. */
static void test_walls(const char *name, uint32_t wall, unsigned beyond)
{
    test(name);
    perm_change(ALICE, wall - 256, wall, MMP_PERM_RW);
    perm_change(ALICE, wall, wall + 256, beyond);
    for (unsigned i = 0; i < INSNS; i++) {
        bool aligned = insns[i].code == cmpxchg16 || insns[i].code == plain_cmpxchg16;

        if (beyond == MMP_PERM_NONE || insns[i].store) {
            /* by one byte, by all but one, from just inside the wall */
            if (!aligned) {
                denied(&insns[i], wall - insns[i].size + 1, wall);
                if (insns[i].size > 1)
                    denied(&insns[i], wall - 1, wall);
                allowed(&insns[i], wall - insns[i].size);
                denied(&insns[i], wall + 3, wall + 3);
            } else if (wall % 16 != 0) {
                denied(&insns[i], wall & ~15u, wall);
            } else {
                allowed(&insns[i], wall - 16);
            }
            denied(&insns[i], (wall + 16) & ~15u, (wall + 16) & ~15u);
        } else {
            allowed(&insns[i], wall - 1);
            allowed(&insns[i], wall + 16);
        }
    }
    perm_change(ALICE, wall - 256, wall + 256, MMP_PERM_NONE);
    test_end();
}

/* Below the wall nothing, above everything. */
static void test_wall_below(const char *name, uint32_t wall)
{
    test(name);
    perm_change(ALICE, wall, wall + 256, MMP_PERM_RW);
    for (unsigned i = 0; i < INSNS; i++) {
        if (insns[i].code == cmpxchg16 || insns[i].code == plain_cmpxchg16)
            continue;
        denied(&insns[i], wall - 1, wall - 1);
        denied(&insns[i], wall - insns[i].size, wall - insns[i].size);
        allowed(&insns[i], wall);
    }
    perm_change(ALICE, wall, wall + 256, MMP_PERM_NONE);
    test_end();
}

/* Page ALL for loads and stores on both sides, then accesses across. */
static void test_uniform(void)
{
    const uint32_t page = ARENA + 0x10000;

    test("uniform pages");
    perm_change(ALICE, page, page + 0x2000, MMP_PERM_RW);
    perm_change(ALICE, page + 0x2000, page + 0x3000, MMP_PERM_RO);
    for (unsigned i = 0; i < INSNS; i++) {
        if (insns[i].size == 16 && i >= 14)
            continue;
        allowed(&insns[i], page + 0x1000 - 1);
        if (insns[i].store) {
            denied(&insns[i], page + 0x2000 - insns[i].size + 1, page + 0x2000);
            denied(&insns[i], page + 0x2800, page + 0x2800);
        } else {
            allowed(&insns[i], page + 0x2000 - 1);
        }
    }
    test_end();

    test("denied after allowed on the same page"); /* no fast path remembers too much */
    run(ALICE, load8, page + 0x2800, 0, 0, 0);
    check(trap_last.vector == DONE, "load", trap_last.vector);
    run(ALICE, store8, page + 0x2800, 0, 0, 0);
    expect_denied(store8_at, MMP_ACCESS_STORE, page + 0x2800, 8);
    run(ALICE, load8, page + 0x3000 - 8, 0, 0, 0);
    check(trap_last.vector == DONE, "load at the end", trap_last.vector);
    run(ALICE, load8, page + 0x3000 - 7, 0, 0, 0);
    expect_denied(load8_at, MMP_ACCESS_LOAD, page + 0x3000, 8);
    test_end();

    test("a domain's translations are not another's");
    run(BOB, load8, page, 0, 0, 0);
    expect_denied(load8_at, MMP_ACCESS_LOAD, page, 8);
    run(ALICE, load8, page, 0, 0, 0);
    check(trap_last.vector == DONE, "alice", trap_last.vector);
    run(KEN, load8, page, 0, 0, 0);
    expect_denied(load8_at, MMP_ACCESS_LOAD, page, 8);
    run(CAROL, store1, page, 0, 0, 0);
    expect_denied(store1_at, MMP_ACCESS_STORE, page, 1);
    test_end();

    test("a kernel domain is mediated");
    perm_change(KEN, page, page + 0x1000, MMP_PERM_RO);
    perm_change(KEN, page + 0x1000, page + 0x1080, MMP_PERM_RW);
    run(KEN, load8, page, 0, 0, 0);
    check(trap_last.vector == DONE && trap_last.cs == 8, "load", trap_last.vector);
    run(KEN, store8, page, 0, 0, 0);
    expect_denied(store8_at, MMP_ACCESS_STORE, page, 8);
    run(KEN, store8, page + 0x1078, 0, 0, 0);
    check(trap_last.vector == DONE, "store", trap_last.vector);
    run(KEN, store8, page + 0x1079, 0, 0, 0);
    expect_denied(store8_at, MMP_ACCESS_STORE, page + 0x1080, 8);
    test_end();

    test("beyond 4 GiB");
    run(ALICE, load8, 0x100000000, 0, 0, 0);
    check(trap_last.vector == 14 || trap_last.vector == MMP_VECTOR, "vector", trap_last.vector);
    run(ALICE, load8, 0x8000000000000000, 0, 0, 0);
    check(trap_last.vector == 13, "not canonical", trap_last.vector);
    test_end();
}

static void test_bitmaps(void)
{
    const uint32_t mib = ARENA + 0x400000;

    test("bitmap entries");
    *root_entry(ALICE, mib) = (MMP_PERM_RW << 16 | MMP_PERM_RO << 18) | MMP_ENTRY_BITMAP;
    invalidate(ID(ALICE), mib, 22);
    run(ALICE, store8, mib + 0x80000 - 8, 1, 0, 0);
    check(trap_last.vector == DONE, "rw", trap_last.vector);
    run(ALICE, store8, mib + 0x80000 - 7, 1, 0, 0);
    expect_denied(store8_at, MMP_ACCESS_STORE, mib + 0x80000, 8);
    run(ALICE, load8, mib + 0x100000 - 8, 0, 0, 0);
    check(trap_last.vector == DONE, "ro", trap_last.vector);
    run(ALICE, load8, mib + 0x100000 - 7, 0, 0, 0);
    expect_denied(load8_at, MMP_ACCESS_LOAD, mib + 0x100000, 8);
    *root_entry(ALICE, mib) = 0;
    *mid_entry(ALICE, mib) = (MMP_PERM_RW << 16 | MMP_PERM_RW << 20) | MMP_ENTRY_BITMAP;
    invalidate(ID(ALICE), mib, 22);
    run(ALICE, store4, mib + 508, 1, 0, 0);
    check(trap_last.vector == DONE, "mid", trap_last.vector);
    run(ALICE, store4, mib + 509, 1, 0, 0);
    expect_denied(store4_at, MMP_ACCESS_STORE, mib + 512, 4);
    run(ALICE, store4, mib + 1024, 1, 0, 0);
    check(trap_last.vector == DONE, "mid", trap_last.vector);
    test_end();

    test("malformed entries");
    *mid_entry(ALICE, mib + 0x1000) = MMP_ENTRY_RUNLENGTH;
    invalidate(ID(ALICE), mib, 22);
    run(ALICE, load4, mib + 0x1010, 1, 0, 0);
    expect_fault(MMP_FAULT_MALFORMED, load4_at, (uint64_t)mid_entry(ALICE, mib + 0x1000));
    *root_entry(ALICE, mib) = 0;
    invalidate(ID(ALICE), mib, 22);
    test_end();
}

/* ---- Instructions that do more than one access ---- */

static void test_compound(void)
{
    const uint32_t wall = ARENA + 0x20800, page_wall = ARENA + 0x31000;

    perm_change(ALICE, wall - 1024, wall, MMP_PERM_RW);
    perm_change(ALICE, page_wall - 4096, page_wall, MMP_PERM_RW);

    test("string store halfway");
    fill(wall - 64, 128, 0x5a);
    {
        struct entry e = {(uint64_t)rep_stos, 0x1b, 2, STACK_TOP - 64, 0x23, wall - 64, 0, 0, 16, 0x1111, 0};

        run_entry(ALICE, &e);
        expect_denied(rep_stos_at, MMP_ACCESS_STORE, wall, 8);
        check(trap_last.rcx == 8 && trap_last.rdi == wall, "rcx", trap_last.rcx);
        check(filled(wall, 64, 0x5a) && *(uint64_t *)at(wall - 8) == 0x1111, "memory", *(uint64_t *)at(wall));
        e = (struct entry){(uint64_t)rep_movs, 0x1b, 2, STACK_TOP - 64, 0x23, page_wall - 100, page_wall - 900, 0,
                           150, 0, 0};
        fill(page_wall - 900, 150, 0x33);
        run_entry(ALICE, &e);
        expect_denied(rep_movs_at, MMP_ACCESS_STORE, page_wall, 1);
        check(trap_last.rcx == 50 && trap_last.rdi == page_wall, "rcx", trap_last.rcx);
        check(trap_last.rsi == page_wall - 800, "rsi", trap_last.rsi);
    }
    test_end();

    test("fxsave");
    for (unsigned over = 16; over <= 512; over += 16) {
        fill(wall - 512, 1024, 0x5a);
        run(ALICE, fxsave_, wall - 512 + over, 0, 0, 0);
        /* bytes 464 to 511 are not written, but are the operand's */
        if (!filled(wall - 512, 1024, 0x5a) || trap_last.vector != MMP_VECTOR) {
            check(false, "over", over);
            break;
        }
        check(trap_last.addr == (over == 512 ? wall : wall), "addr", trap_last.addr);
    }
    expect_fault(MMP_FAULT_PERMISSION, fxsave__at, wall);
    run(ALICE, fxsave_, wall - 512, 0, 0, 0);
    check(trap_last.vector == DONE, "allowed", trap_last.vector);
    run(ALICE, fxrstor_, wall - 512, 0, 0, 0);
    check(trap_last.vector == DONE, "fxrstor", trap_last.vector);
    run(ALICE, fxrstor_, wall - 496, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, fxrstor__at, wall);
    fill(page_wall - 512, 1024, 0x5a);
    run(ALICE, fxsave_, page_wall - 256, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, fxsave__at, page_wall);
    check(filled(page_wall - 512, 1024, 0x5a), "written", 0);
    test_end();

    test("x87 stores");
    fill(wall - 128, 256, 0x5a);
    run(ALICE, fnsave_, wall - 104, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, fnsave__at, wall);
    check(filled(wall - 128, 256, 0x5a), "fnsave written", 0);
    run(ALICE, fstpt_, wall - 8, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, fstpt__at, wall);
    check(filled(wall - 128, 256, 0x5a), "fstpt written", 0);
    run(ALICE, fstpt_, wall - 10, 0, 0, 0);
    check(trap_last.vector == DONE, "allowed", trap_last.vector);
    test_end();

    test("maskmovdqu");
    fill(wall - 64, 128, 0x5a);
    run(ALICE, maskmov, wall - 8, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, maskmov_at, wall);
    check(filled(wall - 64, 128, 0x5a), "written", 0);
    test_end();

    test("push, call, enter");
    perm_change(ALICE, wall + 64, wall + 256, MMP_PERM_RW);
    fill(wall, 256, 0x5a);
    run(ALICE, push_at, wall + 64, 7, 0, 0);
    expect_denied(push_at_at, MMP_ACCESS_STORE, wall + 56, 8);
    check(trap_last.rsp == wall + 64, "rsp", trap_last.rsp);
    run(ALICE, push_at, wall + 71, 7, 0, 0);
    expect_denied(push_at_at, MMP_ACCESS_STORE, wall + 63, 8);
    run(ALICE, push_at, wall + 72, 7, 0, 0);
    check(trap_last.vector == DONE && trap_last.rsp == wall + 64, "push", trap_last.rsp);
    run(ALICE, call_at, wall + 68, (uint64_t)callee_add, 0, 0);
    expect_denied(call_at_at, MMP_ACCESS_STORE, wall + 60, 8);
    check(trap_last.rsp == wall + 68, "rsp", trap_last.rsp);
    fill(wall, 256, 0x5a);
    run(ALICE, enter_at, wall + 72, 0, 0, 0);
    expect_denied(enter_at_at, MMP_ACCESS_STORE, wall + 56, 8);
    check(filled(wall, 256, 0x5a), "enter wrote", 0);
    test_end();

    test("enter of nested frames");
    perm_change(ALICE, page_wall - 4096, page_wall, MMP_PERM_RW);
    for (unsigned denied_store = 1; denied_store <= 4; denied_store++) {
        uint32_t rsp = wall + 64 + 8 * (denied_store - 1);

        fill(wall, 256, 0x5a);
        run(ALICE, enter_nested, rsp, page_wall, 0, 0);
        expect_denied(enter_nested_at, MMP_ACCESS_STORE, wall + 56, 8);
        check(filled(wall, 256, 0x5a) && trap_last.rsp == rsp, "changed", denied_store);
    }
    run(ALICE, enter_nested, wall + 128, wall + 72, 0, 0); /* the second word to copy is not readable */
    expect_denied(enter_nested_at, MMP_ACCESS_LOAD, wall + 56, 8);
    check(filled(wall, 256, 0x5a) && trap_last.rbp == wall + 72, "changed", trap_last.rbp);
    *(uint64_t *)at(page_wall - 8) = 0x1111, *(uint64_t *)at(page_wall - 16) = 0x2222;
    run(ALICE, enter_nested, wall + 128, page_wall, 0, 0);
    check(trap_last.vector == DONE, "allowed", trap_last.vector);
    check(trap_last.rbp == wall + 120 && trap_last.rsp == wall + 128 - 32 - 16, "rbp", trap_last.rbp);
    check(*(uint64_t *)at(wall + 120) == page_wall && *(uint64_t *)at(wall + 112) == 0x1111 &&
              *(uint64_t *)at(wall + 104) == 0x2222 && *(uint64_t *)at(wall + 96) == wall + 120, "frame", 0);
    test_end();

    test("sgdt, sidt");
    for (unsigned over = 1; over <= 10; over++) {
        const struct insn tables[] = {INSN(sgdt_, 10, false, true), INSN(sidt_, 10, false, true)};

        for (unsigned i = 0; i < 2; i++) {
            denied(&tables[i], wall - 10 + over, wall);
            denied(&tables[i], page_wall - 10 + over, page_wall);
            allowed(&tables[i], wall - 64);
        }
    }
    test_end();

    test("what loads and stores is denied as a load first");
    {
        static const struct insn changes[] = {
            INSN(add8, 8, true, true),        INSN(lock_add8, 8, true, true),        INSN(lock_add4, 4, true, true),
            INSN(xchg8, 8, true, true),       INSN(cmpxchg16, 16, true, true),
            INSN(plain_cmpxchg16, 16, true, true),
        };
        const uint32_t place = wall + 128;

        for (unsigned i = 0; i < sizeof changes / sizeof *changes; i++) {
            fill(place - 16, 48, 0x5a);
            perm_change(ALICE, place - 16, place + 32, MMP_PERM_NONE);
            run(ALICE, changes[i].code, place, 1, 0, 0);
            expect_denied(changes[i].where, MMP_ACCESS_LOAD, place, changes[i].size);
            perm_change(ALICE, place, place + 4, MMP_PERM_RO);
            run(ALICE, changes[i].code, place, 1, 0, 0);
            if (changes[i].size > 4) /* the load of its second word, before the store to its first */
                expect_denied(changes[i].where, MMP_ACCESS_LOAD, place + 4, changes[i].size);
            perm_change(ALICE, place, place + 16, MMP_PERM_RO);
            run(ALICE, changes[i].code, place, 1, 0, 0);
            expect_denied(changes[i].where, MMP_ACCESS_STORE, place, changes[i].size);
            perm_change(ALICE, place, place + 4, MMP_PERM_RW);
            if (changes[i].size > 4) {
                run(ALICE, changes[i].code, place, 1, 0, 0);
                expect_denied(changes[i].where, MMP_ACCESS_STORE, place + 4, changes[i].size);
            }
            check(filled(place - 16, 48, 0x5a), "written", i);
        }
        perm_change(ALICE, place - 16, place + 32, MMP_PERM_RW);
    }
    test_end();

    test("read-modify-write of a read-only word");
    perm_change(ALICE, wall, wall + 8, MMP_PERM_RO);
    fill(wall, 8, 1);
    run(ALICE, add8, wall, 1, 0, 0);
    expect_denied(add8_at, MMP_ACCESS_STORE, wall, 8);
    run(ALICE, xchg8, wall, 1, 0, 0);
    expect_denied(xchg8_at, MMP_ACCESS_STORE, wall, 8);
    check(trap_last.rsi == 1 && filled(wall, 8, 1), "changed", trap_last.rsi);
    test_end();
}

/* ---- Fetches ---- */

static void test_fetch(void)
{
    uint32_t chain = (uint32_t)(uint64_t)chain_page, second = (uint32_t)(uint64_t)chain_second;
    uint32_t across = (uint32_t)(uint64_t)across_insn, next = (uint32_t)(uint64_t)across_page + 4096;
    const uint32_t data = ARENA + 0x40000;

    test("fetch");
    perm_change(ALICE, data, data + 4096, MMP_PERM_RW);
    *(uint16_t *)at(data) = 0x30cd;
    run(ALICE, jump, data, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, at(data), data);
    check((trap_last.info >> 8 & 3) == MMP_ACCESS_FETCH, "access", trap_last.info);
    perm_change(ALICE, data, data + 4, MMP_PERM_RX);
    run(ALICE, jump, data, 0, 0, 0);
    check(trap_last.vector == DONE, "rx", trap_last.vector);
    test_end();

    test("fetch past the last word");
    fill(data, 64, 0x90);
    perm_change(ALICE, data, data + 16, MMP_PERM_RX);
    run(ALICE, jump, data, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, at(data + 16), data + 16);
    at(data)[14] = 0x48, at(data)[15] = 0xb8; /* movabs, ends in the next words */
    run(ALICE, jump, data, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, at(data + 14), data + 16);
    perm_change(ALICE, data + 16, data + 20, MMP_PERM_RX);
    run(ALICE, jump, data, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, at(data + 14), data + 20);
    test_end();

    test("an instruction across pages");
    run(ALICE, across_insn, 0, 0, 0, 0);
    expect_done(0x1122334455667788);
    perm_change(ALICE, next, next + 4096, MMP_PERM_NONE);
    run(ALICE, across_insn, 0, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, across_insn, next);
    perm_change(ALICE, next, next + 4, MMP_PERM_RX);
    run(ALICE, across_insn, 0, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, across_insn, next + 4);
    perm_change(ALICE, across & ~3u, (across & ~3u) + 4, MMP_PERM_NONE);
    run(ALICE, across_insn, 0, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, across_insn, across);
    run(BOB, across_insn, 0, 0, 0, 0);
    expect_done(0x1122334455667788);
    test_end();

    test("a chain to an instruction across pages");
    perm_change(CAROL, next, next + 64, MMP_PERM_RX);
    perm_change(CAROL, next + 64, next + 4096, MMP_PERM_NONE);
    run(CAROL, across_loop, 0, 1000, 0, 0);
    expect_done(0x1122334455667788);
    run(BOB, across_loop, 0, 1000, 0, 0); /* whose second page is wholly executable */
    expect_done(0x1122334455667788);
    run(CAROL, across_loop, 0, 1000, 0, 0);
    expect_done(0x1122334455667788);
    perm_change(CAROL, next + 4, next + 8, MMP_PERM_NONE);
    run(CAROL, across_loop, 0, 1000, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, across_insn, next + 4);
    perm_change(CAROL, next, next + 4096, MMP_PERM_NONE);
    run(CAROL, across_loop, 0, 1000, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, across_insn, next);
    run(BOB, across_loop, 0, 1000, 0, 0);
    expect_done(0x1122334455667788);
    test_end();

    test("blocks that are cached and chained, after the right is gone");
    run(ALICE, call_loop, (uint64_t)chain_first, 1000, 0, 0);
    check(trap_last.vector == DONE, "hot", trap_last.vector);
    perm_change(ALICE, second, second + 16, MMP_PERM_NONE);
    run(ALICE, call_loop, (uint64_t)chain_first, 1000, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, chain_second, second);
    perm_change(ALICE, chain, chain + 4096, MMP_PERM_NONE);
    run(ALICE, call_loop, (uint64_t)chain_first, 1000, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, chain_first, chain);
    run(BOB, call_loop, (uint64_t)chain_first, 1000, 0, 0);
    check(trap_last.vector == DONE, "another domain", trap_last.vector);
    perm_change(ALICE, chain, chain + 4096, MMP_PERM_RX);
    run(ALICE, call_loop, (uint64_t)chain_first, 1000, 0, 0);
    check(trap_last.vector == DONE, "again", trap_last.vector);
    test_end();

    test("blocks that another domain cached and chained");
    perm_change(CAROL, second, second + 4, MMP_PERM_NONE);
    run(CAROL, call_loop, (uint64_t)chain_first, 1000, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, chain_second, second);
    perm_change(CAROL, chain, chain + 4096, MMP_PERM_NONE);
    run(CAROL, jump, (uint64_t)loop_first, 10, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, loop_first, (uint64_t)loop_first);
    run(BOB, jump, (uint64_t)loop_first, 100000, 0, 0);
    check(trap_last.vector == DONE, "hot", trap_last.vector);
    perm_change(BOB, (uint32_t)(uint64_t)loop_second, (uint32_t)(uint64_t)loop_second + 4, MMP_PERM_NONE);
    run(BOB, jump, (uint64_t)loop_first, 100000, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, loop_second, (uint64_t)loop_second);
    perm_change(BOB, chain, chain + 4096, MMP_PERM_RX);
    perm_change(CAROL, chain, chain + 4096, MMP_PERM_RX);
    test_end();

    test("code that changes");
    fill(data, 64, 0x90);
    perm_change(ALICE, data, data + 4096, MMP_PERM_RX);
    at(data)[8] = 0xcd, at(data)[9] = 0x30;
    run(ALICE, jump, data, 0, 0, 0);
    check(trap_last.rip == data + 10, "first", trap_last.rip);
    run(BOB, load1, 0x100000, 0, 0, 0); /* so that Alice's translations are parked */
    at(data)[4] = 0xcd, at(data)[5] = 0x30;
    run(ALICE, jump, data, 0, 0, 0);
    check(trap_last.rip == data + 6, "second", trap_last.rip);
    test_end();

    test("code that a domain changes while another runs it");
    perm_change(BOB, data, data + 4096, MMP_PERM_RW);
    run(BOB, store1, data + 64, 0x90, 0, 0); /* before there is any block: a fast translation */
    fill(data, 64, 0x90);
    at(data)[8] = 0xcd, at(data)[9] = 0x30;
    run(ALICE, jump, data, 0, 0, 0);
    check(trap_last.rip == data + 10, "before", trap_last.rip);
    run(BOB, store2, data + 4, 0x30cd, 0, 0);
    check(trap_last.vector == DONE, "store", trap_last.vector);
    run(ALICE, jump, data, 0, 0, 0);
    check(trap_last.rip == data + 6, "after", trap_last.rip);
    run(KEN, store1, data + 64, 0, 0, 0);
    expect_denied(store1_at, MMP_ACCESS_STORE, data + 64, 1);
    test_end();

    test("a kernel domain's far return reads its own stack only");
    perm_change(KEN, data, data + 16, MMP_PERM_RO);
    *(uint64_t *)at(data) = (uint64_t)callee_add, *(uint64_t *)at(data + 8) = 8;
    run(KEN, far_return, data, 0, 0, 0);
    check(trap_last.rip != (uint64_t)far_return_at, "allowed", trap_last.rip);
    run(KEN, far_return, data + 8, 0, 0, 0);
    expect_denied(far_return_at, MMP_ACCESS_LOAD, data + 16, 8);
    test_end();
}

/* ---- Translations that are stale ---- */

static void test_stale(void)
{
    const uint32_t page = ARENA + 0x50000;

    test("rights that shrink");
    for (int domain = ALICE; domain < DOMAINS; domain++) {
        perm_change(domain, page, page + 0x2000, MMP_PERM_RW);
        run(domain, store8, page, 1, 0, 0);
        check(trap_last.vector == DONE, "before", domain);
        run(domain, store8, page + 0x1000, 1, 0, 0);
        check(trap_last.vector == DONE, "before", domain);
    }
    for (int domain = ALICE; domain < DOMAINS; domain++) {
        perm_change(domain, page, page + 8, MMP_PERM_RO);
        run(domain, load8, page, 1, 0, 0);
        check(trap_last.vector == DONE, "load", domain);
        run(domain, store8, page, 1, 0, 0);
        expect_denied(store8_at, MMP_ACCESS_STORE, page, 8);
        run(domain, store8, page + 8, 1, 0, 0);
        check(trap_last.vector == DONE, "beside", domain);
        perm_set(domain, page + 0x1000, page + 0x2000, MMP_PERM_NONE);
    }
    invalidate(0, page + 0x1000, 12); /* for all at once */
    for (int domain = ALICE; domain < DOMAINS; domain++) {
        run(domain, load8, page + 0x1ff8, 1, 0, 0);
        expect_denied(load8_at, MMP_ACCESS_LOAD, page + 0x1ff8, 8);
    }
    test_end();

    test("rights that grow without invalidation");
    for (int domain = ALICE; domain < DOMAINS; domain++) {
        perm_set(domain, page + 0x1000, page + 0x2000, MMP_PERM_RO);
        run(domain, load8, page + 0x1ff8, 1, 0, 0);
        check(trap_last.vector == DONE, "load", domain);
        perm_set(domain, page + 0x1ff8, page + 0x2000, MMP_PERM_RW);
        run(domain, store8, page + 0x1ff8, 1, 0, 0);
        check(trap_last.vector == DONE, "store", domain);
    }
    test_end();

    test("invalidation of everything");
    perm_change(ALICE, page, page + 0x1000, MMP_PERM_RW);
    run(ALICE, store8, page, 1, 0, 0);
    check(trap_last.vector == DONE, "before", trap_last.vector);
    perm_set(ALICE, page, page + 0x1000, MMP_PERM_NONE);
    invalidate(0, 0, 32);
    run(ALICE, store8, page, 1, 0, 0);
    expect_denied(store8_at, MMP_ACCESS_STORE, page, 8);
    test_end();

    if (msr_read(MMP_MSR_CAPS) & MMP_CAPS_MODEL) {
        const uint32_t words = page + 0x800;

        test("an invalidation that is forgotten"); /* with plb-check=on; once */
        perm_change(CAROL, words, words + 64, MMP_PERM_RW);
        run(CAROL, store8, words, 1, 0, 0);
        check(trap_last.vector == DONE, "before", trap_last.vector);
        perm_set(CAROL, words, words + 8, MMP_PERM_RO);
        run(CAROL, store8, words, 1, 0, 0);
        invalidate(ID(CAROL), words, 12);
        run(CAROL, store8, words, 1, 0, 0);
        expect_denied(store8_at, MMP_ACCESS_STORE, words, 8);
        test_end();

        test("cycles");
        {
            uint64_t cycles = msr_read(MMP_MSR_CYCLES), sum = 0, now, carol;

            for (uint32_t msr = MMP_MSR_CYCLES_INSTRUCTION; msr <= MMP_MSR_CYCLES_INTERRUPT; msr++)
                sum += msr_read(msr);
            now = msr_read(MMP_MSR_CYCLES);
            check(cycles > 0 && sum > cycles && sum < now, "sum", sum);
            msr_write(MMP_MSR_CYCLES_TAG, ID(CAROL));
            carol = msr_read(MMP_MSR_CYCLES_OF);
            run(CAROL, count_loop, 0, 1000, 0, 0);
            carol = msr_read(MMP_MSR_CYCLES_OF) - carol;
            check(carol >= 2003 && carol < 4000, "cycles of 2003 instructions", carol);
        }
        test_end();
    }

    test("more domains than are cached"); /* one descriptor, 200 tags, one after the other and again */
    perm_change(ALICE, page, page + 0x1000, MMP_PERM_RW);
    {
        uint64_t table = msr_read(MMP_MSR_DTBASE);
        uint16_t *tag = (uint16_t *)(table + MMP_DD_SIZE * ALICE + MMP_DD_TAG);

        for (unsigned i = 0; i < 600; i++) {
            *tag = (uint16_t)(0x9000 + i % 200);
            run(ALICE, store8, page, i, 0, 0);
            if (trap_last.vector != DONE || trap_last.pd != *tag)
                check(false, "tag", *tag);
        }
        perm_set(ALICE, page, page + 4096, MMP_PERM_RO);
        invalidate(0, page, 12);
        for (unsigned i = 0; i < 200; i++) {
            *tag = (uint16_t)(0x9000 + i);
            run(ALICE, store8, page, i, 0, 0);
            if (trap_last.vector != MMP_VECTOR)
                check(false, "stale tag", *tag);
        }
        *tag = ID(ALICE);
    }
    test_end();
}

/* ---- The stack registers ---- */

static void test_stack(void)
{
    test("the stack is accessible whatever the tables say");
    run(ALICE, store8, STACK_TOP - 8, 1, 0, 0);
    check(trap_last.vector == DONE, "top", trap_last.vector);
    run(ALICE, store8, STACK_TOP - 7, 1, 0, 0);
    expect_denied(store8_at, MMP_ACCESS_STORE, STACK_TOP, 8);
    run(ALICE, store8, STACK_LOW, 1, 0, 0);
    check(trap_last.vector == DONE, "bottom", trap_last.vector);
    run(ALICE, store8, STACK_LOW - 1, 1, 0, 0);
    expect_denied(store8_at, MMP_ACCESS_STORE, STACK_LOW - 1, 8);
    run(ALICE, jump, STACK_TOP - 256, 0, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, at(STACK_TOP - 256), STACK_TOP - 256);
    test_end();
}

static void entry_user(struct entry *e, const void *code, uint64_t rsp)
{
    *e = (struct entry){.rip = (uint64_t)code, .cs = 0x1b, .rflags = 2, .rsp = rsp, .ss = 0x23};
}

/* ---- Gates ---- */

static void gates_allow(int domain, unsigned first, unsigned count)
{
    perm_change(domain, GATE(first), GATE(first + count), MMP_PERM_RX);
}

static uint64_t gate_count(unsigned index, unsigned offset)
{
    return *(uint64_t *)(uint64_t)(GATE(index) + offset);
}

static void test_gates(void)
{
    uint64_t gated, passed, returns;
    struct entry e;

    gate_set(0, ID(BOB), callee_add, 0x77);
    gate_set(1, ID(BOB), callee_badge, 0x1234567);
    gate_set(2, ID(BOB), callee_cleared, 0);
    gate_set(3, ID(BOB), callee_ret_imm, 0);
    gate_set(4, ID(BOB), callee_above, 0);
    gate_set(5, ID(BOB), callee_wrong, 0);
    gate_set(6, ID(BOB), callee_recurse, 0);
    gate_set(7, ID(BOB), callee_nest, 0);
    gate_set(8, ID(CAROL), callee_add, 0);
    gate_set(9, ID(KEN), callee_add, 0);
    gate_set(10, 0, supervisor_entry, 0);
    gate_set(11, ID(ALICE), callee_recurse, 0);
    gate_set(12, MMP_PD_USER | 77, callee_add, 0);
    gate_set(13, ID(BOB), callee_add, 0);
    *(uint32_t *)at(GATE(13)) = 0;
    gate_set(14, ID(BOB), callee_stack, 0);
    gate_set(20, ID(BOB), callee_add, 0);
    gate_set(21, ID(CAROL), callee_badge, 9);
    gates_allow(ALICE, 0, 16);
    gates_allow(BOB, 8, 8);
    gates_allow(KEN, 8, 1);

    test("a call through a gate");
    gated = msr_read(MMP_MSR_COUNT_GATED), returns = msr_read(MMP_MSR_COUNT_RETURNS);
    run(ALICE, call_gate, GATE(0), 41, 0, 0);
    expect_done(42);
    check(trap_last.pd == ID(ALICE) && trap_last.frames == 0, "back", trap_last.pd);
    check(trap_last.fb == STACK_TOP && trap_last.rsp == STACK_TOP - 64, "rsp", trap_last.rsp);
    check(trap_last.rbx == 0x1111 && trap_last.rbp == 0x2222 && trap_last.r12 == 0x1212 && trap_last.r13 == 0x3333 &&
              trap_last.r14 == 0x4444 && trap_last.r15 == 0x5555, "saved", trap_last.rbx);
    check((trap_last.rcx | trap_last.rsi | trap_last.rdi | trap_last.r8 | trap_last.r9 | trap_last.r10 |
           trap_last.r11) == 0, "cleared", trap_last.r10);
    check(gate_count(0, MMP_GATE_COUNT) == 1 && gate_count(0, MMP_GATE_CROSSED) == 1, "count",
          gate_count(0, MMP_GATE_COUNT));
    check(msr_read(MMP_MSR_COUNT_GATED) == gated + 1, "gated", msr_read(MMP_MSR_COUNT_GATED));
    check(msr_read(MMP_MSR_COUNT_RETURNS) == returns + 1, "returns", msr_read(MMP_MSR_COUNT_RETURNS));
    run(ALICE, call_gate, GATE(1), 0, 0, 0);
    expect_done(0x1234567);
    run(ALICE, call_gate, GATE(2), 0, 0, 0);
    expect_done(0);
    run(ALICE, call_gate, GATE(14), 0, 0, 0);
    expect_done(2);
    test_end();

    test("ret imm through a gate");
    run(ALICE, call_gate, GATE(3), 40, 0, 0);
    expect_done(42);
    check(trap_last.rsp == STACK_TOP - 64, "rsp", trap_last.rsp); /* the frame's, whatever imm says */
    test_end();

    test("many calls through a gate");
    run(ALICE, call_gate_loop, GATE(0), 100000, 0, 0);
    expect_done(2);
    check(gate_count(0, MMP_GATE_COUNT) == 100001, "count", gate_count(0, MMP_GATE_COUNT));
    test_end();

    test("gates between privileges");
    run(ALICE, call_gate, GATE(9), 1, 0, 0);
    expect_done(2);
    run(KEN, call_gate, GATE(8), 1, 0, 0);
    expect_done(2);
    check(trap_last.cs == 8, "cs", trap_last.cs);
    entry_user(&e, call_gate, STACK_TOP - 64);
    e.rdi = GATE(10), e.rsi = 5, e.rflags = 2 | IF;
    run_entry(ALICE, &e);
    expect_done(0x105);
    check(trap_last.cs == 0x1b && (trap_last.rflags & IF) != 0, "rflags", trap_last.rflags);
    check((trap_last.rdx & IF) == 0, "IF in domain 0", trap_last.rdx);
    test_end();

    test("nested calls");
    /* Alice, Bob (who adds 10), Carol or Ken (who add 1) */
    run(ALICE, call_gate_rsi, GATE(7), 5, GATE(8), 0);
    expect_done(16);
    run(ALICE, call_gate_rsi, GATE(7), 5, GATE(9), 0);
    expect_done(16);
    test_end();

    test("a gate that is not drawn");
    run(ALICE, call_gate, GATE(20), 1, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, at(GATE(20)), GATE(20));
    check((trap_last.info >> 8 & 3) == MMP_ACCESS_FETCH, "access", trap_last.info);
    run(CAROL, call_gate, GATE(0), 1, 0, 0); /* Alice's block is cached */
    expect_fault(MMP_FAULT_PERMISSION, at(GATE(0)), GATE(0));
    gates_allow(ALICE, 20, 1);
    run(ALICE, call_gate, GATE(20), 1, 0, 0);
    expect_done(2);
    perm_change(ALICE, GATE(20), GATE(21), MMP_PERM_NONE);
    run(ALICE, call_gate, GATE(20), 1, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, at(GATE(20)), GATE(20));
    test_end();

    test("into the middle of a callee"); /* whose code is not the caller's */
    perm_change(ALICE, (uint32_t)(uint64_t)chain_page, (uint32_t)(uint64_t)chain_page + 4096, MMP_PERM_NONE);
    run(ALICE, call_gate, (uint64_t)chain_second, 1, 0, 0);
    expect_fault(MMP_FAULT_PERMISSION, chain_second, (uint64_t)chain_second);
    perm_change(ALICE, (uint32_t)(uint64_t)chain_page, (uint32_t)(uint64_t)chain_page + 4096, MMP_PERM_RX);
    test_end();

    test("gates that are none");
    run(ALICE, call_gate, GATE(0) + 4, 1, 0, 0);
    expect_fault(MMP_FAULT_GATE_ALIGN, at(GATE(0) + 4), GATE(0) + 4);
    run(ALICE, call_gate, GATE(12), 1, 0, 0);
    expect_fault(MMP_FAULT_GATE_DOMAIN, at(GATE(12)), MMP_PD_USER | 77);
    run(ALICE, call_gate, GATE(13), 1, 0, 0);
    expect_fault(MMP_FAULT_GATE_INVALID, at(GATE(13)), GATE(13));
    check(trap_last.gate == GATE(13), "gate", trap_last.gate);
    run(NOBODY, call_gate, GATE(0), 1, 0, 0);
    expect_fault(MMP_FAULT_GATE_CALLER, at(GATE(0)), GATE(0));
    test_end();

    test("stack of a call");
    entry_user(&e, jump, STACK_TOP);
    e.rdi = GATE(0);
    run_entry(ALICE, &e);
    expect_fault(MMP_FAULT_STACK_RANGE, at(GATE(0)), STACK_TOP);
    entry_user(&e, call_gate, STACK_LOW + 256);
    e.rdi = GATE(0);
    run_entry(ALICE, &e);
    expect_fault(MMP_FAULT_STACK_OVERFLOW, at(GATE(0)), STACK_LOW);
    run(ALICE, call_gate, GATE(4), 1, 0, 0);
    expect_denied(callee_above_at, MMP_ACCESS_STORE, STACK_TOP - 4096, 8);
    check(trap_last.pd == ID(BOB) && trap_last.frames == 1, "in the callee", trap_last.pd);
    test_end();

    test("return to another address");
    run(ALICE, call_gate, GATE(5), 1, 0, 0);
    expect_fault(MMP_FAULT_RETURN_ADDRESS, callee_wrong_at, (uint64_t)call_gate_at + 3);
    test_end();

    test("return to a frame of the other kind");
    entry_user(&e, callee_badge, STACK_TOP - 8);
    run_entry_above(ALICE, &e, MMP_XFRAME_INTERRUPT);
    expect_fault(MMP_FAULT_RETURN_KIND, callee_badge, CALLSTACK);
    check(trap_last.rsp == STACK_TOP - 8 && trap_last.frames == 1, "frames", trap_last.frames);
    run_entry(ALICE, &e);
    expect_fault(MMP_FAULT_XSTACK_UNDERFLOW, callee_badge, CALLSTACK);
    test_end();

    test("recursion within a domain ends with its stack"); /* a gated call there is a plain call */
    gates_allow(BOB, 6, 1);
    run(BOB, callee_recurse, GATE(6), 0, 0, 0);
    check(trap_last.vector == MMP_VECTOR && trap_last.error == MMP_FAULT_PERMISSION, "vector", trap_last.error);
    check(trap_last.addr == STACK_LOW - 8 && trap_last.frames == 0, "addr", trap_last.addr);
    test_end();

    test("call stack overflow");
    msr_write(MMP_MSR_CTL, 4 << MMP_CTL_ALIGN_SHIFT | MMP_CTL_EN);
    gate_set(30, ID(ALICE), callee_alternate, 0);
    gate_set(31, ID(BOB), callee_alternate, 0);
    gates_allow(ALICE, 31, 1);
    gates_allow(BOB, 30, 1);
    gated = msr_read(MMP_MSR_COUNT_GATED);
    run(ALICE, callee_alternate, GATE(30), GATE(31), 0, 0);
    {
        const unsigned calls = CALLSTACK_FRAMES - MMP_XFRAME_RESERVE; /* an even number: Alice makes the next */

        expect_fault(MMP_FAULT_XSTACK_OVERFLOW, at(GATE(31)), CALLSTACK + calls * MMP_XFRAME_BYTES);
        check(trap_last.pd == ID(ALICE) && trap_last.frames == calls, "frames", trap_last.frames);
        check(trap_last.gate == GATE(31), "gate", trap_last.gate);
        check(gate_count(31, MMP_GATE_CROSSED) == calls / 2 && gate_count(31, MMP_GATE_COUNT) == calls / 2,
              "crossed", gate_count(31, MMP_GATE_CROSSED));
        check(gate_count(30, MMP_GATE_CROSSED) == calls / 2, "crossed", gate_count(30, MMP_GATE_CROSSED));
        check(msr_read(MMP_MSR_COUNT_GATED) == gated + calls, "gated", msr_read(MMP_MSR_COUNT_GATED) - gated);
    }
    msr_write(MMP_MSR_CTL, 12 << MMP_CTL_ALIGN_SHIFT | MMP_CTL_EN);
    test_end();

    test("merged domains");
    passed = msr_read(MMP_MSR_COUNT_PASSED), gated = msr_read(MMP_MSR_COUNT_GATED);
    root_share(BOB, ALICE);
    run(ALICE, call_gate, GATE(0), 6, 0, 0);
    expect_done(7);
    check(msr_read(MMP_MSR_COUNT_PASSED) == passed + 1, "passed", msr_read(MMP_MSR_COUNT_PASSED));
    check(msr_read(MMP_MSR_COUNT_GATED) == gated, "gated", msr_read(MMP_MSR_COUNT_GATED));
    root_own(BOB);
    run(ALICE, call_gate, GATE(0), 6, 0, 0);
    expect_done(7);
    check(msr_read(MMP_MSR_COUNT_GATED) == gated + 1, "split", msr_read(MMP_MSR_COUNT_GATED));
    test_end();
}

/* ---- Devices ---- */

static uint32_t in32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static uint32_t pci_read(unsigned slot, unsigned reg)
{
    out32(0xcf8, 0x80000000 | slot << 11 | reg);
    return in32(0xcfc);
}

/* QEMU's device `edu` copies between memory and a buffer of its own. */
#define EDU 0x11e81234
#define EDU_BUFFER 0x40000
#define EDU_TO_MEMORY 2
static volatile uint8_t *edu;

static uint16_t edu_find(void)
{
    for (unsigned slot = 0; slot < 32; slot++) {
        if (pci_read(slot, 0) == EDU) {
            edu = at(pci_read(slot, 0x10) & ~15u);
            out32(0xcf8, 0x80000000 | slot << 11 | 4);
            out32(0xcfc, 6); /* memory, bus master */
            return (uint16_t)(slot << 3);
        }
    }
    return 0;
}

static void edu_copy(uint32_t memory, uint32_t bytes, unsigned command)
{
    volatile uint64_t *from = (volatile uint64_t *)(edu + 0x80);

    from[0] = command & EDU_TO_MEMORY ? EDU_BUFFER : memory;
    from[1] = command & EDU_TO_MEMORY ? memory : EDU_BUFFER;
    from[2] = bytes;
    from[3] = command | 1;
    while (from[3] & 1)
        ;
}

/* Reads a byte. Was its line in no cache for data? */
static bool line_missed(uint32_t addr)
{
    uint64_t before = msr_read(MMP_MSR_COUNT_L1D_MISSES);

    *(volatile uint8_t *)at(addr);
    return msr_read(MMP_MSR_COUNT_L1D_MISSES) > before;
}

/* A device that was denied something may do nothing until it is given its domain again. */
static void unblock(uint16_t requester, int domain)
{
    msr_write(MMP_MSR_DMA, requester | (uint64_t)ID(domain) << 16);
}

static void test_devices(void)
{
    const uint32_t page = ARENA + 0x70000;
    uint16_t requester = edu_find();

    if (!(msr_read(MMP_MSR_CAPS) & MMP_CAPS_DMA) || requester == 0)
        return;
    test("devices without a domain");
    fill(page, 8192, 0x11);
    edu_copy(page, 1024, 0);
    fill(page, 8192, 0x5a);
    edu_copy(page + 128, 256, EDU_TO_MEMORY);
    check(filled(page, 128, 0x5a) && filled(page + 128, 256, 0x11) && filled(page + 384, 64, 0x5a), "copied", 0);
    check(msr_read(MMP_MSR_COUNT_DMA_FAULTS) == 0 && msr_read(MMP_MSR_DMA_FAULT_INFO) == 0, "faults", 0);
    test_end();

    test("devices with a domain");
    msr_write(MMP_MSR_DMA, requester | (uint64_t)ID(BOB) << 16);
    fill(page, 8192, 0x5a);
    edu_copy(page, 64, EDU_TO_MEMORY);
    check(filled(page, 64, 0x5a), "written", *at(page));
    check(msr_read(MMP_MSR_COUNT_DMA_FAULTS) > 0, "faults", 0);
    check(msr_read(MMP_MSR_DMA_FAULT_ADDR) == page, "addr", msr_read(MMP_MSR_DMA_FAULT_ADDR));
    check(msr_read(MMP_MSR_DMA_FAULT_INFO) == ((uint64_t)requester << 32 | (uint64_t)ID(BOB) << 16 |
                                               MMP_ACCESS_STORE << 8 | MMP_FAULT_PERMISSION), "info",
          msr_read(MMP_MSR_DMA_FAULT_INFO));
    msr_write(MMP_MSR_DMA_FAULT_INFO, 0);
    check((msr_read(MMP_MSR_DMA_FAULT_INFO) | msr_read(MMP_MSR_DMA_FAULT_ADDR)) == 0, "cleared", 0);
    perm_set(BOB, page, page + 4096, MMP_PERM_RW); /* rights are looked up each time */
    edu_copy(page + 3, 1021, EDU_TO_MEMORY);
    check(filled(page, 4096, 0x5a), "blocked", *at(page + 3));
    unblock(requester, BOB);
    edu_copy(page + 3, 1021, EDU_TO_MEMORY);
    check(filled(page + 3, 1021, 0x11), "granted", *at(page + 3));
    fill(page, 8192, 0x5a);
    edu_copy(page + 4096 - 64, 128, EDU_TO_MEMORY); /* across the end of what is granted */
    check(filled(page + 4096 - 64, 64, 0x11) && filled(page + 4096, 64, 0x5a), "end", *at(page + 4096));
    check(msr_read(MMP_MSR_DMA_FAULT_ADDR) == page + 4096, "addr", msr_read(MMP_MSR_DMA_FAULT_ADDR));
    unblock(requester, BOB);
    perm_set(BOB, page + 72, page + 76, MMP_PERM_RO); /* a word in the middle */
    fill(page, 8192, 0x5a);
    edu_copy(page + 64, 64, EDU_TO_MEMORY);
    check(filled(page + 72, 4, 0x5a) && filled(page + 64, 8, 0x11), "word", *at(page + 72));
    unblock(requester, BOB);
    fill(page, 8192, 0x22);
    edu_copy(page, 256, 0);
    perm_set(BOB, page, page + 4096, MMP_PERM_RW);
    edu_copy(page + 1024, 256, EDU_TO_MEMORY);
    check(filled(page + 1024, 256, 0x22), "read of a read-only word", *at(page + 1024 + 72));
    test_end();

    if (msr_read(MMP_MSR_CAPS) & MMP_CAPS_MODEL) {
        uint64_t lookups = msr_read(MMP_MSR_COUNT_PLB_HITS) + msr_read(MMP_MSR_COUNT_PLB_MISSES);
        uint64_t cycles;

        test("devices in model mode");
        edu_copy(page + 1024, 256, EDU_TO_MEMORY);
        check(msr_read(MMP_MSR_COUNT_PLB_HITS) + msr_read(MMP_MSR_COUNT_PLB_MISSES) > lookups, "lookups", lookups);
        line_missed(page + 1024);
        check(!line_missed(page + 1024), "in the cache", 0);
        edu_copy(page + 2048, 256, EDU_TO_MEMORY);
        check(!line_missed(page + 1024), "another line", 0);
        edu_copy(page + 1024, 256, EDU_TO_MEMORY);
        check(line_missed(page + 1024), "what a device wrote is cached still", 0);
        cycles = msr_read(MMP_MSR_CYCLES_PLB);
        edu_copy(page, 1024, 0);
        check(msr_read(MMP_MSR_CYCLES_PLB) == cycles, "cycles", msr_read(MMP_MSR_CYCLES_PLB) - cycles);
        test_end();
    }

    test("devices follow their domain");
    root_share(BOB, ALICE); /* a merge: who may do what Alice may */
    fill(page, 8192, 0x5a);
    edu_copy(page, 64, EDU_TO_MEMORY);
    check(filled(page, 64, 0x5a), "written", *at(page));
    root_own(BOB);
    unblock(requester, BOB);
    msr_write(MMP_MSR_DMA_FAULT_INFO, 0);
    edu_copy(page, 64, EDU_TO_MEMORY);
    check(filled(page, 64, 0x22), "back", *at(page));
    msr_write(MMP_MSR_DMA, requester | (uint64_t)(MMP_PD_USER | 77) << 16); /* no such domain */
    fill(page, 8192, 0x5a);
    edu_copy(page, 64, EDU_TO_MEMORY);
    check(filled(page, 64, 0x5a), "written", *at(page));
    check((msr_read(MMP_MSR_DMA_FAULT_INFO) & 0xff) == MMP_FAULT_GATE_DOMAIN, "kind", msr_read(MMP_MSR_DMA_FAULT_INFO));
    msr_write(MMP_MSR_DMA, requester);
    edu_copy(page, 64, EDU_TO_MEMORY);
    check(filled(page, 64, 0x22), "free again", *at(page));
    test_end();
}

/* ---- Privilege and interrupts ---- */

static void test_privilege(void)
{
    struct entry e;
    const struct {
        const char *code, *where, *name;
        unsigned vector;
    } insn[] = {{do_rdmsr, do_rdmsr_at, "rdmsr", 13}, {do_wrmsr, do_wrmsr_at, "wrmsr", 13},
                {do_cli, do_cli_at, "cli", 13},       {do_hlt, do_hlt_at, "hlt", 13},
                {do_out, do_out_at, "out", 13},       {do_cr3, do_cr3_at, "mov from cr3", 13},
                {do_syscall, do_syscall_at, "syscall", 6}};

    test("privileged instructions of a user domain");
    for (unsigned i = 0; i < sizeof insn / sizeof *insn; i++) {
        run(ALICE, insn[i].code, 0, 0, 0x3f8, MMP_MSR_FAULT_INFO);
        if (trap_last.vector != insn[i].vector || trap_last.rip != (uint64_t)insn[i].where)
            check(false, insn[i].name, trap_last.vector);
        check(trap_last.pd == ID(ALICE) && trap_last.frames == 0, "frames", trap_last.frames);
    }
    test_end();

    test("MMP registers of a kernel domain");
    for (uint32_t msr = MMP_MSR_BASE; msr < MMP_MSR_END; msr++) {
        run(KEN, do_rdmsr, 0, 0, 0, msr);
        expect_exception(13, do_rdmsr_at);
        run(KEN, do_wrmsr, 0, 0, 0, msr);
        expect_exception(13, do_wrmsr_at);
    }
    run(NOBODY, do_rdmsr, 0, 0, 0, MMP_MSR_PDID);
    check(trap_last.vector == DONE, "domain 0", trap_last.vector);
    run(NOBODY, do_rdmsr, 0, 0, 0, MMP_MSR_FAULT_INFO - 1);
    expect_exception(13, do_rdmsr_at);
    run(NOBODY, do_wrmsr, 0, 0, 0, MMP_MSR_PDID);
    expect_exception(13, do_wrmsr_at);
    test_end();

    test("iretq");
    run(NOBODY, do_iretq, 0, 0, 0, 0); /* no frame left */
    check(trap_last.vector == MMP_VECTOR && trap_last.error == MMP_FAULT_XSTACK_UNDERFLOW, "underflow",
          trap_last.error);
    entry_user(&e, load1, STACK_TOP - 64);
    run_entry(KEN, &e); /* a user's CPL for a kernel domain: denied in domain 0, at the iretq */
    expect_fault(MMP_FAULT_PRIVILEGE, domain_iretq, KEN);
    e.cs = 8, e.ss = 0x10;
    run_entry(ALICE, &e);
    expect_fault(MMP_FAULT_PRIVILEGE, domain_iretq, ID(ALICE));
    entry_user(&e, count_loop, STACK_TOP - 64);
    e.cs = 0x1b + 0x40; /* x86's own denial comes after MMP's checks and undoes nothing of theirs */
    run_entry(ALICE, &e);
    check(trap_last.vector == 13 && trap_last.pd == 0 && trap_last.frames == 1, "bad selector", trap_last.vector);
    run(ALICE, do_iretq, 0, 0, 0, 0);
    check(trap_last.pd == ID(ALICE) && trap_last.vector == 13, "in a user domain", trap_last.vector);
    test_end();

    test("an MMP fault that cannot be delivered is a double fault");
    vector_present(MMP_VECTOR, false);
    run(ALICE, load1, 0x900000, 0, 0, 0);
    expect_exception(8, load1_at);
    check(trap_last.error == 0 && trap_last.pd == ID(ALICE) && trap_last.frames == 0, "frames", trap_last.frames);
    check((trap_last.info & 0xff) == MMP_FAULT_PERMISSION && trap_last.addr == 0x900000, "registers", trap_last.addr);
    vector_present(MMP_VECTOR, true);
    run(ALICE, load1, 0x900000, 0, 0, 0);
    expect_denied(load1_at, MMP_ACCESS_LOAD, 0x900000, 1);
    test_end();
}

static void test_interrupts(void)
{
    struct entry e;
    const uint32_t flag = ARENA + 0x60000;
    uint64_t before, insns;

    test("interrupts of domains");
    perm_change(ALICE, flag, flag + 8, MMP_PERM_RO);
    *(uint64_t *)at(flag) = 1;
    for (unsigned i = 0; i < 3; i++) {
        before = ticks;
        entry_user(&e, count_loop, STACK_TOP - 64);
        e.rsi = 20000000, e.rflags = 2 | IF;
        run_entry(ALICE, &e);
        expect_done(0);
        check(ticks > before, "ticks", ticks - before);
        check(trap_last.frames == 0, "frames", trap_last.frames);
    }
    before = ticks;
    entry_user(&e, call_gate_loop, STACK_TOP - 64);
    e.rdi = GATE(0), e.rsi = 1000000, e.rflags = 2 | IF;
    run_entry(ALICE, &e);
    expect_done(2);
    check(ticks > before, "ticks through gates", ticks - before);
    before = ticks;
    e.rip = (uint64_t)call_gate_loop, e.rdi = GATE(10), e.rsi = 1000000; /* domain 0 holds them off meanwhile */
    run_entry(ALICE, &e);
    expect_done(0x101);
    check(ticks > before + 5, "ticks through domain 0", ticks - before);
    test_end();

    test("instructions are counted");
    insns = msr_read(MMP_MSR_COUNT_INSNS);
    insns = msr_read(MMP_MSR_COUNT_INSNS) - insns;
    check(insns > 0 && insns < 40, "rdmsr to rdmsr", insns);
    {
        static const volatile uint64_t rounds[3] = {1000, 1000, 2000};
        uint64_t n[3];

        for (unsigned i = 0; i < 3; i++) {
            before = msr_read(MMP_MSR_COUNT_INSNS);
            run(ALICE, count_loop, 0, rounds[i], 0, 0);
            n[i] = msr_read(MMP_MSR_COUNT_INSNS) - before;
        }
        check(n[0] == n[1], "same twice", n[1] - n[0]);
        check(n[2] - n[1] == 2000, "1000 rounds of 2", n[2] - n[1]);
        for (unsigned i = 0; i < 3; i++) { /* denied in the middle of a block: twice on no page at all, then slowly */
            static const volatile uint32_t where[3] = {0x900000, 0x900000, ARENA + 0x60000};

            before = msr_read(MMP_MSR_COUNT_INSNS);
            run(ALICE, store16, where[i], 0, 0, 0);
            n[i] = msr_read(MMP_MSR_COUNT_INSNS) - before;
        }
        check(n[0] == n[1] && n[1] == n[2], "denied", n[2] - n[1]);
    }
    test_end();
}

int main(void)
{
    uint32_t eax, ebx, ecx, edx;

    machine_start();
    __asm__("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(MMP_CPUID_LEAF), "c"(0));
    test("cpuid");
    check(eax == MMP_CPUID_MAGIC, "eax", eax);
    test_end();
    domains_start();

    test_walls("a byte across a word", ARENA + 0x1804, MMP_PERM_NONE);
    test_walls("a byte across a word, read-only beyond", ARENA + 0x1904, MMP_PERM_RO);
    test_walls("a byte across a leaf entry", ARENA + 0x1840, MMP_PERM_NONE);
    test_walls("a byte across a page", ARENA + 0x3000, MMP_PERM_NONE);
    test_walls("a byte across a page, read-only beyond", ARENA + 0x5000, MMP_PERM_RO);
    test_walls("a byte across a table", ARENA + ARENA_BYTES, MMP_PERM_NONE);
    test_wall_below("from below into a word", ARENA + 0x7804);
    test_wall_below("from below into a page", ARENA + 0x9000);
    test_wall_below("from below into a table", ARENA + ARENA_BYTES);
    test_uniform();
    test_bitmaps();
    test_compound();
    test_fetch();
    test_stale();
    test_stack();
    test_gates();
    test_grants();
    test_steps();
    test_model();
    test_privilege();
    test_interrupts();
    test_devices();
    print(failures ? "done, failed\n" : "done\n");
    out8(0xf4, failures ? 1 : 0);
    for (;;)
        __asm__ volatile("hlt");
}

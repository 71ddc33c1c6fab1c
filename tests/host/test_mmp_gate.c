/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Gates, returns, interrupts and the call stack of the model: a naive state machine, written from the
 * manual's text over an array of bytes of its own, goes through the same random life; then one test for each
 * fault and invariant.
 */
// links: mmp_hw/model/gate.c mmp_hw/model/interrupt.c mmp_hw/model/callstack.c mmp_hw/model/domain.c
// links: mmp_hw/model/register.c mmp_hw/model/permission.c mmp_hw/model/table.c mmp_hw/model/runlength.c
// links: tests/host/seeded.c
// links: mmp_hw/model/spt.c mmp_hw/model/trace.c
// includes: mmp_hw/include mmp_hw/model tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "seeded.h"

/* ---- The world: 4 MiB of memory, of which the end of the only root slot is used ---- */

#define MEMORY 0x400000u
#define HOT 0x3e0000u /* what a step may change lies in [HOT, HOT_END) or among the gates */
#define HOT_END (HOT + 0x4000u)
#define DOMAINS (HOT + 0x0u) /* 16 descriptors */
#define DESCRIPTORS 16u
#define STACKS (HOT + 0x100u) /* stack descriptors */
#define THREADS 4u
#define XSTACKS (HOT + 0x400u) /* 8 frames a thread */
#define XFRAMES 8u
#define RING (HOT + 0x1c00u)
#define STACK (HOT + 0x2000u) /* 1 KiB a thread, the last 1 KiB domain 0's */
#define STACK_SIZE 0x400u
#define GATES 0x3f0000u
#define GATE_COUNT 64u
#define ROOTS 0x1000u /* of domain i at ROOTS + 4096 * i; never read here */

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
#define TF 0x100u
#define IF 0x200u
#define DF 0x400u
#define NT 0x4000u
#define AC 0x40000u

static uint8_t *memory, *twin; /* the model's; the naive machine's */
static struct mmp_memory m;
static struct mmp_state s;
static uint64_t gpr[16];
static struct mmp_cpu cpu = {.gpr = gpr};

/* What the processor's registers were at some time. */
struct registers {
    uint64_t gpr[16], rip;
    uint32_t rflags;
};

static struct registers registers_now(void)
{
    struct registers now = {.rip = cpu.rip, .rflags = cpu.rflags};

    memcpy(now.gpr, gpr, sizeof gpr);
    return now;
}

static void expect_registers(const struct registers *expected)
{
    assert_memory_equal(gpr, expected->gpr, sizeof gpr);
    assert_int_equal(cpu.rip, expected->rip);
    assert_int_equal(cpu.rflags, expected->rflags);
}

/* ---- The naive machine ---- */

static struct {
    bool on;
    unsigned align;
    uint16_t domain;
    uint32_t root;
    uint64_t dtbase, dtcount, gwlo, gwhi, fb, sl, xbase, xlimit, xsp, s0;
    uint64_t gated, passed, returns, switches;
    uint64_t ring, ring_bytes, records, time, insns;
    uint64_t r[16], rip;
    uint32_t flags;
    uint8_t fault; /* of the last step */
    uint16_t fault_domain;
    uint64_t fault_addr, fault_gate;
} n;

static uint64_t get(uint64_t at, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)twin[at + i] << 8 * i;
    return v;
}

static void put(uint64_t at, unsigned bytes, uint64_t v)
{
    for (unsigned i = 0; i < bytes; i++)
        twin[at + i] = (uint8_t)(v >> 8 * i);
}

static bool present(uint64_t at, uint64_t bytes)
{
    return at < m.size && bytes <= m.size && at + bytes <= m.size;
}

static enum mmp_crossing naive_fault(uint8_t kind, uint64_t addr, uint64_t gate)
{
    n.fault = kind;
    n.fault_domain = n.domain;
    n.fault_addr = addr;
    n.fault_gate = gate;
    return MMP_CROSSING_FAULT;
}

static bool naive_lookup(unsigned id, uint16_t *tag, uint32_t *root)
{
    uint64_t at = n.dtbase + 16 * (id & 0x7fff);

    *tag = 0;
    *root = 0;
    if (id == 0)
        return true;
    if ((id & 0x7fff) >= n.dtcount || !present(at, 16))
        return false;
    *root = (uint32_t)get(at, 4);
    *tag = (uint16_t)get(at + 4, 2);
    if (get(at + 6, 2) % 2 == 0 || *tag == 0 || *root % 4096 != 0)
        return false;
    return *tag >> 15 == id >> 15;
}

static void naive_switch(uint16_t tag, uint32_t root)
{
    if (n.domain != tag)
        n.switches++;
    n.domain = tag;
    n.root = root;
}

/* Section 7.9: numbers as they stand there. */
static void naive_record(unsigned kind, uint16_t from, uint64_t rsp, uint64_t place)
{
    uint64_t at;

    if (!n.on || n.ring_bytes == 0)
        return;
    at = n.ring + n.records % (n.ring_bytes / 32) * 32;
    n.records++;
    if (!present(at, 32))
        return;
    put(at, 8, n.time);
    put(at + 8, 8, rsp);
    put(at + 16, 4, place);
    put(at + 20, 4, n.insns);
    put(at + 24, 2, kind);
    put(at + 26, 2, from);
    put(at + 28, 2, n.domain);
    put(at + 30, 2, 0);
}

/* Free frames, as many as fit between xsp and xlimit. */
static unsigned naive_free(void)
{
    unsigned frames = 0;

    if (n.xsp < n.xbase || n.xsp > n.xlimit || !present(n.xsp, 128))
        return 0;
    while (frames < 1000 && n.xlimit - n.xsp >= 128 * (uint64_t)(frames + 1))
        frames++;
    return frames;
}

static bool naive_empty(void)
{
    return n.xsp > n.xlimit || n.xsp < n.xbase || n.xsp - n.xbase < 128 || !present(n.xsp - 128, 128);
}

static enum mmp_crossing naive_enter(void)
{
    uint64_t gate = n.rip, rsp = n.r[RSP], nfb, back, count, crossed, badge, target;
    uint16_t tag, caller = n.domain;
    uint32_t root;

    if (gate % 32)
        return naive_fault(3, gate, gate);
    if (!present(gate, 32) || get(gate, 4) != 0x47415445)
        return naive_fault(4, gate, gate);
    if (!naive_lookup((unsigned)get(gate + 8, 2), &tag, &root))
        return naive_fault(5, get(gate + 8, 2), gate);
    if (tag == n.domain) {
        n.r[RAX] = get(gate + 12, 4);
        put(gate + 16, 8, get(gate + 16, 8) + 1);
        n.rip = get(gate + 4, 4);
        n.passed++;
        naive_record(2, n.domain, rsp + 8, gate);
        return MMP_CROSSING_PASSED;
    }
    if (n.domain == 0)
        return naive_fault(6, gate, gate);
    for (uint64_t byte = rsp; byte != rsp + 8; byte++)
        if (byte < rsp || byte < n.sl || byte >= n.fb)
            return naive_fault(7, rsp, gate);
    if (!present(rsp, 8))
        return naive_fault(7, rsp, gate);
    if (naive_free() <= 2)
        return naive_fault(9, n.xsp, gate);
    if (tag == 0) {
        nfb = n.s0;
        if (nfb < 8 || !present(nfb - 8, 8))
            return naive_fault(8, n.s0, gate);
    } else {
        nfb = rsp + 8;
        while (nfb % (1u << n.align))
            nfb--;
        if (nfb < 8 || nfb - 8 < n.sl)
            return naive_fault(8, n.sl, gate);
    }

    count = get(gate + 16, 8); /* all is read before anything is written */
    crossed = get(gate + 24, 8);
    badge = get(gate + 12, 4);
    target = get(gate + 4, 4);
    back = get(rsp, 8);
    put(n.xsp + 0, 8, back);
    put(n.xsp + 8, 8, rsp + 8);
    put(n.xsp + 16, 8, n.fb);
    put(n.xsp + 24, 2, n.domain);
    put(n.xsp + 26, 2, 1);
    put(n.xsp + 28, 4, n.flags);
    put(n.xsp + 32, 8, n.r[RBX]);
    put(n.xsp + 40, 8, n.r[RBP]);
    for (unsigned i = 0; i < 4; i++)
        put(n.xsp + 48 + 8 * i, 8, n.r[R12 + i]);
    put(n.xsp + 80, 8, gate);
    n.xsp += 128;
    put(nfb - 8, 8, back);
    put(gate + 16, 8, count + 1);
    put(gate + 24, 8, crossed + 1);
    n.fb = nfb;
    n.r[RSP] = nfb - 8;
    n.r[RAX] = badge;
    n.r[RBX] = n.r[RBP] = n.r[R10] = n.r[R11] = n.r[R12] = n.r[R13] = n.r[R14] = n.r[R15] = 0;
    n.flags &= ~(DF | TF | NT | AC);
    if (tag == 0)
        n.flags &= ~IF;
    n.rip = target;
    n.gated++;
    naive_switch(tag, root);
    naive_record(1, caller, rsp + 8, gate);
    return MMP_CROSSING_CHANGED;
}

static enum mmp_crossing naive_return(uint64_t popped)
{
    uint64_t f = n.xsp - 128, gate;
    uint16_t tag, from = n.domain;
    uint32_t root;

    if (naive_empty())
        return naive_fault(10, n.xsp, 0);
    if (get(f + 26, 2) != 1)
        return naive_fault(12, f, 0);
    if (get(f, 8) != popped)
        return naive_fault(11, popped, get(f + 80, 8));
    if (!naive_lookup((unsigned)get(f + 24, 2), &tag, &root))
        return naive_fault(5, get(f + 24, 2), get(f + 80, 8));
    gate = get(f + 80, 8);
    n.xsp = f;
    n.rip = get(f, 8);
    n.r[RSP] = get(f + 8, 8);
    n.fb = get(f + 16, 8);
    n.flags &= ~(DF | TF | NT | AC);
    if (n.domain == 0)
        n.flags = (n.flags & ~IF) + (get(f + 28, 4) & IF);
    n.r[RBX] = get(f + 32, 8);
    n.r[RBP] = get(f + 40, 8);
    for (unsigned i = 0; i < 4; i++)
        n.r[R12 + i] = get(f + 48 + 8 * i, 8);
    n.r[RCX] = n.r[RSI] = n.r[RDI] = n.r[R8] = n.r[R9] = n.r[R10] = n.r[R11] = 0;
    n.returns++;
    naive_switch(tag, root);
    naive_record(3, from, n.r[RSP], gate);
    return MMP_CROSSING_CHANGED;
}

static bool naive_interrupt(void)
{
    uint16_t from = n.domain;

    if (naive_free() == 0)
        return false;
    put(n.xsp + 0, 8, n.rip);
    put(n.xsp + 8, 8, n.r[RSP]);
    put(n.xsp + 16, 8, n.fb);
    put(n.xsp + 24, 2, n.domain);
    put(n.xsp + 26, 2, 2);
    put(n.xsp + 28, 4, n.flags);
    n.xsp += 128;
    naive_switch(0, 0);
    naive_record(4, from, n.r[RSP], n.rip);
    return true;
}

static enum mmp_crossing naive_iretq(int cpl)
{
    uint64_t f = n.xsp - 128;
    uint16_t tag, from = n.domain;
    uint32_t root;

    if (naive_empty())
        return naive_fault(10, n.xsp, 0);
    if (get(f + 26, 2) != 2)
        return naive_fault(12, f, 0);
    if (!naive_lookup((unsigned)get(f + 24, 2), &tag, &root))
        return naive_fault(5, get(f + 24, 2), 0);
    if (cpl != (tag >= 0x8000 ? 3 : 0))
        return naive_fault(13, get(f + 24, 2), 0);
    n.xsp = f;
    n.fb = get(f + 16, 8);
    naive_switch(tag, root);
    naive_record(5, from, n.r[RSP], n.rip);
    return MMP_CROSSING_CHANGED;
}

/* ---- The two side by side ---- */

static void machines_alike(void)
{
    n.on = s.enabled;
    n.align = s.align;
    n.domain = s.pdid;
    n.root = s.root;
    n.dtbase = s.dtbase;
    n.dtcount = s.dtcount;
    n.gwlo = s.gwlo;
    n.gwhi = s.gwhi;
    n.fb = s.fb;
    n.sl = s.sl;
    n.xbase = s.xbase;
    n.xlimit = s.xlimit;
    n.xsp = s.xsp;
    n.s0 = s.s0;
    n.gated = s.count.gated;
    n.passed = s.count.passed;
    n.returns = s.count.returns;
    n.switches = s.count.switches;
    n.ring = s.ring.base;
    n.ring_bytes = s.ring.size;
    n.records = s.ring.count;
    n.time = s.ring.time;
    n.insns = s.ring.insns;
    memcpy(n.r, cpu.gpr, sizeof n.r);
    n.rip = cpu.rip;
    n.flags = cpu.rflags;
}

static void expect_alike(void)
{
    assert_int_equal(s.pdid, n.domain);
    assert_int_equal(s.root, n.root);
    assert_int_equal(s.fb, n.fb);
    assert_int_equal(s.sl, n.sl);
    assert_int_equal(s.xbase, n.xbase);
    assert_int_equal(s.xlimit, n.xlimit);
    assert_int_equal(s.xsp, n.xsp);
    assert_int_equal(s.count.gated, n.gated);
    assert_int_equal(s.count.passed, n.passed);
    assert_int_equal(s.count.returns, n.returns);
    assert_int_equal(s.count.switches, n.switches);
    assert_int_equal(s.ring.count, n.records);
    assert_memory_equal(cpu.gpr, n.r, sizeof n.r);
    assert_int_equal(cpu.rip, n.rip);
    assert_int_equal(cpu.rflags, n.flags);
}

static void expect_hot_memory_alike(void)
{
    assert_memory_equal(memory + HOT, twin + HOT, HOT_END - HOT);
    assert_memory_equal(memory + GATES, twin + GATES, GATE_COUNT * 32);
}

static void expect_memory_alike(void)
{
    assert_memory_equal(memory, twin, m.size);
}

static void write_both(uint64_t at, unsigned bytes, uint64_t v)
{
    assert_true(present(at, bytes));
    put(at, bytes, v);
    memcpy(memory + at, twin + at, bytes);
}

enum step { ENTER, RETURN, INTERRUPT, IRETQ };

static unsigned tally[4][16]; /* how often a step ended how; a fault's kind, 14 passed, 15 changed */

/* Makes one step on both machines; on a fault nothing has changed. */
static enum mmp_crossing step(enum step what, uint64_t popped, int cpl, struct mmp_fault *fault)
{
    struct mmp_state state_before = s;
    struct registers cpu_before = registers_now();
    enum mmp_crossing got = MMP_CROSSING_CHANGED, expected = MMP_CROSSING_CHANGED;

    memset(fault, 0xa5, sizeof *fault);
    n.fault = 0;
    switch (what) {
    case ENTER:
        got = mmp_gate_enter(&s, &m, &cpu, fault);
        expected = naive_enter();
        break;
    case RETURN:
        got = mmp_gate_return(&s, &m, &cpu, popped, fault);
        expected = naive_return(popped);
        break;
    case INTERRUPT: {
        bool room = naive_interrupt();

        assert_int_equal(mmp_interrupt_enter(&s, &m, &cpu), room);
        if (!room)
            got = expected = MMP_CROSSING_FAULT;
        break;
    }
    case IRETQ:
        got = mmp_interrupt_return(&s, &m, cpl, fault);
        if (got != MMP_CROSSING_FAULT)
            mmp_interrupt_returned(&s, &m, state_before.pdid, &cpu);
        expected = naive_iretq(cpl);
        break;
    }
    assert_int_equal(got, expected);
    expect_alike();
    tally[what][got == MMP_CROSSING_FAULT ? n.fault : got == MMP_CROSSING_PASSED ? 14 : 15]++;
    if (got == MMP_CROSSING_FAULT) {
        assert_memory_equal(&s, &state_before, sizeof s);
        expect_registers(&cpu_before);
        if (what != INTERRUPT) {
            assert_int_equal(fault->kind, n.fault);
            assert_int_equal(fault->pdid, n.fault_domain);
            assert_int_equal(fault->addr, n.fault_addr);
            assert_int_equal(fault->gate, n.fault_gate);
            assert_int_equal(fault->size, 0);
            assert_int_equal(fault->access, 0);
        }
    }
    return got;
}

/* ---- Making worlds ---- */

static void descriptor_put(unsigned index, uint32_t root, uint16_t tag, uint16_t flags)
{
    uint64_t at = DOMAINS + 16 * index;

    write_both(at, 4, root);
    write_both(at + 4, 2, tag);
    write_both(at + 6, 2, flags);
    write_both(at + 8, 8, random_bits());
}

static void gate_put(unsigned i, uint32_t kind, uint32_t target, uint16_t pd, uint32_t badge)
{
    uint64_t at = GATES + 32 * i;

    write_both(at, 4, kind);
    write_both(at + 4, 4, target);
    write_both(at + 8, 2, pd);
    write_both(at + 12, 4, badge);
}

/* PD-ID of descriptor i: even ones are user domains, odd ones kernel domains. */
static uint16_t id_of(unsigned i)
{
    return (uint16_t)(i | (i % 2 == 0 ? 0x8000 : 0));
}

static void thread_load(unsigned i)
{
    s.sl = STACK + i * STACK_SIZE;
    s.fb = s.sl + STACK_SIZE;
    s.xbase = s.xsp = XSTACKS + i * XFRAMES * 128;
    s.xlimit = s.xbase + XFRAMES * 128;
}

/* Domains 1 to 15 of their own, gate i into domain i % 16; a thread in domain 2. */
static int setup(void **unused)
{
    (void)unused;
    memory = malloc(MEMORY);
    twin = calloc(1, MEMORY);
    m = (struct mmp_memory){memory, MEMORY};
    memset(memory, 0, MEMORY);
    mmp_reset(&s);
    s.enabled = true;
    s.align = 4;
    s.dtbase = DOMAINS;
    s.dtcount = DESCRIPTORS;
    s.gwhi = MEMORY;
    s.s0 = STACK + 8 * STACK_SIZE;
    for (unsigned i = 1; i < DESCRIPTORS; i++)
        descriptor_put(i, ROOTS + 4096 * i, id_of(i), 1);
    for (unsigned i = 0; i < GATE_COUNT; i++)
        gate_put(i, MMP_GATE_CALL, 0x100000 + 16 * i, i % 16 == 0 ? 0 : id_of(i % 16), 1000 + i);
    thread_load(0);
    s.pdid = id_of(2);
    s.root = ROOTS + 4096 * 2;
    for (unsigned i = 0; i < 16; i++)
        cpu.gpr[i] = 0x1111111111111111u * i;
    cpu.gpr[RSP] = s.fb - 0x108;
    write_both(cpu.gpr[RSP], 8, 0x200000);
    cpu.rflags = 0x202;
    cpu.rip = GATES + 32 * 4;
    machines_alike();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    free(memory);
    free(twin);
    return 0;
}

/* ---- Random lives ---- */

static uint64_t random_rsp(void)
{
    uint64_t size = s.fb > s.sl ? s.fb - s.sl : 8;

    switch (random_below(12)) {
    case 0:
        return random_bits();
    case 1:
        return s.fb - random_below(24);
    case 2:
        return s.sl + random_below(32) - 8;
    case 3:
        return s.sl + random_below(size);
    default:
        return s.fb - 8 - 8 * random_below(random_one_in(4) ? size / 8 + 1 : 8);
    }
}

static uint16_t random_id(void)
{
    return random_one_in(20)   ? (uint16_t)random_bits()
           : random_one_in(12) ? 0
                               : id_of((unsigned)random_below(18));
}

/* What domain 0 may do between two steps. */
static void random_change(void)
{
    unsigned i = (unsigned)random_below(DESCRIPTORS);

    switch (random_below(16)) {
    case 0: /* merge, or split again */
    case 1: {
        uint16_t into = random_one_in(2) ? id_of(i) : random_id();

        descriptor_put(i, ROOTS + 4096 * (into & 0xff), into, !random_one_in(10));
        break;
    }
    case 2:
        if (random_one_in(5))
            descriptor_put(i, (uint32_t)random_bits(), random_id(), (uint16_t)random_bits());
        break;
    case 3:
        gate_put((unsigned)random_below(GATE_COUNT),
                 random_one_in(10) ? (uint32_t)random_bits() : MMP_GATE_CALL, (uint32_t)random_bits(),
                 random_id(), (uint32_t)random_bits());
        break;
    case 4: /* another thread, which starts afresh */
        thread_load((unsigned)random_below(THREADS));
        break;
    case 5:
        if (random_one_in(3)) /* a frame forged or harmed */
            write_both(XSTACKS + random_below(THREADS * XFRAMES * 128), 1, random_bits());
        break;
    case 6:
        if (random_one_in(20)) {
            s.xsp = random_one_in(2) ? s.xsp + random_below(300) - 150 : random_bits();
            s.xlimit = random_one_in(2) ? s.xlimit + random_below(300) - 150 : random_bits();
            s.xbase = random_one_in(2) ? s.xbase : random_bits();
        }
        break;
    case 7:
        s.s0 = random_one_in(5) ? random_below(MEMORY + 64) & ~UINT64_C(15) : STACK + 8 * STACK_SIZE;
        if (s.s0 > 8 && s.s0 < MEMORY && (s.s0 < HOT || s.s0 > HOT_END))
            s.s0 = random_one_in(2) ? 0 : MEMORY + 16;
        break;
    case 8:
        s.align = (uint8_t)random_from(3, 12);
        break;
    case 9:
        if (random_one_in(10)) {
            s.sl = random_one_in(2) ? random_bits() : s.sl + 8;
            s.fb = random_one_in(2) ? random_bits() : s.fb - 8;
        }
        break;
    case 10:
        s.dtcount = random_one_in(3) ? random_below(20) : DESCRIPTORS;
        if (random_one_in(20))
            s.dtbase = random_one_in(2) ? MEMORY - 64 : MEMORY;
        break;
    case 11:
        s.dtbase = DOMAINS;
        cpu.rflags = (uint32_t)random_bits();
        break;
    case 12: /* a fresh start */
        thread_load((unsigned)random_below(THREADS));
        s.pdid = id_of((unsigned)random_from(1, 15));
        s.root = ROOTS;
        for (i = 1; i < DESCRIPTORS; i++)
            descriptor_put(i, ROOTS + 4096 * i, id_of(i), 1);
        break;
    case 13:
        cpu.gpr[random_below(16)] = random_bits();
        break;
    case 14: /* a trace ring: of its own; over gates, frames and stacks; half or quite outside of memory; none
              */
        s.ring.base = random_one_in(3)   ? RING
                      : random_one_in(2) ? HOT + 32 * random_below((HOT_END - HOT) / 32)
                      : random_one_in(2) ? GATES
                                         : MEMORY - 64 + 32 * random_below(4);
        s.ring.size = random_one_in(4) ? 0 : UINT64_C(32) << random_below(6);
        if (s.ring.base < MEMORY && s.ring.base + s.ring.size > HOT_END && s.ring.base < GATES)
            s.ring.size = 32;
        s.ring.count = random_one_in(4) ? random_bits() : s.ring.count;
        break;
    case 15:
        s.ring.time = random_bits();
        s.ring.insns = (uint32_t)random_bits();
        break;
    }
    machines_alike();
}

static void random_step(void)
{
    struct mmp_fault fault;
    uint64_t top = s.xsp - 128, popped = present(top, 8) ? get(top, 8) : 0;
    int cpl = present(top, 128) && get(top + 24, 2) >= 0x8000 ? 3 : 0;
    unsigned what = (unsigned)random_below(8);

    if (s.pdid == 0 && random_one_in(2)) /* domain 0 goes back rather than on */
        what = present(top, 128) && get(top + 26, 2) == MMP_XFRAME_INTERRUPT ? 7 : 4;
    switch (what) {
    case 0:
    case 1:
    case 2:
    case 3:
        cpu.rip = GATES + 32 * random_below(GATE_COUNT);
        if (random_one_in(30))
            cpu.rip += random_below(32);
        if (random_one_in(100))
            cpu.rip = random_bits() & ~UINT64_C(31);
        cpu.gpr[RSP] = random_rsp();
        if (present(cpu.gpr[RSP], 8) && cpu.gpr[RSP] >= STACK && cpu.gpr[RSP] + 8 <= HOT_END)
            write_both(cpu.gpr[RSP], 8, random_bits());
        machines_alike();
        step(ENTER, 0, 0, &fault);
        break;
    case 4:
    case 5:
        if (random_one_in(16))
            popped ^= random_one_in(2) ? UINT64_C(1) << random_below(64) : random_bits();
        step(RETURN, popped, 0, &fault);
        break;
    case 6:
        cpu.rip = random_bits();
        machines_alike();
        step(INTERRUPT, 0, 0, &fault);
        break;
    case 7:
        if (random_one_in(10))
            cpl = (int)random_below(4);
        step(IRETQ, 0, cpl, &fault);
        break;
    }
}

/* The memory that random steps may write is what expect_hot_memory_alike compares; the whole is compared now
 * and then, and at the end. */
static void test_random_lives(void **unused)
{
    (void)unused;
    random_start(__func__);
    memset(tally, 0, sizeof tally);
    for (unsigned round = 0; round < 400000; round++) {
        if (random_one_in(4))
            random_change();
        random_step();
        if (round % 4 == 0)
            expect_hot_memory_alike();
        if (round % 10000 == 0)
            expect_memory_alike();
    }
    expect_memory_alike();
    for (enum step what = ENTER; what <= IRETQ; what++) {
        for (unsigned end = 0; end < 16; end++)
            if (tally[what][end] > 0)
                print_message("%s %u: %u\n", (const char *[]){"enter", "return", "interrupt", "iretq"}[what],
                              end, tally[what][end]);
        assert_true(tally[what][15] > 1000); /* lives, not only deaths */
    }
}

/* State and memory of any content: no function reads or writes outside of exactly allocated memory, none
 * hangs, and the naive machine still agrees. */
static void test_garbage(void **unused)
{
    struct mmp_fault fault;

    (void)unused;
    random_start(__func__);
    for (unsigned world = 0; world < 3000; world++) {
        uint64_t size = 1 + random_below(2000),
                 *field[] = {&s.dtbase, &s.fb, &s.sl,    &s.xbase,     &s.xlimit,
                             &s.xsp,    &s.s0, &cpu.rip, &cpu.gpr[RSP]};

        memory = malloc(size);
        twin = malloc(size);
        m = (struct mmp_memory){memory, size};
        for (uint64_t i = 0; i < size; i++)
            twin[i] = (uint8_t)(random_one_in(2) ? random_bits() : random_below(4));
        for (uint64_t gate = 0; gate + 32 <= size; gate += 32)
            if (random_one_in(2))
                put(gate, 4, MMP_GATE_CALL);
        for (unsigned i = 0; size > 500 && i < 8; i++) { /* some descriptors that are one */
            put(16 * i + 4, 2, id_of(i));
            put(16 * i + 6, 2, 1);
            put(16 * i, 4, 4096);
        }
        memcpy(memory, twin, size);
        mmp_reset(&s);
        s.enabled = true;
        for (unsigned op = 0; op < 60; op++) {
            for (unsigned i = 0; i < sizeof field / sizeof *field; i++)
                if (random_one_in(3))
                    *field[i] = (random_one_in(6) ? random_bits() : random_below(size + 200)) & ~UINT64_C(7);
            if (random_one_in(2)) {
                s.sl = s.xbase = s.dtbase = 0;
                s.xlimit = s.fb = size;
            }
            cpu.rip &= random_one_in(9) ? UINT64_MAX : ~UINT64_C(31);
            s.dtbase &= ~UINT64_C(15);
            s.dtbase %= 0x100000010u;
            s.dtcount = random_below(0x8001);
            s.align = (uint8_t)random_from(3, 12);
            s.pdid = random_id();
            s.ring = (struct mmp_ring){.base = random_below(size + 200) & ~UINT64_C(31),
                                       .size = random_one_in(2) ? 0 : UINT64_C(32) << random_below(27),
                                       .count = random_bits(),
                                       .time = random_bits()};
            machines_alike();
            step((enum step)random_below(4), random_bits(), (int)random_below(4), &fault);
            assert_memory_equal(memory, twin, size);
        }
        free(memory);
        free(twin);
    }
}

/* ---- One statement of the manual each ---- */

static struct mmp_fault fault;

static void expect_fault(enum step what, uint64_t popped, int cpl, unsigned kind, uint64_t addr,
                         uint64_t gate)
{
    assert_int_equal(step(what, popped, cpl, &fault), MMP_CROSSING_FAULT);
    assert_int_equal(fault.kind, kind);
    assert_int_equal(fault.addr, addr);
    assert_int_equal(fault.gate, gate);
    expect_memory_alike();
}

static void expect_step(enum step what, uint64_t popped, int cpl, enum mmp_crossing crossing)
{
    assert_int_equal(step(what, popped, cpl, &fault), crossing);
    expect_memory_alike();
}

/* 5.1: gate space is the top 64 KiB of each slot of the window, and nothing else, and nothing while disabled.
 */
static void test_gate_space(void **unused)
{
    (void)unused;
    s.gwlo = 2 * 0x400000;
    s.gwhi = 4 * 0x400000;
    for (uint64_t slot = 0; slot < 6; slot++) {
        bool inside = slot == 2 || slot == 3;
        uint64_t base = slot * 0x400000;

        assert_false(mmp_is_gate(&s, base));
        assert_false(mmp_is_gate(&s, base + 0x3effff));
        assert_int_equal(mmp_is_gate(&s, base + 0x3f0000), inside);
        assert_int_equal(mmp_is_gate(&s, base + 0x3f0001), inside);
        assert_int_equal(mmp_is_gate(&s, base + 0x3fffff), inside);
    }
    assert_false(mmp_is_gate(&s, 0x100000000u + 2 * 0x400000 + 0x3f0000));
    s.enabled = false;
    assert_false(mmp_is_gate(&s, 2 * 0x400000 + 0x3f0000));
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t a = random_bits() >> random_from(30, 40);

        s.enabled = !random_one_in(10);
        s.gwlo = random_below(1025) * 0x400000;
        s.gwhi = random_below(1025) * 0x400000;
        assert_int_equal(mmp_is_gate(&s, a),
                         s.enabled && a >= s.gwlo && a < s.gwhi && a / 0x10000 % 64 == 63);
    }
}

/* 5.3: all that a crossing changes, register by register. */
static void test_enter(void **unused)
{
    uint64_t rsp = cpu.gpr[RSP], fb = s.fb, gate = cpu.rip;
    struct registers before = registers_now();

    (void)unused;
    cpu.rflags = before.rflags = 0xffffffffu;
    write_both(gate + 16, 8, 41);
    write_both(gate + 24, 8, 6);
    machines_alike();
    expect_step(ENTER, 0, 0, MMP_CROSSING_CHANGED);
    assert_int_equal(s.pdid, id_of(4));
    assert_int_equal(s.root, ROOTS + 4096 * 4);
    assert_int_equal(s.fb, rsp + 8);
    assert_int_equal(s.xsp, s.xbase + 128);
    assert_int_equal(cpu.rip, 0x100000 + 16 * 4);
    assert_int_equal(cpu.gpr[RAX], 1004);
    assert_int_equal(cpu.gpr[RSP], s.fb - 8);
    assert_int_equal(get(s.fb - 8, 8), 0x200000);
    for (unsigned r = 0; r < 16; r++) {
        bool argument = r == RDI || r == RSI || r == RDX || r == RCX || r == R8 || r == R9;

        if (argument)
            assert_int_equal(cpu.gpr[r], before.gpr[r]);
        else if (r != RAX && r != RSP)
            assert_int_equal(cpu.gpr[r], 0);
    }
    assert_int_equal(cpu.rflags, 0xffffffffu & ~(TF | DF | NT | AC));
    assert_int_equal(get(gate + 16, 8), 42);
    assert_int_equal(get(gate + 24, 8), 7);
    assert_int_equal(get(s.xbase + MMP_XFRAME_FB, 8), fb);
    assert_int_equal(get(s.xbase + MMP_XFRAME_GATE, 8), gate);
    assert_int_equal(s.count.gated, 1);
    assert_int_equal(s.count.switches, 1);
    assert_true(mmp_is_gate_return(&s, cpu.gpr[RSP]));
    assert_false(mmp_is_gate_return(&s, cpu.gpr[RSP] - 8));
    s.enabled = false;
    assert_false(mmp_is_gate_return(&s, cpu.gpr[RSP]));
}

/* 6.2: and back. */
static void test_return(void **unused)
{
    struct registers before = registers_now();
    uint64_t fb = s.fb;

    (void)unused;
    machines_alike();
    expect_step(ENTER, 0, 0, MMP_CROSSING_CHANGED);
    for (unsigned r = 0; r < 16; r++)
        if (r != RSP)
            cpu.gpr[r] = 0x2222222222222222u + r;
    cpu.rflags = 0xffffffffu & ~IF;
    machines_alike();
    expect_step(RETURN, 0x200000, 0, MMP_CROSSING_CHANGED);
    assert_int_equal(s.pdid, id_of(2));
    assert_int_equal(s.root, ROOTS + 4096 * 2);
    assert_int_equal(s.fb, fb);
    assert_int_equal(s.xsp, s.xbase);
    assert_int_equal(cpu.rip, 0x200000);
    assert_int_equal(cpu.gpr[RSP], before.gpr[RSP] + 8);
    for (unsigned r = 0; r < 16; r++) {
        if (r == RAX || r == RDX)
            assert_int_equal(cpu.gpr[r], 0x2222222222222222u + r);
        else if (r == RBX || r == RBP || r >= R12)
            assert_int_equal(cpu.gpr[r], before.gpr[r]);
        else if (r != RSP)
            assert_int_equal(cpu.gpr[r], 0);
    }
    assert_int_equal(cpu.rflags,
                     0xffffffffu & ~(IF | TF | DF | NT | AC)); /* IF is not the user domain's to restore */
    assert_int_equal(s.count.returns, 1);
    assert_int_equal(s.count.switches, 2);
}

/* 5.3, 6.2: domain 0 runs on S0 without interrupts, and gives the caller its IF back. */
static void test_supervisor_call(void **unused)
{
    (void)unused;
    cpu.rip = GATES;
    cpu.rflags |= DF;
    machines_alike();
    expect_step(ENTER, 0, 0, MMP_CROSSING_CHANGED);
    assert_int_equal(s.pdid, 0);
    assert_int_equal(s.fb, s.s0);
    assert_int_equal(cpu.gpr[RSP], s.s0 - 8);
    assert_int_equal(cpu.rflags & (IF | DF), 0);
    expect_step(RETURN, 0x200000, 0, MMP_CROSSING_CHANGED);
    assert_int_equal(cpu.rflags & (IF | DF), IF);
}

/* 5.3: a merged call is a plain call: rax, rip and the count change, the stack need not be good. */
static void test_merged_call(void **unused)
{
    struct registers before = registers_now();
    struct mmp_state state_before = s;

    (void)unused;
    descriptor_put(4, ROOTS + 4096 * 2, id_of(2), 1);
    cpu.gpr[RSP] = before.gpr[RSP] = 3;
    machines_alike();
    expect_step(ENTER, 0, 0, MMP_CROSSING_PASSED);
    assert_int_equal(get(GATES + 32 * 4 + 16, 8), 1);
    assert_int_equal(get(GATES + 32 * 4 + 24, 8), 0);
    before.gpr[RAX] = 1004;
    before.rip = 0x100000 + 16 * 4;
    state_before.count.passed++;
    expect_registers(&before);
    assert_memory_equal(&s, &state_before, sizeof s);

    s.pdid = 0; /* of domain 0 with itself too */
    cpu.rip = GATES;
    machines_alike();
    expect_step(ENTER, 0, 0, MMP_CROSSING_PASSED);
}

/* 6.3: caller and callee merge, or split, while the call lasts. */
static void test_merge_under_call(void **unused)
{
    (void)unused;
    expect_step(ENTER, 0, 0, MMP_CROSSING_CHANGED);
    descriptor_put(2, ROOTS + 4096 * 9, id_of(4), 1); /* the caller moved into the callee's domain */
    expect_step(RETURN, 0x200000, 0, MMP_CROSSING_CHANGED);
    assert_int_equal(s.pdid, id_of(4)); /* no other domain, but a frame of its own */
    assert_int_equal(s.root, ROOTS + 4096 * 9);
    assert_int_equal(s.fb, s.sl + STACK_SIZE);
    assert_int_equal(s.count.switches, 1);

    descriptor_put(4, ROOTS + 4096 * 7, id_of(14), 1); /* the callee moved away meanwhile */
    cpu.rip = GATES + 32 * 4;
    cpu.gpr[RSP] = s.fb - 0x108;
    machines_alike();
    expect_step(ENTER, 0, 0, MMP_CROSSING_CHANGED);
    assert_int_equal(s.pdid, id_of(14));
}

static void test_fault_gate_align(void **unused)
{
    (void)unused;
    for (unsigned off = 1; off < 32; off++) {
        cpu.rip = GATES + off;
        machines_alike();
        expect_fault(ENTER, 0, 0, MMP_FAULT_GATE_ALIGN, GATES + off, GATES + off);
    }
}

static void test_fault_gate_invalid(void **unused)
{
    (void)unused;
    for (unsigned bit = 0; bit < 32; bit++) {
        gate_put(4, MMP_GATE_CALL ^ 1u << bit, 0x1000, id_of(4), 1);
        expect_fault(ENTER, 0, 0, MMP_FAULT_GATE_INVALID, cpu.rip, cpu.rip);
    }
    cpu.rip = MEMORY; /* a gate outside memory */
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_GATE_INVALID, MEMORY, MEMORY);
}

static void test_fault_gate_domain(void **unused)
{
    struct {
        uint32_t root;
        uint16_t tag, flags;
    } bad[] = {
        {ROOTS, 0x8004, 0},         /* not valid */
        {ROOTS, 0, 1},              /* tag 0 would be the supervisor */
        {ROOTS, 0x0004, 1},         /* a kernel domain under a user domain's id */
        {ROOTS + 0x800, 0x8004, 1}, /* a root that is no root */
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        descriptor_put(4, bad[i].root, bad[i].tag, bad[i].flags);
        expect_fault(ENTER, 0, 0, MMP_FAULT_GATE_DOMAIN, 0x8004, cpu.rip);
    }
    descriptor_put(5, ROOTS, 0, 1); /* nor does a kernel domain's id lead to the supervisor */
    cpu.rip = GATES + 32 * 5;
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_GATE_DOMAIN, 0x0005, cpu.rip);
    cpu.rip = GATES + 32 * 4;
    descriptor_put(4, ROOTS, 0x8004, 1);
    s.dtcount = 4; /* beyond the table */
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_GATE_DOMAIN, 0x8004, cpu.rip);
    s.dtcount = 5;
    machines_alike();
    expect_step(ENTER, 0, 0, MMP_CROSSING_CHANGED);
    descriptor_put(2, ROOTS, 0x8002, 0); /* the caller's domain is gone */
    expect_fault(RETURN, 0x200000, 0, MMP_FAULT_GATE_DOMAIN, 0x8002, GATES + 32 * 4);
    s.dtbase = MEMORY - 16; /* a table of which one descriptor is in memory */
    s.dtcount = DESCRIPTORS;
    machines_alike();
    expect_fault(RETURN, 0x200000, 0, MMP_FAULT_GATE_DOMAIN, 0x8002, GATES + 32 * 4);
    s.dtbase = 0x100000000u;
    machines_alike();
    expect_fault(RETURN, 0x200000, 0, MMP_FAULT_GATE_DOMAIN, 0x8002, GATES + 32 * 4);
}

static void test_fault_gate_caller(void **unused)
{
    (void)unused;
    s.pdid = 0;
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_GATE_CALLER, cpu.rip, cpu.rip);
}

static void test_fault_stack_range(void **unused)
{
    uint64_t bad[] = {s.sl - 1,   s.sl - 8,       s.fb - 7,       s.fb, s.fb + 8,
                      UINT64_MAX, UINT64_MAX - 7, UINT64_MAX - 3, 0};

    (void)unused;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        cpu.gpr[RSP] = bad[i];
        machines_alike();
        expect_fault(ENTER, 0, 0, MMP_FAULT_STACK_RANGE, bad[i], cpu.rip);
    }
    s.sl = 0; /* a stack that wraps, or leaves memory */
    s.fb = UINT64_MAX - 7;
    cpu.gpr[RSP] = MEMORY - 4;
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_STACK_RANGE, MEMORY - 4, cpu.rip);
    cpu.gpr[RSP] = UINT64_MAX - 6;
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_STACK_RANGE, UINT64_MAX - 6, cpu.rip);
    s.fb = 4;
    cpu.gpr[RSP] = 0;
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_STACK_RANGE, 0, cpu.rip);
    s.sl = s.fb = STACK + 0x80; /* empty: no return address */
    cpu.gpr[RSP] = s.fb - 8;
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_STACK_RANGE, s.fb - 8, cpu.rip);
}

static void test_fault_stack_overflow(void **unused)
{
    (void)unused;
    s.sl = STACK + 8;
    cpu.gpr[RSP] = s.sl; /* rounds down to STACK + 16: its word begins at sl */
    machines_alike();
    expect_step(ENTER, 0, 0, MMP_CROSSING_CHANGED);
    assert_int_equal(s.fb, STACK + 16);

    thread_load(0);
    s.sl = STACK + 8;
    cpu.rip = GATES + 32 * 2;
    cpu.gpr[RSP] = s.sl + 1;
    s.align = 5; /* rounds down to STACK: below sl */
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_STACK_OVERFLOW, s.sl, cpu.rip);
    s.sl = 0; /* rounds down to 0: nothing below that */
    s.fb = 0x1000;
    s.align = 12;
    cpu.gpr[RSP] = 0x100;
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_STACK_OVERFLOW, 0, cpu.rip);

    cpu.rip = GATES; /* domain 0 without a stack */
    for (unsigned i = 0; i < 2; i++) {
        s.s0 = i == 0 ? 0 : MEMORY + 16;
        machines_alike();
        expect_fault(ENTER, 0, 0, MMP_FAULT_STACK_OVERFLOW, s.s0, cpu.rip);
    }
    s.s0 = UINT64_MAX & ~UINT64_C(15);
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_STACK_OVERFLOW, s.s0, cpu.rip);
}

/* 6.1: a call leaves two frames free, so that an interrupt and one in its handler find room; the third does
 * not. */
static void test_fault_xstack_overflow(void **unused)
{
    struct mmp_state before;
    unsigned calls = 0;

    (void)unused;
    while (step(ENTER, 0, 0, &fault) == MMP_CROSSING_CHANGED) {
        calls++;
        cpu.rip = GATES + 32 * (4 + 2 * (calls % 2));
        cpu.gpr[RSP] = s.fb - 0x28;
        write_both(cpu.gpr[RSP], 8, 0x300000 + calls);
        machines_alike();
    }
    assert_int_equal(calls, XFRAMES - MMP_XFRAME_RESERVE);
    expect_fault(ENTER, 0, 0, MMP_FAULT_XSTACK_OVERFLOW, s.xsp, cpu.rip);
    expect_step(INTERRUPT, 0, 0, MMP_CROSSING_CHANGED);
    expect_step(INTERRUPT, 0, 0, MMP_CROSSING_CHANGED);
    before = s;
    assert_false(mmp_interrupt_enter(&s, &m, &cpu));
    assert_memory_equal(&before, &s, sizeof s);
    expect_memory_alike();
    expect_step(IRETQ, 0, 0, MMP_CROSSING_CHANGED);
    expect_step(IRETQ, 0, s.xsp == 0 ? 0 : 3, MMP_CROSSING_CHANGED);
    for (; calls > 0; calls--)
        expect_step(RETURN, calls == 1 ? 0x200000 : 0x300000 + calls - 1, 0, MMP_CROSSING_CHANGED);
    assert_int_equal(s.pdid, id_of(2));
    assert_int_equal(s.xsp, s.xbase);
    s.xbase = s.xsp = MEMORY - 127; /* a free frame that is not in memory */
    s.xlimit = MEMORY + 4096;
    machines_alike();
    cpu.rip = GATES + 32 * 4;
    cpu.gpr[RSP] = s.fb - 8;
    machines_alike();
    expect_fault(ENTER, 0, 0, MMP_FAULT_XSTACK_OVERFLOW, s.xsp, cpu.rip);
    assert_false(mmp_interrupt_enter(&s, &m, &cpu));
}

static void test_fault_xstack_underflow(void **unused)
{
    (void)unused;
    expect_fault(RETURN, 0, 0, MMP_FAULT_XSTACK_UNDERFLOW, s.xsp, 0);
    expect_fault(IRETQ, 0, 3, MMP_FAULT_XSTACK_UNDERFLOW, s.xsp, 0);
    s.xsp += 127; /* less than a frame */
    machines_alike();
    expect_fault(RETURN, 0, 0, MMP_FAULT_XSTACK_UNDERFLOW, s.xsp, 0);
    s.xsp = s.xbase - 128;
    machines_alike();
    expect_fault(RETURN, 0, 0, MMP_FAULT_XSTACK_UNDERFLOW, s.xsp, 0);
    s.xsp = s.xlimit + 128; /* beyond the end is not a frame */
    machines_alike();
    expect_fault(RETURN, 0, 0, MMP_FAULT_XSTACK_UNDERFLOW, s.xsp, 0);
    s.xbase = MEMORY;
    s.xsp = s.xlimit = MEMORY + 128;
    machines_alike();
    expect_fault(IRETQ, 0, 3, MMP_FAULT_XSTACK_UNDERFLOW, s.xsp, 0);
}

static void test_fault_return_address(void **unused)
{
    (void)unused;
    expect_step(ENTER, 0, 0, MMP_CROSSING_CHANGED);
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t popped = 0x200000 ^ UINT64_C(1) << bit;

        expect_fault(RETURN, popped, 0, MMP_FAULT_RETURN_ADDRESS, popped, GATES + 32 * 4);
    }
}

static void test_fault_return_kind(void **unused)
{
    uint64_t frame = s.xsp;

    (void)unused;
    expect_step(ENTER, 0, 0, MMP_CROSSING_CHANGED);
    expect_fault(IRETQ, 0, 3, MMP_FAULT_RETURN_KIND, frame, 0);
    write_both(frame + MMP_XFRAME_KIND, 2, 0);
    expect_fault(RETURN, 0x200000, 0, MMP_FAULT_RETURN_KIND, frame, 0);
    expect_fault(IRETQ, 0, 3, MMP_FAULT_RETURN_KIND, frame, 0);
    expect_step(INTERRUPT, 0, 0, MMP_CROSSING_CHANGED);
    expect_fault(RETURN, cpu.rip, 0, MMP_FAULT_RETURN_KIND, frame + 128, 0);
}

static void test_fault_privilege(void **unused)
{
    static const int wrong[] = {0, 1, 2};

    (void)unused;
    expect_step(INTERRUPT, 0, 0, MMP_CROSSING_CHANGED);
    for (unsigned i = 0; i < 3; i++) /* a user domain, out at CPL 0 */
        expect_fault(IRETQ, 0, wrong[i], MMP_FAULT_PRIVILEGE, id_of(2), 0);
    write_both(s.xsp - 128 + MMP_XFRAME_PD, 2, id_of(3)); /* a kernel domain, out at CPL 3 */
    expect_fault(IRETQ, 0, 3, MMP_FAULT_PRIVILEGE, id_of(3), 0);
    write_both(s.xsp - 128 + MMP_XFRAME_PD, 2, 0); /* domain 0, out at CPL 3 */
    expect_fault(IRETQ, 0, 3, MMP_FAULT_PRIVILEGE, 0, 0);
    expect_step(IRETQ, 0, 0, MMP_CROSSING_CHANGED);
}

/* 7.3: an interrupt keeps fb and sl, and writes nothing of a frame but what the manual lists. */
static void test_interrupt(void **unused)
{
    uint64_t frame = s.xsp, fb = s.fb, sl = s.sl;

    (void)unused;
    for (uint64_t i = 0; i < 128; i++)
        write_both(frame + i, 1, 0xee);
    cpu.rip = 0x123456;
    machines_alike();
    expect_step(INTERRUPT, 0, 0, MMP_CROSSING_CHANGED);
    assert_int_equal(s.pdid, 0);
    assert_int_equal(s.fb, fb);
    assert_int_equal(s.sl, sl);
    assert_int_equal(get(frame + MMP_XFRAME_RIP, 8), 0x123456);
    assert_int_equal(get(frame + MMP_XFRAME_PD, 2), id_of(2));
    assert_int_equal(get(frame + MMP_XFRAME_KIND, 2), MMP_XFRAME_INTERRUPT);
    for (uint64_t i = 32; i < 128; i++)
        assert_int_equal(memory[frame + i], 0xee);
    descriptor_put(2, ROOTS + 4096 * 6, id_of(6), 1); /* merged meanwhile */
    s.fb = 0x1000;
    machines_alike();
    expect_step(IRETQ, 0, 3, MMP_CROSSING_CHANGED);
    assert_int_equal(s.pdid, id_of(6));
    assert_int_equal(s.root, ROOTS + 4096 * 6);
    assert_int_equal(s.fb, fb);
}

/* 7.4: a thread starts by a frame that domain 0 forged. */
static void test_forged_frame(void **unused)
{
    uint64_t frame = s.xsp;

    (void)unused;
    s.pdid = 0;
    write_both(frame + MMP_XFRAME_RIP, 8, 0x150000);
    write_both(frame + MMP_XFRAME_RSP, 8, s.fb - 8);
    write_both(frame + MMP_XFRAME_FB, 8, s.fb);
    write_both(frame + MMP_XFRAME_PD, 2, id_of(8));
    write_both(frame + MMP_XFRAME_KIND, 2, MMP_XFRAME_CALL);
    write_both(frame + MMP_XFRAME_FLAGS, 4, IF);
    s.xsp += 128;
    cpu.rflags = 2;
    machines_alike();
    expect_step(RETURN, 0x150000, 0, MMP_CROSSING_CHANGED);
    assert_int_equal(s.pdid, id_of(8));
    assert_int_equal(cpu.rip, 0x150000);
    assert_int_equal(cpu.rflags, 2 | IF);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_gate_space),
        TEST(test_enter),
        TEST(test_return),
        TEST(test_supervisor_call),
        TEST(test_merged_call),
        TEST(test_merge_under_call),
        TEST(test_fault_gate_align),
        TEST(test_fault_gate_invalid),
        TEST(test_fault_gate_domain),
        TEST(test_fault_gate_caller),
        TEST(test_fault_stack_range),
        TEST(test_fault_stack_overflow),
        TEST(test_fault_xstack_overflow),
        TEST(test_fault_xstack_underflow),
        TEST(test_fault_return_address),
        TEST(test_fault_return_kind),
        TEST(test_fault_privilege),
        TEST(test_interrupt),
        TEST(test_forged_frame),
        TEST(test_random_lives),
        cmocka_unit_test(test_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

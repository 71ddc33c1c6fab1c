/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The registers of MMP: ranges, what each write answers, stack descriptors, invalidation and fault registers.
 * Random writes are judged by a list of ranges that shares nothing with the model.
 */
// links: mmp_hw/model/register.c tests/host/seeded.c
// links: mmp_hw/model/spt.c mmp_hw/model/domain.c mmp_hw/model/trace.c
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

#define MEMORY 0x1000u

static uint8_t *memory;
static struct mmp_memory m;
static struct mmp_state s;
static struct mmp_invalidate inval;

static int setup(void **unused)
{
    (void)unused;
    memory = calloc(1, MEMORY);
    m = (struct mmp_memory){memory, MEMORY};
    memset(&s, 0xa5, sizeof s);
    mmp_reset(&s);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    free(memory);
    return 0;
}

static uint64_t get(uint64_t at)
{
    uint64_t v;

    memcpy(&v, memory + at, 8);
    return v;
}

static void put(uint64_t at, uint64_t v)
{
    memcpy(memory + at, &v, 8);
}

static uint64_t read_of(uint32_t msr)
{
    uint64_t value = 0xa5a5;

    assert_int_equal(mmp_msr_read(&s, msr, &value), MMP_MSR_OK);
    return value;
}

/* Writes and compares everything: a refused write changes nothing. */
static enum mmp_msr write_to(uint32_t msr, uint64_t value)
{
    static uint8_t memory_before[MEMORY];
    struct mmp_state before = s;
    enum mmp_msr got;

    memcpy(memory_before, memory, MEMORY);
    memset(&inval, 0xa5, sizeof inval);
    got = mmp_msr_write(&s, &m, msr, value, &inval);
    if (got == MMP_MSR_REFUSED) {
        assert_memory_equal(&before, &s, sizeof s);
        assert_memory_equal(memory_before, memory, MEMORY);
    } else if (msr != MMP_MSR_STACK) {
        assert_memory_equal(memory_before, memory, MEMORY);
    }
    return got;
}

static void stack_put(uint64_t at, uint64_t sl, uint64_t fb, uint64_t xbase, uint64_t xlimit, uint64_t xsp)
{
    put(at, sl);
    put(at + 8, fb);
    put(at + 16, xbase);
    put(at + 24, xlimit);
    put(at + 32, xsp);
}

/* ---- Ranges ---- */

/* Registers that hold the number written, if it is a multiple of align and at most max. */
static const struct {
    uint32_t msr;
    uint64_t align, max;
    enum mmp_msr ok;
} range[] = {
    {0x4d500002, 16, 0x100000000, MMP_MSR_OK_CONTROL},       /* DTBASE */
    {0x4d500003, 1, 0x8000, MMP_MSR_OK_CONTROL},             /* DTCOUNT */
    {0x4d500004, 0x400000, 0x100000000, MMP_MSR_OK_CONTROL}, /* GWLO */
    {0x4d500005, 0x400000, 0x100000000, MMP_MSR_OK_CONTROL}, /* GWHI */
    {0x4d500007, 8, UINT64_MAX, MMP_MSR_OK_STACK},           /* FB */
    {0x4d500008, 8, UINT64_MAX, MMP_MSR_OK_STACK},           /* SL */
    {0x4d500009, 8, UINT64_MAX, MMP_MSR_OK},                 /* XBASE */
    {0x4d50000a, 8, UINT64_MAX, MMP_MSR_OK},                 /* XLIMIT */
    {0x4d50000b, 8, UINT64_MAX, MMP_MSR_OK},                 /* XSP */
    {0x4d50000c, 16, UINT64_MAX, MMP_MSR_OK},                /* S0 */
    {0x4d500028, 32, 0x100000000, MMP_MSR_OK},               /* TRACE_BASE */
    {0x4d50002a, 1, UINT64_MAX, MMP_MSR_OK},                 /* TRACE_COUNT */
};
#define RANGES (sizeof range / sizeof *range)

static void test_ranges(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < RANGES; i++) {
        uint64_t top = range[i].max / range[i].align * range[i].align;

        assert_int_equal(write_to(range[i].msr, top), range[i].ok);
        assert_int_equal(read_of(range[i].msr), top);
        if (range[i].max != UINT64_MAX)
            assert_int_equal(write_to(range[i].msr, top + range[i].align), MMP_MSR_REFUSED);
        for (uint64_t off = 1; off < range[i].align; off *= 2)
            assert_int_equal(write_to(range[i].msr, top - off), MMP_MSR_REFUSED);
        assert_int_equal(write_to(range[i].msr, 0), range[i].ok);
        assert_int_equal(read_of(range[i].msr), 0);
    }
}

/* A power of two from 32 to 2^31, or 0. */
static void test_ring_size(void **unused)
{
    (void)unused;
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t size = UINT64_C(1) << bit;

        assert_int_equal(write_to(0x4d500029, size), bit >= 5 && bit <= 31 ? MMP_MSR_OK : MMP_MSR_REFUSED);
        if (bit >= 5 && bit <= 31)
            assert_int_equal(read_of(0x4d500029), size);
        assert_int_equal(write_to(0x4d500029, size + 32), size == 32 ? MMP_MSR_OK : MMP_MSR_REFUSED);
    }
    assert_int_equal(write_to(0x4d500029, 0), MMP_MSR_OK);
    assert_int_equal(read_of(0x4d500029), 0);
}

/* A stack that is written is told in the ring, one that is refused is not, nor is anything while EN is 0. */
static void test_ring_stack(void **unused)
{
    (void)unused;
    s.ring.base = 0x800;
    s.ring.size = 64;
    s.ring.count = 5;
    s.ring.time = 0x1122334455667788;
    s.ring.insns = 0x99aabbcc;
    stack_put(0x100, 0x1000, 0x2000, 0x3000, 0x4000, 0x3000);
    assert_int_equal(write_to(MMP_MSR_STACK, 0x100), MMP_MSR_OK_STACK);
    assert_int_equal(s.ring.count, 5);
    s.enabled = true;
    assert_int_equal(write_to(MMP_MSR_STACK, 0x104), MMP_MSR_REFUSED);
    assert_int_equal(s.ring.count, 5);
    assert_int_equal(get(0x820), 0);
    assert_int_equal(write_to(MMP_MSR_STACK, 0x100), MMP_MSR_OK_STACK);
    assert_int_equal(s.ring.count, 6);
    assert_int_equal(get(0x820), 0x1122334455667788);
    assert_int_equal(get(0x828), 0);
    assert_int_equal(get(0x830), 0x99aabbcc00000100);
    assert_int_equal(get(0x838), 6);
}

static void test_control(void **unused)
{
    (void)unused;
    assert_int_equal(read_of(MMP_MSR_CTL), 12 << 8); /* after reset */
    for (uint64_t align = 0; align < 64; align++)
        for (uint64_t en = 0; en < 2; en++) {
            uint64_t value = align << 8 | en;

            if (align >= 3 && align <= 12) {
                assert_int_equal(write_to(MMP_MSR_CTL, value), MMP_MSR_OK_CONTROL);
                assert_int_equal(read_of(MMP_MSR_CTL), value);
                assert_int_equal(s.enabled, en);
                assert_int_equal(s.align, align);
            } else {
                assert_int_equal(write_to(MMP_MSR_CTL, value), MMP_MSR_REFUSED);
            }
        }
    for (unsigned bit = 1; bit < 64; bit++) /* reserved bits */
        if (bit < 8 || bit > 12)
            assert_int_equal(write_to(MMP_MSR_CTL, 4 << 8 | 1 | UINT64_C(1) << bit), MMP_MSR_REFUSED);
}

static void test_selectors(void **unused)
{
    (void)unused;
    assert_int_equal(write_to(MMP_MSR_SEL, 0x00180008), MMP_MSR_OK);
    assert_int_equal(read_of(MMP_MSR_SEL), 0x00180008);
    assert_int_equal(write_to(MMP_MSR_SEL, 0x001b0008), MMP_MSR_REFUSED); /* RPL */
    assert_int_equal(write_to(MMP_MSR_SEL, 0x00180009), MMP_MSR_REFUSED);
    assert_int_equal(write_to(MMP_MSR_SEL, 0x100180008), MMP_MSR_REFUSED);
}

/* Every number near the registers: the ones that exist answer, the others do not, and who is read-only stays.
 */
static void test_which_exist(void **unused)
{
    static const uint32_t read_only[] = {MMP_MSR_PDID,          MMP_MSR_FAULT_INFO,   MMP_MSR_FAULT_ADDR,
                                         MMP_MSR_FAULT_GATE,    MMP_MSR_COUNT_GATED,  MMP_MSR_COUNT_PASSED,
                                         MMP_MSR_COUNT_RETURNS, MMP_MSR_COUNT_FAULTS, MMP_MSR_COUNT_SWITCHES,
                                         MMP_MSR_COUNT_MIXED,   MMP_MSR_CAPS};

    (void)unused;
    for (uint32_t msr = MMP_MSR_BASE - 16; msr < MMP_MSR_END + 16; msr++) {
        bool spt = msr >= MMP_MSR_SPT && msr < MMP_MSR_SPT + 8;
        bool faults = msr >= MMP_MSR_COUNT_FAULT && msr < MMP_MSR_COUNT_FAULT + 16;
        bool readable = (msr >= MMP_MSR_CTL && msr <= MMP_MSR_SEL) || spt ||
                        (msr >= MMP_MSR_TRACE_BASE && msr <= MMP_MSR_TRACE_COUNT);
        bool writable = readable && msr != MMP_MSR_PDID;
        uint64_t value;

        for (unsigned i = 0; i < sizeof read_only / sizeof *read_only; i++)
            readable = readable || msr == read_only[i];
        readable = readable || faults;
        writable = writable || msr == MMP_MSR_INVAL;
        assert_int_equal(mmp_msr_read(&s, msr, &value), readable ? MMP_MSR_OK : MMP_MSR_REFUSED);
        if (!writable)
            for (unsigned i = 0; i < 64; i++)
                assert_int_equal(write_to(msr, i < 63 ? UINT64_C(1) << i : 0), MMP_MSR_REFUSED);
    }
    assert_int_equal(read_of(MMP_MSR_CAPS) & 0xff, 1);
    assert_int_equal(read_of(MMP_MSR_PDID), 0);
}

/* ---- INVAL ---- */

static void test_invalidate(void **unused)
{
    (void)unused;
    assert_int_equal(write_to(MMP_MSR_INVAL, 0x12345678000c8003u), MMP_MSR_OK_INVALIDATE);
    assert_int_equal(inval.pdid, 0x8003);
    assert_int_equal(inval.addr, 0x12345000);
    assert_int_equal(inval.size, 0x1000);
    assert_int_equal(write_to(MMP_MSR_INVAL, 0xffffffff00200000u), MMP_MSR_OK_INVALIDATE); /* everything */
    assert_int_equal(inval.pdid, 0);
    assert_int_equal(inval.addr, 0);
    assert_int_equal(inval.size, 0x100000000u);
    assert_int_equal(write_to(MMP_MSR_INVAL, UINT64_C(33) << 16), MMP_MSR_REFUSED);
    for (unsigned bit = 22; bit < 32; bit++)
        assert_int_equal(write_to(MMP_MSR_INVAL, UINT64_C(1) << bit), MMP_MSR_REFUSED);
    for (unsigned log2 = 0; log2 <= 32; log2++) {
        uint32_t addr = (uint32_t)random_bits();

        assert_int_equal(write_to(MMP_MSR_INVAL, (uint64_t)addr << 32 | log2 << 16 | 7),
                         MMP_MSR_OK_INVALIDATE);
        assert_int_equal(inval.size, UINT64_C(1) << log2);
        assert_true(inval.addr % inval.size == 0 && inval.addr <= addr && addr - inval.addr < inval.size);
    }
}

/* ---- The stack permissions table ---- */

static void test_grants(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 8; i++) {
        uint32_t msr = MMP_MSR_SPT + i;

        assert_int_equal(read_of(msr), 0);
        assert_int_equal(write_to(msr, 0xfffffffc40018001u), MMP_MSR_OK_STACK); /* the last word of all, RO */
        assert_int_equal(read_of(msr), 0xfffffffc40018001u);
        assert_int_equal(s.spt_used, i + 1);
        assert_int_equal(write_to(msr, 0xfffffffc40028001u), MMP_MSR_REFUSED); /* one too many */
        assert_int_equal(write_to(msr, 0xfffffffe40008001u), MMP_MSR_REFUSED); /* not a multiple of 4 */
        assert_int_equal(write_to(msr, 0x00001001c0018001u), MMP_MSR_REFUSED);
        assert_int_equal(write_to(msr, 0x00001000c0018001u), MMP_MSR_REFUSED); /* RX */
        assert_int_equal(read_of(msr), 0xfffffffc40018001u);
        assert_int_equal(write_to(msr, 0x00001000bfff8001u), MMP_MSR_OK_STACK);
        assert_int_equal(s.spt_used, i + 1);
    }
    assert_int_equal(write_to(MMP_MSR_SPT + 3, 0), MMP_MSR_OK_STACK);
    assert_int_equal(s.spt_used, 7);
    assert_int_equal(write_to(MMP_MSR_STACK, 4), MMP_MSR_REFUSED); /* refused: they stay */
    assert_int_equal(s.spt_used, 7);
    assert_int_equal(write_to(MMP_MSR_STACK, 0), MMP_MSR_OK_STACK);
    assert_int_equal(s.spt_used, 0);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(read_of(MMP_MSR_SPT + i), 0);
}

/* ---- MMP_STACK ---- */

static void expect_stack(uint64_t sl, uint64_t fb, uint64_t xbase, uint64_t xlimit, uint64_t xsp)
{
    assert_int_equal(s.sl, sl);
    assert_int_equal(s.fb, fb);
    assert_int_equal(s.xbase, xbase);
    assert_int_equal(s.xlimit, xlimit);
    assert_int_equal(s.xsp, xsp);
}

static void test_stack_switch(void **unused)
{
    (void)unused;
    stack_put(0x100, 8, 16, 24, 4096, 32);
    stack_put(0x200, 40, 48, 56, 8192, 64);
    assert_int_equal(write_to(MMP_MSR_STACK, 0x100), MMP_MSR_OK_STACK);
    expect_stack(8, 16, 24, 4096, 32);
    write_to(MMP_MSR_FB, 1600); /* fb and xsp are saved, the others are not */
    write_to(MMP_MSR_XSP, 3200);
    write_to(MMP_MSR_SL, 800);
    assert_int_equal(write_to(MMP_MSR_STACK, 0x200), MMP_MSR_OK_STACK);
    expect_stack(40, 48, 56, 8192, 64);
    assert_int_equal(read_of(MMP_MSR_STACK), 0x200);
    assert_int_equal(get(0x100), 8);
    assert_int_equal(get(0x108), 1600);
    assert_int_equal(get(0x110), 24);
    assert_int_equal(get(0x118), 4096);
    assert_int_equal(get(0x120), 3200);
    assert_int_equal(write_to(MMP_MSR_STACK, 0), MMP_MSR_OK_STACK); /* to none: saves, loads nothing */
    expect_stack(40, 48, 56, 8192, 64);
    write_to(MMP_MSR_FB, 80);
    assert_int_equal(write_to(MMP_MSR_STACK, 0x100), MMP_MSR_OK_STACK); /* from none: saves nothing */
    assert_int_equal(get(0x208), 48);
    expect_stack(8, 1600, 24, 4096, 3200);
}

/* The same descriptor again, and one that overlaps: saved first, then loaded. */
static void test_stack_overlap(void **unused)
{
    (void)unused;
    stack_put(0x100, 8, 16, 24, 4096, 32);
    write_to(MMP_MSR_STACK, 0x100);
    write_to(MMP_MSR_FB, 1600);
    write_to(MMP_MSR_XSP, 3200);
    write_to(MMP_MSR_SL, 1608);
    assert_int_equal(write_to(MMP_MSR_STACK, 0x100), MMP_MSR_OK_STACK);
    expect_stack(8, 1600, 24, 4096, 3200);
    write_to(MMP_MSR_FB, 0); /* would be below sl */
    assert_int_equal(write_to(MMP_MSR_STACK, 0x100), MMP_MSR_REFUSED);
    assert_int_equal(get(0x108), 1600);

    write_to(MMP_MSR_FB, 1600);
    stack_put(0x128, 4096, 4096, 0, 0, 0);
    /* at 0x118: sl = 4096, fb = the xsp saved at 0x120, xbase 4096, xlimit 4096, xsp 0: refused for xsp <
     * xbase */
    assert_int_equal(write_to(MMP_MSR_STACK, 0x118), MMP_MSR_REFUSED);
    put(0x128, 0);
    put(0x130, 4096);
    put(0x118, 8);
    assert_int_equal(write_to(MMP_MSR_STACK, 0x118), MMP_MSR_OK_STACK);
    expect_stack(8, 3200, 0, 4096, 0);
    assert_int_equal(get(0x108), 1600);
    assert_int_equal(get(0x120), 3200);
}

static void test_stack_refused(void **unused)
{
    static const uint64_t bad[][5] = {
        {16, 8, 0, 64, 0},   /* fb below sl */
        {8, 16, 32, 64, 24}, /* xsp below xbase */
        {8, 16, 32, 64, 72}, /* xsp above xlimit */
        {8, 16, 64, 32, 64}, /* xlimit below xbase */
        {4, 16, 0, 64, 0},   /* not aligned, each */
        {8, 17, 0, 64, 0},   {8, 16, 2, 64, 8}, {8, 16, 0, 65, 8}, {8, 16, 0, 64, 12},
    };

    (void)unused;
    stack_put(0x100, 8, 16, 24, 4096, 32);
    write_to(MMP_MSR_STACK, 0x100);
    write_to(MMP_MSR_FB, 1600);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        stack_put(0x200, bad[i][0], bad[i][1], bad[i][2], bad[i][3], bad[i][4]);
        assert_int_equal(write_to(MMP_MSR_STACK, 0x200), MMP_MSR_REFUSED);
    }
    stack_put(0x200, 8, 8, 16, 16, 16); /* both stacks empty */
    assert_int_equal(write_to(MMP_MSR_STACK, 0x204), MMP_MSR_REFUSED);
    assert_int_equal(write_to(MMP_MSR_STACK, MEMORY - 32), MMP_MSR_REFUSED);
    assert_int_equal(write_to(MMP_MSR_STACK, MEMORY), MMP_MSR_REFUSED);
    assert_int_equal(write_to(MMP_MSR_STACK, UINT64_MAX - 7), MMP_MSR_REFUSED);
    assert_int_equal(write_to(MMP_MSR_STACK, MEMORY - 40), MMP_MSR_OK_STACK); /* zeroes; the last that fits */
    assert_int_equal(write_to(MMP_MSR_STACK, 0x200), MMP_MSR_OK_STACK);
}

/* ---- Fault registers ---- */

static void test_fault_registers(void **unused)
{
    struct mmp_fault fault = {.kind = MMP_FAULT_PERMISSION,
                              .access = MMP_ACCESS_STORE,
                              .pdid = 0x8123,
                              .size = 64,
                              .addr = 0x123456789a,
                              .gate = 0x83f0020};

    (void)unused;
    assert_int_equal(read_of(MMP_MSR_FAULT_INFO), 0);
    mmp_fault_record(&s, &fault);
    assert_int_equal(read_of(MMP_MSR_FAULT_INFO), 0x0000004081230101u);
    assert_int_equal(read_of(MMP_MSR_FAULT_ADDR), 0x123456789a);
    assert_int_equal(read_of(MMP_MSR_FAULT_GATE), 0x83f0020);
    assert_int_equal(read_of(MMP_MSR_COUNT_FAULTS), 1);
    fault.size = 0x10000; /* what 16 bits cannot hold */
    fault.access = MMP_ACCESS_FETCH;
    mmp_fault_record(&s, &fault);
    assert_int_equal(read_of(MMP_MSR_FAULT_INFO), 0x0000ffff81230201u);
    assert_int_equal(read_of(MMP_MSR_COUNT_FAULTS), 2);
    fault.kind = MMP_FAULT_PRIVILEGE;
    mmp_fault_record(&s, &fault);
    for (uint32_t kind = 0; kind < 16; kind++)
        assert_int_equal(read_of(MMP_MSR_COUNT_FAULT + kind), kind == 1 ? 2 : kind == 13);
}

/* ---- Random writes ---- */

static uint64_t random_value(void)
{
    switch (random_below(6)) {
    case 0:
        return random_bits();
    case 1:
        return random_bits() >> random_below(64);
    case 2:
        return random_below(0x800) << 22;
    case 3:
        return (random_below(16) << 8 | random_below(2)) + (random_one_in(4) ? random_below(256) : 0);
    case 4:
        return random_below(MEMORY + 64) & ~UINT64_C(7);
    default:
        return random_bits() & 0xffff003f8007u;
    }
}

/* What the manual's table allows, register by register; a write of STACK is judged by the naive swap below.
 */
static void test_random_writes(void **unused)
{
    uint64_t held[16] = {12 << 8};

    (void)unused;
    random_start(__func__);
    for (unsigned i = 0; i < MEMORY / 8; i++)
        put(8 * i, random_one_in(3) ? random_bits() : 8 * random_below(6) + 4096 * (i % 5 == 3));
    for (unsigned op = 0; op < 300000; op++) {
        uint32_t index = (uint32_t)random_below(16), msr = MMP_MSR_BASE + index;
        uint64_t value = random_value(), word[5] = {0};
        enum mmp_msr expected = MMP_MSR_REFUSED;
        uint8_t copy[MEMORY];

        if (random_one_in(4))
            put(8 * random_below(MEMORY / 8), random_one_in(9) ? random_bits() : 8 * random_below(600));
        memcpy(copy, memory, MEMORY);
        for (unsigned i = 0; i < RANGES; i++)
            if (range[i].msr == msr && value % range[i].align == 0 && value <= range[i].max)
                expected = range[i].ok;
        if (index == 0 && (value & ~UINT64_C(0x1f01)) == 0 && value >> 8 >= 3 && value >> 8 <= 12)
            expected = MMP_MSR_OK_CONTROL;
        if (index == 13 && value >> 32 == 0 && value % 4 == 0 && (value >> 16) % 4 == 0)
            expected = MMP_MSR_OK;
        if (index == 14 && (value & 0xffc00000u) == 0 && (value >> 16 & 63) <= 32)
            expected = MMP_MSR_OK_INVALIDATE;
        if (index == 6) {
            bool good = value == 0;

            if (held[6] != 0) { /* save, then look */
                memcpy(copy + held[6] + 8, &held[7], 8);
                memcpy(copy + held[6] + 32, &held[11], 8);
            }
            if (value != 0 && value % 8 == 0 && value <= MEMORY - 40) {
                memcpy(word, copy + value, sizeof word);
                good = word[0] <= word[1] && word[2] <= word[4] && word[4] <= word[3];
                for (unsigned i = 0; i < 5; i++)
                    good = good && word[i] % 8 == 0;
            }
            expected = good ? MMP_MSR_OK_STACK : MMP_MSR_REFUSED;
            if (good && value != 0) {
                held[8] = word[0];
                held[7] = word[1];
                held[9] = word[2];
                held[10] = word[3];
                held[11] = word[4];
            }
        }
        assert_int_equal(write_to(msr, value), expected);
        if (expected != MMP_MSR_REFUSED && index != 14)
            held[index] = value;
        if (index == 6 && expected != MMP_MSR_REFUSED)
            assert_memory_equal(copy, memory, MEMORY);
        for (uint32_t i = 0; i < 14; i++)
            if (i != 1)
                assert_int_equal(read_of(MMP_MSR_BASE + i), held[i]);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_ranges),        TEST(test_ring_size),     TEST(test_ring_stack),
        TEST(test_control),       TEST(test_selectors),     TEST(test_which_exist),
        TEST(test_invalidate),    TEST(test_grants),        TEST(test_stack_switch),
        TEST(test_stack_overlap), TEST(test_stack_refused), TEST(test_fault_registers),
        TEST(test_random_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

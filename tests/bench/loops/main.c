/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loops guest: runs a few loops in user mode and prints how many ticks each took, as lines
 *
 *     loop NAME TICKS ITERATIONS INSTRUCTIONS
 *
 * on the debug console, after one that says how many ticks a second has: `frequency TICKS`. With the word
 * `mmp` on its command line the loops run in a domain of an MMP processor whose tables are set up by hand;
 * without, they run on any x86-64 processor, which counts no instructions. `fewer` cuts the iterations by a
 * hundred, and runs each loop twice. Ends QEMU through isa-debug-exit: status 1 after the last line, 3 after
 * an unexpected exception.
 */
#include <stdbool.h>
#include <stdint.h>

#include "layout.h"
#include "mmp/arch.h"

#define REPETITIONS 200
#define REPETITIONS_OF_FEWER 6

/* boot.S */
uint64_t user_run(uint64_t iterations, void (*loop)(void));
void user_done(void);
void system_call(void);
extern uint8_t exception_stubs[];
extern struct idt_gate {
    uint16_t offset0, selector, type, offset1;
    uint32_t offset2, zero;
} idt[256];
_Static_assert(sizeof(struct idt_gate) == 16, "interrupt gate");
/* called from boot.S */
void main(const uint32_t *multiboot);
void exception(uint64_t vector, uint64_t first, uint64_t second);

/* loops.S */
void loop_compute(void), loop_tight(void), loop_branchy(void), loop_memory(void), loop_call(void),
    loop_copy(void), loop_mixed(void), loop_gate(void), loop_rotate(void), loop_syscall(void),
    loop_pass(void), loop_direct(void), nothing(void);
void loop_request(void); /* request.c */

enum needs { NOTHING, MMP, NO_MMP };

static const struct loop {
    const char *name;
    void (*run)(void);
    uint64_t iterations; /* a millisecond or two: some of its repetitions are not disturbed by anybody */
    enum needs needs;
} loops[] = {
    {"compute", loop_compute, 240000, NOTHING},
    {"tight", loop_tight, 600000, NOTHING},
    {"branchy", loop_branchy, 120000, NOTHING},
    {"memory", loop_memory, 48, NOTHING},
    {"call", loop_call, 40000, NOTHING},
    {"copy", loop_copy, 800, NOTHING},
    {"request", loop_request, 160, NOTHING},
    {"mixed", loop_mixed, 40000, NOTHING},
    {"direct", loop_direct, 60000, NOTHING},
    {"syscall", loop_syscall, 10000, NO_MMP},
    {"gate", loop_gate, 10000, MMP},
    {"rotate", loop_rotate, 10000, MMP},
    {"pass", loop_pass, 10000, MMP},
};

/* Domain table, permission tables and call stack: reserved for the supervisor by not being in any table. */
#define DESCRIPTORS (2 + LOOPS_DOMAINS)
static uint8_t domain_table[DESCRIPTORS * MMP_DD_SIZE] __attribute__((aligned(16)));
static uint32_t root[MMP_ROOT_ENTRIES] __attribute__((aligned(MMP_ROOT_BYTES)));
static uint32_t data_mid[MMP_MID_ENTRIES] __attribute__((aligned(MMP_MID_BYTES)));
static uint32_t mixed_mid[MMP_MID_ENTRIES] __attribute__((aligned(MMP_MID_BYTES)));
static uint32_t mixed_leaf[MMP_LEAF_ENTRIES] __attribute__((aligned(MMP_LEAF_BYTES)));
static uint8_t call_stack[16 * MMP_XFRAME_BYTES] __attribute__((aligned(16)));
static uint64_t stack_descriptor[MMP_SD_BYTES / 8];
static uint8_t supervisor_stack[4096] __attribute__((aligned(16)));

static void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static void print(const char *text)
{
    while (*text)
        out8(0xe9, (uint8_t)*text++);
}

static void print_number(uint64_t value, uint32_t base)
{
    char digits[24];
    int at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    print(digits + at);
}

static void leave(uint8_t status)
{
    out8(0xf4, status);
    for (;;)
        __asm__ volatile("cli; hlt");
}

static bool word_given(const char *line, const char *word)
{
    while (*line) {
        const char *w = word;
        while (*line == ' ')
            line++;
        while (*line && *line == *w)
            line++, w++;
        if (!*w && (!*line || *line == ' '))
            return true;
        while (*line && *line != ' ')
            line++;
    }
    return false;
}

static void put(void *base, uint32_t offset, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        ((uint8_t *)base)[offset + i] = (uint8_t)(value >> 8 * i);
}

static uint32_t address(const void *p)
{
    return (uint32_t)(uintptr_t)p;
}

static void gate_make(uint64_t at, uint16_t pd)
{
    void *gate = (void *)at;
    put(gate, MMP_GATE_TARGET, address((void *)nothing), 4);
    put(gate, MMP_GATE_PD, pd, 2);
    put(gate, MMP_GATE_KIND, MMP_GATE_CALL, 4);
}

/* All domains share one root table: a gate between two of them costs what a gate costs, whatever is behind
 * it. */
static void mmp_tables(void)
{
    for (uint32_t i = 0; i < MMP_MID_ENTRIES; i++)
        data_mid[i] = MMP_BITMAP_ALL(MMP_PERM_RW);
    for (uint32_t i = 0; i < MMP_LEAF_ENTRIES; i++)
        mixed_leaf[i] = 0x66666666u; /* RW, RO, RW, RO, ... */
    mixed_mid[0] = address(mixed_leaf);
    root[LOOPS_CODE >> MMP_ROOT_SHIFT] = MMP_BITMAP_ALL(MMP_PERM_RX);
    root[LOOPS_DATA >> MMP_ROOT_SHIFT] = address(data_mid);
    root[LOOPS_MIXED >> MMP_ROOT_SHIFT] = address(mixed_mid);
    for (uint32_t i = 1; i < DESCRIPTORS; i++) {
        put(domain_table, i * MMP_DD_SIZE + MMP_DD_ROOT, address(root), 4);
        put(domain_table, i * MMP_DD_SIZE + MMP_DD_TAG, MMP_PD_USER | i, 2);
        put(domain_table, i * MMP_DD_SIZE + MMP_DD_FLAGS, MMP_DD_VALID, 2);
    }
    gate_make(LOOPS_GATE, MMP_PD_USER | 2);
    gate_make(LOOPS_GATE_PASS, MMP_PD_USER | 1);
    for (uint32_t i = 0; i < LOOPS_DOMAINS; i++)
        gate_make(LOOPS_GATES + i * MMP_GATE_BYTES, (uint16_t)(MMP_PD_USER | (2 + i)));
}

static void mmp_on(void)
{
    msr_write(MMP_MSR_DTBASE, address(domain_table));
    msr_write(MMP_MSR_DTCOUNT, DESCRIPTORS);
    msr_write(MMP_MSR_GWLO, LOOPS_CODE);
    msr_write(MMP_MSR_GWHI, LOOPS_CODE + (1 << MMP_ROOT_SHIFT));
    msr_write(MMP_MSR_S0, address(supervisor_stack + sizeof supervisor_stack));
    msr_write(MMP_MSR_SEL, (uint64_t)LOOPS_USER_CS << 16 | LOOPS_KERNEL_CS);
    msr_write(MMP_MSR_CTL, MMP_CTL_EN | 12 << MMP_CTL_ALIGN_SHIFT);
}

/* Forges the interrupt frame through which the next iretq enters domain 1. */
static void mmp_forge(void)
{
    put(call_stack, MMP_XFRAME_FB, LOOPS_STACK_TOP, 8);
    put(call_stack, MMP_XFRAME_PD, MMP_PD_USER | 1, 2);
    put(call_stack, MMP_XFRAME_KIND, MMP_XFRAME_INTERRUPT, 2);
    msr_write(MMP_MSR_STACK, 0); /* so that what is loaded next is not overwritten before */
    put(stack_descriptor, MMP_SD_SL, LOOPS_STACK, 8);
    put(stack_descriptor, MMP_SD_FB, LOOPS_STACK_TOP, 8);
    put(stack_descriptor, MMP_SD_XBASE, address(call_stack), 8);
    put(stack_descriptor, MMP_SD_XLIMIT, address(call_stack + sizeof call_stack), 8);
    put(stack_descriptor, MMP_SD_XSP, address(call_stack) + MMP_XFRAME_BYTES, 8);
    msr_write(MMP_MSR_STACK, address(stack_descriptor));
}

static void idt_set(uint32_t vector, void *handler, uint16_t type)
{
    uint32_t to = address(handler);
    idt[vector] = (struct idt_gate){.offset0 = (uint16_t)to,
                                    .selector = LOOPS_KERNEL_CS,
                                    .type = (uint16_t)(type | 1), /* IST 1 */
                                    .offset1 = (uint16_t)(to >> 16)};
}

void exception(uint64_t vector, uint64_t first, uint64_t second)
{
    print("loops: exception ");
    print_number(vector, 10);
    print(", stack ");
    print_number(first, 16);
    print(" ");
    print_number(second, 16);
    if (vector == MMP_VECTOR) {
        print(", address ");
        print_number(msr_read(MMP_MSR_FAULT_ADDR), 16);
    }
    print("\n");
    leave(1);
}

#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_FMASK 0xc0000084u
#define EFER_SCE 1u

static void system_calls_on(void)
{
    msr_write(MSR_STAR, (uint64_t)(LOOPS_SYSRET | 3) << 48 | (uint64_t)LOOPS_KERNEL_CS << 32);
    msr_write(MSR_LSTAR, address((void *)system_call));
    msr_write(MSR_FMASK, 0x200);
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE);
}

static uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static uint64_t ticks_now(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* By the interval timer's second channel: it counts 1,193,182 a second. */
static uint64_t frequency(void)
{
    const uint32_t count = 59659; /* a twentieth of a second */
    uint64_t from;

    out8(0x61, (uint8_t)((in8(0x61) & ~2) | 1));
    out8(0x43, 0xb0);
    out8(0x42, (uint8_t)count);
    out8(0x42, (uint8_t)(count >> 8));
    from = ticks_now();
    while ((in8(0x61) & 0x20) == 0)
        ;
    return (ticks_now() - from) * 1193182 / count;
}

static void loop_run(const struct loop *loop, bool mmp, uint64_t iterations)
{
    uint64_t instructions = 0, ticks;

    if (mmp) {
        mmp_forge();
        instructions = msr_read(MMP_MSR_COUNT_INSNS);
    }
    ticks = user_run(iterations, loop->run);
    if (mmp)
        instructions = msr_read(MMP_MSR_COUNT_INSNS) - instructions;
    print("loop ");
    print(loop->name);
    print(" ");
    print_number(ticks, 10);
    print(" ");
    print_number(iterations, 10);
    print(" ");
    print_number(instructions, 10);
    print("\n");
}

void main(const uint32_t *multiboot)
{
    const char *line = multiboot[0] & 4 ? (const char *)(uintptr_t)multiboot[4] : "";
    bool mmp = word_given(line, "mmp"), fewer = word_given(line, "fewer"), chosen = false;

    for (uint32_t i = 0; i < 32; i++)
        idt_set(i, exception_stubs + 32 * i, 0x8e00);
    idt_set(LOOPS_VECTOR_DONE, (void *)user_done, 0xee00);
    for (uint32_t i = 0; i < sizeof loops / sizeof *loops; i++)
        chosen |= word_given(line, loops[i].name);
    system_calls_on();
    if (mmp) {
        mmp_tables();
        mmp_on();
    }
    print("frequency ");
    print_number(frequency(), 10);
    print("\n");
    for (uint32_t r = 0; r < (fewer ? REPETITIONS_OF_FEWER : REPETITIONS); r++)
        for (uint32_t i = 0; i < sizeof loops / sizeof *loops; i++)
            if (loops[i].needs != (mmp ? NO_MMP : MMP) && (!chosen || word_given(line, loops[i].name)))
                loop_run(&loops[i], mmp, loops[i].iterations / (fewer ? 4 : 1));
    leave(0);
}

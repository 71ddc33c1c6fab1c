/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Segments, task state (for the IST stacks) and the interrupt descriptor table. Every gate of the table has
 * DPL 0: `int` from a component is a general protection fault.
 */
#include "cpu/cpu.h"

#include <stdbool.h>

#define IST_INTERRUPT 1
#define IST_EXCEPTION 2
#define IST_DOUBLE_FAULT 3
#define STACK_BYTES_EACH 8192
#define CR4_UMIP (1ull << 11)

struct interrupt_gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, zero;
};
_Static_assert(sizeof(struct interrupt_gate) == 16, "interrupt gate (SDM 3, 6.14.1)");
#define TYPE_INTERRUPT_GATE 0x8e

struct task_state {
    uint32_t reserved0;
    uint64_t rsp[3], reserved1, ist[7], reserved2;
    uint16_t reserved3, io_map;
} __attribute__((packed));
_Static_assert(sizeof(struct task_state) == 104, "task state (SDM 3, 7.7)");

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

extern void (*const trap_vectors[VECTOR_COUNT])(void);

static uint64_t gdt[7] = {
    0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00affb000000ffff, 0x00cff3000000ffff, 0, 0};
static struct interrupt_gate idt[VECTOR_COUNT];
static struct task_state task_state;
static uint8_t stacks[3][STACK_BYTES_EACH] __attribute__((aligned(16)));

static uint8_t ist_of(unsigned vector)
{
    return vector == VECTOR_DOUBLE_FAULT ? IST_DOUBLE_FAULT : vector < 32 ? IST_EXCEPTION : IST_INTERRUPT;
}

static bool has_umip(void)
{
    uint32_t a = 7, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (c >> 2 & 1) != 0;
}

void cpu_start(void)
{
    struct table_pointer gdt_pointer = {sizeof gdt - 1, (uintptr_t)gdt},
                         idt_pointer = {sizeof idt - 1, (uintptr_t)idt};
    uint64_t tss = (uintptr_t)&task_state;

    for (unsigned i = 0; i < 3; i++)
        task_state.ist[i] = (uintptr_t)stacks[i] + STACK_BYTES_EACH;
    task_state.io_map = sizeof task_state;
    gdt[5] = 0x0000890000000000 | (sizeof task_state - 1) | (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56;
    gdt[6] = tss >> 32;
    for (unsigned i = 0; i < VECTOR_COUNT; i++) {
        uint64_t entry = (uintptr_t)trap_vectors[i];

        idt[i] = (struct interrupt_gate){.offset_low = (uint16_t)entry,
                                         .selector = SELECTOR_KERNEL_CODE,
                                         .ist = ist_of(i),
                                         .type = TYPE_INTERRUPT_GATE,
                                         .offset_middle = (uint16_t)(entry >> 16),
                                         .offset_high = (uint32_t)(entry >> 32)};
    }
    __asm__ volatile("lgdt %0\n\tlidt %1\n\tltr %w2"
                     :
                     : "m"(gdt_pointer), "m"(idt_pointer), "r"(SELECTOR_TSS)
                     : "memory");
    if (has_umip()) {
        uint64_t cr4;

        __asm__ volatile("mov %%cr4, %0\n\tor %1, %0\n\tmov %0, %%cr4" : "=&r"(cr4) : "r"(CR4_UMIP));
    }
}

uint64_t cpu_cr2(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

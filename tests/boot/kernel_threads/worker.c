/* SPDX-License-Identifier: BSD-2-Clause
 * The three threads. */
#include "threads.h"

/* Every register that a preemption must keep, for 20 ticks. */
SHOJI_EXPORT long spins_thread(void)
{
    uint64_t until = shoji_global.ticks + 20, wrong = 0;

    while (shoji_global.ticks < until) {
        __asm__ volatile("mov $0x11, %%eax\n\tmovq %%rax, %%xmm3\n\tmov $0x22, %%ebx\n\tmov $0x33, "
                         "%%r8d\n\tmov $0x44, %%r15d\n\t"
                         "mov $100000, %%ecx\n1:\tdec %%ecx\n\tjnz 1b\n\t"
                         "movq %%xmm3, %%rdx\n\txor $0x11, %%eax\n\txor $0x22, %%ebx\n\txor $0x33, "
                         "%%r8d\n\txor $0x44, %%r15d\n\t"
                         "xor $0x11, %%edx\n\tor %%rdx, %%rax\n\tor %%rbx, %%rax\n\tor %%r8, %%rax\n\tor "
                         "%%r15, %%rax\n\tor %%rax, %0"
                         : "+r"(wrong)
                         :
                         : "rax", "rbx", "rcx", "rdx", "r8", "r15", "cc");
        if (wrong != 0 || shoji_global.current != 1)
            sched_failed(1);
    }
    sched_done(1);
    return SHOJI_OK;
}

/* Begins anew each time, with other values in the registers that spins_thread looks at. */
SHOJI_EXPORT long returns_thread(void)
{
    static uint64_t times;

    __asm__ volatile("mov $0x99, %%eax\n\tmovq %%rax, %%xmm3" : : : "rax");
    if (++times == 100000)
        sched_done(2);
    return SHOJI_OK;
}

SHOJI_EXPORT long faults_thread(void)
{
    *(volatile uint32_t *)0x1000 = 1;
    return sched_failed(3);
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == 2 ? SHOJI_OK : SHOJI_EINVAL;
}

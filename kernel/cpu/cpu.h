/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The processor: segments, interrupt entry and return.
 *
 * Interrupts and exceptions run on stacks of their own (IST), with interrupts off, and never nest but by a
 * bug.
 */
#ifndef KERNEL_CPU_CPU_H
#define KERNEL_CPU_CPU_H

#include <stdint.h>

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_CODE 0x18 /* | 3 */
#define SELECTOR_USER_DATA 0x20
#define SELECTOR_TSS 0x28

#define RFLAGS_ALWAYS 0x2
#define RFLAGS_INTERRUPTS 0x200

#define VECTOR_BREAKPOINT 3
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_PAGE_FAULT 14
#define VECTOR_TIMER 32
#define VECTOR_LINE0 33 /* device lines from here */
#define VECTOR_CONSOLE 45
#define VECTOR_ONCE 46 /* once_start */
#define VECTOR_COUNT 48
#define VECTOR_SPURIOUS 47

/* As cpu/trap.S pushes them. */
struct registers {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct registers) == 22 * 8, "cpu/trap.S");

void cpu_start(void);
uint64_t cpu_cr2(void);

/* Called by cpu/trap.S for each interrupt and exception; if it returns, so does the interrupt. */
void trap(struct registers *registers);
/* Goes on with what was interrupted. */
void cpu_resume(const struct registers *registers) __attribute__((noreturn));
/* Returns `result` through the top call frame, whose return address is rip. The frame base is the supervisor
 * stack's end. */
void cpu_return(long result, uint64_t rip) __attribute__((noreturn));

/* The same with both words of a result. */
void cpu_return_both(uint64_t rax, uint64_t rdx, uint64_t rip) __attribute__((noreturn));

/* Where an invocation returns to that has opened words of its frame; calls thread_frames_ended(rax, rdx) with
 * interrupts off. */
void thread_frames_end(void);
void thread_frames_ended(uint64_t rax, uint64_t rdx) __attribute__((noreturn));

/* Where the base frame of every thread returns to; calls thread_base_returned(rax) with interrupts off. */
void thread_base(void);
void thread_base_returned(long status) __attribute__((noreturn));

/* Where the callees of invocations that were ended return to; calls thread_gone_returned with interrupts off.
 */
void thread_gone(void);
void thread_gone_returned(void) __attribute__((noreturn));

#endif

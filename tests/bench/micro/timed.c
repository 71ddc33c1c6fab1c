/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See timed.h. In assembly, so that what lies between the two readings is the same for every function that is
 * timed.
 */
#include "timed.h"

__asm__(".pushsection .text\n"
        ".globl timed_call, timed_ret, timed_nops\n"
        ".type timed_call, @function\n"
        "timed_call:\n"
        "    push %rbx\n"
        "    push %rbp\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n" /* now rsp is 16-byte aligned, as a call wants it */
        "    mov %rdi, %r12\n"
        "    mov %rsi, %rdi\n"
        "    mov %rdx, %rsi\n"
        "    mov %rcx, %r13\n" /* rdtsc writes rdx, which is the third argument */
        "    mov %r8, %rcx\n"
        "    mov %r9, %r14\n"
        "    rdtsc\n"
        "    mov %eax, %ebx\n"
        "    mov %r13, %rdx\n"
        "    call *%r12\n"
        "    mov %rax, (%r14)\n"
        "    rdtsc\n"
        "    sub %ebx, %eax\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbp\n"
        "    pop %rbx\n"
        "    ret\n"
        ".size timed_call, . - timed_call\n"
        "timed_nops:\n"
        "    .rept 100\n" /* TIMED_NOPS */
        "    nop\n"
        "    .endr\n"
        "timed_ret:\n"
        "    ret\n"
        ".popsection");
_Static_assert(TIMED_NOPS == 100, "the assembly says 100");

__attribute__((noinline)) long timed_direct(void)
{
    __asm__ volatile("");
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loops, in user mode. Each is void loop(rdi: iterations) and may use every register but r12 and r13. What an
 * iteration is, is said at each; iterations are chosen in main.c so that a loop takes some hundredths of a second.
 */
#include "layout.h"

    .section .user, "ax"

/* rdi: iterations, rsi: loop. Ends in rax: ticks of the time-stamp counter. */
    .globl user_entry
user_entry:
    mov %rsi, %r12
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    mov %rax, %r13
    call *%r12
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    sub %r13, %rax
    int $LOOPS_VECTOR_DONE

/* Ten instructions in registers. */
    .globl loop_compute
    .balign 64
loop_compute:
    mov $0x9e3779b97f4a7c15, %rcx
    mov $1, %eax
1:  imul %rcx, %rax
    mov %rax, %rdx
    shr $29, %rdx
    xor %rdx, %rax
    lea 7(%rax, %rdx, 2), %rax
    rol $11, %rax
    add %rcx, %rax
    not %rax
    dec %rdi
    jnz 1b
    ret

/* One walk over LOOPS_MEMORY_BYTES: for each 64 bytes three loads and two stores of 8, 4 and 1 bytes. */
    .globl loop_memory
    .balign 64
loop_memory:
1:  mov $LOOPS_DATA, %esi
2:  mov (%rsi), %rax
    add %rdi, %rax
    mov %rax, 8(%rsi)
    mov 20(%rsi), %edx
    movzbl 33(%rsi), %ecx
    add %edx, %ecx
    mov %ecx, 48(%rsi)
    add $64, %rsi
    cmp $LOOPS_DATA + LOOPS_MEMORY_BYTES, %rsi
    jb 2b
    dec %rdi
    jnz 1b
    ret

/* Two nested calls, a push and a pop. */
    .globl loop_call
    .balign 64
loop_call:
1:  call 2f
    dec %rdi
    jnz 1b
    ret
    .balign 64
2:  push %rdi
    call nothing
    pop %rdi
    ret

/* One copy of LOOPS_COPY_BYTES by rep movsq. */
    .globl loop_copy
    .balign 64
loop_copy:
    mov %rdi, %rdx
1:  mov $LOOPS_DATA, %esi
    mov $LOOPS_DATA + 0x10000, %edi
    mov $LOOPS_COPY_BYTES / 8, %ecx
    rep movsq
    dec %rdx
    jnz 1b
    ret

/* A load and a store in the page of mixed permissions. */
    .globl loop_mixed
    .balign 64
loop_mixed:
    mov $LOOPS_MIXED, %esi
1:  mov 4(%rsi), %eax /* the word that may only be read */
    mov %eax, (%rsi)
    dec %rdi
    jnz 1b
    ret

/* A call of `nothing` through the gate, which is in another domain. */
    .globl loop_gate
    .balign 64
loop_gate:
    mov $LOOPS_GATE, %r14d
    mov %rdi, %r15
1:  call *%r14
    dec %r15
    jnz 1b
    ret

/* The same through the gate that stays in the domain. */
    .globl loop_pass
    .balign 64
loop_pass:
    mov $LOOPS_GATE_PASS, %r14d
    mov %rdi, %r15
1:  call *%r14
    dec %r15
    jnz 1b
    ret

/* The same call without a gate. */
    .globl loop_direct
    .balign 64
loop_direct:
    lea nothing(%rip), %r14
    mov %rdi, %r15
1:  call *%r14
    dec %r15
    jnz 1b
    ret

    .globl nothing
    .balign 64
nothing:
    ret

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loops, in user mode. Each is void loop(rdi: iterations). What an
 * iteration is, is said at each; iterations are chosen in main.c so that a loop takes some hundredths of a second.
 */
#include "layout.h"

    .section .user, "ax"

/* rdi: iterations, rsi: loop. Ends in rax: ticks of the time-stamp counter. */
    .globl user_entry
user_entry:
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    push %rax
    call *%rsi
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    pop %rdx
    sub %rdx, %rax
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

/* Two instructions: the shortest block that jumps to itself. */
    .globl loop_tight
    .balign 64
loop_tight:
1:  dec %rdi
    jnz 1b
    ret

/* Six conditional jumps, which go either way by turns of different length: blocks of two or three instructions. */
    .globl loop_branchy
    .balign 64
loop_branchy:
    xor %eax, %eax
1:  test $1, %dil
    jz 2f
    inc %rax
2:  test $2, %dil
    jz 3f
    add $3, %rax
3:  test $4, %dil
    jnz 4f
    dec %rax
4:  test $9, %dil
    jnz 5f
    xor %rdi, %rax
5:  test %rax, %rax
    js 6f
    add $5, %rax
6:  dec %rdi
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
    .skip 16 /* so that plain QEMU keeps both return addresses: they must not have one place in its jump cache */
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

/* Calls of `nothing` through gates, each into the next of 64 domains. */
    .globl loop_rotate
    .balign 64
loop_rotate:
    mov $LOOPS_GATES, %r14d
    mov $LOOPS_GATES + 32 * LOOPS_DOMAINS, %r13d
    mov $LOOPS_GATES, %r12d
    mov %rdi, %r15
1:  call *%r14
    add $32, %r14
    cmp %r13, %r14
    cmove %r12, %r14
    dec %r15
    jnz 1b
    ret

/* Into the kernel and back. */
    .globl loop_syscall
    .balign 64
loop_syscall:
    mov %rdi, %r15
1:  syscall
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

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interrupt entry and the three ways back to components.
 *
 * At each vector's label the processor runs domain 0 on an IST stack with interrupts off. ss, rsp, rflags, cs, rip are
 * the processor's; every other register is the interrupted code's: saved, then not trusted.
 */
#include "memory_map.h"

    .cfi_sections .debug_frame          /* for debuggers only: nothing of it is loaded */
    .text

/* On the stack: vector, error code, processor's frame. What comes after its saves is an ordinary call to a debugger, whose caller is what was
 * interrupted. */
trap_common:
    .cfi_startproc simple
    .cfi_signal_frame
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    .cfi_def_cfa rsp, 176               /* the end of struct registers: ss, rsp, rflags, cs, rip are its last five words */
    .cfi_offset rsp, -16
    .cfi_offset rip, -40
    .cfi_offset rax, -64
    .cfi_offset rcx, -72
    .cfi_offset rdx, -80
    .cfi_offset rbx, -88
    .cfi_offset rbp, -96
    .cfi_offset rsi, -104
    .cfi_offset rdi, -112
    .cfi_offset r8, -120
    .cfi_offset r9, -128
    .cfi_offset r10, -136
    .cfi_offset r11, -144
    .cfi_offset r12, -152
    .cfi_offset r13, -160
    .cfi_offset r14, -168
    .cfi_offset r15, -176
    mov %rsp, %rdi                      /* struct registers */
    call trap
    mov %rsp, %rdi
    .cfi_endproc

    .globl cpu_resume
/* rdi: struct registers, wherever it lies. Everything else is dead. */
cpu_resume:
    mov %rdi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $16, %rsp
    iretq

    .globl cpu_return
/* rdi: result; rsi: return address of the top call frame. The return restores what the caller's code must find; rcx, rsi,
 * rdi, r8 to r11 are cleared by the processor, rdx here. */
cpu_return:
    mov %rdi, %rax
    mov $SUPERVISOR_STACK_END - 8, %esp
    mov %rsi, (%rsp)
    xor %edx, %edx
    ret

    .globl cpu_return_both
/* rdi, rsi: rax and rdx for who is returned to; rdx: return address of the top call frame. */
cpu_return_both:
    mov %rdi, %rax
    mov $SUPERVISOR_STACK_END - 8, %esp
    mov %rdx, (%rsp)
    mov %rsi, %rdx
    ret

/* Here a debugger's backtrace ends. It looks for a caller at the byte before a return address: hence the nops. */
    .macro BASE name
    .globl \name
    .cfi_startproc simple
    .cfi_def_cfa rsp, 8
    .cfi_undefined rip
    nop
\name:
    .endm

/* A thread's entry has returned (rax). rsp: end of the supervisor's stack. Interrupts may be on: until the cli one may come
 * here, and then finds the supervisor running. */
    BASE thread_base
    cli
    mov %rax, %rdi
    call thread_base_returned
    .cfi_endproc

/* An invocation has returned that had opened words of its frame to others (rax, rdx). As thread_base. */
    BASE thread_frames_end
    cli
    mov %rax, %rdi
    mov %rdx, %rsi
    call thread_frames_ended
    .cfi_endproc

/* An invocation has returned to a component that is no more (rax). As thread_base. */
    BASE thread_gone
    cli
    call thread_gone_returned
    .cfi_endproc

    .macro VECTOR number, has_error
vector_\number:
    .if !\has_error
    push $0
    .endif
    push $\number
    jmp trap_common
    .endm

    .altmacro
    .macro VECTORS
    .set n, 0
    .rept 48
    VECTOR_EXPAND %n
    .set n, n + 1
    .endr
    .endm
    .macro VECTOR_EXPAND number
    VECTOR \number, %(\number == 8 || (\number >= 10 && \number <= 14) || \number == 17 || \number == 21 || \number == 22)
    .endm
    VECTORS

    .macro ADDRESS number
    .quad vector_\number
    .endm
    .section .rodata
    .align 8
    .globl trap_vectors
trap_vectors:
    .set n, 0
    .rept 48
    ADDRESS %n
    .set n, n + 1
    .endr

    .section .note.GNU-stack, "", @progbits

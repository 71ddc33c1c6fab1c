/* SPDX-License-Identifier: BSD-2-Clause */
    .text
/* go(frame): into the domain that the frame and the call stack's top say. */
    .globl go
go:
    mov %rdi, %rsp
    .irp r, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    pop %\r
    .endr
    add $16, %rsp
    iretq

/* From the start-up code, which has left ebx alone: multiboot's information. */
    .globl main
main:
    mov %ebx, %edi
    call guest_start

/* SPDX-License-Identifier: BSD-2-Clause */
    .text
/* trap_resume(frame): the frame as start.S pushed it; back to where it came from, with what it holds now. */
    .globl trap_resume
trap_resume:
    mov %rdi, %rsp
    .irp r, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    pop %\r
    .endr
    add $16, %rsp
    iretq

/* Domain 0, rdi: a frame as above. Reached by domain_enter, so that its caller is where the end leads to. */
    .globl start_all
start_all:
    jmp trap_resume

/* From start.S, which has left ebx alone: multiboot's information. */
    .globl main
main:
    mov %ebx, boot_information
    jmp run_attacks

    .data
    .globl boot_information
boot_information: .long 0

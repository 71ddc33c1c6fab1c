/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From multiboot to main() in long mode, everything below 4 GiB mapped to itself for all; then the vectors, and
 * the way into a domain and out of it: domain_enter forges nothing, it only loads registers and does IRETQ; any
 * exception but the timer's ends in trapped(), which does not return here but where domain_enter was called.
 */
    .section .multiboot, "a"
    .align 4
    .long 0x1badb002, 0, -0x1badb002

    .section .boot, "ax"
    .code32
    .globl start
start:
    cli
    mov $boot_stack_top, %esp
    /* four 1 GiB pages, present, writable, user */
    movl $pdpt + 7, pml4
    movl $0x00000087, pdpt
    movl $0x40000087, pdpt + 8
    movl $0x80000087, pdpt + 16
    movl $0xc0000087, pdpt + 24
    mov $pml4, %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $0x6b0, %eax            /* PAE, PSE, PGE, OSFXSR, OSXMMEXCPT: 0x20 0x10 0x80 0x200 0x400 */
    mov %eax, %cr4
    mov $0xc0000080, %ecx
    rdmsr
    or $0x900, %eax            /* LME, NXE */
    wrmsr
    mov %cr0, %eax
    and $~0x4, %eax
    or $0x80010002, %eax       /* PG, WP, MP */
    mov %eax, %cr0
    lgdt gdt_pointer
    ljmp $0x08, $start64
    .code64
start64:
    mov $0x10, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    mov $tss, %eax
    mov %ax, gdt + 0x28 + 2
    shr $16, %eax
    mov %al, gdt + 0x28 + 4
    mov %ah, gdt + 0x28 + 7
    mov $0x28, %eax
    ltr %ax
    call main
1:  hlt
    jmp 1b

    .text
    .macro VECTOR n, error
    .align 16
    .if \error == 0
    push $0
    .endif
    push $\n
    jmp trap
    .endm

    .globl vectors
    .align 16
vectors:
    .set n, 0
    .rept 64
    .if n == 8 || n == 10 || n == 11 || n == 12 || n == 13 || n == 14 || n == 17 || n == 22
    VECTOR n, 1
    .else
    VECTOR n, 0
    .endif
    .set n, n + 1
    .endr

/* The interrupt stack holds, upwards: vector, error, rip, cs, rflags, rsp, ss. */
trap:
    cmpl $0x20, (%rsp)
    je timer
    .irp r, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax
    push %\r
    .endr
    mov %rsp, %rdi
    call trapped               /* copies it all */
    mov resume_rsp, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

timer:
    push %rax
    incq ticks
    mov $0x20, %al
    out %al, $0x20
    pop %rax
    add $16, %rsp
    iretq

/* domain_enter(struct entry *): rip, cs, rflags, rsp, ss as IRETQ wants them, then rdi, rsi, rdx, rcx, rax, rbx. */
    .globl domain_enter
domain_enter:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, resume_rsp
    mov %rdi, %rsp
    mov 40(%rdi), %rdi
    mov 48(%rsp), %rsi
    mov 56(%rsp), %rdx
    mov 64(%rsp), %rcx
    mov 72(%rsp), %rax
    mov 80(%rsp), %rbx
    mov $0x1212, %r12d
    .globl domain_iretq
domain_iretq:
    iretq

/* A gate into domain 0 leads here: rdi + 0x100 is the result. */
    .globl supervisor_entry
supervisor_entry:
    pushfq
    pop %rdx
    lea 0x100(%rdi), %rax
    ret

    .data
    .align 16
    .globl gdt
gdt:
    .quad 0
    .quad 0x00af9b000000ffff   /* 08 kernel code */
    .quad 0x00cf93000000ffff   /* 10 kernel data */
    .quad 0x00affb000000ffff   /* 18 user code */
    .quad 0x00cff3000000ffff   /* 20 user data */
    .quad 0x0000890000000067, 0 /* 28 TSS */
gdt_pointer:
    .word . - gdt - 1
    .quad gdt
    .globl tss
    .align 16
tss:
    .long 0
    .quad trap_stack_top, 0, 0
    .quad 0
    .quad trap_stack_top, double_stack_top, 0, 0, 0, 0, 0
    .quad 0
    .long 0x680000
    .globl ticks
ticks: .quad 0
resume_rsp: .quad 0

    .bss
    .align 4096
pml4: .skip 4096
pdpt: .skip 4096
    .skip 16384
boot_stack_top:
    .skip 16384
    .globl trap_stack_top
trap_stack_top:
    .skip 8192
double_stack_top:

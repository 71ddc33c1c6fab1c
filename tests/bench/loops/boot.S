/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From the multiboot loader to main() in 64-bit code, and the ways between main() and the loops: user_run goes to
 * user mode by iretq, `int LOOPS_VECTOR_DONE` comes back into user_run's caller. Interrupts are off throughout.
 */
#include "layout.h"

    .section .multiboot, "a"
    .balign 4
    .long 0x1badb002, 0, -0x1badb002

    .text
    .code32
    .globl start32
/* ebx: multiboot information. Protected mode, flat segments, no paging. */
start32:
    cld
    mov %ebx, multiboot_info
    /* 4 GiB identity in pages of 2 MiB, all of it writable and the user's: protection is MMP's alone. */
    mov $page_directories, %edi
    mov $0x87, %eax
    xor %edx, %edx
1:  mov %eax, (%edi)
    mov %edx, 4(%edi)
    add $8, %edi
    add $0x200000, %eax
    jnc 1b
    mov $page_directories + 7, %eax
    mov %eax, page_pointers
    add $0x1000, %eax
    mov %eax, page_pointers + 8
    add $0x1000, %eax
    mov %eax, page_pointers + 16
    add $0x1000, %eax
    mov %eax, page_pointers + 24
    movl $page_pointers + 7, page_root
    mov $page_root, %eax
    mov %eax, %cr3
    mov $0x620, %eax /* CR4: PAE, OSFXSR, OSXMMEXCPT */
    mov %eax, %cr4
    mov $0xc0000080, %ecx /* EFER: LME */
    rdmsr
    or $0x100, %eax
    wrmsr
    mov $0x80010003, %eax /* CR0: PG, WP, MP, PE */
    mov %eax, %cr0
    lgdt gdt_pointer
    ljmp $LOOPS_KERNEL_CS, $start64

    .code64
start64:
    mov $LOOPS_KERNEL_CS + 8, %eax
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov $stack_top, %esp
    /* The task segment's base is not a constant that the assembler could spread over a descriptor. */
    mov $tss, %eax
    mov %ax, gdt + LOOPS_TSS + 2
    shr $16, %eax
    mov %al, gdt + LOOPS_TSS + 4
    mov %ah, gdt + LOOPS_TSS + 7
    mov $LOOPS_TSS, %eax
    ltr %ax
    lidt idt_pointer
    mov multiboot_info, %edi
    call main
1:  cli
    hlt
    jmp 1b

/* uint64_t user_run(rdi: iterations, rsi: loop): ticks that the loop took. The domain, if any, is that of the frame on
 * the call stack. */
    .globl user_run
user_run:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, saved_rsp
    pushq $LOOPS_USER_CS + 8 + 3
    pushq $LOOPS_STACK_TOP - 64 /* not at the frame base: a `ret` there would be a gate return */
    pushq $2                    /* rflags */
    pushq $LOOPS_USER_CS + 3
    pushq $user_entry
    iretq

/* Interrupt gate; rax: ticks. On IST 1. */
    .globl user_done
user_done:
    mov saved_rsp, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

/* What `syscall` leads to: the shortest kernel there is. */
    .globl system_call
system_call:
    sysretq

/* One stub for each exception: its number to `exception`, never to return. */
    .globl exception_stubs
    .balign 32
exception_stubs:
    .set vector, 0
    .rept 32
    .balign 32 /* main.c counts on it */
    mov $vector, %edi
    mov (%rsp), %rsi  /* error code, or rip */
    mov 8(%rsp), %rdx /* rip, or cs */
    call exception
    .set vector, vector + 1
    .endr

    .data
    .balign 16
gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* LOOPS_KERNEL_CS */
    .quad 0x00cf93000000ffff
    .quad 0x00affb000000ffff /* LOOPS_USER_CS */
    .quad 0x00cff3000000ffff
    .quad 0x0000890000000067, 0 /* LOOPS_TSS */
    .quad 0x00cff3000000ffff /* LOOPS_SYSRET + 8 */
    .quad 0x00affb000000ffff
gdt_pointer:
    .word . - gdt - 1
    .quad gdt
idt_pointer:
    .word 16 * 256 - 1
    .quad idt
    .balign 16
tss:
    .long 0
    .quad interrupt_stack_top, 0, 0, 0
    .quad interrupt_stack_top /* IST 1 */
    .fill 104 - 44, 1, 0

    .bss
    .balign 4096
page_root: .skip 4096
page_pointers: .skip 4096
page_directories: .skip 4 * 4096
    .globl idt
idt: .skip 4096
    .skip 8192
interrupt_stack_top:
    .skip 16384
stack_top:
multiboot_info: .skip 8
saved_rsp: .skip 8

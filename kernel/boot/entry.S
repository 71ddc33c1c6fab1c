/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From the boot loader (32-bit protected mode, paging off) to kernel_main in 64-bit mode.
 *
 * The page tables made here are the only ones ever: [0, 4 GiB) identity mapped in pages of 2 MiB, for everybody and
 * writable. Protection is the permission tables' business.
 */
#include "boot/multiboot.h"

#define PTE_PRESENT_WRITE_USER 0x7
#define PDE_LARGE 0x80
#define CR0_MP 0x2
#define CR0_EM 0x4
#define CR0_NE 0x20
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define CR4_OSFXSR 0x200
#define CR4_OSXMMEXCPT 0x400
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define BOOT_STACK_BYTES 16384

    .section .multiboot, "a"
    .align 4
    .long MULTIBOOT_HEADER_MAGIC
    .long MULTIBOOT_HEADER_FLAGS
    .long -(MULTIBOOT_HEADER_MAGIC + MULTIBOOT_HEADER_FLAGS)

    .section .text.entry, "ax"
    .code32
    .globl entry
/* eax: MULTIBOOT_LOADED; ebx: multiboot_info; nothing else is known. */
entry:
    cli
    cld
    mov $boot_stack_end, %esp
    mov %eax, %esi                      /* esi, ebx live from here to kernel_main */
    movl $(boot_pdpt + PTE_PRESENT_WRITE_USER), boot_pml4
    mov $boot_pd + PTE_PRESENT_WRITE_USER, %eax
    mov $boot_pdpt, %edi
    mov $4, %ecx
1:  mov %eax, (%edi)
    add $4096, %eax
    add $8, %edi
    loop 1b
    mov $PTE_PRESENT_WRITE_USER + PDE_LARGE, %eax
    mov $boot_pd, %edi
    mov $2048, %ecx
2:  mov %eax, (%edi)
    add $0x200000, %eax
    add $8, %edi
    loop 2b
    mov $boot_pml4, %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
    mov %eax, %cr4
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME, %eax
    wrmsr
    mov %cr0, %eax
    and $~CR0_EM, %eax
    or $(CR0_PG | CR0_NE | CR0_MP), %eax
    mov %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $0x08, $entry_64

    .code64
entry_64:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov $boot_stack_end, %esp
    mov %esi, %edi
    mov %ebx, %esi
    call kernel_main
3:  cli
    hlt
    jmp 3b

    .section .rodata
    .align 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff            /* 0x08: code, 64 bits, CPL 0 */
    .quad 0x00cf93000000ffff            /* 0x10: data */
boot_gdt_pointer:
    .word . - boot_gdt - 1
    .long boot_gdt

    .section .bss
    .align 4096
boot_pml4:
    .skip 4096
boot_pdpt:
    .skip 4096
boot_pd:
    .skip 4 * 4096
boot_stack:
    .skip BOOT_STACK_BYTES
boot_stack_end:

    .section .note.GNU-stack, "", @progbits

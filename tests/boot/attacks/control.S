/* SPDX-License-Identifier: BSD-2-Clause */
#include "attacks.inc"

/* ---- Jumps; rdi: where to ---- */
    SIMPLE c_jump, jmp *%rdi
    SIMPLE c_call, call *%rdi
    SIMPLE c_ret, ret

/* A loop of two blocks that chain: rdi times, then INT. Both are in a page of their own. */
    .align 4096
    .globl c_loop_page, c_loop_second
c_loop_page:
    .globl c_loop
c_loop:
    ud2
1:  inc %rax
    jmp c_loop_second
    .align 64
c_loop_second:
    dec %rdi
    jnz 1b
    int $0x30
    .align 4096
    .globl c_loop_page_end
c_loop_page_end:

/* The same, which calls r14 in between: its caller's blocks stay hot while the callee's page is taken away. */
    CODE c_call_loop
1:  mov %r14, %rax
    dec %r13
    jz 2f
    call *%rax
    jmp 1b
2:  ud2
    call *%rax
    DONE c_call_loop

/* ---- Callees; entered by a gate from c_call ---- */
    SIMPLE callee, ret
/* writes and reads above its frame base */
    SIMPLE callee_writes, movq $7, (%rsp, %rcx)
    SIMPLE callee_reads, movq (%rsp, %rcx), %rax
/* returns with rdx added to the return address */
    CODE callee_forges
    mov %rdx, (%rsp)
    SIMPLE callee_forges_too, ret
/* pops its frame off and returns through the caller's return address, which it cannot read */
    CODE callee_unwinds
    lea 8(%rsp), %rsp
    SIMPLE callee_unwinds_too, ret
/* ret with another rsp: a plain return, to code of the caller */
    CODE callee_pivots
    push %rdx
    SIMPLE callee_pivots_too, ret
    CODE callee_ret_imm
    ret $0x100
/* calls the gate rsi; r9 is the gate that leads back here */
    CODE callee_calls
    mov %rsi, %rax
    mov %r9, %rsi
    mov %rax, %r9
    call *%rax
    ret
/* sets DF, AC, NT and returns */
    CODE callee_flags
    pushfq
    orq $0x44400, (%rsp)
    popfq
    ret

/* Twice: a call that returns, and then a return to the same place without a call */
    CODE replay
    call *%rdi
    lea replay_again(%rip), %rdx
    mov %rdx, (%r12)
    mov %r12, %rsp
    AT replay
    ret
    .globl replay_again
replay_again:
    DONE replay

/* rdi: gate, r12: flags to set before the call */
    CODE flags_call
    pushfq
    or %r12, (%rsp)
    popfq
    call *%rdi
    pushfq
    pop %r13
    andq $~0x44500, %r13
    push %r13
    popfq
    int $0x30
/* what it was entered with, in rdx; then a load that is not aligned */
    CODE callee_sees_flags
    pushfq
    pop %rdx
    mov -9(%rsp), %rax
    mov %rdx, %rax
    ret
/* returns with TF set */
    CODE callee_traces
    pushfq
    orq $0x100, (%rsp)
    popfq
    nop /* behind this one there is a trap: the flag is set */
    ret
/* a string store upwards or downwards */
    CODE callee_strings
    lea -64(%rsp), %rdi
    mov %rdi, %rdx
    stosq
    sub %rdx, %rdi
    mov %rdi, %rax
    ret
/* sets TF, NT, AC, DF before it returns; its caller's flags are in rax afterwards */
    CODE flags_after
    call *%rdi
    pushfq
    pop %rax
    push $2
    popfq
    int $0x30

/* Interrupted everywhere: Alice, Bob, Carol and back; rax := 0x77 + 2, r12 to r15 as before. */
    CODE stepped
    mov $0x1212, %r12d
    mov $0x1515, %r15d
    mov %rsi, %r9
    .globl stepped_call
stepped_call:
    call *%rdi
    .globl stepped_back
stepped_back:
    mov %r12, %rbx
    mov %r15, %rbp
    .globl stepped_end
stepped_end:
    int $0x30
    CODE stepped_middle
    call *%r9
    .globl stepped_middle_back
stepped_middle_back:
    inc %rax
    ret
    .globl stepped_middle_end
stepped_middle_end:
    CODE stepped_inner
    inc %rax
    ret
    .globl stepped_inner_end
stepped_inner_end:

/* An instruction that begins before gate space and ends in it is one; copied there. */
    CODE before_gates
    movabs $0x1122334455667788, %rax

/* ---- Instructions that a user domain, or any, may not execute ---- */
    SIMPLE p_rdmsr, rdmsr
    SIMPLE p_wrmsr, wrmsr
    SIMPLE p_cli, cli
    SIMPLE p_sti, sti
    SIMPLE p_hlt, hlt
    SIMPLE p_in, inb %dx, %al
    SIMPLE p_out, outb %al, %dx
    SIMPLE p_outs, outsb
    SIMPLE p_from_cr3, movq %cr3, %rax
    SIMPLE p_to_cr3, movq %rax, %cr3
    SIMPLE p_to_cr0, movq %rax, %cr0
    SIMPLE p_to_dr7, movq %rax, %dr7
    SIMPLE p_lgdt, lgdt (%rdi)
    SIMPLE p_lidt, lidt (%rdi)
    SIMPLE p_ltr, ltr %ax
    SIMPLE p_lmsw, lmsw %ax
    SIMPLE p_invlpg, invlpg (%rdi)
    SIMPLE p_swapgs, swapgs
    SIMPLE p_clts, clts
    SIMPLE p_xsetbv, xsetbv
    SIMPLE p_syscall, syscall
    SIMPLE p_sysenter, sysenter
    SIMPLE p_sysexit, sysexitq
    SIMPLE p_sysret, sysretq
    SIMPLE p_int_0, int $0
    SIMPLE p_int_gp, int $13
    SIMPLE p_int_mmp, int $22
    SIMPLE p_int_timer, int $0x20
    SIMPLE p_int_80, int $0x80
    SIMPLE p_int3, int3
    SIMPLE p_iretq, iretq
    SIMPLE p_lret, lretq
    SIMPLE p_ljmp, ljmp *(%rdi)
    SIMPLE p_lcall, lcall *(%rdi)
    SIMPLE p_ss, mov %eax, %ss
    SIMPLE p_popfq, popfq

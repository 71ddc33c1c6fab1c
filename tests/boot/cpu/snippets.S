/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What domains execute. Each snippet takes rdi, rsi, rdx, rcx and ends with INT 0x30; where a denial is expected,
 * NAME_at is the instruction that must be the one denied.
 */
    .section .snippets, "ax"

    .macro SNIPPET name
    .align 32
    .globl \name
\name:
    .endm
    .macro AT name
    .globl \name\()_at
\name\()_at:
    .endm
    .macro DONE
    int $0x30
    .endm
    .macro SIMPLE name, insn:vararg
    SNIPPET \name
    AT \name
    \insn
    DONE
    .endm

    SIMPLE load1, movb (%rdi), %al
    SIMPLE load2, movw (%rdi), %ax
    SIMPLE load4, movl (%rdi), %eax
    SIMPLE load8, movq (%rdi), %rax
    SIMPLE load16, movups (%rdi), %xmm0
    SIMPLE store1, movb %sil, (%rdi)
    SIMPLE store2, movw %si, (%rdi)
    SIMPLE store4, movl %esi, (%rdi)
    SIMPLE store8, movq %rsi, (%rdi)
    SIMPLE add8, addq %rsi, (%rdi)
    SIMPLE lock_add8, lock addq %rsi, (%rdi)
    SIMPLE lock_add4, lock addl %esi, (%rdi)
    SIMPLE xchg8, xchgq %rsi, (%rdi)
    SIMPLE cmpxchg16, lock cmpxchg16b (%rdi)
    SIMPLE plain_cmpxchg16, cmpxchg16b (%rdi)
    SIMPLE fxsave_, fxsave (%rdi)
    SIMPLE fxrstor_, fxrstor (%rdi)
    SIMPLE fnsave_, fnsave (%rdi)
    SIMPLE fstpt_, fstpt (%rdi)
    SIMPLE rep_stos, rep stosq
    SIMPLE rep_movs, rep movsb
    SIMPLE sgdt_, sgdt (%rdi)
    SIMPLE sidt_, sidt (%rdi)
    SIMPLE do_rdmsr, rdmsr
    SIMPLE do_wrmsr, wrmsr
    SIMPLE do_cli, cli
    SIMPLE do_hlt, hlt
    SIMPLE do_out, outb %al, %dx
    SIMPLE do_cr3, movq %cr3, %rax
    SIMPLE do_syscall, syscall
    SIMPLE do_iretq, iretq

    SNIPPET store16
    movq %rsi, %xmm0
    movq %rsi, %xmm1
    punpcklqdq %xmm1, %xmm0
    AT store16
    movups %xmm0, (%rdi)
    DONE

    SNIPPET maskmov
    pcmpeqb %xmm1, %xmm1
    AT maskmov
    maskmovdqu %xmm1, %xmm0
    DONE

    SNIPPET push_at
    mov %rdi, %rsp
    AT push_at
    push %rsi
    DONE

    SNIPPET call_at
    mov %rdi, %rsp
    AT call_at
    call *%rsi
    DONE

    SNIPPET enter_at
    mov %rdi, %rsp
    mov %rsp, %rbp
    AT enter_at
    enter $16, $1
    DONE

    SNIPPET enter_nested       /* copies two words from below rsi */
    mov %rdi, %rsp
    mov %rsi, %rbp
    AT enter_nested
    enter $16, $3
    DONE

    SNIPPET far_return
    mov %rdi, %rsp
    AT far_return
    lretq

    SNIPPET jump
    jmp *%rdi

/* rax := what the gate at rdi returns for rsi, rdx; r12..r15, rbx, rbp come back, the rest is cleared. */
    SNIPPET call_gate
    mov %rdi, %rax
    mov %rsi, %rdi
    mov $0x1111, %ebx
    mov $0x2222, %ebp
    mov $0x3333, %r13d
    mov $0x4444, %r14d
    mov $0x5555, %r15d
    mov $0x6666, %r10d
    mov $0x7777, %r11d
    AT call_gate
    call *%rax
    DONE

/* rax := what the gate at rdi returns for rsi, rdx */
    SNIPPET call_gate_rsi
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    call *%rax
    DONE

/* n calls through the gate at rdi: rsi */
    SNIPPET call_gate_loop
    mov %rdi, %r14
    mov %rsi, %r13
1:  mov %r13, %rdi
    call *%r14
    dec %r13
    jnz 1b
    DONE

/* ---- Callees ---- */
    SNIPPET callee_add
    lea 1(%rdi), %rax
    ret

    SNIPPET callee_ret_imm
    lea 2(%rdi), %rax
    AT callee_ret_imm
    ret $16

    SNIPPET callee_badge
    ret

/* what it finds cleared: rax badge, all of these or'ed */
    SNIPPET callee_cleared
    mov %rbx, %rax
    or %rbp, %rax
    or %r10, %rax
    or %r11, %rax
    or %r12, %rax
    or %r13, %rax
    or %r14, %rax
    or %r15, %rax
    ret

/* writes above fb: into the caller's frame */
    SNIPPET callee_above
    AT callee_above
    movq $0, 8(%rsp)
    ret

    SNIPPET callee_load
    AT callee_load
    mov (%rdi), %rax
    ret

    SNIPPET callee_store
    AT callee_store
    movq $0x77, (%rdi)
    mov (%rdi), %rax
    ret

    SNIPPET callee_stack
    push $1
    push $2
    pop %rax
    pop %rcx
    ret

/* returns elsewhere */
    SNIPPET callee_wrong
    addq $1, (%rsp)
    AT callee_wrong
    ret

/* calls itself through its gate (rdi) until something denies it */
    SNIPPET callee_recurse
    call *%rdi
    ret

/* the gates rdi and rsi lead here, each into the other's domain: calls them in turn until something denies it */
    SNIPPET callee_alternate
    xchg %rdi, %rsi
    call *%rdi
    ret

    SNIPPET callee_nest
    call *%rsi
    add $10, %rax
    ret

    SNIPPET spin
1:  inc %rax
    cmp (%rdi), %rsi
    jne 1b
    DONE

/* A loop that calls rdi, rsi times */
    SNIPPET call_loop
    mov %rsi, %rbx
1:  call *%rdi
    dec %rbx
    jnz 1b
    DONE

    SNIPPET count_loop         /* 3 + 2 * rsi + 1 instructions, and INT */
    xor %eax, %eax
    mov %rsi, %rcx
1:  dec %rcx
    jnz 1b
    DONE

    SNIPPET load_loop          /* loads all of [rdi, rsi) by words, rdx times */
    mov %rdi, %rbx
2:  mov %rbx, %rdi
1:  mov (%rdi), %rax
    add $8, %rdi
    cmp %rsi, %rdi
    jb 1b
    dec %rdx
    jnz 2b
    DONE

/* ---- A page of its own: two blocks that chain ---- */
    .align 4096
    .globl chain_page
chain_page:
    .globl chain_first, chain_second
chain_first:
    inc %rax
    jmp chain_second
    .align 1024
chain_second:
    inc %rax
    ret
    .align 2048
    .globl loop_first
/* rsi times: two blocks chained within the page, then INT */
loop_first:
    inc %rax
    jmp 3f
    .align 64
    .globl loop_second
loop_second:
3:  dec %rsi
    jnz loop_first
    int $0x30
    .align 4096

/* An instruction across two pages. */
    .globl across_page, across_insn
across_page:
    .skip 4096 - 3 - 64
    .globl across_loop
/* rsi times, the jump within the page, the instruction across, and back */
across_loop:
    jmp across_insn
    .skip across_page + 4096 - 3 - .
across_insn:
    movabs $0x1122334455667788, %rax
    dec %rsi
    jg across_loop
    int $0x30
    .align 4096

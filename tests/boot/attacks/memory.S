/* SPDX-License-Identifier: BSD-2-Clause */
#include "attacks.inc"

    SIMPLE m_load1, movb (%rdi), %al
    SIMPLE m_load4, movl (%rdi), %eax
    SIMPLE m_load8, movq (%rdi), %rax
    SIMPLE m_store1, movb %sil, (%rdi)
    SIMPLE m_store4, movl %esi, (%rdi)
    SIMPLE m_store8, movq %rsi, (%rdi)
    SIMPLE m_store16, movups %xmm0, (%rdi)
    SIMPLE m_load16, movups (%rdi), %xmm0
    SIMPLE m_lock_add, lock addq %rsi, (%rdi)
    SIMPLE m_xchg, xchgq %rsi, (%rdi)
    SIMPLE m_cmpxchg, lock cmpxchgq %rsi, (%rdi)
    SIMPLE m_cmpxchg16b, lock cmpxchg16b (%rdi)
    SIMPLE m_bts, lock btsq $5, (%rdi)
    SIMPLE m_fxsave, fxsave (%rdi)
    SIMPLE m_fxrstor, fxrstor (%rdi)
    SIMPLE m_xlat, xlat
    SIMPLE m_push, push %rsi
    SIMPLE m_pushfq, pushfq
    SIMPLE m_pop_mem, popq (%rdi)
    SIMPLE m_call, call *%rsi
    SIMPLE m_call_mem, call *(%rdi)
    SIMPLE m_enter, enter $16, $3
    SIMPLE m_leave, leave
    SIMPLE m_movs, movsq
    SIMPLE m_rep_movsb, rep movsb
    SIMPLE m_rep_movsq, rep movsq
    SIMPLE m_rep_stosq, rep stosq
    SIMPLE m_cmps, repe cmpsq
    SIMPLE m_sgdt, sgdt (%rdi)
    SIMPLE m_stmxcsr, stmxcsr (%rdi)
    SIMPLE m_maskmov, maskmovdqu %xmm1, %xmm0
    SIMPLE m_fstpt, fstpt (%rdi)
    SIMPLE m_prefetch, prefetcht0 (%rdi)
    SIMPLE m_prefetchw, prefetchw (%rdi)
    SIMPLE m_prefetchnta, prefetchnta (%rdi)
    SIMPLE m_nop_mem, nopl (%rdi)
    SIMPLE m_lea, lea (%rdi), %rdi

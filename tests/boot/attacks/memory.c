/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Loads and stores without the right, in all the guises that instructions give them.
 */
#include "attacks.h"

CODE(m_load1);
CODE(m_load4);
CODE(m_load8);
CODE(m_store1);
CODE(m_store4);
CODE(m_store8);
CODE(m_store16);
CODE(m_load16);
CODE(m_lock_add);
CODE(m_xchg);
CODE(m_cmpxchg);
CODE(m_cmpxchg16b);
CODE(m_bts);
CODE(m_fxsave);
CODE(m_fxrstor);
CODE(m_xlat);
CODE(m_push);
CODE(m_pushfq);
CODE(m_pop_mem);
CODE(m_call);
CODE(m_call_mem);
CODE(m_enter);
CODE(m_leave);
CODE(m_movs);
CODE(m_rep_movsb);
CODE(m_rep_movsq);
CODE(m_rep_stosq);
CODE(m_cmps);
CODE(m_sgdt);
CODE(m_stmxcsr);
CODE(m_maskmov);
CODE(m_fstpt);
CODE(m_prefetch);
CODE(m_prefetchw);
CODE(m_prefetchnta);
CODE(m_nop_mem);
CODE(m_lea);

enum { LOAD = MMP_ACCESS_LOAD, STORE = MMP_ACCESS_STORE };
#define PAGE_WALL (ARENA + 0x18000u)
#define TABLE_WALL (ARENA + ARENA_BYTES)

static void load_one_byte_beyond(void)
{
    attack(ALICE, m_load4, WALL - 3, 0);
    refused_access(ALICE, m_load4_at, LOAD, WALL, 4);
    attack(ALICE, m_load8, WALL - 7, 0);
    refused_access(ALICE, m_load8_at, LOAD, WALL, 8);
    attack(ALICE, m_load1, WALL, 0);
    refused_access(ALICE, m_load1_at, LOAD, WALL, 1);
    attack(ALICE, m_load16, WALL - 15, 0);
    refused_access(ALICE, m_load16_at, LOAD, WALL, 16);
}

static void store_one_byte_beyond(void)
{
    attack(ALICE, m_store4, WALL - 3, 7);
    refused_access(ALICE, m_store4_at, STORE, WALL, 4);
    attack(ALICE, m_store8, WALL - 7, 7);
    refused_access(ALICE, m_store8_at, STORE, WALL, 8);
    attack(ALICE, m_store1, WALL, 7);
    refused_access(ALICE, m_store1_at, STORE, WALL, 1);
    attack(ALICE, m_store16, WALL - 15, 7);
    refused_access(ALICE, m_store16_at, STORE, WALL, 16);
}

static void from_below(void)
{
    perm_change(ALICE, WALL + 64, WALL + 128, MMP_PERM_RW);
    attack(ALICE, m_store8, WALL + 63, 7);
    refused_access(ALICE, m_store8_at, STORE, WALL + 63, 8);
    attack(ALICE, m_load8, WALL + 63, 7);
    refused_access(ALICE, m_load8_at, LOAD, WALL + 63, 8);
}

static void across(uint32_t wall)
{
    perm_change(ALICE, wall - 4096, wall, MMP_PERM_RW);
    attack(ALICE, m_store8, wall - 4, 7);
    refused_access(ALICE, m_store8_at, STORE, wall, 8);
    attack(ALICE, m_store8, wall - 1, 7);
    refused_access(ALICE, m_store8_at, STORE, wall, 8);
    attack(ALICE, m_store16, wall - 9, 7);
    refused_access(ALICE, m_store16_at, STORE, wall, 16);
    attack(ALICE, m_load8, wall - 1, 7);
    refused_access(ALICE, m_load8_at, LOAD, wall, 8);
    /* and down into the page before */
    perm_change(ALICE, wall - 4096, wall, MMP_PERM_NONE);
    perm_change(ALICE, wall, wall + 4096, MMP_PERM_RW);
    attack(ALICE, m_store8, wall - 1, 7);
    refused_access(ALICE, m_store8_at, STORE, wall - 1, 8);
}

static void across_a_page(void)
{
    across(PAGE_WALL);
}

static void across_a_table(void)
{
    across(TABLE_WALL);
}

static void read_only(void)
{
    perm_change(ALICE, WALL, WALL + 64, MMP_PERM_RO);
    attack(ALICE, m_store1, WALL + 1, 7);
    refused_access(ALICE, m_store1_at, STORE, WALL + 1, 1);
    attack(ALICE, m_lock_add, WALL + 4, 7);
    refused_access(ALICE, m_lock_add_at, STORE, WALL + 4, 8);
    attack(ALICE, m_xchg, WALL + 4, 7);
    refused_access(ALICE, m_xchg_at, STORE, WALL + 4, 8);
    attack(ALICE, m_bts, WALL + 4, 7);
    refused_access(ALICE, m_bts_at, STORE, WALL + 4, 8);
}

static void compare_and_exchange(void)
{
    perm_change(ALICE, WALL, WALL + 64, MMP_PERM_RO);
    attack(ALICE, m_cmpxchg, WALL + 4, 7); /* finds another value than rax, and would load it */
    refused_access(ALICE, m_cmpxchg_at, STORE, WALL + 4, 8);
    attack(ALICE, m_cmpxchg16b, (WALL + 15) & ~15u, 7);
    refused_access(ALICE, m_cmpxchg16b_at, STORE, (WALL + 15) & ~15u, 16);
}

static void half_of_cmpxchg16b(void)
{
    const uint32_t half = ARENA + 0x14008; /* the upper half is nobody's */

    perm_change(ALICE, half - 64, half, MMP_PERM_RW);
    attack(ALICE, m_cmpxchg16b, half - 8, 7);
    refused(ALICE, MMP_FAULT_PERMISSION, m_cmpxchg16b_at, half, 0); /* load or store: it does both */
}

static void state_saved(void)
{
    for (unsigned over = 16; over <= 512; over += 16 * 7) {
        const uint32_t addr = ((WALL + 15) & ~15u) - 512 + over;

        perm_change(ALICE, WALL, (WALL + 15) & ~15u, MMP_PERM_RW);
        attack(ALICE, m_fxsave, addr, 0);
        refused(ALICE, MMP_FAULT_PERMISSION, m_fxsave_at, (WALL + 15) & ~15u, 0);
        attack(ALICE, m_fxrstor, addr, 0);
        refused(ALICE, MMP_FAULT_PERMISSION, m_fxrstor_at, (WALL + 15) & ~15u, 0);
    }
}

static void small_state(void)
{
    attack(ALICE, m_fstpt, WALL - 9, 0);
    refused(ALICE, MMP_FAULT_PERMISSION, m_fstpt_at, WALL, 0);
    attack(ALICE, m_stmxcsr, WALL - 1, 0);
    refused_access(ALICE, m_stmxcsr_at, STORE, WALL, 4);
    attack(ALICE, m_sgdt, WALL - 9, 0);
    refused(ALICE, MMP_FAULT_PERMISSION, m_sgdt_at, WALL, 0);
}

static void xlat(void)
{
    struct start start;

    start_registers(&start);
    start.gpr[RBX] = WALL - 5;
    start.gpr[RAX] = 0x105; /* al counts, not ah */
    msr_write(MMP_MSR_XSP, CALLSTACK);
    attack_from(ALICE, m_xlat, &start);
    refused_access(ALICE, m_xlat_at, LOAD, WALL, 1);
}

static void with_stack(const char *code, uint64_t rsp, uint64_t rdi, uint64_t rsi, uint64_t rbp)
{
    struct start start;

    msr_write(MMP_MSR_XSP, CALLSTACK);
    start_registers(&start);
    start.gpr[RSP] = rsp;
    start.gpr[RDI] = rdi;
    start.gpr[RSI] = rsi;
    start.gpr[RBP] = rbp;
    attack_from(ALICE, code, &start);
}

static void pushes(void)
{
    with_stack(m_push, WALL + 8, 0, 7, 0);
    refused_access(ALICE, m_push_at, STORE, WALL, 8);
    with_stack(m_push, WALL + 7, 0, 7, 0);
    refused_access(ALICE, m_push_at, STORE, WALL, 8);
    with_stack(m_pushfq, WALL + 64, 0, 7, 0);
    refused_access(ALICE, m_pushfq_at, STORE, WALL + 56, 8);
    with_stack(m_push, STACK_LOW, 0, 7, 0); /* below sl */
    refused_access(ALICE, m_push_at, STORE, STACK_LOW - 8, 8);
    with_stack(m_push, STACK_LOW + 4, 0, 7, 0);
    refused_access(ALICE, m_push_at, STORE, STACK_LOW - 4, 8);
}

static void calls_that_push(void)
{
    with_stack(m_call, WALL + 8, 0, (uint64_t)m_load1, 0);
    refused_access(ALICE, m_call_at, STORE, WALL, 8);
    with_stack(m_call_mem, WALL + 8, WALL + 32, 0, 0); /* the load comes first */
    refused_access(ALICE, m_call_mem_at, LOAD, WALL + 32, 8);
}

static void pop_elsewhere(void)
{
    with_stack(m_pop_mem, STACK_TOP - 64, WALL, 0, 0);
    refused_access(ALICE, m_pop_mem_at, STORE, WALL, 8);
    with_stack(m_pop_mem, STACK_TOP - 4, OURS, 0, 0);
    refused_access(ALICE, m_pop_mem_at, LOAD, STACK_TOP, 8);
}

static void enter_and_leave(void)
{
    /* the first push is allowed, the copy of an outer frame's pointer is not: nothing is pushed */
    with_stack(m_enter, STACK_TOP - 64, 0, 0, WALL + 64);
    refused_access(ALICE, m_enter_at, LOAD, WALL + 56, 8);
    with_stack(m_enter, STACK_LOW + 16, 0, 0, STACK_TOP - 64);
    refused_access(ALICE, m_enter_at, STORE, STACK_LOW - 8, 8);
    with_stack(m_leave, STACK_TOP - 64, 0, 0, WALL);
    refused_access(ALICE, m_leave_at, LOAD, WALL, 8);
}

static void above_the_frame_base(void)
{
    attack(ALICE, m_store8, STACK_TOP - 7, 7);
    refused_access(ALICE, m_store8_at, STORE, STACK_TOP, 8);
    attack(ALICE, m_load1, STACK_TOP, 7);
    refused_access(ALICE, m_load1_at, LOAD, STACK_TOP, 1);
}

static void string(const char *code, uint64_t rdi, uint64_t rsi, uint64_t rcx, uint64_t rflags)
{
    struct start start;

    msr_write(MMP_MSR_XSP, CALLSTACK);
    start_registers(&start);
    start.gpr[RDI] = rdi;
    start.gpr[RSI] = rsi;
    start.gpr[RCX] = rcx;
    start.rflags |= rflags;
    attack_from(ALICE, code, &start);
}

#define DF 0x400u
#define ARITHMETIC 0x8d5u

static void string_store_halfway(void)
{
    const uint32_t wall = ARENA + 0x14000;

    perm_change(ALICE, wall - 64, wall, MMP_PERM_RW);
    for (unsigned i = 0; i < 64; i += 8)
        *(uint64_t *)(uint64_t)(OURS + i) = i;
    string(m_rep_movsq, wall - 32, OURS, 6, 0);
    may_register(RCX, 2);
    may_register(RDI, wall);
    may_register(RSI, OURS + 32);
    for (unsigned i = 0; i < 32; i += 8)
        may_word(wall - 32 + i, PATTERN, i);
    refused_access(ALICE, m_rep_movsq_at, STORE, wall, 8);

    string(m_rep_stosq, wall - 60, OURS, 8, 0); /* the iteration that straddles does nothing */
    may_register(RCX, 1);
    may_register(RDI, wall - 4);
    for (unsigned i = 0; i < 64; i += 8) {
        uint64_t rax = 0x5151515100000000u + RAX, shifted = rax << 32 | rax >> 32,
                 old = i < 32 ? PATTERN : i - 32;
        uint64_t upper = 0xffffffff00000000u;

        may_word(wall - 64 + i, old,
                 i == 0    ? (old & ~upper) | (shifted & upper)
                 : i == 56 ? (old & upper) | (shifted & ~upper)
                           : shifted);
    }
    /* the last word: its lower half is written, its upper half is the one denied */
    check(*(uint32_t *)(uint64_t)(wall - 4) == 0, "straddling", *(uint32_t *)(uint64_t)(wall - 4));
    refused_access(ALICE, m_rep_stosq_at, STORE, wall, 8);
}

static void string_load_halfway(void)
{
    const uint32_t wall = ARENA + 0x14000;

    perm_change(ALICE, wall, wall + 64, MMP_PERM_RO);
    string(m_rep_movsq, OURS, wall + 40, 9, 0);
    may_register(RCX, 6);
    may_register(RDI, OURS + 24);
    may_register(RSI, wall + 64);
    refused_access(ALICE, m_rep_movsq_at, LOAD, wall + 64,
                   8); /* what was copied is the pattern onto itself */
    string(m_cmps, OURS, wall + 40, 9, 0);
    may_register(RCX, 6);
    may_register(RDI, OURS + 24);
    may_register(RSI, wall + 64);
    may_flags(ARITHMETIC);
    refused_access(ALICE, m_cmps_at, LOAD, wall + 64, 8);
}

static void string_backwards(void)
{
    const uint32_t wall = ARENA + 0x18000;

    perm_change(ALICE, wall, wall + 4096, MMP_PERM_RW);
    string(m_rep_stosq, wall + 8, 0, 5, DF);
    may_register(RCX, 3);
    may_register(RDI, wall - 8);
    may_word(wall + 8, PATTERN, 0x5151515100000000u + RAX);
    may_word(wall, PATTERN, 0x5151515100000000u + RAX);
    refused_access(ALICE, m_rep_stosq_at, STORE, wall - 8, 8);
}

static void string_once(void)
{
    string(m_movs, WALL, OURS, 5, 0);
    refused_access(ALICE, m_movs_at, STORE, WALL, 8);
    string(m_movs, OURS, WALL, 5, 0);
    refused_access(ALICE, m_movs_at, LOAD, WALL, 8);
    string(m_rep_movsb, WALL, WALL, 0, 0); /* no iteration, no access */
    without_effect(m_rep_movsb_end);
}

static void masked_store(void)
{
    string(m_maskmov, WALL, 0, 0, 0);
    /* no byte is selected, as xmm1 is 0: whether that is an access is the processor's; nothing may change */
    if (trap_last.vector == DONE)
        without_effect(m_maskmov_end);
    else
        refused(ALICE, MMP_FAULT_PERMISSION, m_maskmov_at, WALL, 0);
}

static void prefetches(void)
{
    static const char *const code[] = {m_prefetch, m_prefetchw, m_prefetchnta, m_nop_mem, m_lea};
    static const char *const end[] = {m_prefetch_end, m_prefetchw_end, m_prefetchnta_end, m_nop_mem_end,
                                      m_lea_end};

    for (unsigned i = 0; i < 5; i++) {
        attack(ALICE, code[i], WALL, 0);
        without_effect(end[i]);
        attack(ALICE, code[i], 0x100000000u, 0);
        without_effect(end[i]);
    }
    attack(ALICE, m_load1, WALL, 0); /* nor is there anything to be had afterwards */
    refused_access(ALICE, m_load1_at, LOAD, WALL, 1);
}

/* Four gigabytes and above are there for x86: the same memory a second time. */
static void map_above(bool there)
{
    uint64_t cr3;

    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    ((uint64_t *)(*(uint64_t *)cr3 & ~0xfffull))[4] = there ? 0x87 : 0;
    __asm__ volatile("mov %0, %%cr3" : : "r"(cr3) : "memory");
}

static void above_4_gib(void)
{
    map_above(true);
    attack(ALICE, m_load8, 0x100000000u + OURS, 0);
    refused_access(ALICE, m_load8_at, LOAD, 0x100000000u + OURS, 8);
    attack(ALICE, m_store1, 0x100000000u + OURS, 0);
    refused_access(ALICE, m_store1_at, STORE, 0x100000000u + OURS, 1);
    map_above(false);
    attack(ALICE, m_load8, 0x100000000u + OURS, 0);
    check(trap_last.cr2 == 0x100000000u + OURS, "cr2", trap_last.cr2);
    refused_exception(ALICE, 14, 4, m_load8_at); /* paging comes first */
}

static void stack_above_4_gib(void)
{
    map_above(true);
    msr_write(MMP_MSR_XSP, CALLSTACK);
    msr_write(MMP_MSR_SL, 0x100000000u);
    {
        struct start start;

        start_registers(&start);
        start.gpr[RSP] = 0x100000000u + OURS;
        msr_write(MMP_MSR_FB, 0x100000000u + OURS + 64);
        attack_from(ALICE, m_push, &start);
    }
    refused_access(ALICE, m_push_at, STORE, 0x100000000u + OURS - 8, 8);
    map_above(false);
}

static void wraps(void)
{
    map_above(true);
    *root_entry(ALICE, 0xffffffffu) = MMP_BITMAP_ALL(MMP_PERM_RO);
    invalidate(ID(ALICE), 0xffc00000u, 22);
    attack(ALICE, m_load8, 0xfffffffcu, 0);
    refused_access(ALICE, m_load8_at, LOAD, 0x100000000u, 8);
    attack(ALICE, m_load16, 0xfffffff1u, 0);
    refused_access(ALICE, m_load16_at, LOAD, 0x100000000u, 16);
    map_above(false);
    attack(ALICE, m_load8, (uint64_t)-4, 0); /* nothing is mapped there, nor is it memory */
    check(trap_last.cr2 == (uint64_t)-4, "cr2", trap_last.cr2);
    refused_exception(ALICE, 14, 4, m_load8_at);
}

static void kernel_domain(void)
{
    attack(KEN, m_load8, OURS, 0);
    refused_access(KEN, m_load8_at, LOAD, OURS, 8);
    attack(KEN, m_store8, low(root_entry(KEN, 0)), 0); /* its own table */
    refused_access(KEN, m_store8_at, STORE, low(root_entry(KEN, 0)), 8);
}

static void own_tables(void)
{
    attack(ALICE, m_store4, low(root_entry(ALICE, ARENA)), MMP_BITMAP_ALL(MMP_PERM_RW));
    refused_access(ALICE, m_store4_at, STORE, low(root_entry(ALICE, ARENA)), 4);
    attack(ALICE, m_store4, CALLSTACK, 0);
    refused_access(ALICE, m_store4_at, STORE, CALLSTACK, 4);
    attack(ALICE, m_store4, (uint32_t)msr_read(MMP_MSR_DTBASE), 0);
    refused_access(ALICE, m_store4_at, STORE, (uint32_t)msr_read(MMP_MSR_DTBASE), 4);
    attack(ALICE, m_store4, GATE(0), 0);
    refused_access(ALICE, m_store4_at, STORE, GATE(0), 4);
    attack(ALICE, m_load4, 0xfee00000u, 0); /* the interrupt controller */
    refused_access(ALICE, m_load4_at, LOAD, 0xfee00000u, 4);
}

static const struct attack list[] = {
    {"load one byte beyond", "loads of 1, 4, 8, 16 bytes whose last byte is in the next word",
     "PERMISSION, load, that byte", load_one_byte_beyond},
    {"store one byte beyond", "the same with stores",
     "PERMISSION, store, that byte; none of the allowed bytes is written", store_one_byte_beyond},
    {"one byte before", "accesses that begin with the last byte of a word that is denied",
     "PERMISSION, that byte", from_below},
    {"across a page", "stores and loads of which part is in a page that is denied",
     "PERMISSION, first byte there; nothing written in the other page", across_a_page},
    {"across a table", "the same where the mid tables change",
     "PERMISSION, first byte there; nothing written", across_a_table},
    {"write of a read-only word", "store, lock add, xchg, lock bts",
     "PERMISSION, store; source registers keep their values", read_only},
    {"cmpxchg of a read-only word", "cmpxchg, cmpxchg16b that find another value",
     "PERMISSION, store; rax, rdx not loaded", compare_and_exchange},
    {"half of a cmpxchg16b", "its upper half is denied", "PERMISSION, the upper half", half_of_cmpxchg16b},
    {"fxsave and fxrstor", "the end of the area is denied, by 16 to 512 bytes",
     "PERMISSION, first byte denied; no register loaded, no byte saved", state_saved},
    {"fstp, stmxcsr, sgdt", "the last byte of the operand is denied", "PERMISSION, that byte", small_state},
    {"xlat", "table entry beyond the wall", "PERMISSION, load; al kept", xlat},
    {"push", "push and pushf onto memory that is denied, below sl, across sl", "PERMISSION, store; rsp kept",
     pushes},
    {"call onto a stack that is denied", "call by register and by memory",
     "PERMISSION at the call, which has not jumped", calls_that_push},
    {"pop", "pop to memory that is denied, and from above fb", "PERMISSION; rsp kept", pop_elsewhere},
    {"enter and leave", "a later access of enter is denied, with its first allowed",
     "PERMISSION; nothing pushed, rbp and rsp kept", enter_and_leave},
    {"above the frame base", "store across fb, load at fb", "PERMISSION, fb", above_the_frame_base},
    {"rep movs, rep stos: store denied halfway", "the wall within the copy, also in the middle of a step",
     "PERMISSION; finished steps in memory and in rcx, rsi, rdi, nothing of the others",
     string_store_halfway},
    {"rep movs, repe cmps: load denied halfway", "the source ends", "PERMISSION; finished steps only",
     string_load_halfway},
    {"rep stos downwards", "with DF set, into the page below", "PERMISSION; finished steps only",
     string_backwards},
    {"movs", "without rep, store or load denied; with rep and rcx 0",
     "PERMISSION, rsi and rdi kept; nothing at all for rcx 0", string_once},
    {"maskmovdqu", "a mask that selects nothing, onto memory that is denied",
     "nothing written, whether denied or not", masked_store},
    {"prefetch", "prefetches, nop and lea of memory that is denied or not mapped", "no fault, no effect",
     prefetches},
    {"above 4 GiB", "load and store where paging maps memory a second time",
     "PERMISSION, the address; #PF where it is not mapped", above_4_gib},
    {"stack above 4 GiB", "sl and fb would allow it", "PERMISSION, the address", stack_above_4_gib},
    {"wrap", "loads across 4 GiB and to the end of the address space", "PERMISSION, 4 GiB; #PF at the end",
     wraps},
    {"kernel domain", "a kernel domain reads another's memory and writes its own table",
     "PERMISSION, although CPL is 0", kernel_domain},
    {"the hardware's own data",
     "stores to the own permission table, call stack, domain table, a gate; load of a device", "PERMISSION",
     own_tables},
};
ATTACKS(on_memory);

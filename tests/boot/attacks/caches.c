/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rights that are gone, or were another's: what caches of permissions must not remember.
 */
#include "attacks.h"

CODE(m_load8);
CODE(m_store8);
CODE(m_load1);
CODE(m_push);
CODE(c_call);
CODE(callee);
CODE(c_jump);

enum { LOAD = MMP_ACCESS_LOAD, STORE = MMP_ACCESS_STORE };
#define PAGE (ARENA + 0x1a000u)

static void store_is(int domain, uint64_t addr, bool allowed)
{
    attack(domain, m_store8, addr, PATTERN);
    if (allowed)
        check(trap_last.vector == DONE, "store", addr);
    else
        refused_access(domain, m_store8_at, STORE, addr, 8);
}

static void load_is(int domain, uint64_t addr, bool allowed)
{
    attack(domain, m_load8, addr, 0);
    if (allowed)
        check(trap_last.vector == DONE, "load", addr);
    else
        refused_access(domain, m_load8_at, LOAD, addr, 8);
}

static void shrink(void)
{
    for (unsigned size = 2; size <= 32;
         size += size < 12 ? 5 : 10) { /* one word, 128 bytes, a page, 4 MiB, all */
        perm_change(ALICE, PAGE, PAGE + 4096, MMP_PERM_RW);
        store_is(ALICE, PAGE + 512, true);
        perm_set(ALICE, PAGE + 512, PAGE + 516, MMP_PERM_RO);
        invalidate(ID(ALICE), PAGE + 512, size);
        store_is(ALICE, PAGE + 512, false);
        load_is(ALICE, PAGE + 512, true);
        perm_set(ALICE, PAGE + 512, PAGE + 516, MMP_PERM_NONE);
        invalidate(size % 10 == 2 ? 0 : ID(ALICE), PAGE + 512, size);
        load_is(ALICE, PAGE + 512, false);
        store_is(ALICE, PAGE + 520, true);
    }
}

static void shrink_of_another(void)
{
    /* the invalidation names one domain: the other's cached right is its own, and still granted */
    perm_change(ALICE, PAGE, PAGE + 4096, MMP_PERM_RW);
    perm_change(BOB, PAGE, PAGE + 4096, MMP_PERM_RW);
    store_is(ALICE, PAGE, true);
    store_is(BOB, PAGE, true);
    perm_change(ALICE, PAGE, PAGE + 4096, MMP_PERM_NONE);
    load_is(ALICE, PAGE, false);
    store_is(BOB, PAGE, true);
    load_is(ALICE, PAGE, false);
    load_is(CAROL, PAGE, false);
    load_is(KEN, PAGE, false);
}

static void grow(void)
{
    load_is(ALICE, PAGE, false);
    perm_set(ALICE, PAGE, PAGE + 4, MMP_PERM_RW); /* half of what is accessed */
    attack(ALICE, m_load8, PAGE, 0);
    refused_access(ALICE, m_load8_at, LOAD, PAGE + 4, 8);
    perm_set(ALICE, PAGE, PAGE + 8, MMP_PERM_RO);
    load_is(ALICE, PAGE, true);
    store_is(ALICE, PAGE, false);
    perm_set(ALICE, PAGE, PAGE + 8, MMP_PERM_RW);
    store_is(ALICE, PAGE, true);
    load_is(ALICE, PAGE + 8, false);
}

static void merge_and_split(void)
{
    perm_change(BOB, PAGE, PAGE + 4096, MMP_PERM_RW);
    for (unsigned i = 0; i < 3; i++) {
        load_is(ALICE, PAGE, false);
        store_is(BOB, PAGE, true);
        perm_set(ALICE, PAGE, PAGE + 4096,
                 MMP_PERM_RW); /* Bob into Alice: hers grow, his descriptor is hers */
        root_share(BOB, ALICE);
        store_is(ALICE, PAGE, true);
        attack(BOB, m_store8, OURS, PATTERN); /* by Bob's id one runs under Alice's tag, with all of hers */
        check(trap_last.vector == DONE && trap_last.pd == ID(ALICE), "merged", trap_last.pd);
        root_own(BOB);
        perm_change(ALICE, PAGE, PAGE + 4096, MMP_PERM_NONE);
        attack(BOB, m_store8, OURS, PATTERN);
        refused_access(BOB, m_store8_at, STORE, OURS, 8);
        load_is(ALICE, PAGE, false);
        store_is(BOB, PAGE, true);
    }
}

static void reused_tag(void)
{
    uint32_t *root = (uint32_t *)(msr_read(MMP_MSR_DTBASE) + MMP_DD_SIZE * ALICE);
    uint32_t own = *root;

    store_is(ALICE, OURS, true);
    *root = low(root_entry(BOB, 0)); /* Alice's tag, Bob's table */
    invalidate(ID(ALICE), 0, 32);
    store_is(ALICE, OURS, false);
    *root = own;
    invalidate(ID(ALICE), 0, 32);
    store_is(ALICE, OURS, true);
}

static void frame_base_moves(void)
{
    struct start start;

    for (unsigned i = 0; i < 4; i++) { /* no invalidation: what [sl, fb) adds is never cached */
        start_registers(&start);
        msr_write(MMP_MSR_XSP, CALLSTACK);
        msr_write(MMP_MSR_SL, STACK_LOW);
        msr_write(MMP_MSR_FB, STACK_TOP);
        attack_from(ALICE, m_push, &start);
        check(trap_last.vector == DONE, "push", trap_last.vector);
        msr_write(MMP_MSR_XSP, CALLSTACK);
        msr_write(MMP_MSR_FB, STACK_TOP - (i % 2 ? 4096 : 72));
        attack_from(ALICE, m_push, &start);
        refused_access(ALICE, m_push_at, STORE, STACK_TOP - 72, 8);
        msr_write(MMP_MSR_XSP, CALLSTACK);
        msr_write(MMP_MSR_FB, STACK_TOP);
        msr_write(MMP_MSR_SL, STACK_TOP - (i % 2 ? 0 : 64));
        attack_from(ALICE, m_push, &start);
        refused_access(ALICE, m_push_at, STORE, STACK_TOP - 72, 8);
    }
}

static void supervisors_translations(void)
{
    /* domain 0 has just accessed the page, and a kernel domain has the privilege */
    *(volatile uint64_t *)(uint64_t)PAGE = PATTERN;
    attack(NOBODY, m_store8, PAGE, PATTERN);
    check(trap_last.vector == DONE, "domain 0", trap_last.vector);
    store_is(ALICE, PAGE, false);
    store_is(KEN, PAGE, false);
    attack(NOBODY, m_store8, PAGE, PATTERN);
    check(trap_last.vector == DONE, "domain 0", trap_last.vector);
}

static void gate_taken_away(void)
{
    gate_set(0, ID(BOB), callee, 3);
    draw(ALICE, 0);
    for (unsigned i = 0; i < 3; i++) {
        attack(ALICE, c_call, GATE(0), 0);
        check(trap_last.vector == DONE && trap_last.rax == 3, "before", trap_last.rax);
    }
    perm_change(ALICE, GATE(0), GATE(0) + 4, MMP_PERM_NONE);
    attack(ALICE, c_jump, GATE(0), 0);
    refused_fetch(ALICE, GATE(0), GATE(0));
    draw(ALICE, 0);
    *(uint32_t *)(uint64_t)GATE(0) = 0; /* records are read anew each time: nothing to invalidate */
    attack(ALICE, c_jump, GATE(0), 0);
    refused(ALICE, MMP_FAULT_GATE_INVALID, at(GATE(0)), GATE(0), GATE(0));
    gate_set(0, ID(CAROL), callee, 4);
    attack(ALICE, c_call, GATE(0), 0);
    check(trap_last.vector == DONE && trap_last.rax == 4, "changed", trap_last.rax);
}

static const struct attack list[] = {
    {"a right shrinks", "read-write to read-only to none, invalidated by blocks of 4 bytes to 4 GiB",
     "PERMISSION at the next access; words beside it keep theirs", shrink},
    {"another's right shrinks", "one of two domains loses a page",
     "PERMISSION for it, and for those who never had it; the other goes on", shrink_of_another},
    {"a right grows", "word by word, without invalidation", "seen by the next access, and no more than that",
     grow},
    {"merge and split", "three times, with accesses between",
     "rights of both while merged; PERMISSION as before after the split", merge_and_split},
    {"a tag is reused", "another table under the same tag, invalidated", "PERMISSION by the new table",
     reused_tag},
    {"the stack registers move", "fb and sl on a page that is hot, without invalidation",
     "PERMISSION at once", frame_base_moves},
    {"domain 0's translations", "a page that domain 0 has just written",
     "PERMISSION, for user and kernel domains", supervisors_translations},
    {"a gate is taken away", "after calls through it; the record changed under it",
     "PERMISSION; GATE_INVALID; the new callee", gate_taken_away},
};
ATTACKS(on_caches);

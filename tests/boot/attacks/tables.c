/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Permission tables that are none: entries of no defined type, pointers to nowhere and to themselves.
 */
#include "attacks.h"

CODE(m_load4);
CODE(m_store4);
CODE(m_load8);
CODE(c_jump);
CODE(c_call);
CODE(callee);

#define BAD (MMP_BITMAP_ALL(MMP_PERM_RW) | 4) /* malformed */
#define PLACE (ARENA + 0x15000u)              /* a page of Alice's, by an entry of its own */
enum { LOAD = MMP_ACCESS_LOAD, STORE = MMP_ACCESS_STORE };

static void malformed(uint32_t addr, uint64_t entry)
{
    invalidate(ID(ALICE), PLACE, 32);
    attack(ALICE, m_load4, addr, 0);
    refused(ALICE, MMP_FAULT_MALFORMED, m_load4_at, entry, 0);
    attack(ALICE, m_store4, addr, 0);
    refused(ALICE, MMP_FAULT_MALFORMED, m_store4_at, entry, 0);
    attack(ALICE, c_jump, addr, 0);
    refused(ALICE, MMP_FAULT_MALFORMED, at(addr), entry, 0);
}

static void each_mid(const uint32_t *entries, unsigned count)
{
    uint32_t *entry = mid_entry(ALICE, PLACE);

    for (unsigned i = 0; i < count; i++) {
        *entry = entries[i];
        malformed(PLACE, low(entry));
    }
}

static void each_root(const uint32_t *entries, unsigned count)
{
    const uint32_t slot = ARENA + 2 * ARENA_BYTES;
    uint32_t *entry = root_entry(ALICE, slot);

    for (unsigned i = 0; i < count; i++) {
        *entry = entries[i];
        malformed(slot + 0x1234, low(entry));
    }
}

static void malformed_types(void)
{
    /* run-length entries in the root; with address 0, of a table misaligned; three runs with bits in 31:28,
     * runs out of order */
    static const uint32_t roots[] = {MMP_ENTRY_RUNLENGTH,
                                     0x00400000 | MMP_ENTRY_RUNLENGTH,
                                     0x00400000 | MMP_RUNLENGTH_WIDE | MMP_ENTRY_RUNLENGTH,
                                     0xfffffffe,
                                     0x10000000 | MMP_ENTRY_RUNS,
                                     0xffffffff,
                                     5 << MMP_RUNS_MID_OFFSET | MMP_ENTRY_RUNS};
    static const uint32_t mids[] = {MMP_ENTRY_RUNLENGTH,
                                    MMP_RUNLENGTH_WIDE | MMP_ENTRY_RUNLENGTH,
                                    0x00400080 | MMP_ENTRY_RUNLENGTH,
                                    0xfffffffe,
                                    0x80000000 | MMP_ENTRY_RUNS,
                                    0xffffffff,
                                    5 << MMP_RUNS_MID_OFFSET | MMP_ENTRY_RUNS};

    each_mid(mids, sizeof mids / sizeof *mids);
    each_root(roots, sizeof roots / sizeof *roots);
}

static void bitmap_with_more(void)
{
    static const uint32_t entries[] = {MMP_BITMAP_ALL(MMP_PERM_RW) | 4, MMP_BITMAP_ALL(MMP_PERM_RW) | 0x8000,
                                       MMP_BITMAP_ALL(MMP_PERM_RX) | 0xfffc};

    each_mid(entries, 3);
    each_root(entries, 3);
}

static void pointers_misaligned(void)
{
    static const uint32_t mids[] = {0x00400004, 0x00400080, 0x004000fc};
    static const uint32_t roots[] = {0x00400100, 0x00400800, 0x00400004};

    each_mid(mids, 3);
    each_root(roots, 3);
}

static void outside_memory(void)
{
    const uint32_t slot = ARENA + 2 * ARENA_BYTES, addr = slot + 0x5678;

    *root_entry(ALICE, slot) = 0x10000000; /* where RAM ends */
    malformed(addr, 0x10000000u + 5 * 4);
    *root_entry(ALICE, slot) = 0xfffff000;
    malformed(addr, 0xfffff000u + 5 * 4);
    *mid_entry(ALICE, PLACE) = 0x10000000;
    malformed(PLACE + 64, 0x10000000u + 4);
    *mid_entry(ALICE, PLACE) = 0xffffff00;
    malformed(PLACE + 64, 0xffffff00u + 4);
}

static void to_themselves(void)
{
    const uint32_t slot = ARENA + 2 * ARENA_BYTES;
    uint32_t *entry = root_entry(ALICE, slot), root = low(root_entry(ALICE, 0));
    /* The root as its own mid table and, through the same entry, as its own leaf table: sixteen permissions
     * are the bits of the root's first entries. */
    uint32_t page = slot + (slot >> 22) * 4096, first;

    *entry = root;
    for (unsigned leaf = 0; leaf < 12; leaf++) {
        first = ((uint32_t *)(uint64_t)root)[leaf];
        for (unsigned word = 0; word < 16; word += 3) {
            uint32_t addr = page + leaf * 64 + word * 4;
            unsigned perm = first >> 2 * word & 3;

            invalidate(ID(ALICE), PLACE, 32);
            attack(ALICE, m_load4, addr, 0);
            if (perm == MMP_PERM_NONE)
                refused_access(ALICE, m_load4_at, LOAD, addr, 4);
            else
                check(trap_last.vector == DONE, "load", addr);
            attack(ALICE, m_store4, addr, 0);
            if (perm != MMP_PERM_RW)
                refused_access(ALICE, m_store4_at, STORE, addr, 4);
            else
                check(trap_last.vector == DONE, "store", addr);
        }
    }
    attack(ALICE, m_load4, slot + 0x10, 0); /* through the root's first entry, a mid table, as a leaf table */
    check(trap_last.vector == MMP_VECTOR || trap_last.vector == DONE, "ends", trap_last.vector);
}

static void below_an_allowed_word(void)
{
    /* the words of an access from the lowest up: allowed, then malformed, and the other way round */
    perm_change(ALICE, PLACE - 4096, PLACE, MMP_PERM_RW);
    *mid_entry(ALICE, PLACE) = BAD;
    invalidate(ID(ALICE), PLACE, 12);
    attack(ALICE, m_load8, PLACE - 4, 0);
    refused(ALICE, MMP_FAULT_MALFORMED, m_load8_at, (uint64_t)mid_entry(ALICE, PLACE), 0);
    perm_change(ALICE, PLACE - 4096, PLACE, MMP_PERM_NONE);
    attack(ALICE, m_load8, PLACE - 4, 0);
    refused_access(ALICE, m_load8_at, LOAD, PLACE - 4, 8);
}

static void under_the_stack(void)
{
    extern const char m_push[], m_push_at[];

    *mid_entry(ALICE, STACK_TOP - 4096) = BAD; /* [sl, fb) adds rights, but hides nothing */
    invalidate(ID(ALICE), STACK_TOP - 4096, 12);
    attack(ALICE, m_push, 0, 0);
    refused(ALICE, MMP_FAULT_MALFORMED, m_push_at, (uint64_t)mid_entry(ALICE, STACK_TOP - 4096), 0);
}

static void under_a_gate(void)
{
    gate_set(0, ID(BOB), callee, 0);
    draw(ALICE, 0);
    *mid_entry(ALICE, GATE(0)) = BAD;
    invalidate(ID(ALICE), GATE(0), 12);
    attack(ALICE, c_call, GATE(0), 0);
    may_register(RSP, STACK_TOP - 72);
    may_word(STACK_TOP - 72, PATTERN, (uint64_t)c_call_at + 2);
    refused(ALICE, MMP_FAULT_MALFORMED, at(GATE(0)), (uint64_t)mid_entry(ALICE, GATE(0)), 0);
}

static void root_elsewhere(void)
{
    uint32_t *root = (uint32_t *)(msr_read(MMP_MSR_DTBASE) + MMP_DD_SIZE * ALICE);

    *root = 0x10000000; /* the descriptor is looked at only when the domain is entered */
    invalidate(ID(ALICE), 0, 32);
    attack(ALICE, m_load4, OURS, 0);
    check(trap_last.vector == MMP_VECTOR && trap_last.error == MMP_FAULT_MALFORMED, "kind", trap_last.error);
    check(trap_last.rip == (uint64_t)m_load4, "rip", trap_last.rip); /* not even the first instruction */
    check(trap_last.addr == 0x10000000u + (low(m_load4) >> 22) * 4, "addr", trap_last.addr);
    check(trap_last.rax == 0x5151515100000000u + RAX && trap_last.rsp == STACK_TOP - 64, "registers",
          trap_last.rax);
}

static const struct attack list[] = {
    {"an entry that its type does not define",
     "run-length entries in the root, at address 0, misaligned; runs out of order or with reserved bits",
     "MALFORMED at load, store and fetch, the entry", malformed_types},
    {"a bitmap with bits in 15:2", "three of them, in root and mid", "MALFORMED, the entry",
     bitmap_with_more},
    {"a misaligned pointer", "to a mid and to a leaf table", "MALFORMED, the entry", pointers_misaligned},
    {"a table outside memory", "mid and leaf tables where RAM ends and at the end of 4 GiB",
     "MALFORMED, where the entry would be", outside_memory},
    {"tables that point to themselves", "the root as its own mid and leaf table",
     "each word as those bits say: PERMISSION, or allowed", to_themselves},
    {"malformed beside allowed", "an access across two pages, one of them malformed",
     "MALFORMED after an allowed word, PERMISSION before", below_an_allowed_word},
    {"malformed under the stack", "push where the table below [sl, fb) is malformed", "MALFORMED, the entry",
     under_the_stack},
    {"malformed under a gate", "call of a gate on such a page", "MALFORMED at the gate; no count",
     under_a_gate},
    {"a root outside memory", "a descriptor whose root is where RAM ends",
     "MALFORMED before the first instruction", root_elsewhere},
};
ATTACKS(on_tables);

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Boot tests of the trap flag at gates and gate returns (manual 5.3 and 6.2): a crossing clears it, and there
 * is no trap behind it; a gate within a domain is an instruction like any other.
 */
#include "cases.h"
#include "rig.h"

extern const char callee_add[], callee_badge[], call_gate_at[], count_loop[];

#define TF 0x100u
#define DEBUG 1
#define BEHIND ((uint64_t)call_gate_at + 2) /* INT 0x30 */
#define SLOT (STACK_TOP - 64)
enum { GATE_ADD = 72 };

/* Alice executes the gate itself, as if she had just called it, with these flags. */
static void at_gate(uint64_t rflags)
{
    struct entry e = {GATE(GATE_ADD), 0x1b, rflags, SLOT, 0x23, 6, 0, 0, 0, 0, 0};

    *(uint64_t *)SLOT = BEHIND;
    run_prepared(ALICE, &e);
}

/* Bob executes `ret` at his frame base, below a call that Alice made. */
static void at_return(uint64_t rflags)
{
    struct entry e = {(uint64_t)callee_badge, 0x1b, rflags, STACK_TOP - 8, 0x23, 0, 0, 0, 0, 9, 0};

    *(uint64_t *)(STACK_TOP - 8) = BEHIND;
    *(uint64_t *)(CALLSTACK + MMP_XFRAME_RIP) = BEHIND;
    *(uint64_t *)(CALLSTACK + MMP_XFRAME_RSP) = SLOT;
    *(uint64_t *)(CALLSTACK + MMP_XFRAME_FB) = STACK_TOP;
    *(uint16_t *)(CALLSTACK + MMP_XFRAME_PD) = ID(ALICE);
    *(uint16_t *)(CALLSTACK + MMP_XFRAME_KIND) = MMP_XFRAME_CALL;
    msr_write(MMP_MSR_XSP, CALLSTACK + MMP_XFRAME_BYTES);
    run_prepared(BOB, &e);
}

void test_steps(void)
{
    struct entry e = {(uint64_t)count_loop, 0x1b, 2 | TF, SLOT, 0x23, 0, 1, 0, 0, 0, 0};

    gate_set(GATE_ADD, ID(BOB), callee_add, 0);
    perm_change(ALICE, GATE(GATE_ADD), GATE(GATE_ADD + 1), MMP_PERM_RX);

    test("the trap flag steps through a domain's own instructions");
    run_prepared(ALICE, &e);
    check(trap_last.vector == DEBUG && trap_last.rip == (uint64_t)count_loop + 2, "rip", trap_last.rip);
    test_end();

    test("the trap flag ends at a gate");
    at_gate(2);
    expect_done(7);
    at_gate(2 | TF);
    expect_done(7);
    check(trap_last.pd == ID(ALICE) && (trap_last.rflags & TF) == 0, "flags", trap_last.rflags);
    test_end();

    test("a gate within a domain is stepped over");
    root_share(BOB, ALICE);
    at_gate(2 | TF);
    check(trap_last.vector == DEBUG && trap_last.rip == (uint64_t)callee_add, "rip", trap_last.rip);
    check(trap_last.pd == ID(ALICE) && (trap_last.rflags & TF) != 0, "flags", trap_last.rflags);
    root_own(BOB);
    test_end();

    test("the trap flag ends at a gate return");
    at_return(2);
    expect_done(9);
    at_return(2 | TF);
    expect_done(9);
    check(trap_last.pd == ID(ALICE) && (trap_last.rflags & TF) == 0, "flags", trap_last.rflags);
    test_end();
}

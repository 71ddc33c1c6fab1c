/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Boot tests of what model mode charges (manual 11); without it they do nothing.
 */
#include "cases.h"
#include "rig.h"

extern const char rep_stos[], rep_movs[], call_gate[], callee_add[], add8[], lock_add8[];

#define PAGE (ARENA + 0x280000u)
enum { GATE_ADD = 74 };

struct counts {
    uint64_t cycles, instructions, loads, stores, fetches, counted;
};

static struct counts now(void)
{
    return (struct counts){msr_read(MMP_MSR_CYCLES),        msr_read(MMP_MSR_CYCLES_INSTRUCTION),
                           msr_read(MMP_MSR_COUNT_LOADS),   msr_read(MMP_MSR_COUNT_STORES),
                           msr_read(MMP_MSR_COUNT_FETCHES), msr_read(MMP_MSR_COUNT_INSNS)};
}

/* What Alice's run of a snippet counted. */
static struct counts spent(const char *code, uint64_t rdi, uint64_t rsi, uint64_t rcx)
{
    struct counts before = now(), after;

    run(ALICE, code, rdi, rsi, 0, rcx);
    after = now();
    check(trap_last.vector == DONE, "end", trap_last.vector);
    return (struct counts){after.cycles - before.cycles,   after.instructions - before.instructions,
                           after.loads - before.loads,     after.stores - before.stores,
                           after.fetches - before.fetches, after.counted - before.counted};
}

void test_model(void)
{
    struct counts few, many;

    if (!(msr_read(MMP_MSR_CAPS) & MMP_CAPS_MODEL))
        return;
    perm_change(ALICE, PAGE, PAGE + 8192, MMP_PERM_RW);

    test("each iteration of a string instruction is charged");
    spent(rep_stos, PAGE, 0, 300); /* what it stores to is in the caches from now on */
    for (uint64_t n = 0; n < 3; n++) {
        few = spent(rep_stos, PAGE, 0, n);
        many = spent(rep_stos, PAGE, 0, n + 100);
        check(many.stores - few.stores == 100, "stores", many.stores - few.stores);
        check(many.loads == few.loads, "loads", many.loads - few.loads);
        /* `rep` of no iteration is an instruction too */
        check(many.fetches - few.fetches == 100 - (n == 0), "fetches", many.fetches - few.fetches);
        check(many.instructions - few.instructions == 100 - (n == 0), "cycles",
              many.instructions - few.instructions);
    }
    few = spent(rep_movs, PAGE + 4096, PAGE, 5);
    many = spent(rep_movs, PAGE + 4096, PAGE, 4005);
    check(many.loads - few.loads == 4000 && many.stores - few.stores == 4000, "moved",
          many.loads - few.loads);
    check(many.instructions - few.instructions == 4000, "cycles", many.instructions - few.instructions);
    test_end();

    test("what loads and stores is charged for both, locked or not");
    few = spent(add8, PAGE, 1, 0);
    many = spent(lock_add8, PAGE, 1, 0);
    check(few.loads == many.loads && few.stores == many.stores, "loads", many.loads);
    test_end();

    test("a crossing has its price");
    gate_set(GATE_ADD, ID(BOB), callee_add, 0);
    perm_change(ALICE, GATE(GATE_ADD), GATE(GATE_ADD + 1), MMP_PERM_RX);
    {
        uint64_t before = msr_read(MMP_MSR_CYCLES_GATE), bobs;

        msr_write(MMP_MSR_CYCLES_TAG, ID(BOB));
        bobs = msr_read(MMP_MSR_CYCLES_OF);
        spent(call_gate, GATE(GATE_ADD), 1, 0);
        check(msr_read(MMP_MSR_CYCLES_GATE) >= before + 8, "cycles", msr_read(MMP_MSR_CYCLES_GATE) - before);
        check(msr_read(MMP_MSR_CYCLES_OF) > bobs, "of the callee", bobs);
    }
    test_end();
}

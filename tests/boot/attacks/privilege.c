/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a user domain, and what any mediated domain, may not execute; changes of privilege that are no
 * crossings.
 */
#include "attacks.h"

CODE(p_rdmsr);
CODE(p_wrmsr);
CODE(p_cli);
CODE(p_sti);
CODE(p_hlt);
CODE(p_in);
CODE(p_out);
CODE(p_outs);
CODE(p_from_cr3);
CODE(p_to_cr3);
CODE(p_to_cr0);
CODE(p_to_dr7);
CODE(p_lgdt);
CODE(p_lidt);
CODE(p_ltr);
CODE(p_lmsw);
CODE(p_invlpg);
CODE(p_swapgs);
CODE(p_clts);
CODE(p_xsetbv);
CODE(p_syscall);
CODE(p_sysenter);
CODE(p_sysexit);
CODE(p_sysret);
CODE(p_int_0);
CODE(p_int_gp);
CODE(p_int_mmp);
CODE(p_int_timer);
CODE(p_int_80);
CODE(p_int3);
CODE(p_iretq);
CODE(p_lret);
CODE(p_ljmp);
CODE(p_lcall);
CODE(p_ss);
CODE(p_popfq);

enum { UD = 6, GP = 13 };
#define P(name)                                                                                              \
    {                                                                                                        \
        name, name##_at                                                                                      \
    }
struct insn {
    const char *code, *where;
};

static void each(int domain, const struct insn *insn, unsigned count, unsigned vector, uint64_t error)
{
    for (unsigned i = 0; i < count; i++) {
        attack(domain, insn[i].code, OURS, 0);
        refused_exception(domain, vector, error, insn[i].where);
    }
}

static void privileged(void)
{
    static const struct insn list[] = {P(p_cli),    P(p_sti),      P(p_hlt),    P(p_in),     P(p_out),
                                       P(p_outs),   P(p_from_cr3), P(p_to_cr3), P(p_to_cr0), P(p_to_dr7),
                                       P(p_lgdt),   P(p_lidt),     P(p_ltr),    P(p_lmsw),   P(p_invlpg),
                                       P(p_swapgs), P(p_clts)};

    each(ALICE, list, sizeof list / sizeof *list, GP, 0);
}

static void registers_of(int domain)
{
    struct start start;

    for (uint32_t msr = MMP_MSR_BASE; msr < MMP_MSR_END; msr++) {
        start_registers(&start);
        start.gpr[RCX] = msr;
        start.gpr[RAX] = start.gpr[RDX] = 0;
        msr_write(MMP_MSR_XSP, CALLSTACK);
        attack_from(domain, p_rdmsr, &start);
        refused_exception(domain, GP, 0, p_rdmsr_at);
        msr_write(MMP_MSR_XSP, CALLSTACK);
        attack_from(domain, p_wrmsr, &start);
        refused_exception(domain, GP, 0, p_wrmsr_at);
    }
}

static void registers_of_a_user(void)
{
    registers_of(ALICE);
}

static void registers_of_a_kernel_domain(void)
{
    registers_of(KEN);
}

/* ---- The trace ring, while it records: nobody turns it off, moves it, or reads or spoils what is in it ----
 */

#define RING (ARENA + 0x100000u) /* nobody's */
#define RING_BYTES (256u * MMP_TRACE_BYTES)

CODE(m_load4);
CODE(m_store4);

/* Is what the domain tried at that instruction in the ring? */
static bool is_recorded(int domain, const char *where)
{
    for (uint32_t record = RING; record < RING + RING_BYTES; record += MMP_TRACE_BYTES)
        if (*(uint16_t *)at(record + MMP_TRACE_KIND) == MMP_TRACE_INTERRUPT &&
            *(uint16_t *)at(record + MMP_TRACE_FROM) == ID(domain) &&
            *(uint32_t *)at(record + MMP_TRACE_PLACE) == low(where))
            return true;
    return false;
}

static void ring_goes_on(int domain, uint64_t count, const char *where)
{
    check(msr_read(MMP_MSR_TRACE_BASE) == RING, "base", msr_read(MMP_MSR_TRACE_BASE));
    check(msr_read(MMP_MSR_TRACE_SIZE) == RING_BYTES, "size", msr_read(MMP_MSR_TRACE_SIZE));
    check(msr_read(MMP_MSR_TRACE_COUNT) > count, "count", msr_read(MMP_MSR_TRACE_COUNT));
    check(is_recorded(domain, where), "recorded", msr_read(MMP_MSR_TRACE_COUNT));
}

/* `value`: one that the register takes from domain 0. */
static void ring_register(int domain, const struct insn *insn, uint32_t msr, uint32_t value)
{
    struct start start;
    uint64_t count = msr_read(MMP_MSR_TRACE_COUNT);

    start_registers(&start);
    start.gpr[RCX] = msr;
    start.gpr[RAX] = value;
    start.gpr[RDX] = 0;
    msr_write(MMP_MSR_XSP, CALLSTACK);
    attack_from(domain, insn->code, &start);
    refused_exception(domain, GP, 0, insn->where);
    ring_goes_on(domain, count, insn->where);
}

static void ring_of(int domain)
{
    static const struct insn read = P(p_rdmsr), write = P(p_wrmsr);
    static const struct {
        uint32_t msr, value;
    } list[] = {{MMP_MSR_TRACE_BASE, OURS},
                {MMP_MSR_TRACE_SIZE, 0},
                {MMP_MSR_TRACE_SIZE, MMP_TRACE_BYTES},
                {MMP_MSR_TRACE_COUNT, 0}};

    for (unsigned i = 0; i < sizeof list / sizeof *list; i++) {
        ring_register(domain, &read, list[i].msr, list[i].value);
        ring_register(domain, &write, list[i].msr, list[i].value);
    }
}

static void trace_ring(void)
{
    uint64_t count;

    for (uint32_t addr = RING; addr < RING + RING_BYTES; addr += 8)
        *(uint64_t *)at(addr) = 0;
    msr_write(MMP_MSR_TRACE_BASE, RING);
    msr_write(MMP_MSR_TRACE_COUNT, 0);
    msr_write(MMP_MSR_TRACE_SIZE, RING_BYTES);
    ring_of(ALICE);
    ring_of(KEN);
    count = msr_read(MMP_MSR_TRACE_COUNT);
    attack(ALICE, m_load4, RING, 0);
    refused_access(ALICE, m_load4_at, MMP_ACCESS_LOAD, RING, 4);
    ring_goes_on(ALICE, count, m_load4_at);
    count = msr_read(MMP_MSR_TRACE_COUNT);
    attack(ALICE, m_store4, RING, 0);
    refused_access(ALICE, m_store4_at, MMP_ACCESS_STORE, RING, 4);
    ring_goes_on(ALICE, count, m_store4_at);
    msr_write(MMP_MSR_TRACE_SIZE, 0);
    msr_write(MMP_MSR_TRACE_BASE, 0);
    msr_write(MMP_MSR_TRACE_COUNT, 0);
}

/* Each raises #UD, but for a user's SYSRET: that it is privileged is found first (manual 9.3). */
static void system_calls_of_each(void)
{
    static const struct insn list[] = {P(p_syscall), P(p_sysenter), P(p_sysexit), P(p_sysret)};

    each(ALICE, list, 3, UD, 0);
    each(ALICE, list + 3, 1, GP, 0);
    each(KEN, list, 4, UD, 0);
}

static void system_calls(void)
{
    uint32_t efer = (uint32_t)msr_read(0xc0000080);

    system_calls_of_each();
    msr_write(0xc0000080, efer | 1); /* SCE and the registers that they would use */
    msr_write(0xc0000081, (uint64_t)0x0010000800000000);
    msr_write(0xc0000082, (uint64_t)p_cli);
    msr_write(0x174, 8);
    msr_write(0x176, (uint64_t)p_cli);
    system_calls_of_each();
    system_calls_of_each();
    msr_write(0xc0000080, efer);
}

static void software_interrupts(void)
{
    static const struct {
        struct insn insn;
        unsigned vector;
    } list[] = {{P(p_int_0), 0},        {P(p_int_gp), 13},   {P(p_int_mmp), 22},
                {P(p_int_timer), 0x20}, {P(p_int_80), 0x80}, {P(p_int3), 3}};

    for (unsigned i = 0; i < sizeof list / sizeof *list; i++) {
        attack(ALICE, list[i].insn.code, 0, 0);
        refused_exception(ALICE, GP, list[i].vector * 8 + 2, list[i].insn.where);
    }
}

/* On top of the stack: rip, cs, rflags, rsp, ss. */
static void from_the_stack(int domain, const char *code, uint64_t rip, uint64_t cs, uint64_t ss)
{
    uint64_t *top = (uint64_t *)(STACK_TOP - 64ull);

    top[0] = rip, top[1] = cs, top[2] = 2, top[3] = STACK_TOP - 64, top[4] = ss;
    attack(domain, code, OURS, 0);
}

static void iretq_to_ring_0(void)
{
    from_the_stack(ALICE, p_iretq, (uint64_t)p_cli, 0x08, 0x10);
    refused_exception(ALICE, GP, 0x08, p_iretq_at);
    from_the_stack(ALICE, p_iretq, (uint64_t)p_cli, 0, 0x23);
    refused_exception(ALICE, GP, 0, p_iretq_at);
}

static void iretq_within(void)
{
    /* x86's own; it pops no frame and stays in its domain: Ken cannot become a user that way either */
    extern const char p_cli[];
    from_the_stack(ALICE, p_iretq, (uint64_t)p_cli + 2, 0x1b, 0x23);
    refused_exception(ALICE, GP, 0, p_cli_at);
    check(trap_last.frames == 0, "frames", trap_last.frames);
}

static void far_to_ring_0(void)
{
    struct __attribute__((packed)) {
        uint32_t offset;
        uint16_t selector;
    } *pointer = (void *)at(OURS);

    pointer->offset = low(p_cli);
    pointer->selector = 0x08;
    attack(ALICE, p_ljmp, OURS, 0);
    refused_exception(ALICE, GP, 0x08, p_ljmp_at);
    attack(ALICE, p_lcall, OURS, 0);
    refused_exception(ALICE, GP, 0x08, p_lcall_at);
    from_the_stack(ALICE, p_lret, (uint64_t)p_cli, 0x08, 0);
    refused_exception(ALICE, GP, 0x08, p_lret_at);
    pointer->selector = 0x28; /* the task state */
    attack(ALICE, p_ljmp, OURS, 0);
    refused_exception(ALICE, GP, 0x28, p_ljmp_at);
}

static void far_within(void)
{
    struct __attribute__((packed)) {
        uint32_t offset;
        uint16_t selector;
    } *pointer = (void *)at(OURS);

    pointer->offset = low(p_cli) + 2;
    pointer->selector = 0x1b;
    attack(ALICE, p_ljmp, OURS, 0);
    may_register(RSP, STACK_TOP - 64);
    refused_exception(ALICE, GP, 0, p_cli_at);
    attack(ALICE, p_ljmp, WALL, 0);
    refused(ALICE, MMP_FAULT_PERMISSION, p_ljmp_at, WALL, 0);
    pointer->offset = OURS + 64; /* to what may not be executed */
    attack(ALICE, p_ljmp, OURS, 0);
    refused_fetch(ALICE, OURS + 64, OURS + 64);
}

static void flags_of_privilege(void)
{
    uint64_t *top = (uint64_t *)(STACK_TOP - 64ull);

    *top = 0x3202; /* IF and IOPL 3: not the user's to set */
    attack(ALICE, p_popfq, 0, 0);
    may_register(RSP, STACK_TOP - 56);
    may_word(STACK_TOP - 64, 0x3202, 0x3202);
    without_effect(p_popfq_end);
    attack(ALICE, p_cli, 0, 0);
    refused_exception(ALICE, GP, 0, p_cli_at);
}

static const struct attack list[] = {
    {"privileged instructions", "17 of them, in a user domain", "#GP(0)", privileged},
    {"MMP registers", "rdmsr and wrmsr of each, in a user domain", "#GP(0)", registers_of_a_user},
    {"MMP registers of a kernel domain", "the same at CPL 0", "#GP(0)", registers_of_a_kernel_domain},
    {"the trace ring",
     "rdmsr and wrmsr of its registers in user and kernel domains, load and store of a record",
     "#GP(0); PERMISSION; it goes on, and has recorded each", trace_ring},
    {"syscall, sysenter, sysret, sysexit",
     "from user and kernel domains, with and without their registers set up", "#UD; #GP for sysret at CPL 3",
     system_calls},
    {"int n", "vectors of exceptions, of the MMP fault and of the timer", "#GP(vector * 8 + 2)",
     software_interrupts},
    {"iretq to CPL 0", "a user domain's iretq to a kernel code segment", "#GP(selector); no frame popped",
     iretq_to_ring_0},
    {"iretq within a domain", "a user domain's iretq to its own code", "stays in the domain, pops no frame",
     iretq_within},
    {"far transfers to CPL 0", "far jmp, call, ret to a kernel code segment, jmp to a task", "#GP(selector)",
     far_to_ring_0},
    {"far jump within a domain", "to the own code, by a pointer that is denied, to data",
     "stays in the domain; PERMISSION", far_within},
    {"popf", "IF and IOPL in a user domain", "no effect", flags_of_privilege},
};
ATTACKS(on_privilege);

/* SPDX-License-Identifier: BSD-2-Clause */
#include "attacks.h"

#define UNDEFINED 6 /* vectors */
#define DEBUG 1
#define RF 0x10000u /* set in what faults push */

bool (*on_step)(struct trap *frame);

void trap_resume(uint64_t *frame) __attribute__((noreturn));
extern const char start_all[];
extern void domain_enter(struct entry *entry);

/* ---- The snapshot ---- */

static const struct {
    uint32_t start, end;
} watched[] = {{0x400000, 0x424000}, /* tables */
               {ARENA - 0x2000, ARENA + 0x22000},
               {ARENA + ARENA_BYTES - 0x2000, ARENA + ARENA_BYTES + 0x2000},
               {GATES - 0x1000, GATES + 0x2000},
               {STACK_LOW - 0x1000, STACK_LOW + 0x1000},
               {STACK_TOP - 0x3000, STACK_TOP + 0x1000},
               {CALLSTACK, CALLSTACK + CALLSTACK_FRAMES *MMP_XFRAME_BYTES},
               {SUPERVISOR_STACK - 0x1000, SUPERVISOR_STACK + 0x1000}};

static const uint32_t watched_msrs[] = {
    MMP_MSR_CTL, MMP_MSR_DTBASE,      MMP_MSR_DTCOUNT,      MMP_MSR_GWLO,         MMP_MSR_GWHI, MMP_MSR_STACK,
    MMP_MSR_SL,  MMP_MSR_FB,          MMP_MSR_XBASE,        MMP_MSR_XLIMIT,       MMP_MSR_XSP,  MMP_MSR_S0,
    MMP_MSR_SEL, MMP_MSR_COUNT_GATED, MMP_MSR_COUNT_PASSED, MMP_MSR_COUNT_RETURNS};
#define MSRS (sizeof watched_msrs / sizeof *watched_msrs)

static struct {
    bool taken;
    struct trap trap;
    uint64_t msr[MSRS], faults, memory;
    uint8_t sse[512] __attribute__((aligned(16)));
} before;
static uint8_t sse_now[512] __attribute__((aligned(16)));
static uint64_t allowed_reg[REGISTERS], allowed_memory;
static bool reg_is_allowed[REGISTERS];
static uint64_t allowed_flags;

static uint64_t weight(uint64_t addr, uint64_t word)
{
    uint64_t z = (word ^ addr * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;

    return z ^ z >> 29;
}

/* A sum over all that is watched, so that an allowed change can be added to it. The frame that the exception
 * itself has pushed is left out. */
uint64_t watched_sum(void)
{
    uint64_t own = msr_read(MMP_MSR_XSP) - MMP_XFRAME_BYTES, sum = 0;

    for (unsigned i = 0; i < sizeof watched / sizeof *watched; i++)
        for (uint64_t addr = watched[i].start; addr < watched[i].end; addr += 8)
            if (addr - own >= MMP_XFRAME_BYTES)
                sum += weight(addr, *(uint64_t *)addr);
    return sum;
}

static void forget_exceptions(void)
{
    allowed_memory = allowed_flags = 0;
    for (unsigned i = 0; i < REGISTERS; i++)
        reg_is_allowed[i] = false;
}

static void snapshot(void)
{
    before.trap = trap_last;
    for (unsigned i = 0; i < MSRS; i++)
        before.msr[i] = msr_read(watched_msrs[i]);
    before.faults = msr_read(MMP_MSR_COUNT_FAULTS);
    before.memory = watched_sum();
    __asm__ volatile("fxsave64 %0" : "=m"(before.sse));
    before.taken = true;
    forget_exceptions();
}

static uint64_t trap_register(const struct trap *trap, unsigned reg)
{
    return reg == RSP ? trap->rsp : (&trap->rax)[reg];
}

void may_register(unsigned reg, uint64_t value)
{
    reg_is_allowed[reg] = true;
    allowed_reg[reg] = value;
}

void may_flags(uint64_t mask)
{
    allowed_flags = mask;
}

void may_word(uint64_t addr, uint64_t old, uint64_t value)
{
    allowed_memory += weight(addr, value) - weight(addr, old);
}

static void registers_unchanged(void)
{
    static const char *const names[REGISTERS] = {"rax", "rcx", "rdx", "rbx", "rbp", "rsi", "rdi", "r8",
                                                 "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rsp"};

    if (!check(before.taken, "snapshot", 0))
        return;
    for (unsigned i = 0; i < REGISTERS; i++) {
        uint64_t now = trap_register(&trap_last, i);

        check(now == (reg_is_allowed[i] ? allowed_reg[i] : trap_register(&before.trap, i)), names[i], now);
    }
    check(((trap_last.rflags ^ before.trap.rflags) & ~(allowed_flags | RF)) == 0, "rflags", trap_last.rflags);
    check(trap_last.cs == before.trap.cs && trap_last.ss == before.trap.ss, "cs", trap_last.cs);
    check(trap_last.pd == before.trap.pd, "pd", trap_last.pd);
    check(trap_last.fb == before.trap.fb && trap_last.frames == before.trap.frames, "fb", trap_last.fb);
}

/* As it was when the trap was taken, before any other code ran. */
static struct {
    uint64_t msr[MSRS], faults, memory;
} after;

static void after_take(void)
{
    for (unsigned i = 0; i < MSRS; i++)
        after.msr[i] = msr_read(watched_msrs[i]);
    after.faults = msr_read(MMP_MSR_COUNT_FAULTS);
    after.memory = watched_sum();
    __asm__ volatile("fxsave64 %0" : "=m"(sse_now));
}

static void memory_unchanged(unsigned faults)
{
    for (unsigned i = 0; i < MSRS; i++)
        check(after.msr[i] == before.msr[i], "msr", watched_msrs[i]);
    check(after.faults == before.faults + faults, "faults", after.faults - before.faults);
    check(after.memory == before.memory + allowed_memory, "memory", after.memory);
    for (unsigned i = 0; i < 416; i++)
        if (!check(sse_now[i] == before.sse[i], "sse", i))
            break;
}

/* ---- Traps ---- */

void __real_trapped(const uint64_t *frame);
void __wrap_trapped(uint64_t *frame);
void __wrap_trapped(uint64_t *frame)
{
    struct trap *trap = (struct trap *)frame;

    __asm__ volatile("cld"); /* as compiled code expects; it is the domain's still */
    __real_trapped(frame);
    if (trap->vector == UNDEFINED && *(uint16_t *)trap->rip == 0x0b0f) {
        snapshot();
        trap->rip += 2;
        trap_resume(frame);
    }
    if ((trap->vector == DEBUG || trap->vector == LOCAL_TIMER) && on_step != NULL && on_step(trap))
        trap_resume(frame);
    if (before.taken)
        after_take();
}

/* ---- Outcomes ---- */

static void ended(int domain, unsigned faults)
{
    registers_unchanged();
    memory_unchanged(faults);
    check(trap_last.pd == (domain == NOBODY ? 0 : ID(domain)), "domain", trap_last.pd);
    before.taken = false;
    forget_exceptions();
}

void refused(int domain, unsigned kind, const void *rip, uint64_t addr, uint64_t gate)
{
    expect_fault(kind, rip, addr);
    check(trap_last.gate == gate, "gate", trap_last.gate);
    ended(domain, 1);
}

void refused_access(int domain, const void *rip, int access, uint64_t addr, unsigned size)
{
    expect_denied(rip, access, addr, size);
    check(trap_last.gate == 0, "gate", trap_last.gate);
    ended(domain, 1);
}

void refused_fetch(int domain, uint64_t rip, uint64_t addr)
{
    expect_fault(MMP_FAULT_PERMISSION, at(rip), addr);
    check((trap_last.info >> 8 & 3) == MMP_ACCESS_FETCH, "access", trap_last.info >> 8 & 3);
    ended(domain, 1);
}

void refused_exception(int domain, unsigned vector, uint64_t error, const void *rip)
{
    expect_exception(vector, rip);
    check(trap_last.error == error, "error", trap_last.error);
    ended(domain, 0);
}

void without_effect(const void *end)
{
    check(trap_last.vector == DONE, "vector", trap_last.vector);
    check(trap_last.rip == (uint64_t)end, "rip", trap_last.rip);
    ended(trap_last.pd & 0xff, 0);
}

/* ---- Running ---- */

void start_registers(struct start *start)
{
    for (unsigned i = 0; i < REGISTERS; i++)
        start->gpr[i] = 0x5151515100000000u + i;
    start->gpr[RSP] = STACK_TOP - 64;
    start->rflags = 2;
}

static void interrupt_frame(uint64_t where, uint16_t id)
{
    *(uint64_t *)(where + MMP_XFRAME_FB) = STACK_TOP;
    *(uint16_t *)(where + MMP_XFRAME_PD) = id;
    *(uint16_t *)(where + MMP_XFRAME_KIND) = MMP_XFRAME_INTERRUPT;
}

/* Two frames: domain_enter's own IRETQ stays in domain 0, where start_all loads every register and does
 * another. */
void attack_from(int domain, const void *code, const struct start *start)
{
    bool user = domain != NOBODY && domain != KEN;
    uint64_t xsp = msr_read(MMP_MSR_XSP);
    struct trap frame;
    struct entry entry = {
        .rip = (uint64_t)start_all, .cs = 8, .ss = 0x10, .rflags = 2, .rdi = (uint64_t)&frame};

    for (unsigned i = 0; i < RSP; i++)
        (&frame.rax)[i] = start->gpr[i];
    frame.rip = (uint64_t)code;
    frame.cs = user ? 0x1b : 0x08;
    frame.ss = user ? 0x23 : 0x10;
    frame.rsp = start->gpr[RSP];
    frame.rflags = start->rflags;
    interrupt_frame(xsp, domain == NOBODY ? 0 : ID(domain));
    *(uint64_t *)(xsp + MMP_XFRAME_FB) = msr_read(MMP_MSR_FB);
    interrupt_frame(xsp + MMP_XFRAME_BYTES, 0);
    *(uint64_t *)(xsp + MMP_XFRAME_BYTES + MMP_XFRAME_FB) = msr_read(MMP_MSR_FB);
    msr_write(MMP_MSR_XSP, xsp + 2 * MMP_XFRAME_BYTES);
    before.taken = false;
    domain_enter(&entry);
}

static void stack_start(void)
{
    msr_write(MMP_MSR_SL, STACK_LOW);
    msr_write(MMP_MSR_FB, STACK_TOP);
    msr_write(MMP_MSR_XBASE, CALLSTACK);
    msr_write(MMP_MSR_XSP, CALLSTACK);
    msr_write(MMP_MSR_XLIMIT, CALLSTACK + CALLSTACK_FRAMES * MMP_XFRAME_BYTES);
}

void attack(int domain, const void *code, uint64_t rdi, uint64_t rsi)
{
    struct start start;

    stack_start();
    start_registers(&start);
    start.gpr[RDI] = rdi;
    start.gpr[RSI] = rsi;
    attack_from(domain, code, &start);
}

void draw(int domain, unsigned gate)
{
    perm_change(domain, GATE(gate), GATE(gate + 1), MMP_PERM_RX);
}

/* ---- All of them ---- */

/* The command line, where multiboot's information of the start-up code is kept by harness.S. */
extern uint32_t boot_information;

bool boot_word(const char *word)
{
    const uint32_t *information = (const uint32_t *)(uint64_t)boot_information;
    const char *line = (const char *)(uint64_t)information[4];

    for (; *line; line++)
        for (unsigned i = 0; word[i] == line[i] || word[i] == 0; i++)
            if (word[i] == 0)
                return true;
    return false;
}

static void case_start(void)
{
    for (unsigned i = 1; i < sizeof watched / sizeof *watched; i++)
        for (uint64_t addr = watched[i].start; addr < watched[i].end; addr += 8)
            *(uint64_t *)addr = PATTERN;
    domains_start();
    stack_start();
    perm_change(ALICE, OURS, WALL, MMP_PERM_RW);
    on_step = NULL;
}

static void run_all(const struct attacks *attacks)
{
    for (unsigned i = 0; i < attacks->count; i++) {
        const struct attack *a = &attacks->list[i];

        print("row | ");
        print(a->name);
        print(" | ");
        print(a->tries);
        print(" | ");
        print(a->expected);
        print(" |\n");
        case_start();
        test(a->name);
        a->run();
        test_end();
    }
}

void run_attacks(void);
void run_attacks(void)
{
    static const struct attacks *const all[] = {
        &attacks_on_memory,  &attacks_on_fetches,   &attacks_on_gates,
        &attacks_on_returns, &attacks_on_privilege, &attacks_on_flags,
        &attacks_on_tables,  &attacks_on_caches,    &attacks_by_interrupt, &attacks_by_devices};

    machine_start();
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        run_all(all[i]);
    print(failures ? "done, failed\n" : "done\n");
    out8(0xf4, failures ? 1 : 0);
    for (;;)
        __asm__ volatile("hlt");
}

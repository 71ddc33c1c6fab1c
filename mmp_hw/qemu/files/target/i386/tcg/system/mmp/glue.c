/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The MMP unit of -cpu mmp: between the hardware model (model/, docs/mmp-manual.md) and this emulator. The model
 * decides; this file tells it what the processor does, and does to the processor what it says.
 *
 * 1. HF_MMP and HF_MMP_DOMAIN in hflags, the copies in CPUX86State and the softmmu's tables agree with the model's
 *    state whenever translated code runs: every change of that state ends in mmp_follow().
 * 2. Accesses of a mediated domain, and no others, have the MMU indices MMU_MMP_*_IDX.
 * 3. A fault is raised before the model or the processor has changed.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qapi/error.h"
#include "cpu.h"
#include "accel/tcg/cpu-ops.h"
#include "exec/address-spaces.h"
#include "exec/cpu_ldst.h"
#include "exec/cputlb.h"
#include "exec/exec-all.h"
#include "exec/helper-proto.h"
#include "exec/mmp-tlb.h"
#include "exec/page-protection.h"
#include "exec/tb-flush.h"
#include "hw/boards.h"
#include "hw/i386/x86.h"
#include "migration/blocker.h"
#include "system/runstate.h"
#include "tcg/helper-tcg.h"
#include "glue.h"
#include "trace.h"
#include "unit.h"

QEMU_BUILD_BUG_ON(MMP_ACCESS_LOAD != (int)MMU_DATA_LOAD);
QEMU_BUILD_BUG_ON(MMP_ACCESS_STORE != (int)MMU_DATA_STORE);
QEMU_BUILD_BUG_ON(MMP_ACCESS_FETCH != (int)MMU_INST_FETCH);
/* cpu_get_tb_cpu_state() knows where gate space is. */
QEMU_BUILD_BUG_ON(MMP_GATE_SPACE_OFFSET != 0x3f0000 || MMP_GATE_SPACE_BYTES != 0x10000);

#define ADDRESS_LIMIT (UINT64_C(1) << 47) /* beyond: not canonical, or the upper half */

static bool in_domain(CPUX86State *env)
{
    return env->hflags & HF_MMP_DOMAIN_MASK;
}

/* ---- What follows from the model's state (invariant 1) ---- */

static void mmp_follow(CPUX86State *env)
{
    struct mmp_state *s = mmp_state_of(env);
    CPUState *cs = env_cpu(env);

    if (env->mmp->followed != s->pdid) {
        trace_mmp_switch(env->mmp->followed, s->pdid);
        env->mmp->followed = s->pdid;
    }
    env->mmp_return_slot = s->fb - 8;
    if (!s->enabled || s->pdid == MMP_PD_SUPERVISOR) {
        env->hflags &= ~HF_MMP_DOMAIN_MASK;
        mmp_tlb_leave(cs);
    } else {
        env->hflags |= HF_MMP_DOMAIN_MASK;
        mmp_tlb_enter(cs, s->pdid & MMP_PD_USER ? MMU_MMP_USER_IDX : MMU_MMP_KERNEL_IDX, s->pdid, s->sl, s->fb);
    }
}

/* The flat segments of the running domain, and with them its privilege. */
static void mmp_segments(CPUX86State *env)
{
    struct mmp_state *s = mmp_state_of(env);
    int cpl = s->pdid & MMP_PD_USER ? 3 : 0;
    uint32_t cs = (cpl == 3 ? s->selectors >> 16 : s->selectors & 0xffff) | cpl;
    uint32_t common = DESC_G_MASK | DESC_P_MASK | DESC_S_MASK | DESC_A_MASK | (cpl << DESC_DPL_SHIFT);

    if (env->segs[R_CS].selector == cs && env->segs[R_SS].selector == cs + 8 &&
        (env->hflags & HF_CPL_MASK) == cpl) {
        return;
    }
    cpu_x86_load_seg_cache(env, R_CS, cs, 0, 0xffffffff, common | DESC_CS_MASK | DESC_R_MASK | DESC_L_MASK);
    cpu_x86_load_seg_cache(env, R_SS, cs + 8, 0, 0xffffffff, common | DESC_W_MASK | DESC_B_MASK);
}

/* ---- Faults ---- */

static G_NORETURN void mmp_raise(CPUX86State *env, const struct mmp_fault *fault, uintptr_t ra)
{
    mmp_fault_record(mmp_state_of(env), fault);
    trace_mmp_fault(fault->kind, fault->pdid, fault->access, fault->size, fault->addr, fault->gate);
    qemu_log_mask(CPU_LOG_INT, "MMP fault %u in domain %04x: access %u of %u at %" PRIx64 ", gate %" PRIx64 "\n",
                  fault->kind, fault->pdid, fault->access, fault->size, fault->addr, fault->gate);
    raise_exception_err_ra(env, MMP_VECTOR, fault->kind, ra);
}

/* ---- Permissions ---- */

/* May the running domain do this? If not: false if probe, else raises the fault. */
static bool mmp_allowed(CPUX86State *env, vaddr addr, int size, int access, bool probe, uintptr_t ra)
{
    struct mmp_fault fault;

    if (mmp_check(mmp_state_of(env), mmp_memory_of(env), addr, MAX(size, 1), access, &fault)) {
        return true;
    }
    if (!probe) {
        mmp_raise(env, &fault, ra);
    }
    return false;
}

bool x86_mmp_access_ok(CPUState *cs, vaddr addr, int size, MMUAccessType access_type, int mmu_idx, bool probe,
                       uintptr_t ra)
{
    CPUX86State *env = cpu_env(cs);
    bool told = env->mmp->machine && access_type != MMU_INST_FETCH;

    /* Before it is denied: that the machine's PLB would have allowed it is worth knowing. */
    if (told && !probe) {
        mmp_timing_data(env, addr, size, access_type, ra);
    }
    if (mmu_idx >= MMU_MMP_USER_IDX && addr < ADDRESS_LIMIT) {
        if (access_type != MMU_INST_FETCH && !told) {
            mmp_state_of(env)->count.mixed++;
        }
        if (!mmp_allowed(env, addr, size, access_type, probe, ra)) {
            return false;
        }
    } /* else not mediated; or x86's own checks, which come first, will deny it or have done so */
    if (told && probe) {
        mmp_timing_data(env, addr, size, access_type, ra);
    }
    return true;
}

bool x86_mmp_tlb_report(CPUX86State *env, int mmu_idx)
{
    return env->mmp && env->mmp->machine && mmu_idx != MMU_PHYS_IDX && mmu_idx != MMU_NESTED_IDX;
}

/* Of accesses that come later, one by one. */
static void mmp_steps_ok(CPUX86State *env, vaddr addr, int size, MMUAccessType access_type, uintptr_t ra)
{
    if (addr < ADDRESS_LIMIT) {
        mmp_allowed(env, addr, size, access_type, false, ra);
    }
}

void x86_mmp_store_ok(CPUX86State *env, vaddr addr, int size, uintptr_t ra)
{
    mmp_steps_ok(env, addr, size, MMU_DATA_STORE, ra);
}

void helper_mmp_stores(CPUX86State *env, target_ulong addr, uint32_t size)
{
    mmp_steps_ok(env, addr, size, MMU_DATA_STORE, GETPC());
}

/* ENTER pushes rbp and then, if level is not 0, copies level - 1 words from below rbp and pushes one more. */
void helper_mmp_enter(CPUX86State *env, uint32_t level, uint32_t size)
{
    uint32_t copied = level == 0 ? 0 : level - 1;

    for (uint32_t i = 1; i <= level + 1; i++) {
        mmp_steps_ok(env, env->regs[R_ESP] - i * size, size, MMU_DATA_STORE, GETPC());
        if (i <= copied) {
            mmp_steps_ok(env, env->regs[R_EBP] - i * size, size, MMU_DATA_LOAD, GETPC());
        }
    }
}

bool x86_mmp_tlb_fill(CPUX86State *env, vaddr addr, int size, MMUAccessType access_type, int mmu_idx,
                      CPUTLBEntryFull *full, bool probe, uintptr_t ra)
{
    static const int prot[] = { PAGE_READ, PAGE_WRITE, PAGE_EXEC };
    struct mmp_state *s = mmp_state_of(env);
    vaddr page_start = addr & TARGET_PAGE_MASK;
    bool stack_whole;
    struct mmp_page page;

    mmp_page_rights(s, mmp_memory_of(env), addr, &page);
    if (page.rights[access_type] == MMP_RIGHTS_NONE) {
        bool allowed;

        if (env->mmp->machine && access_type != MMU_INST_FETCH && !probe) {
            mmp_timing_data(env, addr, MAX(size, 1), access_type, ra);
        }
        allowed = mmp_allowed(env, addr, size, access_type, probe, ra);
        assert(!allowed);
        return false;
    }

    stack_whole = page.stack && s->sl <= page_start && page_start + TARGET_PAGE_SIZE <= s->fb;
    if (env->mmp->machine) {
        full->slow_flags[MMU_DATA_LOAD] = full->slow_flags[MMU_DATA_STORE] = TLB_MMP;
    }
    for (int access = 0; access < 3; access++) {
        switch (page.rights[access]) {
        case MMP_RIGHTS_NONE:
            full->prot &= ~prot[access];
            break;
        case MMP_RIGHTS_MIXED:
            full->slow_flags[access] = TLB_MMP;
            break;
        case MMP_RIGHTS_ALL:
            if (page.stack && !stack_whole && access != MMP_ACCESS_FETCH) {
                full->slow_flags[access] = TLB_MMP; /* changes when fb does */
            }
            break;
        }
    }
    if (stack_whole) {
        mmp_tlb_stack_page(env_cpu(env), mmu_idx, page_start);
    }
    /* However large the page is for paging, these rights are those of 4 KiB. */
    full->lg_page_size = TARGET_PAGE_BITS;
    return true;
}

/* ---- Crossings ---- */

/* The model works on the general registers themselves: it changes none before it knows that there is no fault. */
static struct mmp_cpu cpu_to_model(CPUX86State *env)
{
    QEMU_BUILD_BUG_ON(CPU_NB_REGS < 16 || sizeof(env->regs[0]) != sizeof(uint64_t));
    return (struct mmp_cpu) { .gpr = env->regs, .rip = env->eip, .rflags = cpu_compute_eflags(env) };
}

#define FLAGS_OF_CROSSINGS (IF_MASK | TF_MASK | NT_MASK | AC_MASK)

static void cpu_from_model(CPUX86State *env, const struct mmp_cpu *cpu)
{
    uint32_t flags = (env->eflags & ~FLAGS_OF_CROSSINGS) | (cpu->rflags & FLAGS_OF_CROSSINGS);
    CPUState *cs = env_cpu(env);

    /* Interrupts that waited for IF are taken before the next block begins. */
    if (flags & ~env->eflags & IF_MASK && qatomic_read(&cs->interrupt_request) != 0) {
        qatomic_set(&cs->neg.icount_decr.u16.high, -1);
    }
    env->eip = cpu->rip;
    env->eflags = flags;
    env->df = cpu->rflags & DF_MASK ? -1 : 1;
}

static void mmp_cross(CPUX86State *env, const struct mmp_cpu *cpu)
{
    cpu_from_model(env, cpu);
    mmp_segments(env);
    mmp_follow(env);
}

/*
 * What a record of the trace ring says of the time (manual 7.9). Whatever makes one is the last instruction of its block, or no
 * instruction: all that the block will have executed is counted already, and the virtual time may be asked.
 */
static void mmp_stamp(CPUX86State *env)
{
    struct mmp_ring *ring = &mmp_state_of(env)->ring;
    CPUState *cs = env_cpu(env);
    bool can_do_io;

    if (likely(ring->size == 0)) {
        return;
    }
    can_do_io = cs->neg.can_do_io;
    cs->neg.can_do_io = true;
    ring->time = cpu_get_tsc(env) + env->tsc_offset;
    cs->neg.can_do_io = can_do_io;
    ring->insns = env->mmp_insns;
}

bool x86_mmp_gate_at(CPUState *cs, vaddr addr)
{
    CPUX86State *env = cpu_env(cs);

    /* An instruction that only ends in gate space is none. */
    return env->eip == addr && mmp_is_gate(mmp_state_of(env), addr);
}

/* The only instruction of a block at env->eip, which is in gate space. */
void helper_mmp_gate(CPUX86State *env)
{
    struct mmp_state *s = mmp_state_of(env);
    struct mmp_machine *machine = env->mmp->machine;
    uintptr_t ra = GETPC();
    enum mmp_crossing crossing;
    struct mmp_fault fault;
    struct mmp_cpu cpu;

    /* The block may have been translated for another domain, and its page may be mixed. */
    if (!in_domain(env) || !mmp_tlb_fetches(env_cpu(env), cpu_mmu_index(env_cpu(env), true), env->eip)) {
        mmp_allowed(env, env->eip, 1, MMP_ACCESS_FETCH, false, ra);
    }
    if (machine) {
        mmp_machine_fetch(machine, env->eip, 4);
    }
    cpu = cpu_to_model(env);
    mmp_stamp(env);
    crossing = mmp_gate_enter(s, mmp_memory_of(env), &cpu, &fault);
    if (machine) {
        mmp_machine_gate(machine, env->eip, crossing);
    }
    switch (crossing) {
    case MMP_CROSSING_FAULT:
        mmp_raise(env, &fault, ra);
    case MMP_CROSSING_PASSED:
        trace_mmp_gate_pass(env->eip, s->pdid, cpu.rip);
        env->eip = cpu.rip;
        break;
    case MMP_CROSSING_CHANGED:
        trace_mmp_gate_cross(env->eip, env->mmp->followed, s->pdid, cpu.rip, cpu.gpr[R_ESP]);
        mmp_cross(env, &cpu);
        break;
    }
}

/* A near return with rsp at env->mmp_return_slot; popped has been loaded from there, rsp is as before. */
void helper_mmp_return(CPUX86State *env, target_ulong popped)
{
    struct mmp_cpu cpu = cpu_to_model(env);
    enum mmp_crossing crossing;
    struct mmp_fault fault;

    mmp_stamp(env);
    crossing = mmp_gate_return(mmp_state_of(env), mmp_memory_of(env), &cpu, popped, &fault);
    if (env->mmp->machine) {
        mmp_machine_return(env->mmp->machine, crossing);
    }
    if (crossing == MMP_CROSSING_FAULT) {
        mmp_raise(env, &fault, GETPC());
    }
    trace_mmp_gate_return(env->mmp->followed, mmp_state_of(env)->pdid, cpu.rip, cpu.gpr[R_ESP]);
    mmp_cross(env, &cpu);
}

void x86_mmp_interrupt(CPUX86State *env, target_ulong return_rip, uint32_t eflags)
{
    struct mmp_cpu cpu = cpu_to_model(env);
    CPUState *cs = env_cpu(env);

    cpu.rip = return_rip;
    cpu.rflags = eflags;
    mmp_stamp(env);
    if (!mmp_interrupt_enter(mmp_state_of(env), mmp_memory_of(env), &cpu)) {
        qemu_log_mask(CPU_LOG_INT | CPU_LOG_RESET, "MMP: no room for an interrupt frame, shutting down\n");
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        env->old_exception = -1;
        cs->exception_index = EXCP_HLT;
        cs->halted = 1;
        cpu_loop_exit(cs);
    }
    if (env->mmp->machine) {
        mmp_machine_interrupt(env->mmp->machine);
    }
    trace_mmp_interrupt(env->mmp->followed, return_rip);
    mmp_follow(env);
}

bool x86_mmp_iret_begin(CPUX86State *env, int shift, uintptr_t ra)
{
    MMPUnit *u = env->mmp;
    enum mmp_crossing crossing;
    struct mmp_fault fault;
    int cpl;

    if (!(env->hflags & HF_MMP_MASK) || in_domain(env)) {
        return false;
    }
    cpl = cpu_lduw_mmuidx_ra(env, env->regs[R_ESP] + (2 << shift), cpu_mmu_index(env_cpu(env), false), ra) & 3;
    u->next = u->state;
    crossing = mmp_interrupt_return(&u->next, &u->memory, cpl, &fault);
    if (crossing == MMP_CROSSING_FAULT) {
        if (u->machine) {
            mmp_machine_interrupt_return(u->machine, crossing);
        }
        mmp_raise(env, &fault, ra);
    }
    return true;
}

void x86_mmp_iret_end(CPUX86State *env)
{
    struct mmp_cpu cpu = cpu_to_model(env);
    uint16_t from = mmp_state_of(env)->pdid;

    env->mmp->state = env->mmp->next;
    mmp_stamp(env);
    mmp_interrupt_returned(mmp_state_of(env), mmp_memory_of(env), from, &cpu);
    if (env->mmp->machine) {
        mmp_machine_interrupt_return(env->mmp->machine, MMP_CROSSING_CHANGED);
    }
    trace_mmp_interrupt_return(env->mmp->state.pdid, env->eip);
    mmp_follow(env);
}

/* ---- Registers ---- */

bool x86_mmp_msr(uint32_t msr)
{
    return msr >= MMP_MSR_BASE && msr < MMP_MSR_END;
}

/* EN, the gate window or the domain table changed. */
static void mmp_control_changed(CPUX86State *env)
{
    struct mmp_state *s = mmp_state_of(env);
    CPUState *cs = env_cpu(env);
    uint64_t low = env->mmp_gate_low, size = env->mmp_gate_size;

    env->mmp_gate_low = s->gwlo;
    env->mmp_gate_size = s->gwhi > s->gwlo ? s->gwhi - s->gwlo : 0;
    env->hflags = s->enabled ? env->hflags | HF_MMP_MASK : env->hflags & ~HF_MMP_MASK;
    tlb_flush(cs);
    if (low != env->mmp_gate_low || size != env->mmp_gate_size) {
        tb_flush(cs); /* blocks whose last instruction ends where gate space begins now */
    }
    mmp_follow(env);
}

/* What tables may lie in: RAM below 4 GiB. */
static void mmp_memory_find(struct mmp_memory *m)
{
    const uint64_t probe = 0x100000; /* above the holes that PCs have below it */
    MemoryRegionSection section = memory_region_find(get_system_memory(), probe, 1);

    assert(section.mr != NULL && memory_region_is_ram(section.mr));
    m->base = (uint8_t *)memory_region_get_ram_ptr(section.mr) + section.offset_within_region - probe;
    m->size = X86_MACHINE(current_machine)->below_4g_mem_size;
    memory_region_unref(section.mr);
}

uint64_t x86_mmp_rdmsr(CPUX86State *env, uint32_t msr, uintptr_t ra)
{
    uint64_t value;

    if (!in_domain(env)) {
        if (msr == MMP_MSR_COUNT_INSNS) {
            return env->mmp_insns;
        }
        if ((env->mmp->machine && mmp_machine_msr_read(env->mmp->machine, msr, &value)) ||
            (env->mmp->dma && mmp_dma_msr_read(env->mmp->dma, msr, &value)) ||
            mmp_msr_read(mmp_state_of(env), msr, &value) == MMP_MSR_OK) {
            return msr == MMP_MSR_CAPS && env->mmp->dma ? value | MMP_CAPS_DMA : value;
        }
    }
    raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
}

void x86_mmp_wrmsr(CPUX86State *env, uint32_t msr, uint64_t value, uintptr_t ra)
{
    MMPUnit *u = env->mmp;
    CPUState *cs = env_cpu(env);
    struct mmp_invalidate inval;
    enum mmp_msr outcome;

    if (u->memory.base == NULL) {
        mmp_memory_find(&u->memory);
        mmp_tlb_init(cs, MMU_MMP_USER_IDX);
    }
    if (in_domain(env) ||
        (msr == MMP_MSR_CTL && value & MMP_CTL_EN && !(env->hflags & HF_LMA_MASK))) {
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
    if ((u->machine && mmp_machine_msr_write(u->machine, msr, value)) ||
        (u->dma && mmp_dma_msr_write(u->dma, msr, value))) {
        return;
    }
    mmp_stamp(env);
    outcome = mmp_msr_write(&u->state, &u->memory, msr, value, &inval);
    if (u->machine) {
        mmp_machine_msr_written(u->machine, msr, outcome, &inval);
    }
    switch (outcome) {
    case MMP_MSR_OK:
        break;
    case MMP_MSR_OK_STACK:
        mmp_follow(env); /* the TLBs of domains follow when they are entered */
        break;
    case MMP_MSR_OK_CONTROL:
        mmp_control_changed(env);
        break;
    case MMP_MSR_OK_INVALIDATE:
        trace_mmp_invalidate(inval.pdid, inval.addr, inval.size);
        mmp_tlb_invalidate(cs, inval.pdid, inval.addr, inval.size);
        break;
    case MMP_MSR_REFUSED:
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
}

void x86_mmp_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
    *eax = MMP_CPUID_MAGIC;
    *ebx = 1;
    *ecx = 0;
    *edx = 0;
}

/* ---- The processor ---- */

void x86_mmp_uncount_insns(CPUState *cs, int insns_left)
{
    CPUX86State *env = cpu_env(cs);

    if (env->mmp && env_archcpu(env)->mmp_options.count) {
        env->mmp_insns -= insns_left;
    }
}

void x86_mmp_reset(CPUX86State *env)
{
    mmp_reset(mmp_state_of(env));
    env->mmp->followed = MMP_PD_SUPERVISOR;
    env->mmp_insns = 0;
    env->mmp_gate_low = env->mmp_gate_size = 0;
    env->mmp_return_slot = -8;
    if (env->mmp->machine) {
        mmp_machine_reset(env->mmp->machine);
    }
    if (env->mmp->dma) {
        mmp_dma_reset(env->mmp->dma);
    }
    if (env_cpu(env)->mmp_tlb) {
        mmp_tlb_leave(env_cpu(env));
    }
}

bool x86_mmp_realize(X86CPU *cpu, Error **errp)
{
    static Error *blocker;

    if (!object_dynamic_cast(OBJECT(cpu), X86_CPU_TYPE_NAME("mmp"))) {
        return true;
    }
#ifdef __x86_64__
    /* A store of 16 bytes must be one step, so that it is denied as a whole. */
    if (!__builtin_cpu_supports("avx")) {
        warn_report("-cpu mmp: this host has no AVX: half of a denied 16-byte store may be done");
    }
#endif
    if (current_machine->smp.max_cpus > 1) {
        error_setg(errp, "-cpu mmp is one processor: MMP defines no others yet");
        return false;
    }
    error_setg(&blocker, "-cpu mmp cannot be saved or migrated: the state of its MMP unit is not");
    if (migrate_add_blocker(&blocker, errp) < 0) {
        return false;
    }
    cpu->env.mmp = g_new0(MMPUnit, 1);
    if (!mmp_timing_realize(&cpu->env, &cpu->mmp_options, errp)) {
        return false;
    }
    x86_mmp_reset(&cpu->env);
    mmp_gdb_init(CPU(cpu));
    return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The MMP unit of -cpu mmp: what the rest of target/i386 calls. All functions but x86_mmp_realize need env->mmp.
 */
#ifndef I386_TCG_MMP_GLUE_H
#define I386_TCG_MMP_GLUE_H

#include "cpu.h"

/* Gives the processor an MMP unit if it is of the model that has one. */
bool x86_mmp_realize(X86CPU *cpu, Error **errp);

void x86_mmp_reset(CPUX86State *env);

/* For CPUID. */
void x86_mmp_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);

/* Is it one of the unit's registers? Then the other two serve it; they raise #GP(0). */
bool x86_mmp_msr(uint32_t msr);
uint64_t x86_mmp_rdmsr(CPUX86State *env, uint32_t msr, uintptr_t ra);
void x86_mmp_wrmsr(CPUX86State *env, uint32_t msr, uint64_t value, uintptr_t ra);

/*
 * Narrows a translation that paging has granted to what the running domain may do with the page. If that leaves
 * nothing for this access: false if probe, else raises the fault.
 */
bool x86_mmp_tlb_fill(CPUX86State *env, vaddr addr, int size, MMUAccessType access_type, int mmu_idx,
                      CPUTLBEntryFull *full, bool probe, uintptr_t ra);

/* With model=on: is each access through that index, which is no mediated domain's, told to the machine? */
bool x86_mmp_tlb_report(CPUX86State *env, int mmu_idx);

/*
 * For instructions that store in several steps: raises the fault if the running domain, a mediated one, may not store
 * to all of [addr, addr + size).
 */
void x86_mmp_store_ok(CPUX86State *env, vaddr addr, int size, uintptr_t ra);

/* TCGCPUOps */
bool x86_mmp_access_ok(CPUState *cs, vaddr addr, int size, MMUAccessType access_type, int mmu_idx, bool probe,
                       uintptr_t ra);
bool x86_mmp_gate_at(CPUState *cs, vaddr addr);
void x86_mmp_uncount_insns(CPUState *cs, int insns_left);

/*
 * An interrupt or exception is being delivered: all of its checks and pushes are done, nothing else is. Enters
 * domain 0, or does not return: the processor shuts down.
 */
void x86_mmp_interrupt(CPUX86State *env, target_ulong return_rip, uint32_t eflags);

/*
 * IRET: begin checks, and raises the fault; end, after x86's own part has succeeded, changes the domain. Both do
 * nothing but in domain 0 of an enabled unit: then begin returns true.
 */
bool x86_mmp_iret_begin(CPUX86State *env, int shift, uintptr_t ra);
void x86_mmp_iret_end(CPUX86State *env);

#endif

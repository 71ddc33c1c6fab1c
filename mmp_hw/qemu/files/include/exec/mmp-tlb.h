/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Cached translations of MMP domains (docs/mmp-manual.md 4.6).
 *
 * All mediated domains of one privilege share one MMU index. What the softmmu caches for the domain that runs, its
 * TLB and its jump cache, is swapped when another domain is entered; that of the others is parked here, under the
 * domain's tag, and survives until something invalidates it. So a crossing flushes nothing.
 *
 * 1. Whatever is in the softmmu's tables for the two MMU indices belongs to the domains in installed[].
 * 2. A parked set is used again only if no flush has happened since it was parked; entries that allow a fast store
 *    lose that when dirty tracking was reset meanwhile.
 * 3. A page that is accessible only because it lies in [sl, fb) is in a TLB only while all of it still does.
 * 4. Domain 0 has a jump cache of its own and uses other MMU indices.
 */
#ifndef EXEC_MMP_TLB_H
#define EXEC_MMP_TLB_H

#include "exec/vaddr.h"

/* For the only processor; user_idx and user_idx + 1 are the MMU indices of mediated domains. */
void mmp_tlb_init(CPUState *cpu, int user_idx);

/* The domain runs under mmu_idx from now on, with these stack registers. */
void mmp_tlb_enter(CPUState *cpu, int mmu_idx, uint16_t tag, vaddr sl, vaddr fb);

/* Domain 0 runs from now on. */
void mmp_tlb_leave(CPUState *cpu);

/* The domain that runs is about to get a TLB entry for a page that [sl, fb) makes accessible. */
void mmp_tlb_stack_page(CPUState *cpu, int mmu_idx, vaddr page);

/* Forget what is cached of [addr, addr + size) for the domain, or for every one if tag is 0. */
void mmp_tlb_invalidate(CPUState *cpu, uint16_t tag, vaddr addr, uint64_t size);

/* The jump cache of this processor has been flushed: so must those that are parked. */
void mmp_jmp_cache_flushed(CPUState *cpu);

/* Is it cached that the domain that runs under mmu_idx may fetch from the whole page? */
bool mmp_tlb_fetches(CPUState *cpu, int mmu_idx, vaddr addr);

/* Domains whose translations are cached, for the monitor. */
unsigned mmp_tlb_sets(CPUState *cpu);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the glue share: the MMP unit itself.
 */
#ifndef I386_TCG_MMP_UNIT_H
#define I386_TCG_MMP_UNIT_H

#include "model/machine.h"
#include "model/model.h"
#include "options.h"

typedef struct MMPUnit {
    struct mmp_state state;
    struct mmp_state next; /* between x86_mmp_iret_begin and x86_mmp_iret_end */
    struct mmp_memory memory;
    struct mmp_machine *machine; /* with model=on, else NULL */
    struct MMPDMA *dma; /* with -device mmp-dma, else NULL */
    uint16_t followed; /* the domain at the last mmp_follow() */
} MMPUnit;

/* timing.c: makes the machine, if the options want one; tells it an access that is allowed. */
bool mmp_timing_realize(CPUX86State *env, const MMPOptions *options, Error **errp);
void mmp_timing_data(CPUX86State *env, vaddr addr, int size, MMUAccessType access_type, uintptr_t ra);

/*
 * timing.c, with model=on: a device of that domain asks whether it may read or write at addr. What devices have
 * written is told by exec/mmp-memory.h.
 */
void mmp_timing_device(CPUX86State *env, uint16_t id, uint64_t addr, int access);

/*
 * dma.c: the registers of -device mmp-dma. False: not one of them, or not to be read or written so. Reset: no device
 * has a domain, there was no fault.
 */
bool mmp_dma_msr_read(const struct MMPDMA *s, uint32_t msr, uint64_t *value);
bool mmp_dma_msr_write(struct MMPDMA *s, uint32_t msr, uint64_t value);
void mmp_dma_reset(struct MMPDMA *s);

/* gdb.c: shows the registers to gdb. */
void mmp_gdb_init(CPUState *cs);

static inline struct mmp_state *mmp_state_of(CPUX86State *env)
{
    return &env->mmp->state;
}

static inline const struct mmp_memory *mmp_memory_of(CPUX86State *env)
{
    return &env->mmp->memory;
}

#endif

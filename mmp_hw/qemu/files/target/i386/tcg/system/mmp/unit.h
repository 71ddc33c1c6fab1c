/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the glue share: the MMP unit itself.
 */
#ifndef I386_TCG_MMP_UNIT_H
#define I386_TCG_MMP_UNIT_H

#include "model/model.h"

#define MMP_FAULT_KINDS 16

typedef struct MMPUnit {
    struct mmp_state state;
    struct mmp_state next; /* between x86_mmp_iret_begin and x86_mmp_iret_end */
    struct mmp_memory memory;
    uint16_t followed; /* the domain at the last mmp_follow() */
    uint64_t faults[MMP_FAULT_KINDS]; /* raised since reset, by kind */
} MMPUnit;

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

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where cycles go (manual 11.2): an account by cause and by domain.
 */
#ifndef MMP_CYCLES_H
#define MMP_CYCLES_H

#include "machine.h"

#define MMP_TAGS 65536u

struct mmp_cycles {
    struct mmp_machine_counts *counts; /* cycles and by_cause are this file's */
    uint64_t *of;                      /* of each tag */
    uint16_t payer;                    /* domain that pays now */
};

static inline void mmp_cycles_pay(struct mmp_cycles *c, enum mmp_cause cause, uint64_t cycles)
{
    c->counts->cycles += cycles;
    c->counts->by_cause[cause] += cycles;
    c->of[c->payer] += cycles;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The gate lookaside buffer (manual 11.5): gate records and the descriptors of their callees, by the gate's
 * address; fully associative, the least recently used leaves. It is coherent: what is written to either drops
 * the entry.
 */
#ifndef MMP_GLB_H
#define MMP_GLB_H

#include "machine.h"

struct mmp_glb_entry {
    uint64_t gate, descriptor; /* addresses; descriptor 0: the gate leads to domain 0 */
    uint64_t used;             /* 0: empty */
};

struct mmp_glb {
    struct mmp_glb_entry *entry;
    uint32_t entries;
    uint64_t clock;
};

bool mmp_glb_shape_ok(const struct mmp_glb_shape *shape);
void mmp_glb_make(struct mmp_glb *glb, const struct mmp_glb_shape *shape, struct mmp_glb_entry *storage);

/* Uses the gate: was it there? If not, it is now, with that descriptor. */
bool mmp_glb_use(struct mmp_glb *glb, uint64_t gate, uint64_t descriptor);

/* Drops what was read from [start, end); returns how many entries. */
unsigned mmp_glb_written(struct mmp_glb *glb, uint64_t start, uint64_t end);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine's inside, for the files that make it up. The contract with the world is machine.h.
 */
#ifndef MMP_MACHINE_PARTS_H
#define MMP_MACHINE_PARTS_H

#include "cache.h"
#include "cycles.h"
#include "glb.h"
#include "machine.h"
#include "parts.h"
#include "plb.h"
#include "stacktop.h"

#define MMP_SIDECARS 17 /* by register: the 16 general ones, rip last; by access: MMP_ACCESS_* */
#define MMP_SIDECAR_RIP 16
#define MMP_FRAMES_MAX 64

struct mmp_machine {
    struct mmp_machine_shape shape;
    const struct mmp_state *state;
    const struct mmp_memory *memory;
    mmp_stale_report *report;
    void *opaque;

    struct mmp_machine_counts counts;
    struct mmp_cycles cycles;
    struct mmp_cache l1i, l1d, l2;
    struct mmp_plb plb;
    struct {
        struct mmp_plb_key key;
        struct mmp_plb_value value;
    } sidecar[MMP_SIDECARS];
    struct mmp_glb glb;
    struct mmp_stacktop top;
    uint16_t cycles_tag; /* MMP_CYCLES_TAG */
};

/* The hardware reads or writes [addr, addr + bytes), at most a line or two, through the data cache. */
void mmp_machine_reference(struct mmp_machine *mc, uint64_t addr, uint32_t bytes, enum mmp_cause cause);

/* ---- check.c ---- */

struct mmp_checker {
    uint16_t tag;
    uint32_t root;
    bool processor; /* else a device: no sidecar registers, stack registers or cycles */
};

/* Looks [addr, addr + bytes) up; sidecar is an index of sidecar, or one past the last for none. */
void mmp_machine_check(struct mmp_machine *mc, const struct mmp_checker *who, uint64_t addr, uint64_t bytes,
                       int access, unsigned sidecar);

void mmp_machine_forget(struct mmp_machine *mc, uint16_t tag, uint64_t start, uint64_t end);

#endif

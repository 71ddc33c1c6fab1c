/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine around the MMP unit, as the papers' performance model has it: caches, the protection lookaside
 * buffer (PLB), the gate lookaside buffer (GLB), the top of the call stack on chip, and what each event costs
 * (manual 11; the Mondrix slides, "Performance Model"). It watches and counts. It never decides: faults are
 * model.h's, and a program does the same with it and without it. The same calls give the same counts.
 *
 * This is the one header that an emulator needs. It calls mmp_machine_* after model.h has done the event and
 * before the next one; the machine reads the unit's state and memory then, and writes neither.
 *
 * Invariants:
 * 1. cycles is the sum of by_cause, and the sum of the cycles of all domains.
 * 2. Nothing here has a static variable or takes memory: all state is in the storage given to
 * mmp_machine_make.
 */
#ifndef MMP_MACHINE_H
#define MMP_MACHINE_H

#include "model.h"

/* ---- What the machine is made of ---- */

/* A cache holds bytes / line lines; bytes, ways and line are powers of two, ways * line <= bytes, 8 <= line.
 */
struct mmp_cache_shape {
    uint32_t bytes, ways, line;
};

enum mmp_replacement { MMP_REPLACE_LRU, MMP_REPLACE_ROUND_ROBIN, MMP_REPLACE_RANDOM };

/* entries is a multiple of ways, entries / ways a power of two; ways == entries is fully associative. At most
 * 65536. */
struct mmp_plb_shape {
    uint32_t entries, ways;
    uint32_t sizes; /* bit n: an entry may cover a naturally aligned range of 2^n bytes; some n <= 6, none <
                       2, > 22 */
    enum mmp_replacement replacement;
};

struct mmp_glb_shape {
    uint32_t entries; /* fully associative, LRU; 1 to 4096 */
};

/* Sidecar registers of the first MMP design: each keeps the PLB entry last used through it. */
enum mmp_sidecars {
    MMP_SIDECAR_NONE,
    MMP_SIDECAR_BY_ACCESS,   /* one each for fetches, loads and stores */
    MMP_SIDECAR_BY_REGISTER, /* one for rip and one for each address register */
};

/* Cycles beyond the one of the instruction. */
struct mmp_costs {
    uint32_t l1_miss, l2_miss;        /* an access that misses both pays both */
    uint32_t table_reference;         /* of a walk, a GLB refill, a spill, a fill: besides its cache misses */
    uint32_t pass, call, gate_return; /* through a gate within a domain, across; back */
    uint32_t interrupt, interrupt_return;
};

struct mmp_machine_shape {
    struct mmp_cache_shape l1i, l1d, l2;
    struct mmp_plb_shape plb;
    struct mmp_glb_shape glb;
    uint32_t frames; /* of the call stack that are on chip; 0 to 64 */
    enum mmp_sidecars sidecars;
    struct mmp_costs costs;
    bool stale_check; /* compare each hit with the table: slow, and changes no count but stale and outgrown */
};

/* L1 16 KB 4-way, L2 2 MB 8-way, 64-byte lines, 16 and 200 cycles: Mondrix's. The rest, that the papers leave
 * open, is manual 11's. */
extern const struct mmp_machine_shape mmp_machine_mondrix;

/* ---- What it counts ---- */

enum mmp_cause {
    MMP_CAUSE_INSTRUCTION, /* one each */
    MMP_CAUSE_FETCH,       /* cache misses of fetches */
    MMP_CAUSE_DATA,        /* cache misses of loads and stores */
    MMP_CAUSE_PLB,         /* walks of the permission tables */
    MMP_CAUSE_GATE,        /* gates and returns, with GLB refills, spills and fills */
    MMP_CAUSE_INTERRUPT,   /* interrupts and their returns, with spills and fills */
    MMP_CAUSES
};

struct mmp_cache_counts {
    uint64_t hits, misses; /* of lines: an access that touches two lines counts twice */
};

struct mmp_machine_counts {
    uint64_t cycles, by_cause[MMP_CAUSES];
    uint64_t
        references[3]; /* instructions fetched, loads, stores of software; by MMP_ACCESS_*, as are the next */
    uint64_t checked[3]; /* those by mediated domains */
    struct mmp_cache_counts l1i, l1d, l2;

    /* PLB. A lookup is made for each range that an access touches; lookups = hits + misses. */
    uint64_t plb_hits, plb_misses;
    uint64_t plb_confirmed; /* hits that denied and were therefore looked up in the table */
    uint64_t plb_refills;   /* entries written: a malformed walk writes none */
    uint64_t plb_evicted;   /* entries that a refill replaced, in a full set or because their ranges met */
    uint64_t plb_invalidations, plb_invalidated; /* times software asked; entries dropped for it */
    uint64_t sidecar_hits;                       /* lookups of the PLB that were not made */
    uint64_t table_references;                   /* words of the permission tables that walks read */
    uint64_t stale; /* hits that allowed what the table denies: an invalidation was forgotten (stale_check) */
    uint64_t outgrown; /* hits that denied what the table allows: no error (manual 4.6) */

    /* Gates */
    uint64_t glb_hits, glb_misses;
    uint64_t glb_dropped; /* entries whose record or descriptor software wrote */
    uint64_t frames_spilled, frames_filled;
    uint64_t passes, calls, returns, interrupts, interrupt_returns;

    /* Devices */
    uint64_t device_references;
};

/* A stale hit: what the PLB said of the word and what the table says (MMP_PERM_*; malformed counts as NONE).
 */
struct mmp_stale {
    uint64_t addr; /* of the word */
    uint16_t tag;
    uint8_t access, cached, table;
    bool sidecar; /* it was in a sidecar register */
};
typedef void mmp_stale_report(void *opaque, const struct mmp_stale *stale);

/* ---- Life ---- */

struct mmp_machine;

/* Bytes of storage, 16-byte aligned, for a machine of that shape; 0: no such machine can be made. */
size_t mmp_machine_bytes(const struct mmp_machine_shape *shape);

/* Makes a machine with empty caches and counts of zero. state and memory are looked at during the calls below
 * and outlive it; report may be NULL. */
struct mmp_machine *mmp_machine_make(void *storage, const struct mmp_machine_shape *shape,
                                     const struct mmp_state *state, const struct mmp_memory *memory,
                                     mmp_stale_report *report, void *opaque);

/* As after make; also what a reset of the processor does. */
void mmp_machine_reset(struct mmp_machine *mc);

/* ---- Events. The domain is the one that state says is running. ---- */

#define MMP_MACHINE_NO_REGISTER 16 /* an address that is in none of the 16 general registers */

/* One instruction is executed that lies at [addr, addr + bytes); of a gate, its first word: 4 bytes. Once for
 * each iteration of a rep string instruction, if cycles are wanted for each. */
void mmp_machine_fetch(struct mmp_machine *mc, uint64_t addr, uint32_t bytes);

/* It reads or writes [addr, addr + bytes); reg is the base register, in x86 encoding order. Accesses that
 * fault may be reported or not; if so, before the fault is delivered. The hardware's own reads and writes
 * (gate records, frames, return addresses of crossings, interrupt pushes) are not reported. bytes 0 is
 * nothing. */
void mmp_machine_load(struct mmp_machine *mc, uint64_t addr, uint32_t bytes, unsigned reg);
void mmp_machine_store(struct mmp_machine *mc, uint64_t addr, uint32_t bytes, unsigned reg);

/* After mmp_gate_enter: the gate's address and what came of it. */
void mmp_machine_gate(struct mmp_machine *mc, uint64_t gate, enum mmp_crossing crossing);

/* After mmp_gate_return, likewise; after mmp_interrupt_enter that had room; after mmp_interrupt_return. */
void mmp_machine_return(struct mmp_machine *mc, enum mmp_crossing crossing);
void mmp_machine_interrupt(struct mmp_machine *mc);
void mmp_machine_interrupt_return(struct mmp_machine *mc, enum mmp_crossing crossing);

/* After mmp_msr_write of any register; inval counts for MMP_MSR_OK_INVALIDATE. */
void mmp_machine_msr_written(struct mmp_machine *mc, uint32_t msr, enum mmp_msr outcome,
                             const struct mmp_invalidate *inval);

/* MMP_INVAL, as msr_written does it. */
void mmp_machine_invalidate(struct mmp_machine *mc, const struct mmp_invalidate *inval);

/* A device of that tag (root: its table) reads or writes memory: checked through the PLB, 0: unchecked. Takes
 * no cycles of the processor; lines that it writes leave the caches. */
void mmp_machine_device(struct mmp_machine *mc, uint16_t tag, uint32_t root, uint64_t addr, uint64_t bytes,
                        int access);

/* ---- Reading ---- */

const struct mmp_machine_counts *mmp_machine_counts(const struct mmp_machine *mc);

/* Cycles spent under that tag; a crossing is paid by the domain that it leaves. */
uint64_t mmp_machine_cycles_of(const struct mmp_machine *mc, uint16_t tag);

/* The registers that exist in model mode only (manual 8.4). False: not one of them, or a value out of range.
 * The instruction counter stays the processor's. */
bool mmp_machine_msr_read(const struct mmp_machine *mc, uint32_t msr, uint64_t *value);
bool mmp_machine_msr_write(struct mmp_machine *mc, uint32_t msr, uint64_t value);

#endif

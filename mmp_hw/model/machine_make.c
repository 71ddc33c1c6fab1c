/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Making a machine: its shape, and where its parts lie in the storage. And reading what it counted.
 */
#include "machine_parts.h"

const struct mmp_machine_shape mmp_machine_mondrix = {
    .l1i = {16384, 4, 64},
    .l1d = {16384, 4, 64},
    .l2 = {2097152, 8, 64},
    .plb = {.entries = 64,
            .ways = 64,
            .sizes = 0x7fffc0,
            .replacement = MMP_REPLACE_LRU}, /* 64 bytes to 4 MiB */
    .glb = {.entries = 64},
    .frames = 8,
    .sidecars = MMP_SIDECAR_NONE,
    .costs = {.l1_miss = 16, .l2_miss = 200, .table_reference = 1, .call = 4, .gate_return = 4},
};

#define ALIGN 16

static size_t padded(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static bool shape_ok(const struct mmp_machine_shape *shape)
{
    return mmp_cache_shape_ok(&shape->l1i) && mmp_cache_shape_ok(&shape->l1d) &&
           mmp_cache_shape_ok(&shape->l2) && mmp_plb_shape_ok(&shape->plb) && mmp_glb_shape_ok(&shape->glb) &&
           shape->frames <= MMP_FRAMES_MAX && shape->sidecars <= MMP_SIDECAR_BY_REGISTER;
}

/* Bytes of each part, in the order in which they lie. */
enum part { MACHINE, L1I, L1D, L2, PLB, GLB, CYCLES, PARTS };

static size_t part_bytes(const struct mmp_machine_shape *shape, enum part part)
{
    const size_t bytes[PARTS] = {sizeof(struct mmp_machine),
                                 mmp_cache_words(&shape->l1i) * sizeof(uint64_t),
                                 mmp_cache_words(&shape->l1d) * sizeof(uint64_t),
                                 mmp_cache_words(&shape->l2) * sizeof(uint64_t),
                                 mmp_plb_bytes(&shape->plb),
                                 shape->glb.entries * sizeof(struct mmp_glb_entry),
                                 MMP_TAGS * sizeof(uint64_t)};

    return padded(bytes[part]);
}

static void *part_at(struct mmp_machine *mc, enum part part)
{
    uint8_t *at = (uint8_t *)mc;

    for (int before = MACHINE; before < (int)part; before++)
        at += part_bytes(&mc->shape, (enum part)before);
    return at;
}

size_t mmp_machine_bytes(const struct mmp_machine_shape *shape)
{
    size_t bytes = 0;

    if (!shape_ok(shape))
        return 0;
    for (int part = MACHINE; part < PARTS; part++)
        bytes += part_bytes(shape, (enum part)part);
    return bytes;
}

void mmp_machine_reset(struct mmp_machine *mc)
{
    mc->counts = (struct mmp_machine_counts){.cycles = 0};
    mc->cycles = (struct mmp_cycles){.counts = &mc->counts, .of = part_at(mc, CYCLES)};
    memset(mc->cycles.of, 0, MMP_TAGS * sizeof *mc->cycles.of);
    mc->cycles_tag = 0;
    mmp_cache_make(&mc->l1i, &mc->shape.l1i, part_at(mc, L1I));
    mmp_cache_make(&mc->l1d, &mc->shape.l1d, part_at(mc, L1D));
    mmp_cache_make(&mc->l2, &mc->shape.l2, part_at(mc, L2));
    mmp_plb_make(&mc->plb, &mc->shape.plb, part_at(mc, PLB));
    memset(mc->sidecar, 0, sizeof mc->sidecar);
    mmp_glb_make(&mc->glb, &mc->shape.glb, part_at(mc, GLB));
    mc->top = (struct mmp_stacktop){.frames = mc->shape.frames};
}

struct mmp_machine *mmp_machine_make(void *storage, const struct mmp_machine_shape *shape,
                                     const struct mmp_state *state, const struct mmp_memory *memory,
                                     mmp_stale_report *report, void *opaque)
{
    struct mmp_machine *mc = storage;

    memset(mc, 0, sizeof *mc);
    mc->shape = *shape;
    mc->state = state;
    mc->memory = memory;
    mc->report = report;
    mc->opaque = opaque;
    mmp_machine_reset(mc);
    return mc;
}

const struct mmp_machine_counts *mmp_machine_counts(const struct mmp_machine *mc)
{
    return &mc->counts;
}

uint64_t mmp_machine_cycles_of(const struct mmp_machine *mc, uint16_t tag)
{
    return mc->cycles.of[tag];
}

/* ---- Registers (manual 8.4) ---- */

/* The counter behind each register, by its place from MMP_MSR_CYCLES on; 0: there is none, or it is no
 * counter. */
#define COUNTER(msr, field) [(msr)-MMP_MSR_CYCLES] = offsetof(struct mmp_machine_counts, field) + 1
#define CAUSE(msr, cause) COUNTER(msr, by_cause) + (cause) * sizeof(uint64_t)
#define KIND(msr, field, access) COUNTER(msr, field) + (access) * sizeof(uint64_t)

static const uint16_t counter[MMP_MSR_END - MMP_MSR_CYCLES] = {
    COUNTER(MMP_MSR_CYCLES, cycles),
    CAUSE(MMP_MSR_CYCLES_INSTRUCTION, MMP_CAUSE_INSTRUCTION),
    CAUSE(MMP_MSR_CYCLES_FETCH, MMP_CAUSE_FETCH),
    CAUSE(MMP_MSR_CYCLES_DATA, MMP_CAUSE_DATA),
    CAUSE(MMP_MSR_CYCLES_PLB, MMP_CAUSE_PLB),
    CAUSE(MMP_MSR_CYCLES_GATE, MMP_CAUSE_GATE),
    CAUSE(MMP_MSR_CYCLES_INTERRUPT, MMP_CAUSE_INTERRUPT),
    KIND(MMP_MSR_COUNT_LOADS, references, MMP_ACCESS_LOAD),
    KIND(MMP_MSR_COUNT_STORES, references, MMP_ACCESS_STORE),
    KIND(MMP_MSR_COUNT_FETCHES, references, MMP_ACCESS_FETCH),
    KIND(MMP_MSR_COUNT_CHECKED_LOADS, checked, MMP_ACCESS_LOAD),
    KIND(MMP_MSR_COUNT_CHECKED_STORES, checked, MMP_ACCESS_STORE),
    KIND(MMP_MSR_COUNT_CHECKED_FETCHES, checked, MMP_ACCESS_FETCH),
    COUNTER(MMP_MSR_COUNT_L1I_HITS, l1i.hits),
    COUNTER(MMP_MSR_COUNT_L1I_MISSES, l1i.misses),
    COUNTER(MMP_MSR_COUNT_L1D_HITS, l1d.hits),
    COUNTER(MMP_MSR_COUNT_L1D_MISSES, l1d.misses),
    COUNTER(MMP_MSR_COUNT_L2_HITS, l2.hits),
    COUNTER(MMP_MSR_COUNT_L2_MISSES, l2.misses),
    COUNTER(MMP_MSR_COUNT_PLB_HITS, plb_hits),
    COUNTER(MMP_MSR_COUNT_PLB_MISSES, plb_misses),
    COUNTER(MMP_MSR_COUNT_PLB_CONFIRMED, plb_confirmed),
    COUNTER(MMP_MSR_COUNT_PLB_REFILLS, plb_refills),
    COUNTER(MMP_MSR_COUNT_PLB_EVICTED, plb_evicted),
    COUNTER(MMP_MSR_COUNT_PLB_INVALIDATIONS, plb_invalidations),
    COUNTER(MMP_MSR_COUNT_PLB_INVALIDATED, plb_invalidated),
    COUNTER(MMP_MSR_COUNT_SIDECAR_HITS, sidecar_hits),
    COUNTER(MMP_MSR_COUNT_TABLE_REFERENCES, table_references),
    COUNTER(MMP_MSR_COUNT_STALE, stale),
    COUNTER(MMP_MSR_COUNT_OUTGROWN, outgrown),
    COUNTER(MMP_MSR_COUNT_GLB_HITS, glb_hits),
    COUNTER(MMP_MSR_COUNT_GLB_MISSES, glb_misses),
    COUNTER(MMP_MSR_COUNT_GLB_DROPPED, glb_dropped),
    COUNTER(MMP_MSR_COUNT_SPILLED, frames_spilled),
    COUNTER(MMP_MSR_COUNT_FILLED, frames_filled),
};

bool mmp_machine_msr_read(const struct mmp_machine *mc, uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case MMP_MSR_CAPS:
        *value = MMP_VERSION | MMP_CAPS_MODEL;
        return true;
    case MMP_MSR_CYCLES_TAG:
        *value = mc->cycles_tag;
        return true;
    case MMP_MSR_CYCLES_OF:
        *value = mc->cycles.of[mc->cycles_tag];
        return true;
    default:
        if (msr < MMP_MSR_CYCLES || msr >= MMP_MSR_END || counter[msr - MMP_MSR_CYCLES] == 0)
            return false;
        memcpy(value, (const uint8_t *)&mc->counts + counter[msr - MMP_MSR_CYCLES] - 1, sizeof *value);
        return true;
    }
}

bool mmp_machine_msr_write(struct mmp_machine *mc, uint32_t msr, uint64_t value)
{
    if (msr != MMP_MSR_CYCLES_TAG || value > UINT16_MAX)
        return false;
    mc->cycles_tag = (uint16_t)value;
    return true;
}

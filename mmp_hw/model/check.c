/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks by way of the PLB and the sidecar registers, and the walks that refill them (manual 11.3 and 11.4).
 * What is allowed is permission.c's to say; here is counted what it takes to find out.
 *
 * 1. The stale check changes no state but stale and outgrown.
 */
#include "machine_parts.h"

/* ---- Walks ---- */

/* The entry of the leaf table, and what it tells. */
static void told_by_leaf(const struct mmp_memory *m, const struct mmp_walk *walk, uint64_t addr,
                         struct mmp_plb_told *told, struct mmp_trace *trace)
{
    bool wide = walk->form == MMP_FORM_WIDE;
    uint64_t page = addr / MMP_PAGE_BYTES * MMP_PAGE_BYTES, chunk = addr >> MMP_LEAF_SHIFT << MMP_LEAF_SHIFT;
    uint32_t entry;
    unsigned shift = wide ? MMP_WIDE_SHIFT : MMP_LEAF_SHIFT;
    const uint8_t *at = walk->leaf + ((addr - page) >> shift) * 4;

    memcpy(&entry, at, sizeof entry);
    trace->at[trace->references++] = (uint32_t)(at - m->base);
    told->start = chunk;
    told->end = chunk + (1u << MMP_LEAF_SHIFT);
    told->value = (struct mmp_plb_value){.base = (uint32_t)chunk, .entry = entry, .form = MMP_PLB_CHUNK};
    if (walk->form == MMP_FORM_LEAF)
        return;
    if ((entry & MMP_ENTRY_TYPE_MASK) != MMP_RL_TYPE) {
        uint32_t bitmap =
            entry + (uint32_t)(wide ? chunk % (1u << MMP_WIDE_SHIFT) >> MMP_LEAF_SHIFT << 2 : 0);

        told->value.entry = mmp_runlength_chunk(m, walk, addr);
        if (entry != 0 && (entry & MMP_ENTRY_TYPE_MASK) == MMP_ENTRY_POINTER)
            trace->at[trace->references++] = bitmap;
        return;
    }
    if (wide) {
        told->value.form = MMP_PLB_WIDE;
        told->value.base = (uint32_t)(told->start = addr >> MMP_WIDE_SHIFT << MMP_WIDE_SHIFT);
        told->end = told->start + (1u << MMP_WIDE_SHIFT);
    } else {
        uint64_t before = (entry >> MMP_RL_FIRST_BEFORE & 31) * MMP_WORD_BYTES;
        uint64_t after = entry >> MMP_RL_LAST_AFTER;

        told->value.form = MMP_PLB_NARROW;
        after = (after == 31 ? 32 : after) * MMP_WORD_BYTES;
        told->start = chunk - page < before ? page : chunk - before; /* overlap ends with the page */
        told->end = told->end + after > page + MMP_PAGE_BYTES ? page + MMP_PAGE_BYTES : told->end + after;
    }
}

/* Walks the tables: what the entry that decides tells, and what was read on the way. False: malformed. */
static bool walk_tables(const struct mmp_memory *m, uint32_t root, uint32_t addr, struct mmp_plb_told *told,
                        struct mmp_trace *trace)
{
    struct mmp_walk walk;
    uint64_t bad;
    uint32_t root_entry;

    if (!mmp_table_walk_traced(m, root, addr, &walk, &bad, trace))
        return false;
    if (walk.form == MMP_FORM_UNITS) {
        told->start = walk.start;
        told->end = walk.start + (UINT64_C(8) << walk.unit_shift);
        told->value = (struct mmp_plb_value){.base = (uint32_t)walk.start,
                                             .entry = walk.perms,
                                             .form = MMP_PLB_UNITS,
                                             .unit_shift = walk.unit_shift};
        memcpy(&root_entry, m->base + trace->at[0], sizeof root_entry);
        if (trace->references == 1 && (root_entry & MMP_ENTRY_TYPE_MASK) == MMP_ENTRY_RUNS) {
            told->start = addr >> MMP_ROOT_SHIFT << MMP_ROOT_SHIFT;
            told->end = told->start + (UINT64_C(1) << MMP_ROOT_SHIFT);
            told->value = (struct mmp_plb_value){
                .base = (uint32_t)told->start, .entry = root_entry, .form = MMP_PLB_PAGES};
        }
    } else if (walk.form == MMP_FORM_RUNS) {
        told->start = addr / MMP_PAGE_BYTES * MMP_PAGE_BYTES;
        told->end = told->start + MMP_PAGE_BYTES;
        told->value =
            (struct mmp_plb_value){.base = (uint32_t)told->start, .entry = walk.perms, .form = MMP_PLB_WORDS};
    } else {
        told_by_leaf(m, &walk, addr, told, trace);
    }
    return true;
}

/* Walks and refills. False: malformed. */
static bool refill(struct mmp_machine *mc, const struct mmp_checker *who, uint32_t addr,
                   const struct mmp_plb_key **key, const struct mmp_plb_value **value)
{
    uint32_t i;
    struct mmp_plb_told told;
    struct mmp_trace trace;
    unsigned evicted;
    bool ok = walk_tables(mc->memory, who->root, addr, &told, &trace);

    mc->counts.table_references += trace.references;
    for (unsigned r = 0; who->processor && r < trace.references; r++)
        mmp_machine_reference(mc, trace.at[r], 4, MMP_CAUSE_PLB);
    if (!ok)
        return false;
    i = mmp_plb_refill(&mc->plb, who->tag, addr, &told, &evicted);
    mc->counts.plb_refills++;
    mc->counts.plb_evicted += evicted;
    *key = &mc->plb.keys[i];
    *value = &mc->plb.values[i];
    return true;
}

static void sidecar_set(struct mmp_machine *mc, unsigned sidecar, const struct mmp_plb_key *key,
                        const struct mmp_plb_value *value)
{
    if (sidecar >= MMP_SIDECARS)
        return;
    mc->sidecar[sidecar].key = *key;
    mc->sidecar[sidecar].value = *value;
}

/* ---- What an entry allows ---- */

static bool allows(unsigned perm, int access)
{
    return access == MMP_ACCESS_LOAD    ? perm != MMP_PERM_NONE
           : access == MMP_ACCESS_STORE ? perm == MMP_PERM_RW
                                        : perm == MMP_PERM_RX;
}

static unsigned permission_in(const struct mmp_plb_value *value, uint32_t word)
{
    return mmp_plb_chunk(value, word) >> 2 * (word / MMP_WORD_BYTES % 16) & 3;
}

/* Does the entry, with the stack registers, allow each word that [addr, end) touches? */
static bool allowed(const struct mmp_machine *mc, const struct mmp_checker *who,
                    const struct mmp_plb_value *value, uint64_t addr, uint64_t end, int access)
{
    for (uint64_t word = addr & ~UINT64_C(3); word < end; word += MMP_WORD_BYTES)
        if (!allows(permission_in(value, (uint32_t)word), access) &&
            !(who->processor && mmp_stack_allows(mc->state, word, access)))
            return false;
    return true;
}

static void stale_check(struct mmp_machine *mc, const struct mmp_checker *who,
                        const struct mmp_plb_value *value, uint64_t addr, uint64_t end, int access,
                        bool sidecar)
{
    bool outgrown = false;

    for (uint64_t word = addr & ~UINT64_C(3); word < end; word += MMP_WORD_BYTES) {
        uint8_t cached = (uint8_t)permission_in(value, (uint32_t)word), table;
        uint64_t entry;

        if (!mmp_table_permission(mc->memory, who->root, word, &table, &entry))
            table = MMP_PERM_NONE;
        outgrown |= allows(table, access) && !allows(cached, access);
        if (allows(cached, access) && !allows(table, access)) {
            mc->counts.stale++;
            if (mc->report != NULL) {
                struct mmp_stale stale = {.addr = word,
                                          .tag = who->tag,
                                          .access = (uint8_t)access,
                                          .cached = cached,
                                          .table = table,
                                          .sidecar = sidecar};
                mc->report(mc->opaque, &stale);
            }
            return;
        }
    }
    mc->counts.outgrown += outgrown;
}

/* ---- One access ---- */

/* An entry that was found. */
struct found {
    const struct mmp_plb_key *key;
    const struct mmp_plb_value *value;
    bool sidecar;
};

static bool find_sidecar(struct mmp_machine *mc, const struct mmp_checker *who, uint32_t addr,
                         unsigned sidecar, struct found *f)
{
    if (sidecar >= MMP_SIDECARS || !mmp_plb_matches(&mc->sidecar[sidecar].key, who->tag, addr))
        return false;
    mc->counts.sidecar_hits++;
    *f = (struct found){&mc->sidecar[sidecar].key, &mc->sidecar[sidecar].value, true};
    return true;
}

static bool find_plb(struct mmp_machine *mc, const struct mmp_checker *who, uint32_t addr, int access,
                     struct found *f)
{
    uint32_t i = mmp_plb_find(&mc->plb, who->tag, addr, (unsigned)access);

    if (i == MMP_PLB_NOT_FOUND) {
        mc->counts.plb_misses++;
        return false;
    }
    mc->counts.plb_hits++;
    *f = (struct found){&mc->plb.keys[i], &mc->plb.values[i], false};
    return true;
}

/* The part of [addr, end) that one entry covers: looks it up, and refills if need be. Returns where the next
 * part begins; addr: it is denied or malformed. */
static uint64_t check_part(struct mmp_machine *mc, const struct mmp_checker *who, uint64_t addr, uint64_t end,
                           int access, unsigned sidecar)
{
    uint64_t part_end;
    struct found f;

    if (find_sidecar(mc, who, (uint32_t)addr, sidecar, &f) || find_plb(mc, who, (uint32_t)addr, access, &f)) {
        part_end = mmp_plb_end(f.key) < end ? mmp_plb_end(f.key) : end;
        if (mc->shape.stale_check)
            stale_check(mc, who, f.value, addr, part_end, access, f.sidecar);
        if (allowed(mc, who, f.value, addr, part_end, access)) {
            if (!f.sidecar)
                sidecar_set(mc, sidecar, f.key, f.value);
            return part_end;
        }
        mc->counts.plb_confirmed++; /* only the table denies (manual 4.6) */
    }
    if (!refill(mc, who, (uint32_t)addr, &f.key, &f.value))
        return addr;
    sidecar_set(mc, sidecar, f.key, f.value);
    part_end = mmp_plb_end(f.key) < end ? mmp_plb_end(f.key) : end;
    return allowed(mc, who, f.value, addr, part_end, access) ? part_end : addr;
}

void mmp_machine_check(struct mmp_machine *mc, const struct mmp_checker *who, uint64_t addr, uint64_t bytes,
                       int access, unsigned sidecar)
{
    uint64_t end = bytes > MMP_MEDIATED_END - addr ? MMP_MEDIATED_END : addr + bytes;

    if (addr >= MMP_MEDIATED_END)
        return; /* denied without a look */
    while (addr < end) {
        uint64_t next = check_part(mc, who, addr, end, access, sidecar);

        if (next == addr)
            return;
        addr = next;
    }
}

void mmp_machine_forget(struct mmp_machine *mc, uint16_t tag, uint64_t start, uint64_t end)
{
    mc->counts.plb_invalidations++;
    mc->counts.plb_invalidated += mmp_plb_invalidate(&mc->plb, tag, start, end);
    for (unsigned i = 0; i < MMP_SIDECARS; i++)
        if (mmp_plb_meets(&mc->sidecar[i].key, tag, start, end))
            mc->sidecar[i].key.shift = 0;
}

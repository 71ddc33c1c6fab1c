/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The MMP unit as the monitor shows it: `query-mmp` (qapi/mmp-target.json), and `info mmp`, which prints the same;
 * with an address, what the running domain may do there. `query-mmp-gates` and `info mmp-gates`: the gates.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/mmp-tlb.h"
#include "hw/core/cpu.h"
#include "monitor/hmp-target.h"
#include "monitor/hmp.h"
#include "monitor/monitor.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-mmp-target.h"
#include "qobject/qdict.h"
#include "unit.h"

#define FRAMES_LISTED 1024
#define FRAMES_SHOWN 32
#define DOMAINS_SHOWN 40

/* ---- query-mmp ---- */

static uint64_t word_at(const struct mmp_memory *m, uint64_t addr)
{
    uint64_t word = 0;

    if (addr <= m->size && m->size - addr >= sizeof(word)) {
        memcpy(&word, m->base + addr, sizeof(word));
    }
    return word;
}

static MmpFrameList *call_stack(const struct mmp_state *s, const struct mmp_memory *m)
{
    MmpFrameList *list = NULL, **tail = &list;
    uint64_t at = s->xsp;

    for (int i = 0; i < FRAMES_LISTED && at > s->xbase && at - s->xbase >= MMP_XFRAME_BYTES; i++) {
        MmpFrame *frame = g_new0(MmpFrame, 1);
        uint64_t ids;

        at -= MMP_XFRAME_BYTES;
        ids = word_at(m, at + MMP_XFRAME_PD);
        frame->address = at;
        frame->domain = ids;
        frame->kind = ids >> 16;
        frame->rip = word_at(m, at + MMP_XFRAME_RIP);
        frame->rsp = word_at(m, at + MMP_XFRAME_RSP);
        frame->fb = word_at(m, at + MMP_XFRAME_FB);
        frame->has_gate = frame->kind == MMP_XFRAME_CALL;
        frame->gate = frame->has_gate ? word_at(m, at + MMP_XFRAME_GATE) : 0;
        QAPI_LIST_APPEND(tail, frame);
    }
    return list;
}

static uint64List *numbers(const uint64_t *from, unsigned count)
{
    uint64List *list = NULL, **tail = &list;

    for (unsigned i = 0; i < count; i++) {
        QAPI_LIST_APPEND(tail, from[i]);
    }
    return list;
}

static MmpCounters *counters(CPUX86State *env, const MMPUnit *u)
{
    const struct mmp_counters *count = &u->state.count;
    MmpCounters *c = g_new0(MmpCounters, 1);

    c->has_instructions = env_archcpu(env)->mmp_options.count;
    c->instructions = c->has_instructions ? env->mmp_insns : 0;
    c->gated = count->gated;
    c->passed = count->passed;
    c->returns = count->returns;
    c->faults = count->faults;
    c->switches = count->switches;
    c->mixed = count->mixed;
    c->has_dma_faults = u->dma && mmp_dma_msr_read(u->dma, MMP_MSR_COUNT_DMA_FAULTS, &c->dma_faults);
    c->faults_by_kind = numbers(count->faults_of, MMP_FAULT_KINDS);
    return c;
}

static MmpFault *last_fault(const struct mmp_fault *f)
{
    MmpFault *fault = g_new0(MmpFault, 1);

    fault->kind = f->kind;
    fault->domain = f->pdid;
    fault->access = f->access;
    fault->size = f->size;
    fault->address = f->addr;
    fault->gate = f->gate;
    return fault;
}

static MmpHits *hits(uint64_t hits, uint64_t misses)
{
    MmpHits *h = g_new0(MmpHits, 1);

    h->hits = hits;
    h->misses = misses;
    return h;
}

static MmpCyclesList *cycles_by_domain(const struct mmp_machine *machine)
{
    MmpCyclesList *list = NULL, **tail = &list;

    for (unsigned tag = 0; tag <= UINT16_MAX; tag++) {
        uint64_t cycles = mmp_machine_cycles_of(machine, tag);

        if (cycles != 0) {
            MmpCycles *c = g_new0(MmpCycles, 1);

            c->domain = tag;
            c->cycles = cycles;
            QAPI_LIST_APPEND(tail, c);
        }
    }
    return list;
}

static MmpModel *model(const struct mmp_machine *machine)
{
    const struct mmp_machine_counts *c = mmp_machine_counts(machine);
    MmpModel *m = g_new0(MmpModel, 1);

    m->cycles = c->cycles;
    m->cycles_by_cause = numbers(c->by_cause, MMP_CAUSES);
    m->cycles_by_domain = cycles_by_domain(machine);
    m->references = numbers(c->references, 3);
    m->checked = numbers(c->checked, 3);
    m->l1i = hits(c->l1i.hits, c->l1i.misses);
    m->l1d = hits(c->l1d.hits, c->l1d.misses);
    m->l2 = hits(c->l2.hits, c->l2.misses);
    m->plb = hits(c->plb_hits, c->plb_misses);
    m->plb_confirmed = c->plb_confirmed;
    m->plb_refills = c->plb_refills;
    m->plb_evicted = c->plb_evicted;
    m->plb_invalidations = c->plb_invalidations;
    m->plb_invalidated = c->plb_invalidated;
    m->sidecar_hits = c->sidecar_hits;
    m->table_references = c->table_references;
    m->stale = c->stale;
    m->outgrown = c->outgrown;
    m->glb = hits(c->glb_hits, c->glb_misses);
    m->glb_dropped = c->glb_dropped;
    m->frames_spilled = c->frames_spilled;
    m->frames_filled = c->frames_filled;
    m->device_references = c->device_references;
    return m;
}

static MmpGrantList *grants(const struct mmp_state *s)
{
    MmpGrantList *list = NULL, **tail = &list;

    for (int i = 0; i < MMP_SPT_ENTRIES; i++) {
        if (s->spt[i] != 0) {
            MmpGrant *g = g_new0(MmpGrant, 1);

            g->q_register = i;
            g->domain = s->spt[i];
            g->start = s->spt[i] >> MMP_SPT_START_SHIFT;
            g->words = s->spt[i] >> MMP_SPT_WORDS_SHIFT & MMP_SPT_WORDS_MASK;
            g->permission = s->spt[i] >> MMP_SPT_PERM_SHIFT & 3;
            QAPI_LIST_APPEND(tail, g);
        }
    }
    return list;
}

static MmpInfo *mmp_info(CPUX86State *env)
{
    const MMPUnit *u = env->mmp;
    const struct mmp_state *s = &u->state;
    MmpInfo *info = g_new0(MmpInfo, 1);

    info->enabled = s->enabled;
    info->domain = s->pdid;
    info->root = s->pdid == MMP_PD_SUPERVISOR ? 0 : s->root;
    info->alignment = 1u << s->align;
    info->domain_table = s->dtbase;
    info->domain_count = s->dtcount;
    info->gate_low = s->gwlo;
    info->gate_high = s->gwhi;
    info->stack = s->stack;
    info->fb = s->fb;
    info->sl = s->sl;
    info->xbase = s->xbase;
    info->xlimit = s->xlimit;
    info->xsp = s->xsp;
    info->s0 = s->s0;
    info->selectors = s->selectors;
    info->grants = grants(s);
    info->call_stack = call_stack(s, &u->memory);
    info->counters = counters(env, u);
    info->fault = s->fault.kind == MMP_FAULT_NONE ? NULL : last_fault(&s->fault);
    info->domains_cached = mmp_tlb_sets(env_cpu(env));
    info->model = u->machine ? model(u->machine) : NULL;
    return info;
}

static CPUX86State *processor(Error **errp)
{
    CPUX86State *env = first_cpu ? cpu_env(first_cpu) : NULL;

    if (env == NULL || env->mmp == NULL) {
        error_setg(errp, "This processor has no MMP unit (see -cpu mmp)");
        return NULL;
    }
    return env;
}

MmpInfo *qmp_query_mmp(Error **errp)
{
    CPUX86State *env = processor(errp);

    return env ? mmp_info(env) : NULL;
}

/* ---- query-mmp-gates, and info mmp-gates ---- */

/* The record at that address, if there is a gate that has been entered. */
static MmpGate *gate_at(const struct mmp_memory *m, uint64_t at)
{
    MmpGate *gate;

    if ((uint32_t)word_at(m, at + MMP_GATE_KIND) != MMP_GATE_CALL || word_at(m, at + MMP_GATE_COUNT) == 0) {
        return NULL;
    }
    gate = g_new0(MmpGate, 1);
    gate->address = at;
    gate->domain = word_at(m, at + MMP_GATE_PD);
    gate->target = word_at(m, at + MMP_GATE_TARGET);
    gate->badge = word_at(m, at + MMP_GATE_BADGE);
    gate->count = word_at(m, at + MMP_GATE_COUNT);
    gate->crossed = word_at(m, at + MMP_GATE_CROSSED);
    return gate;
}

MmpGateList *qmp_query_mmp_gates(Error **errp)
{
    const CPUX86State *env = processor(errp);
    MmpGateList *list = NULL, **tail = &list;

    if (env == NULL) {
        return NULL;
    }
    for (uint64_t slot = env->mmp->state.gwlo; slot < env->mmp->state.gwhi; slot += 1u << MMP_ROOT_SHIFT) {
        for (uint64_t i = 0; i < MMP_GATE_SPACE_BYTES; i += MMP_GATE_BYTES) {
            MmpGate *gate = gate_at(&env->mmp->memory, slot + MMP_GATE_SPACE_OFFSET + i);

            if (gate != NULL) {
                QAPI_LIST_APPEND(tail, gate);
            }
        }
    }
    return list;
}

void hmp_info_mmp_gates(Monitor *mon, const QDict *qdict)
{
    Error *err = NULL;
    g_autoptr(MmpGateList) gates = qmp_query_mmp_gates(&err);

    if (hmp_handle_error(mon, err)) {
        return;
    }
    for (MmpGateList *item = gates; item; item = item->next) {
        const MmpGate *g = item->value;

        monitor_printf(mon, "%08x: into domain %04x at %08x, badge %x: %" PRIu64 " invocations, %" PRIu64 " crossed\n",
                       g->address, g->domain, g->target, g->badge, g->count, g->crossed);
    }
}

/* ---- info mmp ---- */

static void show_registers(Monitor *mon, const MmpInfo *i)
{
    monitor_printf(mon, "MMP %s, domain %04x, root %08x, frame alignment %u\n", i->enabled ? "enabled" : "disabled",
                   i->domain, i->root, i->alignment);
    monitor_printf(mon, "domain table %" PRIx64 ", %" PRIu64 " descriptors; gate window [%" PRIx64 ", %" PRIx64 ")\n",
                   i->domain_table, i->domain_count, i->gate_low, i->gate_high);
    monitor_printf(mon, "stack %" PRIx64 ": sl %" PRIx64 " fb %" PRIx64 " xbase %" PRIx64 " xsp %" PRIx64 " xlimit %"
                   PRIx64 "; s0 %" PRIx64 " sel %08x\n",
                   i->stack, i->sl, i->fb, i->xbase, i->xsp, i->xlimit, i->s0, i->selectors);
}

static void show_grants(Monitor *mon, const MmpInfo *i)
{
    static const char *const perms[] = { "nothing", "loads", "loads and stores", "?" };

    for (MmpGrantList *item = i->grants; item; item = item->next) {
        const MmpGrant *g = item->value;

        monitor_printf(mon, "  stack permission %u: domain %04x, %s of %u words at %08x\n", g->q_register, g->domain,
                       perms[g->permission & 3], g->words, g->start);
    }
}

static void show_call_stack(Monitor *mon, const MmpInfo *i)
{
    int shown = 0;

    for (MmpFrameList *item = i->call_stack; item; item = item->next) {
        const MmpFrame *f = item->value;

        if (shown++ == FRAMES_SHOWN) {
            monitor_printf(mon, "  ... %" PRIu64 " more\n", (f->address - i->xbase) / MMP_XFRAME_BYTES + 1);
            break;
        }
        monitor_printf(mon, "  %" PRIx64 ": %s from domain %04x, rip %" PRIx64 " rsp %" PRIx64 " fb %" PRIx64,
                       f->address,
                       f->kind == MMP_XFRAME_CALL        ? "call"
                       : f->kind == MMP_XFRAME_INTERRUPT ? "interrupt"
                                                         : "frame of no known kind",
                       f->domain, f->rip, f->rsp, f->fb);
        if (f->has_gate) {
            monitor_printf(mon, " gate %" PRIx64, f->gate);
        }
        monitor_printf(mon, "\n");
    }
}

static void show_counters(Monitor *mon, const MmpInfo *i)
{
    const MmpCounters *c = i->counters;

    monitor_printf(mon, "instructions %" PRIu64 "%s, gated %" PRIu64 ", passed %" PRIu64 ", returns %" PRIu64
                   ", faults %" PRIu64 ", switches %" PRIu64 ", mixed accesses %" PRIu64 "; %u domains cached\n",
                   c->instructions, c->has_instructions ? "" : " (not counted)", c->gated, c->passed, c->returns,
                   c->faults, c->switches, c->mixed, i->domains_cached);
    if (c->faults != 0) {
        int kind = 0;

        monitor_printf(mon, "faults by kind:");
        for (uint64List *item = c->faults_by_kind; item; item = item->next, kind++) {
            if (item->value != 0) {
                monitor_printf(mon, " %d: %" PRIu64, kind, item->value);
            }
        }
        monitor_printf(mon, "\n");
    }
    if (c->has_dma_faults) {
        monitor_printf(mon, "faults of devices %" PRIu64 "\n", c->dma_faults);
    }
}

static void show_hits(Monitor *mon, const char *name, const MmpHits *h)
{
    uint64_t lookups = h->hits + h->misses;

    monitor_printf(mon, "%s %" PRIu64 " hits, %" PRIu64 " misses (%.2f %%); ", name, h->hits, h->misses,
                   lookups ? 100.0 * h->misses / lookups : 0.0);
}

/* A list of three: loads, stores, fetches. */
static void show_accesses(Monitor *mon, const char *name, const uint64List *three)
{
    monitor_printf(mon, "%s: loads %" PRIu64 ", stores %" PRIu64 ", fetches %" PRIu64, name, three->value,
                   three->next->value, three->next->next->value);
}

static void show_model(Monitor *mon, const MmpModel *m)
{
    static const char *const causes[] = { "instructions", "fetches", "data", "PLB", "gates", "interrupts" };
    uint64List *cause = m->cycles_by_cause;
    int shown = 0;

    QEMU_BUILD_BUG_ON(ARRAY_SIZE(causes) != MMP_CAUSES);
    monitor_printf(mon, "cycles %" PRIu64 ":", m->cycles);
    for (int i = 0; i < MMP_CAUSES; i++, cause = cause->next) {
        monitor_printf(mon, " %s %" PRIu64 "%s", causes[i], cause->value, i + 1 < MMP_CAUSES ? "," : "\n");
    }
    show_accesses(mon, "references", m->references);
    monitor_printf(mon, ", by devices %" PRIu64 "\n", m->device_references);
    show_accesses(mon, "checked", m->checked);
    monitor_printf(mon, "\n");
    show_hits(mon, "L1I", m->l1i);
    show_hits(mon, "L1D", m->l1d);
    show_hits(mon, "L2", m->l2);
    monitor_printf(mon, "\n");
    show_hits(mon, "PLB", m->plb);
    monitor_printf(mon, "confirmed %" PRIu64 ", refills %" PRIu64 ", evicted %" PRIu64 ", invalidations %" PRIu64 " of %" PRIu64 " entries, sidecar hits %" PRIu64
                   ", table references %" PRIu64 ", stale %" PRIu64 ", outgrown %" PRIu64 "\n",
                   m->plb_confirmed, m->plb_refills, m->plb_evicted, m->plb_invalidations, m->plb_invalidated, m->sidecar_hits, m->table_references,
                   m->stale, m->outgrown);
    show_hits(mon, "GLB", m->glb);
    monitor_printf(mon, "dropped %" PRIu64 ", frames spilled %" PRIu64 ", filled %" PRIu64 "\n", m->glb_dropped,
                   m->frames_spilled, m->frames_filled);
    for (MmpCyclesList *item = m->cycles_by_domain; item; item = item->next) {
        if (shown++ == DOMAINS_SHOWN) {
            monitor_printf(mon, "  ... (query-mmp lists all)\n");
            break;
        }
        monitor_printf(mon, "  cycles of domain %04x: %" PRIu64 "\n", item->value->domain, item->value->cycles);
    }
}

static void show_fault(Monitor *mon, const MmpInfo *i)
{
    static const char *const access[] = { "load", "store", "fetch", "?" };
    const MmpFault *f = i->fault;

    if (f == NULL) {
        monitor_printf(mon, "no fault yet\n");
        return;
    }
    monitor_printf(mon, "last fault: kind %u in domain %04x at %" PRIx64, f->kind, f->domain, f->address);
    if (f->kind == MMP_FAULT_PERMISSION || f->kind == MMP_FAULT_MALFORMED) {
        monitor_printf(mon, ", %s of %u bytes", access[f->access & 3], f->size);
    }
    if (f->gate) {
        monitor_printf(mon, ", gate %" PRIx64, f->gate);
    }
    monitor_printf(mon, "\n");
}

static void show_address(Monitor *mon, const struct mmp_state *s, const struct mmp_memory *m, uint64_t addr)
{
    static const char *const perms[] = { "none", "read-only", "read-write", "execute-read" };
    uint64_t entry;
    uint8_t perm;

    if (!s->enabled || s->pdid == MMP_PD_SUPERVISOR) {
        monitor_printf(mon, "%" PRIx64 ": not mediated\n", addr);
    } else if (mmp_table_permission(m, s->root, addr, &perm, &entry)) {
        monitor_printf(mon, "%" PRIx64 ": %s in the tables of domain %04x%s\n", addr, perms[perm], s->pdid,
                       addr >= s->sl && addr < s->fb ? ", and its stack" : "");
    } else {
        monitor_printf(mon, "%" PRIx64 ": malformed entry at %" PRIx64 "\n", addr, entry);
    }
}

void hmp_info_mmp(Monitor *mon, const QDict *qdict)
{
    CPUX86State *env = mon_get_cpu_env(mon);
    g_autoptr(MmpInfo) info = NULL;

    if (env == NULL || env->mmp == NULL) {
        monitor_printf(mon, "This processor has no MMP unit (see -cpu mmp)\n");
        return;
    }
    if (qdict_haskey(qdict, "addr")) {
        show_address(mon, &env->mmp->state, &env->mmp->memory, qdict_get_int(qdict, "addr"));
        return;
    }
    info = mmp_info(env);
    show_registers(mon, info);
    show_grants(mon, info);
    show_call_stack(mon, info);
    show_counters(mon, info);
    if (info->model) {
        show_model(mon, info->model);
    }
    show_fault(mon, info);
}

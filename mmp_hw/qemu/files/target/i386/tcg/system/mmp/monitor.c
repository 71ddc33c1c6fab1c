/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `info mmp` of the monitor: the MMP unit's registers, call stack, counters and last fault; with an address, what the
 * running domain may do there.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/mmp-tlb.h"
#include "monitor/hmp-target.h"
#include "monitor/monitor.h"
#include "qobject/qdict.h"
#include "unit.h"

#define FRAMES_SHOWN 32

static uint64_t word_at(const struct mmp_memory *m, uint64_t addr)
{
    uint64_t word = 0;

    if (addr <= m->size && m->size - addr >= sizeof(word)) {
        memcpy(&word, m->base + addr, sizeof(word));
    }
    return word;
}

static void show_registers(Monitor *mon, const struct mmp_state *s)
{
    monitor_printf(mon, "MMP %s, domain %04x, root %08x, frame alignment %u\n", s->enabled ? "enabled" : "disabled",
                   s->pdid, s->pdid == MMP_PD_SUPERVISOR ? 0 : s->root, 1u << s->align);
    monitor_printf(mon, "domain table %" PRIx64 ", %" PRIu64 " descriptors; gate window [%" PRIx64 ", %" PRIx64 ")\n",
                   s->dtbase, s->dtcount, s->gwlo, s->gwhi);
    monitor_printf(mon, "stack %" PRIx64 ": sl %" PRIx64 " fb %" PRIx64 " xbase %" PRIx64 " xsp %" PRIx64 " xlimit %"
                   PRIx64 "; s0 %" PRIx64 " sel %08x\n",
                   s->stack, s->sl, s->fb, s->xbase, s->xsp, s->xlimit, s->s0, s->selectors);
}

static void show_call_stack(Monitor *mon, const struct mmp_state *s, const struct mmp_memory *m)
{
    uint64_t frame = s->xsp;

    for (int shown = 0; frame > s->xbase && frame - s->xbase >= MMP_XFRAME_BYTES; shown++) {
        uint64_t ids;

        if (shown == FRAMES_SHOWN) {
            monitor_printf(mon, "  ... %" PRIu64 " more\n", (frame - s->xbase) / MMP_XFRAME_BYTES);
            break;
        }
        frame -= MMP_XFRAME_BYTES;
        ids = word_at(m, frame + MMP_XFRAME_PD);
        monitor_printf(mon, "  %" PRIx64 ": %s from domain %04x, rip %" PRIx64 " rsp %" PRIx64 " fb %" PRIx64, frame,
                       (uint16_t)(ids >> 16) == MMP_XFRAME_CALL        ? "call"
                       : (uint16_t)(ids >> 16) == MMP_XFRAME_INTERRUPT ? "interrupt"
                                                                       : "frame of no known kind",
                       (uint16_t)ids, word_at(m, frame + MMP_XFRAME_RIP), word_at(m, frame + MMP_XFRAME_RSP),
                       word_at(m, frame + MMP_XFRAME_FB));
        if ((uint16_t)(ids >> 16) == MMP_XFRAME_CALL) {
            monitor_printf(mon, " gate %" PRIx64, word_at(m, frame + MMP_XFRAME_GATE));
        }
        monitor_printf(mon, "\n");
    }
}

static void show_counters(Monitor *mon, CPUX86State *env, const struct mmp_state *s)
{
    monitor_printf(mon, "instructions %" PRIu64 "%s, gated %" PRIu64 ", passed %" PRIu64 ", returns %" PRIu64
                   ", faults %" PRIu64 ", switches %" PRIu64 ", mixed accesses %" PRIu64 "; %u domains cached\n",
                   env->mmp_insns, env_archcpu(env)->mmp_count ? "" : " (not counted)", s->count.gated,
                   s->count.passed, s->count.returns, s->count.faults, s->count.switches, s->count.mixed,
                   mmp_tlb_sets(env_cpu(env)));
}

static void show_fault(Monitor *mon, const struct mmp_fault *f)
{
    static const char *const access[] = { "load", "store", "fetch", "?" };

    if (f->kind == MMP_FAULT_NONE) {
        monitor_printf(mon, "no fault yet\n");
        return;
    }
    monitor_printf(mon, "last fault: kind %u in domain %04x at %" PRIx64, f->kind, f->pdid, f->addr);
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
    struct MMPUnit *u = env ? env->mmp : NULL;

    if (u == NULL) {
        monitor_printf(mon, "This processor has no MMP unit (see -cpu mmp)\n");
        return;
    }
    if (qdict_haskey(qdict, "addr")) {
        show_address(mon, &u->state, &u->memory, qdict_get_int(qdict, "addr"));
        return;
    }
    show_registers(mon, &u->state);
    show_call_stack(mon, &u->state, &u->memory);
    show_counters(mon, env, &u->state);
    show_fault(mon, &u->state.fault);
}

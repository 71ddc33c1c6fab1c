/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * -cpu mmp,model=on: makes the machine around the unit (model/machine.h) as the properties say, and tells it each
 * fetch, load and store. It decides nothing: what is denied is what is denied without it.
 *
 * Every translation keeps its accesses on the slow path (x86_mmp_tlb_fill, x86_mmp_tlb_report), where
 * x86_mmp_access_ok() tells them; translated code tells each instruction, before it is executed. The processor's own
 * accesses, whose return address is none of translated code, are not told.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/memalign.h"
#include "qapi/error.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "trace.h"
#include "unit.h"

#define STALE_WARNED 8

static void stale_found(void *opaque, const struct mmp_stale *stale)
{
    static const char *const access[] = { "load", "store", "fetch" };
    CPUX86State *env = opaque;

    trace_mmp_stale(stale->tag, stale->access, stale->addr, stale->cached, stale->table);
    if (mmp_machine_counts(env->mmp->machine)->stale <= STALE_WARNED) {
        warn_report("MMP: stale PLB entry: a %s of domain %04x at %" PRIx64 ", rip %" PRIx64 ": the %s has %u, the "
                    "table %u: was MMP_INVAL forgotten?",
                    access[stale->access], stale->tag, stale->addr, (uint64_t)env->eip,
                    stale->sidecar ? "sidecar" : "PLB", stale->cached, stale->table);
    }
}

static void set(uint32_t *to, uint32_t option)
{
    if (option != MMP_OPTION_UNSET) {
        *to = option;
    }
}

/* The index of the word in the list that ends with NULL; *to stays if there is none given. False: not in the list. */
static bool choose(unsigned *to, const char *option, const char *const *words)
{
    if (option == NULL) {
        return true;
    }
    for (unsigned i = 0; words[i]; i++) {
        if (g_str_equal(option, words[i])) {
            *to = i;
            return true;
        }
    }
    return false;
}

static bool shape_of(const MMPOptions *o, struct mmp_machine_shape *s, Error **errp)
{
    static const char *const replacements[] = { "lru", "round-robin", "random", NULL };
    static const char *const sidecars[] = { "none", "access", "register", NULL };
    unsigned replacement = s->plb.replacement, sidecar = s->sidecars;

    QEMU_BUILD_BUG_ON(MMP_REPLACE_ROUND_ROBIN != 1 || MMP_REPLACE_RANDOM != 2);
    QEMU_BUILD_BUG_ON(MMP_MACHINE_NO_REGISTER != 16); /* MMP_NO_BASE of translate.c */
    QEMU_BUILD_BUG_ON(MMP_SIDECAR_BY_ACCESS != 1 || MMP_SIDECAR_BY_REGISTER != 2);
    set(&s->l1i.line, o->line);
    set(&s->l1d.line, o->line);
    set(&s->l2.line, o->line);
    set(&s->l1i.bytes, o->l1i_bytes);
    set(&s->l1i.ways, o->l1i_ways);
    set(&s->l1d.bytes, o->l1d_bytes);
    set(&s->l1d.ways, o->l1d_ways);
    set(&s->l2.bytes, o->l2_bytes);
    set(&s->l2.ways, o->l2_ways);
    set(&s->costs.l1_miss, o->l1_miss_cycles);
    set(&s->costs.l2_miss, o->l2_miss_cycles);
    set(&s->plb.entries, o->plb_entries);
    set(&s->plb.ways, o->plb_ways);
    set(&s->plb.sizes, o->plb_sizes);
    set(&s->glb.entries, o->glb_entries);
    set(&s->frames, o->frames);
    set(&s->costs.table_reference, o->table_cycles);
    set(&s->costs.pass, o->pass_cycles);
    set(&s->costs.call, o->gate_cycles);
    set(&s->costs.gate_return, o->return_cycles);
    set(&s->costs.interrupt, o->interrupt_cycles);
    set(&s->costs.interrupt_return, o->iret_cycles);
    s->stale_check = o->plb_check;
    if (!choose(&replacement, o->plb_replacement, replacements)) {
        error_setg(errp, "-cpu mmp: plb-replacement is lru, round-robin or random");
        return false;
    }
    if (!choose(&sidecar, o->sidecars, sidecars)) {
        error_setg(errp, "-cpu mmp: sidecars are none, access or register");
        return false;
    }
    s->plb.replacement = replacement;
    s->sidecars = sidecar;
    return true;
}

bool mmp_timing_realize(CPUX86State *env, const MMPOptions *options, Error **errp)
{
    struct mmp_machine_shape shape = mmp_machine_mondrix;
    MMPUnit *u = env->mmp;
    size_t bytes;

    if (!options->model) {
        return true;
    }
    if (!shape_of(options, &shape, errp)) {
        return false;
    }
    bytes = mmp_machine_bytes(&shape);
    if (bytes == 0) {
        error_setg(errp, "-cpu mmp: no machine can be made of these caches, PLB or GLB");
        return false;
    }
    u->machine = mmp_machine_make(qemu_memalign(16, bytes), &shape, &u->state, &u->memory, stale_found, env);
    env->mmp_base = MMP_MACHINE_NO_REGISTER;
    return true;
}

void mmp_timing_data(CPUX86State *env, vaddr addr, int size, MMUAccessType access_type, uintptr_t ra)
{
    if (ra == 0) {
        return;
    }
    if (access_type == MMU_DATA_LOAD) {
        mmp_machine_load(env->mmp->machine, addr, size, env->mmp_base);
    } else {
        mmp_machine_store(env->mmp->machine, addr, size, env->mmp_base);
    }
}

/* An instruction of that many bytes at env->eip is executed next. */
void helper_mmp_fetch(CPUX86State *env, uint32_t bytes)
{
    env->mmp_base = MMP_MACHINE_NO_REGISTER;
    mmp_machine_fetch(env->mmp->machine, env->eip, bytes);
}

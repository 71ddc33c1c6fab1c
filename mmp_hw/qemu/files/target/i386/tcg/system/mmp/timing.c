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
#include "exec/mmp-memory.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "system/runstate.h"
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

/* The numbers among the properties: what each is in a shape. */
#define NUMBER(name, member, field) { name, offsetof(MMPOptions, member), offsetof(struct mmp_machine_shape, field) }
static const struct {
    const char *name;
    size_t option, field;
} numbers[] = {
    NUMBER("l1i-bytes", l1i_bytes, l1i.bytes),
    NUMBER("l1i-ways", l1i_ways, l1i.ways),
    NUMBER("l1d-bytes", l1d_bytes, l1d.bytes),
    NUMBER("l1d-ways", l1d_ways, l1d.ways),
    NUMBER("l2-bytes", l2_bytes, l2.bytes),
    NUMBER("l2-ways", l2_ways, l2.ways),
    NUMBER("cache-line", line, l1i.line),
    NUMBER("cache-line", line, l1d.line),
    NUMBER("cache-line", line, l2.line),
    NUMBER("l1-miss-cycles", l1_miss_cycles, costs.l1_miss),
    NUMBER("l2-miss-cycles", l2_miss_cycles, costs.l2_miss),
    NUMBER("plb-entries", plb_entries, plb.entries),
    NUMBER("plb-ways", plb_ways, plb.ways),
    NUMBER("plb-sizes", plb_sizes, plb.sizes),
    NUMBER("glb-entries", glb_entries, glb.entries),
    NUMBER("call-stack-frames", frames, frames),
    NUMBER("table-cycles", table_cycles, costs.table_reference),
    NUMBER("pass-cycles", pass_cycles, costs.pass),
    NUMBER("gate-cycles", gate_cycles, costs.call),
    NUMBER("return-cycles", return_cycles, costs.gate_return),
    NUMBER("interrupt-cycles", interrupt_cycles, costs.interrupt),
    NUMBER("iret-cycles", iret_cycles, costs.interrupt_return),
};

static uint32_t number(const MMPOptions *o, int i)
{
    return *(const uint32_t *)((const char *)o + numbers[i].option);
}

/* A property that was given although nothing will look at it; NULL: there is none. */
static const char *given_in_vain(const MMPOptions *o)
{
    for (int i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (number(o, i) != MMP_OPTION_UNSET) {
            return numbers[i].name;
        }
    }
    return o->crossing_cycles != MMP_OPTION_UNSET ? "crossing-cycles"
           : o->plb_replacement != NULL           ? "plb-replacement"
           : o->sidecars != NULL                  ? "sidecars"
           : o->plb_check                         ? "plb-check"
                                                  : NULL;
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
    for (int i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (number(o, i) != MMP_OPTION_UNSET) {
            *(uint32_t *)((char *)s + numbers[i].field) = number(o, i);
        }
    }
    if (o->crossing_cycles != MMP_OPTION_UNSET) {
        if (o->gate_cycles != MMP_OPTION_UNSET || o->return_cycles != MMP_OPTION_UNSET) {
            error_setg(errp, "-cpu mmp: crossing-cycles is gate-cycles and return-cycles together: give it or them");
            return false;
        }
        s->costs.gate_return = o->crossing_cycles / 2;
        s->costs.call = o->crossing_cycles - s->costs.gate_return;
    }
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

/* ---- Devices: they run beside the processor, whose thread alone touches the machine ---- */

typedef struct DeviceAccess {
    uint64_t addr, bytes;
    uint32_t root;
    uint16_t tag;
    int access;
} DeviceAccess;

static void device_tell(CPUState *cs, run_on_cpu_data data)
{
    g_autofree DeviceAccess *a = data.host_ptr;

    mmp_machine_device(cpu_env(cs)->mmp->machine, a->tag, a->root, a->addr, a->bytes, a->access);
}

static void device_told(CPUX86State *env, const DeviceAccess *access)
{
    if (env->mmp->machine && runstate_is_running()) {
        async_run_on_cpu(env_cpu(env), device_tell, RUN_ON_CPU_HOST_PTR(g_memdup2(access, sizeof(*access))));
    }
}

void mmp_timing_device(CPUX86State *env, uint16_t id, uint64_t addr, int access)
{
    DeviceAccess a = { .addr = addr, .bytes = 1, .access = access };

    if (mmp_domain_lookup(&env->mmp->state, &env->mmp->memory, id, &a.tag, &a.root)) {
        device_told(env, &a);
    }
}

/* What is not at its own address in memory is none that the processor caches. */
static void memory_written(MemoryRegion *mr, hwaddr addr, hwaddr bytes)
{
    CPUX86State *env = cpu_env(first_cpu);
    DeviceAccess a = { .addr = addr, .bytes = bytes, .access = MMP_ACCESS_STORE };

    if (mr == current_machine->ram && addr < env->mmp->memory.size && bytes <= env->mmp->memory.size - addr) {
        device_told(env, &a);
    }
}

/*
 * An instruction at env->eip is executed next. Bits 7:0 are its length. Bits 15:8, if not 0, say that it repeats, and by how
 * many bytes of rcx; where none is left this emulator only finds out that the repetition is over, which is no iteration.
 */
void helper_mmp_fetch(CPUX86State *env, uint32_t what)
{
    uint32_t counter = what >> 8;

    if (counter != 0 && (env->regs[R_ECX] & MAKE_64BIT_MASK(0, 8 * counter)) == 0) {
        return;
    }
    env->mmp_base = MMP_MACHINE_NO_REGISTER;
    mmp_machine_fetch(env->mmp->machine, env->eip, what & 0xff);
}

bool mmp_timing_realize(CPUX86State *env, const MMPOptions *options, Error **errp)
{
    struct mmp_machine_shape shape = mmp_machine_mondrix;
    MMPUnit *u = env->mmp;
    size_t bytes;

    if (!options->model) {
        if (given_in_vain(options)) {
            error_setg(errp, "-cpu mmp: %s says how the machine is modelled: give model=on too", given_in_vain(options));
            return false;
        }
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
    mmp_memory_written = memory_written;
    return true;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The measuring tool of the papers' figures. It prints `name value` lines, or calls (calls.h).
 *
 *   tool calls PROGRAM SIZE                what the program asks of the permission tables; at its end it frees all
 *   tool space CALLS FORM                  bytes of tables after these calls, and at most
 *   tool write CALLS FORM                  makes them; how much that costs, callgrind counts
 *   tool reach PROGRAM SIZE FORM ENTRIES LEAST
 *                                          runs the program with a PLB of so many entries, and an allocator
 *                                          that gives at least so many bytes
 *
 * FORM: bitmap, narrow or wide.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "machine.h"
#include "program.h"

struct sink sink;
static enum mmp_tables_form form;

static void wrong(const char *what)
{
    fprintf(stderr, "tool: %s\n", what);
    exit(2);
}

static enum mmp_tables_form form_read(const char *name)
{
    if (strcmp(name, "bitmap") == 0)
        return MMP_TABLES_BITMAP;
    if (strcmp(name, "narrow") == 0)
        return MMP_TABLES_NARROW;
    if (strcmp(name, "wide") != 0)
        wrong("a form is bitmap, narrow or wide");
    return MMP_TABLES_WIDE;
}

static const struct program *program_find(const char *name)
{
    for (const struct program *p = programs; p->name != NULL; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    wrong("no such program");
    return NULL;
}

static void print(const char *name, uint64_t value)
{
    printf("%s %" PRIu64 "\n", name, value);
}

/* ---- calls ---- */

static void permission_print(unsigned domain, uint32_t addr, uint32_t bytes, unsigned perm)
{
    printf("set %u 0x%x %u %u\n", domain, (unsigned)addr, (unsigned)bytes, perm);
}

static void reference_ignore(uint32_t addr, uint32_t bytes, bool store)
{
    (void)addr, (void)bytes, (void)store;
}

static void calls_print(const struct program *program, unsigned size)
{
    sink = (struct sink){permission_print, reference_ignore};
    program->run(size);
    puts("# all is allocated");
    program_free_all();
}

/* ---- space, write ---- */

static void permission_set(unsigned domain, uint32_t addr, uint32_t bytes, unsigned perm)
{
    if (mmp_tables_set(&arena_tables, arena_root(domain), addr, (uint64_t)addr + bytes, perm, form) !=
        MMP_TABLES_OK)
        wrong("a permission call was refused");
}

static void calls_make(const char *path)
{
    size_t count;
    struct call *calls = calls_read(path, &count);

    for (size_t i = 0; i < count; i++)
        arena_root(calls[i].domain);
    for (size_t i = 0; i < count; i++)
        if (calls[i].clear)
            arena_clear(calls[i].domain);
        else
            permission_set(calls[i].domain, calls[i].addr, calls[i].bytes, calls[i].perm);
    print("calls", count);
    free(calls);
}

static void use_print(const char *when, struct arena_use use)
{
    printf("%s_root %" PRIu64 "\n%s_mid %" PRIu64 "\n%s_leaf %" PRIu64 "\n%s_bitmap %" PRIu64 "\n", when, use.root,
           when, use.mid, when, use.leaf, when, use.bitmap);
}

/* ---- reach ---- */

static struct mmp_state state;
static struct mmp_machine *machine;

static void permission_set_and_invalidate(unsigned domain, uint32_t addr, uint32_t bytes, unsigned perm)
{
    struct mmp_invalidate inval = {.pdid = 0};
    uint32_t differs = addr ^ (addr + bytes - 1);

    permission_set(domain, addr, bytes, perm);
    if (perm != MMP_PERM_NONE)
        return;
    /* The smallest block that software can name. */
    inval.size = 1ull << (differs < 4 ? 2 : 32 - __builtin_clz(differs));
    inval.addr = addr & ~(inval.size - 1);
    mmp_machine_invalidate(machine, &inval);
}

static void reference_count(uint32_t addr, uint32_t bytes, bool store)
{
    if (store)
        mmp_machine_store(machine, addr, bytes, MMP_MACHINE_NO_REGISTER);
    else
        mmp_machine_load(machine, addr, bytes, MMP_MACHINE_NO_REGISTER);
}

static void reach(const struct program *program, unsigned size, unsigned entries)
{
    struct mmp_machine_shape shape = mmp_machine_mondrix;
    struct mmp_memory memory = {arena, ARENA_BYTES};
    const struct mmp_machine_counts *counts;
    size_t bytes;
    void *storage;

    shape.plb.entries = shape.plb.ways = entries;
    shape.stale_check = size == 1; /* on the smallest, it is told at once if an invalidation is missing */
    bytes = mmp_machine_bytes(&shape);
    storage = bytes == 0 ? NULL : aligned_alloc(16, (bytes + 15) / 16 * 16);
    if (storage == NULL)
        wrong("no such PLB");
    mmp_reset(&state);
    state.enabled = true;
    state.pdid = MMP_PD_USER | 1;
    state.root = arena_root(0);
    machine = mmp_machine_make(storage, &shape, &state, &memory, NULL, NULL);
    sink = (struct sink){permission_set_and_invalidate, reference_count};
    program->run(size);
    counts = mmp_machine_counts(machine);
    print("references", counts->references[MMP_ACCESS_LOAD] + counts->references[MMP_ACCESS_STORE]);
    print("plb_hits", counts->plb_hits);
    print("plb_misses", counts->plb_misses);
    print("plb_refills", counts->plb_refills);
    print("plb_invalidated", counts->plb_invalidated);
    print("table_references", counts->table_references);
    print("stale", counts->stale);
    print("cycles_plb", counts->by_cause[MMP_CAUSE_PLB]);
    print("cycles_data", counts->by_cause[MMP_CAUSE_DATA]);
    print("allocations", program_counts.allocations);
    print("heap", program_counts.heap);
    use_print("peak", arena_peak());
    free(storage);
}

int main(int argc, char **argv)
{
    arena_make();
    if (argc == 4 && strcmp(argv[1], "calls") == 0) {
        calls_print(program_find(argv[2]), (unsigned)strtoul(argv[3], NULL, 0));
    } else if (argc == 4 && (strcmp(argv[1], "space") == 0 || strcmp(argv[1], "write") == 0)) {
        form = form_read(argv[3]);
        calls_make(argv[2]);
        use_print("peak", arena_peak());
        use_print("end", arena_now());
    } else if (argc == 7 && strcmp(argv[1], "reach") == 0) {
        form = form_read(argv[4]);
        program_least = (uint32_t)strtoul(argv[6], NULL, 0);
        reach(program_find(argv[2]), (unsigned)strtoul(argv[3], NULL, 0),
              (unsigned)strtoul(argv[5], NULL, 0));
    } else {
        wrong("calls PROGRAM SIZE | space CALLS FORM | write CALLS FORM | reach PROGRAM SIZE FORM ENTRIES LEAST");
    }
    free(arena);
    return 0;
}

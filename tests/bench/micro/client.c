/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The client of the primitives' bench: measures, prints one line for each figure, and ends the system.
 *
 *     bench: NAME LEAST MOST        instructions, over REPETITIONS
 *     bench: done                   or: bench: failed REASON
 *
 * Figures are read from the time-stamp counter, which counts instructions only under -icount shift=0; `nops`
 * proves that it does, and `by_counter` is the gated invocation by the processor's own counter.
 */
#include <stdbool.h>
#include <stdint.h>

#include "export.h"
#include "mmp/arch.h"
#include "runtime.h"
#include "server.h"
#include "timed.h"

#define REPETITIONS 8
#define COUNTED_CALLS 1000
#define SERVER 101 /* micro.manifest */
#define SERVERS 16
#define SHARED_BYTES 64
#define COMPONENTS_MOST 64

static uint8_t shared[3 * 4096] __attribute__((aligned(4096)));
static struct sup_component components[COMPONENTS_MOST];
static long component_count;
static uint32_t overhead; /* what timed_call adds */

struct figure {
    uint32_t least, most;
};

static void fail(const char *reason, long status)
{
    print_line("bench: failed %s, status %ld", reason, status);
    (void)sup_exit(1);
}

static void figure_add(struct figure *f, uint32_t value)
{
    if (f->most == 0 || value < f->least)
        f->least = value;
    if (value > f->most)
        f->most = value;
}

static void figure_print(const char *name, const struct figure *f)
{
    print_line("bench: %s %u %u", name, (unsigned)f->least, (unsigned)f->most);
}

/* Times one call that must succeed. */
static void timed(struct figure *f, const char *what, const void *function, uint64_t a, uint64_t b,
                  uint64_t c, uint64_t d)
{
    long status;
    uint32_t ticks = timed_call(function, a, b, c, d, &status);

    if (status != SHOJI_OK)
        fail(what, status);
    figure_add(f, ticks - overhead);
}

static void invocation(const char *name, long (*function)(void))
{
    struct figure f = {0, 0};

    for (int i = 0; i < REPETITIONS; i++)
        timed(&f, name, (const void *)function, 0, 0, 0, 0);
    figure_print(name, &f);
}

static void calibrate(void)
{
    struct figure nops = {0, 0};
    long ignored;

    overhead = timed_call(timed_ret, 0, 0, 0, 0, &ignored) - 2;
    figure_add(&nops, timed_call(timed_nops, 0, 0, 0, 0, &ignored) - overhead);
    figure_print("nops", &nops);
}

/* The gated invocation once more, by the processor's counter: COUNTED_CALLS of them less as many direct
 * calls. */
static void counted(void)
{
    struct sup_counters a, b, c;
    struct figure f = {0, 0};

    (void)sup_counters(&a);
    for (int i = 0; i < COUNTED_CALLS; i++)
        (void)bench_null();
    (void)sup_counters(&b);
    for (int i = 0; i < COUNTED_CALLS; i++)
        (void)timed_direct();
    (void)sup_counters(&c);
    uint64_t more = (b.instructions - a.instructions) - (c.instructions - b.instructions);
    figure_add(&f, (uint32_t)(1000 * more / COUNTED_CALLS));
    figure_print("by_counter_more_than_direct_thousandths", &f);
    figure_print("crossings_of_1000",
                 &(struct figure){(uint32_t)(b.gated - a.gated), (uint32_t)(b.gated - a.gated)});
}

/* Each server in a domain of its own. */
static void apart(void)
{
    for (uint32_t i = 0; i < SERVERS; i++) {
        long status = pd_split(SERVER + i);

        if (status != SHOJI_OK && status != SHOJI_ESAME)
            fail("split, untimed", status);
    }
}

/* The layout must be what the figure's name says. */
static void expect_together(component_t first, uint32_t count)
{
    uint32_t domain = 0, together = 0;
    long all = component_count = sup_components(components, COMPONENTS_MOST);

    for (long i = 0; i < all; i++)
        if (components[i].id == first)
            domain = components[i].domain;
    for (long i = 0; i < all; i++)
        together += components[i].domain == domain;
    if (together != count)
        fail("layout", (long)together);
}

/* Merges a domain of `left` components with one of `count` - `left`, then splits one component out of the
 * result, and takes the rest apart. */
static void merge_split_once(struct figure *merge, struct figure *split, uint32_t left, uint32_t count)
{
    component_t from = SERVER + left;
    long status;

    for (uint32_t i = 1; i < left; i++)
        if ((status = pd_merge(SERVER, SERVER + i)) != SHOJI_OK)
            fail("merge, untimed", status);
    for (uint32_t i = left + 1; i < count; i++)
        if ((status = pd_merge(from, SERVER + i)) != SHOJI_OK)
            fail("merge, untimed", status);
    timed(merge, "merge", (const void *)pd_merge, SERVER, from, 0, 0);
    expect_together(SERVER, count);
    timed(split, "split", (const void *)pd_split, from, 0, 0, 0);
    expect_together(from, 1);
    for (uint32_t i = 1; i < count; i++)
        if ((status = pd_split(SERVER + i)) != SHOJI_OK && status != SHOJI_ESAME)
            fail("split, untimed", status);
    expect_together(SERVER, 1);
}

/* One figure for each shape: who is in the domain that the other one is merged into. */
static void merge_split(uint32_t count)
{
    const struct {
        const char *name;
        uint32_t left;
    } shapes[] = {{"one", 1}, {"half", count / 2}, {"rest", count - 1}};

    for (uint32_t shape = 0; shape < sizeof shapes / sizeof *shapes; shape++) {
        struct figure merge = {0, 0}, split = {0, 0};

        for (int i = 0; i < REPETITIONS; i++)
            merge_split_once(&merge, &split, shapes[shape].left, count);
        print_line("bench: merge_%u_into_%s %u %u", (unsigned)count, shapes[shape].name,
                   (unsigned)merge.least, (unsigned)merge.most);
        print_line("bench: split_%u_after_%s %u %u", (unsigned)count, shapes[shape].name,
                   (unsigned)split.least, (unsigned)split.most);
    }
}

/* ---- A thread is inside: the domain is not reused ---- */

static struct figure busy_split;

SHOJI_EXPORT long bench_back(uint64_t a)
{
    timed(&busy_split, "split", (const void *)pd_split, a, 0, 0, 0);
    return SHOJI_OK;
}

/* The server's domain has `count` components and a thread in it while one of them is split off. */
static void split_busy(uint32_t count)
{
    struct sup_counters counters;
    long status;

    busy_split = (struct figure){0, 0};
    for (int i = 0; i < REPETITIONS; i++) {
        apart();
        for (uint32_t other = 1; other < count; other++)
            if ((status = pd_merge(SERVER, SERVER + other)) != SHOJI_OK)
                fail("merge, untimed", status);
        if ((status = bench_within(SERVER + 1)) != SHOJI_OK)
            fail("call back", status);
        /* The client itself is in one: it was merged with the server once. */
        if (sup_counters(&counters) != SHOJI_OK || counters.stale_domains != 1)
            fail("stale domain", (long)counters.stale_domains);
    }
    apart();
    print_line("bench: split_busy_%u %u %u", (unsigned)count, (unsigned)busy_split.least,
               (unsigned)busy_split.most);
}

/* ---- Compositions ---- */

static void move(void)
{
    struct figure f = {0, 0};

    for (int i = 0; i < REPETITIONS; i++) {
        (void)pd_merge(SERVER, SERVER + 1);
        timed(&f, "move", (const void *)pd_move, SERVER + 1, SERVER + 2, 0, 0);
        apart();
    }
    figure_print("move", &f);
}

/* Sets of `each` servers, the first one of `first`; everybody else is alone. */
static void sets_make(uint32_t *sets, uint32_t each, uint32_t first)
{
    for (long i = 0; i < component_count; i++) {
        uint32_t server = components[i].id - SERVER;

        sets[i] = (uint32_t)i;
        if (server < SERVERS)
            sets[i] = SERVERS + (server + each - first) / each; /* numbers that nobody else has */
    }
}

/* From one partition of the servers to another and back. */
static void partition(const char *there, const char *back, uint32_t each, uint32_t first, uint32_t each_after,
                      uint32_t first_after)
{
    static uint32_t before[COMPONENTS_MOST], after[COMPONENTS_MOST];
    struct figure f = {0, 0}, g = {0, 0};

    sets_make(before, each, first);
    sets_make(after, each_after, first_after);
    (void)pd_partition(before, (uint32_t)component_count);
    for (int i = 0; i < REPETITIONS; i++) {
        timed(&f, there, (const void *)pd_partition, (uintptr_t)after, (uint64_t)component_count, 0, 0);
        timed(&g, back, (const void *)pd_partition, (uintptr_t)before, (uint64_t)component_count, 0, 0);
    }
    apart();
    figure_print(there, &f);
    figure_print(back, &g);
}

/* ---- Tables ---- */

long f2_bench_lend(uint32_t to), f3_bench_lend(uint32_t to), f4_bench_lend(uint32_t to);
long f5_bench_lend(uint32_t to), f6_bench_lend(uint32_t to), f7_bench_lend(uint32_t to);
long f8_bench_lend(uint32_t to), f9_bench_lend(uint32_t to), f10_bench_lend(uint32_t to);
long f11_bench_lend(uint32_t to), f12_bench_lend(uint32_t to), f13_bench_lend(uint32_t to);
static long (*const lenders[])(uint32_t) = {f2_bench_lend,  f3_bench_lend,  f4_bench_lend,  f5_bench_lend,
                                            f6_bench_lend,  f7_bench_lend,  f8_bench_lend,  f9_bench_lend,
                                            f10_bench_lend, f11_bench_lend, f12_bench_lend, f13_bench_lend};
#define LENDERS (sizeof lenders / sizeof *lenders)

/* Merges the server with a component that has tables of `count` others' slots besides its own, and splits
 * them. */
static void tables(uint32_t count)
{
    static uint32_t lent;
    const component_t last = SERVER + SERVERS - 1;
    struct figure merge = {0, 0}, split = {0, 0};
    struct sup_counters before, after;
    long status;

    for (; lent < count; lent++)
        if ((status = lenders[lent](last)) != SHOJI_OK)
            fail("lend", status);
    (void)sup_counters(&before);
    for (int i = 0; i < REPETITIONS; i++) {
        timed(&merge, "merge", (const void *)pd_merge, SERVER, last, 0, 0);
        (void)sup_counters(&after);
        if (after.table_bytes != before.table_bytes)
            fail("memory, of a merge", (long)(after.table_bytes - before.table_bytes));
        timed(&split, "split", (const void *)pd_split, last, 0, 0, 0);
    }
    print_line("bench: merge_tables_%u %u %u", (unsigned)count, (unsigned)merge.least, (unsigned)merge.most);
    print_line("bench: split_tables_%u %u %u", (unsigned)count, (unsigned)split.least, (unsigned)split.most);
}

static void memory(void)
{
    struct sup_counters now;

    (void)sup_counters(&now);
    figure_print("domain_bytes", &(struct figure){(uint32_t)now.domain_bytes, (uint32_t)now.domain_bytes});
}

/* Lets the server read SHARED_BYTES of ours and takes it back. The first time the supervisor makes tables for
 * it. */
static void permission(const char *first_name, const char *name, uint8_t *at)
{
    struct figure first = {0, 0}, later = {0, 0};

    timed(&first, "set_perm", (const void *)mmp_set_perm, (uintptr_t)at, SHARED_BYTES, MMP_PERM_RO, SERVER);
    for (int i = 0; i < REPETITIONS; i++) {
        timed(&later, "set_perm", (const void *)mmp_set_perm, (uintptr_t)at, SHARED_BYTES, MMP_PERM_NONE,
              SERVER);
        timed(&later, "set_perm", (const void *)mmp_set_perm, (uintptr_t)at, SHARED_BYTES, MMP_PERM_RO,
              SERVER);
    }
    figure_print(first_name, &first);
    figure_print(name, &later);
}

long component_init(component_t self)
{
    long status;

    calibrate();
    invocation("direct", timed_direct);
    invocation("gated", bench_null);
    counted();
    if ((status = pd_merge(SERVER, self)) != SHOJI_OK)
        fail("merge with the client", status);
    invocation("merged", bench_null);
    if ((status = pd_split(self)) != SHOJI_OK)
        fail("split of the client", status);
    invocation("gated_again", bench_null);
    merge_split(2);
    merge_split(8);
    merge_split(16);
    split_busy(2);
    split_busy(16);
    move();
    partition("partition_join", "partition_part", 1, 0, SERVERS, 0);
    partition("partition_pairs", "partition_pairs_back", 2, 0, 2, 1);
    for (uint32_t count = 0; count <= LENDERS; count += 4)
        tables(count);
    memory();
    permission("permission_first", "permission", shared);
    permission("permission_pages_first", "permission_pages", shared + 2 * 4096 - SHARED_BYTES / 2);
    print_line("bench: done");
    return sup_exit(0);
}

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

/* The layout must be what the figure's name says. */
static void expect_together(component_t first, uint32_t count)
{
    long all = sup_components(components, COMPONENTS_MOST);
    uint32_t domain = 0, together = 0;

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
    permission("permission_first", "permission", shared);
    permission("permission_pages_first", "permission_pages", shared + 2 * 4096 - SHARED_BYTES / 2);
    print_line("bench: done");
    return sup_exit(0);
}

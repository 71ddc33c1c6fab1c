/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The machine of model mode against a naive one, written from section 11 of the manual: caches that are lists
 * of lines with times, a PLB that is a list of ranges with a copy of every permission in them, a GLB and a
 * call stack top that are lists. Both go through the same random life; every count must agree after every
 * event.
 */
// links: mmp_hw/model/machine.c mmp_hw/model/machine_make.c mmp_hw/model/check.c mmp_hw/model/cache.c
// links: mmp_hw/model/plb.c mmp_hw/model/glb.c mmp_hw/model/stacktop.c mmp_hw/model/table.c
// links: mmp_hw/model/runlength.c mmp_hw/model/permission.c mmp_hw/model/gate.c mmp_hw/model/domain.c
// links: mmp_hw/model/callstack.c mmp_hw/model/interrupt.c mmp_hw/model/register.c
// links: mmp_hw/tables/entry.c mmp_hw/tables/leaf.c mmp_hw/tables/tables.c
// links: tests/host/mmp_tables.c tests/host/seeded.c
// links: mmp_hw/model/spt.c mmp_hw/model/trace.c
// includes: mmp_hw/include mmp_hw/model mmp_hw/tables tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"
#include "mmp_tables.h"
#include "seeded.h"
#include "tables.h"

#define GIB4 0x100000000u
#define SLOT 0x400000u
#define PAGE 0x1000u

/* ---- The world: 4 MiB of memory, three domains, gates, two threads ---- */

#define MEMORY SLOT
#define DTBASE 0x1000u
#define DTCOUNT 8u
#define ROOT(domain) (0x10000u + (domain)*0x1000u)
#define STACKS 0x80000u      /* of 64 KiB each */
#define CALL_STACKS 0xa0000u /* of 4 KiB each */
#define DESCRIPTORS 0xb0000u
#define TABLES 0x100000u
#define GATES 0x3f0000u
#define DOMAINS 3u
#define GATE_COUNT 40u

static uint8_t memory[MEMORY];
static struct mmp_memory m = {memory, MEMORY};
static struct mmp_state s;
static const uint16_t tag_of[DOMAINS] = {0x8001, 0x8002, 0x0003};
static uint32_t next_table;

/* Tables are taken one after the other and given back by being forgotten, until all are cleared. */
static uint32_t take(void *owner, uint32_t bytes)
{
    uint32_t at = (next_table + bytes - 1) / bytes * bytes;

    (void)owner;
    if (at + bytes > GATES)
        return 0;
    next_table = at + bytes;
    return at;
}

static void give(void *owner, uint32_t at, uint32_t bytes)
{
    (void)owner, (void)at, (void)bytes;
}

static struct mmp_tables tables = {.memory = 0, .take = take, .give = give};

static void put(uint64_t at, uint64_t value, unsigned bytes)
{
    memcpy(memory + at, &value, bytes);
}

static void world_make(void)
{
    memset(memory, 0, sizeof memory);
    tables.memory = (uintptr_t)memory;
    next_table = TABLES;
    mmp_reset(&s);
    s.enabled = true;
    s.align = 4;
    s.dtbase = DTBASE;
    s.dtcount = DTCOUNT;
    s.gwlo = 0;
    s.gwhi = SLOT;
    s.s0 = 0xc0000;
    for (unsigned i = 0; i < DOMAINS; i++) {
        uint64_t at = DTBASE + 16 * (tag_of[i] & 0x7fffu);

        put(at, ROOT(i), 4);
        put(at + 4, tag_of[i], 2);
        put(at + 6, 1, 2);
    }
    for (unsigned i = 0; i < GATE_COUNT; i++) {
        put(GATES + 32 * i, 0x47415445, 4);
        put(GATES + 32 * i + 4, 0x5000, 4);
        put(GATES + 32 * i + 8, i % 7 == 6 ? 0 : tag_of[i % DOMAINS], 2);
    }
    for (unsigned i = 0; i < 2; i++) {
        put(DESCRIPTORS + 64 * i, STACKS + 0x10000 * i, 8);
        put(DESCRIPTORS + 64 * i + 8, STACKS + 0x10000 * (i + 1), 8);
        put(DESCRIPTORS + 64 * i + 16, CALL_STACKS + 0x1000 * i, 8);
        put(DESCRIPTORS + 64 * i + 24, CALL_STACKS + 0x1000 * (i + 1), 8);
        put(DESCRIPTORS + 64 * i + 32, CALL_STACKS + 0x1000 * i, 8);
    }
}

/* ---- Naive parts ---- */

static struct mmp_machine_shape shape;
static struct mmp_machine_counts n; /* what the naive machine counted */
static uint64_t n_of[65536], now;
static uint16_t payer;
static unsigned reports, n_reports;

static void pay(enum mmp_cause cause, uint64_t cycles)
{
    n.cycles += cycles;
    n.by_cause[cause] += cycles;
    n_of[payer] += cycles;
}

/* A cache: places, each with a line and the time of its last use; 0: empty. */
#define PLACES 1024u
struct naive_cache {
    uint64_t line[PLACES], time[PLACES];
};
static struct naive_cache n_l1i, n_l1d, n_l2;

static bool naive_use(struct naive_cache *c, const struct mmp_cache_shape *cs, uint64_t line)
{
    uint64_t lines = cs->bytes / cs->line, sets = lines / cs->ways, oldest = UINT64_MAX, place = 0;

    for (uint64_t i = 0; i < lines; i++) {
        if (i % sets != line % sets)
            continue; /* a place of another set */
        if (c->time[i] != 0 && c->line[i] == line) {
            c->time[i] = ++now;
            return true;
        }
        if (c->time[i] < oldest) {
            oldest = c->time[i];
            place = i;
        }
    }
    c->line[place] = line;
    c->time[place] = ++now;
    return false;
}

static void naive_drop(struct naive_cache *c, uint64_t line)
{
    for (uint64_t i = 0; i < PLACES; i++)
        if (c->line[i] == line)
            c->time[i] = 0;
}

static uint64_t naive_line(struct naive_cache *l1, const struct mmp_cache_shape *cs,
                           struct mmp_cache_counts *counts, uint64_t byte)
{
    if (naive_use(l1, cs, byte / cs->line)) {
        counts->hits++;
        return 0;
    }
    counts->misses++;
    if (naive_use(&n_l2, &shape.l2, byte / cs->line * cs->line / shape.l2.line)) {
        n.l2.hits++;
        return shape.costs.l1_miss;
    }
    n.l2.misses++;
    return shape.costs.l1_miss + shape.costs.l2_miss;
}

static uint64_t naive_lines(struct naive_cache *l1, const struct mmp_cache_shape *cs,
                            struct mmp_cache_counts *counts, uint64_t addr, uint64_t bytes)
{
    uint64_t cycles = 0;

    for (uint64_t i = 0; i < bytes; i++)
        if (i == 0 || (addr + i) % cs->line == 0)
            cycles += naive_line(l1, cs, counts, addr + i);
    return cycles;
}

static void naive_reference(uint64_t addr, uint64_t bytes, enum mmp_cause cause)
{
    pay(cause, shape.costs.table_reference + naive_lines(&n_l1d, &shape.l1d, &n.l1d, addr, bytes));
}

/* ---- The naive PLB ---- */

struct range {
    bool valid;
    uint16_t tag;
    uint64_t start, bytes, used;
    uint8_t perm[1024]; /* of words, of ranges up to a page; else of pages */
};
static struct range n_plb[256], n_sidecar[17];
static unsigned n_next[256];

static unsigned range_perm(const struct range *r, uint64_t word)
{
    return r->perm[r->bytes <= PAGE ? (word - r->start) / 4 : (word - r->start) / PAGE];
}

static bool covers(const struct range *r, uint16_t tag, uint64_t addr)
{
    return r->valid && r->tag == tag && addr >= r->start && addr < r->start + r->bytes;
}

static uint32_t word_at(uint64_t at)
{
    uint32_t v;

    memcpy(&v, memory + at, 4);
    return v;
}

/* Section 4, once more: which entries a walk reads, and what the last of them tells. Tables are well formed
 * here. */
static void naive_told(uint32_t root, uint64_t addr, uint64_t *start, uint64_t *end, uint64_t refs[4],
                       unsigned *count)
{
    uint64_t page = addr / PAGE * PAGE;
    uint32_t e;

    *count = 0;
    refs[(*count)++] = root + addr / SLOT * 4;
    e = word_at(refs[0]);
    *start = addr / SLOT * SLOT;
    *end = *start + SLOT;
    if (e == 0 || e % 4 != 0)
        return;
    refs[(*count)++] = e + addr / PAGE % 1024 * 4;
    e = word_at(refs[1]);
    *start = page;
    *end = page + PAGE;
    if (e == 0 || e % 4 == 1 || e % 4 == 3)
        return;
    if (e % 4 == 0) {
        refs[(*count)++] = e + addr % PAGE / 64 * 4;
        *start = addr / 64 * 64;
        *end = *start + 64;
    } else if (e % 8 == 2) {
        refs[(*count)++] = e - 2 + addr % PAGE / 64 * 4;
        e = word_at(refs[2]);
        *start = addr / 64 * 64;
        *end = *start + 64;
        if (e % 4 == 3) {
            uint64_t before = (e >> 4 & 31) * 4, after = (e >> 27 == 31 ? 32 : e >> 27) * 4;

            *start = *start < page + before ? page : *start - before;
            *end = *end + after > page + PAGE ? page + PAGE : *end + after;
        } else if (e != 0) {
            refs[(*count)++] = e;
        }
    } else {
        refs[(*count)++] = e - 6 + addr % PAGE / 256 * 4;
        e = word_at(refs[2]);
        if (e % 4 == 3) {
            *start = addr / 256 * 256;
            *end = *start + 256;
        } else {
            *start = addr / 64 * 64;
            *end = *start + 64;
            if (e != 0)
                refs[(*count)++] = e + addr % 256 / 64 * 4;
        }
    }
}

static unsigned plain(uint32_t root, uint64_t addr)
{
    unsigned perm = 0;
    uint64_t entry;

    assert_true(plain_permission(memory, MEMORY, root, addr, &perm, &entry));
    return perm;
}

/* Places that a range of 2^size bytes around addr may take. */
static unsigned set_start(unsigned size, uint64_t addr)
{
    unsigned sets = shape.plb.entries / shape.plb.ways;

    return (unsigned)((addr >> size) % sets * shape.plb.ways);
}

static struct range *naive_refill(uint16_t tag, uint32_t root, uint64_t addr, bool processor)
{
    uint64_t start, end, refs[4], size_start = 0;
    unsigned count, size, set, place;

    naive_told(root, addr, &start, &end, refs, &count);
    n.table_references += count;
    for (unsigned i = 0; processor && i < count; i++)
        naive_reference(refs[i], 4, MMP_CAUSE_PLB);
    for (size = 22;; size--) {
        size_start = addr / (1u << size) * (1u << size);
        if ((shape.plb.sizes & 1u << size) != 0 && size_start >= start && size_start + (1u << size) <= end)
            break;
    }
    for (unsigned i = 0; i < shape.plb.entries; i++) {
        struct range *r = &n_plb[i];

        if (r->valid && r->tag == tag && r->start < size_start + (1u << size) &&
            size_start < r->start + r->bytes) {
            r->valid = false;
            n.plb_evicted++;
        }
    }
    set = place = set_start(size, addr);
    for (unsigned i = set; i < set + shape.plb.ways; i++)
        if (n_plb[i].used < n_plb[place].used)
            place = i;
    if (shape.plb.replacement == MMP_REPLACE_ROUND_ROBIN)
        place = set + n_next[set / shape.plb.ways] % shape.plb.ways;
    for (unsigned i = set + shape.plb.ways; i-- > set;)
        if (!n_plb[i].valid)
            place = i;
    if (n_plb[place].valid) {
        n.plb_evicted++;
        n_next[set / shape.plb.ways]++;
    }
    n_plb[place] =
        (struct range){.valid = true, .tag = tag, .start = size_start, .bytes = 1u << size, .used = ++now};
    for (uint64_t i = 0; i < 1024 && i * (size <= 12 ? 4 : PAGE) < 1u << size; i++)
        n_plb[place].perm[i] = (uint8_t)plain(root, size_start + i * (size <= 12 ? 4 : PAGE));
    n.plb_refills++;
    return &n_plb[place];
}

static bool right(unsigned perm, int access)
{
    static const bool table[4][3] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {1, 0, 1}};

    return table[perm][access];
}

static bool naive_allowed(const struct range *r, uint64_t addr, uint64_t end, int access, bool processor)
{
    for (uint64_t word = addr / 4 * 4; word < end; word += 4) {
        bool stack = processor && access != MMP_ACCESS_FETCH && word >= s.sl && word + 4 <= s.fb;

        for (unsigned i = 0; processor && i < 8; i++)
            stack |= s.spt[i] % 0x10000 == s.pdid && word >= s.spt[i] >> 32 &&
                     word < (s.spt[i] >> 32) + 4 * (s.spt[i] >> 16 & 0x3fff) && access != MMP_ACCESS_FETCH &&
                     (s.spt[i] >> 30 & 3) >= 1u + (access == MMP_ACCESS_STORE);
        if (!right(range_perm(r, word), access) && !stack)
            return false;
    }
    return true;
}

static void naive_stale(const struct range *r, uint32_t root, uint64_t addr, uint64_t end, int access)
{
    bool outgrown = false;

    for (uint64_t word = addr / 4 * 4; word < end; word += 4) {
        bool was = right(range_perm(r, word), access), is = right(plain(root, word), access);

        if (was && !is) {
            n.stale++;
            n_reports++;
            return;
        }
        outgrown |= is && !was;
    }
    n.outgrown += outgrown;
}

static void naive_check(uint16_t tag, uint32_t root, uint64_t addr, uint64_t bytes, int access, int sidecar,
                        bool processor)
{
    uint64_t end = addr + bytes > GIB4 ? GIB4 : addr + bytes;

    while (addr < end) {
        struct range *r = NULL;
        bool hit = false, in_sidecar = false;
        uint64_t part;

        if (sidecar >= 0 && covers(&n_sidecar[sidecar], tag, addr)) {
            n.sidecar_hits++;
            r = &n_sidecar[sidecar];
            hit = in_sidecar = true;
        } else {
            for (unsigned i = 0; i < shape.plb.entries; i++)
                if (covers(&n_plb[i], tag, addr)) {
                    assert_null(r); /* one at most */
                    r = &n_plb[i];
                }
            hit = r != NULL;
            if (hit) {
                n.plb_hits++;
                r->used = ++now;
            } else {
                n.plb_misses++;
                r = naive_refill(tag, root, addr, processor);
            }
        }
        part = r->start + r->bytes < end ? r->start + r->bytes : end;
        if (hit && shape.stale_check)
            naive_stale(r, root, addr, part, access);
        if (hit && !naive_allowed(r, addr, part, access, processor)) {
            n.plb_confirmed++;
            r = naive_refill(tag, root, addr, processor);
            in_sidecar = false;
            part = r->start + r->bytes < end ? r->start + r->bytes : end;
        }
        if (sidecar >= 0 && !in_sidecar)
            n_sidecar[sidecar] = *r;
        if (!naive_allowed(r, addr, part, access, processor))
            return;
        addr = part;
    }
}

static void naive_forget(uint16_t tag, uint64_t start, uint64_t end)
{
    n.plb_invalidations++;
    for (unsigned i = 0; i < shape.plb.entries + 17; i++) {
        struct range *r = i < shape.plb.entries ? &n_plb[i] : &n_sidecar[i - shape.plb.entries];

        if (r->valid && (tag == 0 || r->tag == tag) && r->start < end && start < r->start + r->bytes) {
            r->valid = false;
            n.plb_invalidated += i < shape.plb.entries;
        }
    }
}

/* ---- The naive GLB and top of the call stack ---- */

static struct {
    uint64_t gate, descriptor, used;
} n_glb[64];
static uint64_t n_frames[65]; /* on chip, oldest first */
static unsigned n_held;

static uint64_t descriptor(uint16_t id)
{
    return id == 0 ? 0 : DTBASE + 16 * (id & 0x7fffu);
}

static void naive_spill(enum mmp_cause cause)
{
    for (unsigned i = 0; i < n_held; i++) {
        n.frames_spilled++;
        naive_reference(n_frames[i], 128, cause);
    }
    n_held = 0;
}

static void naive_push(enum mmp_cause cause)
{
    n_frames[n_held++] = s.xsp - 128;
    if (n_held > shape.frames) {
        n.frames_spilled++;
        naive_reference(n_frames[0], 128, cause);
        n_held--;
        memmove(n_frames, n_frames + 1, n_held * sizeof *n_frames);
    }
}

static void naive_pop(enum mmp_cause cause)
{
    if (n_held > 0) {
        assert_int_equal(n_frames[n_held - 1], s.xsp);
        n_held--;
        return;
    }
    n.frames_filled++;
    naive_reference(s.xsp, 128, cause);
}

static void naive_written(uint64_t addr, uint64_t bytes)
{
    for (unsigned i = 0; i < shape.glb.entries; i++) {
        bool gate = n_glb[i].gate < addr + bytes && addr < n_glb[i].gate + 32;
        bool desc =
            n_glb[i].descriptor != 0 && n_glb[i].descriptor < addr + bytes && addr < n_glb[i].descriptor + 16;

        if (n_glb[i].used != 0 && (gate || desc)) {
            n_glb[i].used = 0;
            n.glb_dropped++;
        }
    }
}

static void naive_glb(uint64_t gate, uint64_t desc)
{
    unsigned place = 0;

    for (unsigned i = 0; i < shape.glb.entries; i++)
        if (n_glb[i].used != 0 && n_glb[i].gate == gate) {
            n.glb_hits++;
            n_glb[i].used = ++now;
            return;
        }
    n.glb_misses++;
    naive_reference(gate, 16, MMP_CAUSE_GATE);
    if (desc != 0)
        naive_reference(desc, 8, MMP_CAUSE_GATE);
    for (unsigned i = 0; i < shape.glb.entries; i++)
        if (n_glb[i].used < n_glb[place].used)
            place = i;
    n_glb[place].gate = gate;
    n_glb[place].descriptor = desc;
    n_glb[place].used = ++now;
}

/* ---- Life ---- */

static struct mmp_machine *mc;

static void report(void *opaque, const struct mmp_stale *stale)
{
    assert_ptr_equal(opaque, &reports);
    assert_true(right(stale->cached, stale->access));
    assert_false(right(stale->table, stale->access));
    assert_int_equal(stale->table, plain(stale->tag == tag_of[0]   ? ROOT(0)
                                         : stale->tag == tag_of[1] ? ROOT(1)
                                                                   : ROOT(2),
                                         stale->addr));
    reports++;
}

static void expect_agreement(unsigned round)
{
    const struct mmp_machine_counts *counts = mmp_machine_counts(mc);
    uint64_t sum = 0;

    if (memcmp(counts, &n, sizeof n) != 0) {
        const uint64_t *a = (const uint64_t *)counts, *b = (const uint64_t *)&n;

        for (unsigned i = 0; i < sizeof n / 8; i++)
            if (a[i] != b[i])
                print_message("round %u: count %u is %llu, not %llu\n", round, i, (unsigned long long)a[i],
                              (unsigned long long)b[i]);
        fail();
    }
    assert_int_equal(reports, n_reports);
    for (unsigned i = 0; i < MMP_CAUSES; i++)
        sum += counts->by_cause[i];
    assert_int_equal(sum, counts->cycles);
    if (round % 64 == 0) {
        uint64_t of = mmp_machine_cycles_of(mc, 0);

        for (unsigned i = 0; i < DOMAINS; i++) {
            assert_int_equal(mmp_machine_cycles_of(mc, tag_of[i]), n_of[tag_of[i]]);
            of += n_of[tag_of[i]];
        }
        assert_int_equal(of, counts->cycles);
    }
}

/* Few places, so that they are met again: some pages of three slots, the stacks, the gates, the tables. */
static uint64_t hot; /* where most of it happens for a while */

static uint64_t random_far(void)
{
    static const uint64_t page[] = {0x5000, 0x6000,        0x7000,        0x20000,
                                    SLOT,   SLOT + 0x9000, GIB4 - 0x1000, GIB4 - 0x3000};

    switch (random_below(16)) {
    case 0:
        return s.fb - random_below(200) + 20;
    case 1:
        return GATES + random_below(GATE_COUNT * 32);
    case 2:
        return DTBASE + random_below(DTCOUNT * 16);
    case 3:
        return s.xsp - random_below(3000) + 100;
    case 4:
        return random_one_in(20) ? GIB4 - 8 + random_below(16)
                                 : random_below(8) * SLOT / 2 + random_below(SLOT);
    default:
        return page[random_below(8)] + random_below(PAGE);
    }
}

static uint64_t random_addr(void)
{
    if (random_one_in(40))
        hot = random_far();
    return random_one_in(6) ? random_far() : hot / 64 * 64 + random_below(random_one_in(3) ? 600 : 64);
}

static void event_access(void)
{
    uint64_t addr = random_addr();
    uint32_t bytes = (uint32_t)(random_one_in(30) ? random_below(300) : UINT64_C(1) << random_below(5));
    int access = random_one_in(2) ? MMP_ACCESS_LOAD : (int)random_below(3);
    unsigned reg = (unsigned)random_below(17);
    int sidecar = shape.sidecars == MMP_SIDECAR_BY_ACCESS     ? access
                  : shape.sidecars == MMP_SIDECAR_BY_REGISTER ? (access == MMP_ACCESS_FETCH ? 16
                                                                 : reg < 16                 ? (int)reg
                                                                                            : -1)
                                                              : -1;

    if (access == MMP_ACCESS_FETCH)
        mmp_machine_fetch(mc, addr, bytes);
    else if (access == MMP_ACCESS_STORE)
        mmp_machine_store(mc, addr, bytes, reg);
    else
        mmp_machine_load(mc, addr, bytes, reg);

    if (bytes == 0)
        return;
    payer = s.pdid;
    n.references[access]++;
    if (s.pdid != 0) {
        n.checked[access]++;
        naive_check(s.pdid, s.root, addr, bytes, access, sidecar, true);
    }
    if (access == MMP_ACCESS_FETCH) {
        pay(MMP_CAUSE_INSTRUCTION, 1);
        pay(MMP_CAUSE_FETCH, naive_lines(&n_l1i, &shape.l1i, &n.l1i, addr, bytes));
        return;
    }
    pay(MMP_CAUSE_DATA, naive_lines(&n_l1d, &shape.l1d, &n.l1d, addr, bytes));
    for (unsigned i = 0; i < n_held; i++)
        if (addr < n_frames[i] + 128 && n_frames[i] < addr + bytes)
            naive_spill(MMP_CAUSE_DATA);
    if (access == MMP_ACCESS_STORE)
        naive_written(addr, bytes);
}

static void event_invalidate(uint16_t tag, uint64_t addr, unsigned log2)
{
    struct mmp_invalidate inval;
    enum mmp_msr outcome =
        mmp_msr_write(&s, &m, MMP_MSR_INVAL, tag | (uint64_t)log2 << 16 | addr << 32, &inval);

    assert_int_equal(outcome, MMP_MSR_OK_INVALIDATE);
    mmp_machine_msr_written(mc, MMP_MSR_INVAL, outcome, &inval);
    payer = s.pdid;
    addr = addr >> log2 << log2;
    naive_forget(tag, addr, addr + (UINT64_C(1) << log2));
}

/* Software changes a table, and forgets to invalidate now and then. */
static void event_table(void)
{
    static const uint32_t unit[] = {4, 4, 4, 64, 512, PAGE};
    uint32_t u = unit[random_below(6)];
    uint64_t start = random_addr() / u * u, end = start + u * random_from(1, 20);
    unsigned domain = (unsigned)random_below(DOMAINS);

    if (start >= GIB4)
        return;
    end = end > GIB4 ? GIB4 : end;
    if (next_table > GATES - 0x20000) {
        for (unsigned i = 0; i < DOMAINS; i++)
            mmp_tables_clear(&tables, ROOT(i));
        next_table = TABLES;
        event_invalidate(0, 0, 32);
    }
    assert_int_equal(mmp_tables_set(&tables, ROOT(domain), start, end, (unsigned)random_below(4),
                                    (enum mmp_tables_form)random_below(3)),
                     MMP_TABLES_OK);
    if (random_one_in(3))
        return;
    for (uint64_t block = start / 64 * 64; block < end; block += u < PAGE ? 64 : PAGE)
        event_invalidate(tag_of[domain], block, u < PAGE ? 6 : 12);
}

/* Section 11.8: a reference for the record that the event has made. */
static void naive_record(enum mmp_cause cause)
{
    uint64_t at = s.ring.base + (s.ring.count - 1) % (s.ring.size / 32 + (s.ring.size == 0)) * 32;

    if (s.ring.size != 0 && at + 32 <= MEMORY)
        naive_reference(at, 32, cause);
}

static void event_gate(void)
{
    uint64_t gate = GATES + 32 * random_below(GATE_COUNT);
    uint64_t gpr[16] = {0};
    struct mmp_cpu cpu = {.gpr = gpr, .rip = gate};
    struct mmp_fault fault;
    enum mmp_crossing crossing;
    uint16_t callee;

    cpu.gpr[4] = s.fb - 8 * random_from(1, 20);
    crossing = mmp_gate_enter(&s, &m, &cpu, &fault);
    mmp_machine_gate(mc, gate, crossing);
    if (crossing == MMP_CROSSING_FAULT)
        return;
    memcpy(&callee, memory + gate + 8, 2);
    naive_glb(gate, descriptor(callee));
    naive_reference(gate + 16, 16, MMP_CAUSE_GATE);
    if (crossing == MMP_CROSSING_PASSED) {
        n.passes++;
        pay(MMP_CAUSE_GATE, shape.costs.pass);
        naive_record(MMP_CAUSE_GATE);
        return;
    }
    n.calls++;
    pay(MMP_CAUSE_GATE, shape.costs.call);
    naive_push(MMP_CAUSE_GATE);
    naive_reference(s.fb - 8, 8, MMP_CAUSE_GATE);
    naive_record(MMP_CAUSE_GATE);
    payer = s.pdid;
}

static void event_return(void)
{
    uint64_t gpr[16] = {0};
    struct mmp_cpu cpu = {.gpr = gpr};
    struct mmp_fault fault;
    uint64_t popped = 0;
    enum mmp_crossing crossing;

    if (random_one_in(10))
        popped = 8;
    crossing = mmp_gate_return(&s, &m, &cpu, popped, &fault);
    mmp_machine_return(mc, crossing);
    if (crossing == MMP_CROSSING_FAULT)
        return;
    n.returns++;
    pay(MMP_CAUSE_GATE, shape.costs.gate_return);
    naive_pop(MMP_CAUSE_GATE);
    if (s.pdid != 0)
        naive_reference(descriptor(s.pdid), 8, MMP_CAUSE_GATE);
    naive_record(MMP_CAUSE_GATE);
    payer = s.pdid;
}

static void event_interrupt(void)
{
    uint64_t gpr[16] = {0};
    struct mmp_cpu cpu = {.gpr = gpr};

    if (s.pdid == 0 || !mmp_interrupt_enter(&s, &m, &cpu))
        return;
    mmp_machine_interrupt(mc);
    n.interrupts++;
    pay(MMP_CAUSE_INTERRUPT, shape.costs.interrupt);
    naive_push(MMP_CAUSE_INTERRUPT);
    naive_record(MMP_CAUSE_INTERRUPT);
    payer = s.pdid;
}

static void event_interrupt_return(void)
{
    uint64_t gpr[16] = {0};
    struct mmp_cpu cpu = {.gpr = gpr};
    struct mmp_fault fault;
    enum mmp_crossing crossing;

    if (s.pdid != 0)
        return;
    crossing = mmp_interrupt_return(&s, &m, random_one_in(3) ? 0 : 3, &fault);
    if (crossing != MMP_CROSSING_FAULT)
        mmp_interrupt_returned(&s, &m, 0, &cpu);
    mmp_machine_interrupt_return(mc, crossing);
    if (crossing == MMP_CROSSING_FAULT)
        return;
    n.interrupt_returns++;
    pay(MMP_CAUSE_INTERRUPT, shape.costs.interrupt_return);
    naive_pop(MMP_CAUSE_INTERRUPT);
    if (s.pdid != 0)
        naive_reference(descriptor(s.pdid), 8, MMP_CAUSE_INTERRUPT);
    naive_record(MMP_CAUSE_INTERRUPT);
    payer = s.pdid;
}

static void write_msr(uint32_t msr, uint64_t value)
{
    struct mmp_invalidate inval;
    enum mmp_msr outcome = mmp_msr_write(&s, &m, msr, value, &inval);

    mmp_machine_msr_written(mc, msr, outcome, &inval);
    payer = s.pdid;
    if (outcome == MMP_MSR_OK_CONTROL) {
        naive_forget(0, 0, GIB4);
        naive_written(0, UINT64_MAX / 2);
    } else if (outcome != MMP_MSR_REFUSED &&
               (msr == MMP_MSR_STACK || (msr >= MMP_MSR_XBASE && msr <= MMP_MSR_XSP))) {
        naive_spill(MMP_CAUSE_GATE);
        if (msr == MMP_MSR_STACK)
            naive_record(MMP_CAUSE_GATE);
    }
}

/* Another thread; or the same one, with its call stack unwound, and a domain to begin in. */
static void event_switch(void)
{
    unsigned domain = (unsigned)random_below(DOMAINS + 1);

    if (random_one_in(4)) {
        write_msr(MMP_MSR_TRACE_BASE, random_one_in(8) ? MEMORY - 32 : 0xe0000);
        write_msr(MMP_MSR_TRACE_SIZE, random_one_in(2) ? 0 : UINT64_C(32) << random_below(8));
    }
    write_msr(MMP_MSR_STACK, DESCRIPTORS + 64 * random_below(2));
    if (random_one_in(2)) {
        write_msr(MMP_MSR_XSP, s.xbase + 128 * random_below(4));
        write_msr(MMP_MSR_FB, s.xbase == CALL_STACKS ? STACKS + 0x10000 : STACKS + 0x20000);
    }
    s.pdid = domain < DOMAINS ? tag_of[domain] : 0;
    s.root = domain < DOMAINS ? ROOT(domain) : 0;
    /* no event says so: the next one to be paid for does */
    mmp_machine_fetch(mc, 0x123456789000, 4);
    payer = s.pdid;
    n.references[MMP_ACCESS_FETCH]++;
    n.checked[MMP_ACCESS_FETCH] += s.pdid != 0;
    pay(MMP_CAUSE_INSTRUCTION, 1);
    pay(MMP_CAUSE_FETCH, naive_lines(&n_l1i, &shape.l1i, &n.l1i, 0x123456789000, 4));
}

static void event_device(void)
{
    unsigned domain = (unsigned)random_below(DOMAINS + 1);
    uint16_t tag = domain < DOMAINS ? tag_of[domain] : 0;
    uint64_t addr = random_addr(), bytes = random_below(200);
    int access = random_one_in(2) ? MMP_ACCESS_STORE : MMP_ACCESS_LOAD;

    mmp_machine_device(mc, tag, tag != 0 ? ROOT(domain) : 0, addr, bytes, access);
    n.device_references++;
    if (bytes == 0)
        return;
    if (tag != 0)
        naive_check(tag, ROOT(domain), addr, bytes, access, -1, false);
    if (access != MMP_ACCESS_STORE)
        return;
    for (uint64_t i = 0; i < bytes; i++) {
        if (i == 0 || (addr + i) % shape.l1i.line == 0)
            naive_drop(&n_l1i, (addr + i) / shape.l1i.line);
        if (i == 0 || (addr + i) % shape.l1d.line == 0)
            naive_drop(&n_l1d, (addr + i) / shape.l1d.line);
        if (i == 0 || (addr + i) % shape.l2.line == 0)
            naive_drop(&n_l2, (addr + i) / shape.l2.line);
    }
    naive_written(addr, bytes);
}

static void life(const struct mmp_machine_shape *of, unsigned rounds)
{
    void *storage = malloc(mmp_machine_bytes(of));

    assert_non_null(storage);
    shape = *of;
    world_make();
    memset(&n, 0, sizeof n);
    memset(n_of, 0, sizeof n_of);
    memset(n_plb, 0, sizeof n_plb);
    memset(n_sidecar, 0, sizeof n_sidecar);
    memset(n_next, 0, sizeof n_next);
    memset(n_glb, 0, sizeof n_glb);
    memset(&n_l1i, 0, sizeof n_l1i);
    memset(&n_l1d, 0, sizeof n_l1d);
    memset(&n_l2, 0, sizeof n_l2);
    n_held = reports = n_reports = payer = 0;
    now = 0;
    mc = mmp_machine_make(storage, of, &s, &m, report, &reports);
    event_switch();
    for (unsigned round = 0; round < rounds; round++) {
        switch (random_below(40)) {
        case 0:
        case 1:
            event_table();
            break;
        case 2:
            event_gate();
            break;
        case 3:
            event_return();
            break;
        case 4:
            event_interrupt();
            break;
        case 5:
            event_interrupt_return();
            break;
        case 6:
            if (random_one_in(4))
                event_switch();
            break;
        case 7:
            if (random_one_in(4))
                event_device();
            break;
        case 8:
            write_msr(MMP_MSR_SPT + (uint32_t)random_below(8), s.pdid | random_below(40) << 16 |
                                                                   random_below(3) << 30 |
                                                                   (random_addr() & 0xfffffffc) << 32);
            if (random_one_in(40))
                write_msr(MMP_MSR_DTCOUNT, DTCOUNT);
            break;
        default:
            event_access();
            break;
        }
        expect_agreement(round);
    }
    print_message(
        "%llu cycles, PLB %llu hits %llu misses %llu confirmed %llu stale %llu outgrown, sidecar %llu, GLB "
        "%llu/%llu, "
        "%llu spilled %llu filled\n",
        (unsigned long long)n.cycles, (unsigned long long)n.plb_hits, (unsigned long long)n.plb_misses,
        (unsigned long long)n.plb_confirmed, (unsigned long long)n.stale, (unsigned long long)n.outgrown,
        (unsigned long long)n.sidecar_hits, (unsigned long long)n.glb_hits, (unsigned long long)n.glb_misses,
        (unsigned long long)n.frames_spilled, (unsigned long long)n.frames_filled);
    assert_true(n.plb_hits > 1000 && n.plb_misses > 100 && n.plb_evicted > 100 && n.plb_invalidated > 10);
    assert_true(n.calls > 100 && n.passes > 10 && n.returns > 50 && n.interrupts > 10 &&
                n.interrupt_returns > 10);
    assert_true(n.frames_spilled > 20 && n.frames_filled > 20 && n.glb_hits > 10 && n.glb_dropped > 10);
    free(storage);
}

static struct mmp_machine_shape small(void)
{
    struct mmp_machine_shape of = mmp_machine_mondrix;

    of.l1i = (struct mmp_cache_shape){1024, 2, 32};
    of.l1d = (struct mmp_cache_shape){2048, 4, 64};
    of.l2 = (struct mmp_cache_shape){16384, 8, 64};
    of.plb = (struct mmp_plb_shape){16, 16, 0x7fffc0, MMP_REPLACE_LRU};
    of.glb.entries = 8;
    of.frames = 3;
    of.costs = (struct mmp_costs){16, 200, 1, 2, 5, 7, 11, 13};
    return of;
}

#define ROUNDS 200000u

static void test_life_small(void **unused)
{
    struct mmp_machine_shape of = small();

    (void)unused;
    random_start(__func__);
    of.stale_check = true;
    life(&of, ROUNDS);
    assert_true(n.stale > 10 && n.outgrown > 10);
}

static void test_life_sets(void **unused)
{
    struct mmp_machine_shape of = small();

    (void)unused;
    random_start(__func__);
    of.plb = (struct mmp_plb_shape){32, 4, 1u << 6 | 1u << 8 | 1u << 12 | 1u << 22, MMP_REPLACE_LRU};
    of.frames = 0;
    life(&of, ROUNDS);
    of.plb = (struct mmp_plb_shape){16, 2, 1u << 3 | 1u << 7 | 1u << 9, MMP_REPLACE_ROUND_ROBIN};
    of.frames = 8;
    life(&of, ROUNDS);
}

static void test_life_sidecars(void **unused)
{
    struct mmp_machine_shape of = small();

    (void)unused;
    random_start(__func__);
    of.sidecars = MMP_SIDECAR_BY_ACCESS;
    of.stale_check = true;
    life(&of, ROUNDS);
    assert_true(n.sidecar_hits > 1000);
    of.sidecars = MMP_SIDECAR_BY_REGISTER;
    of.plb.replacement = MMP_REPLACE_ROUND_ROBIN;
    life(&of, ROUNDS);
    assert_true(n.sidecar_hits > 1000);
}

/* ---- One statement each ---- */

static void test_shapes(void **unused)
{
    static const struct mmp_plb_shape bad_plb[] = {
        {0, 1, 1u << 6, MMP_REPLACE_LRU},           {64, 0, 1u << 6, MMP_REPLACE_LRU},
        {64, 63, 1u << 6, MMP_REPLACE_LRU},         {48, 16, 1u << 6, MMP_REPLACE_LRU},
        {64, 64, 1u << 7, MMP_REPLACE_LRU},         {64, 64, 0, MMP_REPLACE_LRU},
        {64, 64, 1u << 6 | 2, MMP_REPLACE_LRU},     {64, 64, 1u << 6 | 1u << 23, MMP_REPLACE_LRU},
        {64, 64, 1u << 6, (enum mmp_replacement)3}, {131072, 1, 1u << 6, MMP_REPLACE_LRU}};
    static const struct mmp_cache_shape bad_cache[] = {{0, 1, 64},       {16384, 3, 64}, {16384, 4, 48},
                                                       {16384, 512, 64}, {16384, 4, 4},  {100, 1, 64},
                                                       {16384, 0, 64}};
    struct mmp_machine_shape of = mmp_machine_mondrix;

    (void)unused;
    assert_true(mmp_machine_bytes(&of) != 0);
    for (unsigned i = 0; i < sizeof bad_plb / sizeof *bad_plb; i++) {
        of.plb = bad_plb[i];
        assert_int_equal(mmp_machine_bytes(&of), 0);
    }
    of = mmp_machine_mondrix;
    for (unsigned i = 0; i < 3 * sizeof bad_cache / sizeof *bad_cache; i++) {
        *(i % 3 == 0 ? &of.l1i : i % 3 == 1 ? &of.l1d : &of.l2) = bad_cache[i / 3];
        assert_int_equal(mmp_machine_bytes(&of), 0);
        of = mmp_machine_mondrix;
    }
    of.glb.entries = 0;
    assert_int_equal(mmp_machine_bytes(&of), 0);
    of = mmp_machine_mondrix;
    of.frames = 65;
    assert_int_equal(mmp_machine_bytes(&of), 0);
    of.frames = 64;
    of.sidecars = (enum mmp_sidecars)3;
    assert_int_equal(mmp_machine_bytes(&of), 0);
}

/* 11.2, with the papers' numbers: the first fetch of all costs 1 + 16 + 200. */
static void test_papers_numbers(void **unused)
{
    void *storage = malloc(mmp_machine_bytes(&mmp_machine_mondrix));
    const struct mmp_machine_counts *c;

    (void)unused;
    world_make();
    mc = mmp_machine_make(storage, &mmp_machine_mondrix, &s, &m, NULL, NULL);
    c = mmp_machine_counts(mc);
    mmp_machine_fetch(mc, 0x5000, 4);
    assert_int_equal(c->cycles, 217);
    mmp_machine_fetch(mc, 0x5004, 4);
    assert_int_equal(c->cycles, 218);
    mmp_machine_load(mc, 0x5000, 8, 0); /* not in L1 for data, but in the L2 */
    assert_int_equal(c->cycles, 234);
    for (unsigned i = 1; i <= 4; i++) /* four more lines of its set of four: it leaves the L1 */
        mmp_machine_load(mc, 0x5000 + 4096 * i, 8, 0);
    assert_int_equal(c->cycles, 234 + 4 * 216);
    mmp_machine_load(mc, 0x5000, 8, 0);
    assert_int_equal(c->cycles, 234 + 4 * 216 + 16);
    /* domain 1: a walk of two references through the L1 for data, then none */
    mmp_tables_set(&tables, ROOT(0), 0x5000, 0x6000, MMP_PERM_RW, MMP_TABLES_BITMAP);
    s.pdid = tag_of[0];
    s.root = ROOT(0);
    mmp_machine_load(mc, 0x5000, 8, 0);
    assert_int_equal(c->by_cause[MMP_CAUSE_PLB], 2 * (1 + 216));
    assert_int_equal(c->plb_misses, 1);
    mmp_machine_store(mc, 0x5ff8, 8, 0); /* a mid entry tells its page */
    assert_int_equal(c->plb_hits, 1);
    assert_int_equal(c->plb_misses, 1);
    assert_int_equal(mmp_machine_cycles_of(mc, tag_of[0]) + mmp_machine_cycles_of(mc, 0), c->cycles);
    mmp_machine_reset(mc);
    assert_int_equal(c->cycles, 0);
    mmp_machine_load(mc, 0x5000, 8, 0);
    assert_int_equal(c->plb_misses, 1);
    free(storage);
}

/* The same life twice under random replacement: the same counts; and as many lookups as any other has. */
static void test_random_replacement(void **unused)
{
    struct mmp_machine_shape of = small();
    struct mmp_machine_counts counts[3];

    (void)unused;
    for (unsigned run = 0; run < 3; run++) {
        void *storage;

        of.plb.replacement = run < 2 ? MMP_REPLACE_RANDOM : MMP_REPLACE_LRU;
        storage = malloc(mmp_machine_bytes(&of));
        world_make();
        mmp_tables_set(&tables, ROOT(0), 0, SLOT, MMP_PERM_RW, MMP_TABLES_BITMAP);
        for (uint32_t at = 0x20000; at < 0x28000; at += 8)
            mmp_tables_set(&tables, ROOT(0), at, at + 4, MMP_PERM_RO, MMP_TABLES_BITMAP);
        s.pdid = tag_of[0];
        s.root = ROOT(0);
        mc = mmp_machine_make(storage, &of, &s, &m, NULL, NULL);
        random_start(__func__);
        for (unsigned i = 0; i < 20000; i++)
            mmp_machine_load(mc, 0x20000 + random_below(random_one_in(3) ? 0x8000 : 0x500) / 4 * 4, 4, 0);
        counts[run] = *mmp_machine_counts(mc);
        free(storage);
    }
    assert_memory_equal(&counts[0], &counts[1], sizeof counts[0]);
    assert_int_equal(counts[0].plb_hits + counts[0].plb_misses, counts[2].plb_hits + counts[2].plb_misses);
    assert_true(counts[0].plb_misses != counts[2].plb_misses);
    assert_true(counts[0].plb_evicted > 1000);
}

/* 8.4: each register says its counter; there are no others, and one that can be written. */
static void test_registers(void **unused)
{
    struct mmp_machine_shape of = small();
    const struct mmp_machine_counts *c;
    uint64_t value;
    unsigned known = 0;
    void *storage;

    (void)unused;
    random_start(__func__);
    of.sidecars = MMP_SIDECAR_BY_ACCESS;
    of.stale_check = true;
    shape = of;
    storage = malloc(mmp_machine_bytes(&of));
    world_make();
    mc = mmp_machine_make(storage, &of, &s, &m, NULL, NULL);
    event_switch();
    for (unsigned i = 0; i < 3000; i++)
        random_one_in(4) ? event_table() : event_access();
    c = mmp_machine_counts(mc);
    const struct {
        uint32_t msr;
        uint64_t value;
    } expected[] = {
        {0x40, c->cycles},
        {0x41, c->by_cause[0]},
        {0x42, c->by_cause[1]},
        {0x43, c->by_cause[2]},
        {0x44, c->by_cause[3]},
        {0x45, c->by_cause[4]},
        {0x46, c->by_cause[5]},
        {0x48, c->references[0]},
        {0x49, c->references[1]},
        {0x4a, c->references[2]},
        {0x4b, c->checked[0]},
        {0x4c, c->checked[1]},
        {0x4d, c->checked[2]},
        {0x50, c->l1i.hits},
        {0x51, c->l1i.misses},
        {0x52, c->l1d.hits},
        {0x53, c->l1d.misses},
        {0x54, c->l2.hits},
        {0x55, c->l2.misses},
        {0x58, c->plb_hits},
        {0x59, c->plb_misses},
        {0x5a, c->plb_confirmed},
        {0x5b, c->plb_refills},
        {0x5c, c->plb_evicted},
        {0x5d, c->plb_invalidations},
        {0x5e, c->plb_invalidated},
        {0x5f, c->sidecar_hits},
        {0x60, c->table_references},
        {0x61, c->stale},
        {0x62, c->outgrown},
        {0x63, c->glb_hits},
        {0x64, c->glb_misses},
        {0x65, c->glb_dropped},
        {0x66, c->frames_spilled},
        {0x67, c->frames_filled},
        {0x68, 0},
        {0x69, mmp_machine_cycles_of(mc, 0)},
        {0x2f, 0x101},
    };

    for (uint32_t msr = MMP_MSR_BASE; msr < MMP_MSR_END + 16; msr++) {
        bool exists = false;

        for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++)
            if (msr == MMP_MSR_BASE + expected[i].msr) {
                exists = true;
                assert_true(mmp_machine_msr_read(mc, msr, &value));
                assert_int_equal(value, expected[i].value);
                known++;
            }
        assert_int_equal(mmp_machine_msr_read(mc, msr, &value), exists);
        assert_int_equal(mmp_machine_msr_write(mc, msr, 0), msr == MMP_MSR_CYCLES_TAG);
    }
    assert_int_equal(known, sizeof expected / sizeof *expected);
    assert_false(mmp_machine_msr_write(mc, MMP_MSR_CYCLES_TAG, 0x10000));
    assert_true(mmp_machine_msr_write(mc, MMP_MSR_CYCLES_TAG, tag_of[1]));
    assert_true(mmp_machine_msr_read(mc, MMP_MSR_CYCLES_OF, &value));
    assert_int_equal(value, mmp_machine_cycles_of(mc, tag_of[1]));
    free(storage);
}

/* WDDD section 4.2: run-length entries refill less often where allocations are guarded by inaccessible words.
 */
static void test_reach(void **unused)
{
    uint64_t misses[3];

    (void)unused;
    for (unsigned form = 0; form < 3; form++) {
        void *storage = malloc(mmp_machine_bytes(&mmp_machine_mondrix));

        random_start(__func__);
        world_make();
        for (uint32_t at = 0x20000; at < 0x40000;) {
            uint32_t bytes = 16 + (uint32_t)random_below(40) * 8;

            mmp_tables_set(&tables, ROOT(0), at + 4, at + 4 + bytes, MMP_PERM_RW, (enum mmp_tables_form)form);
            at += bytes + 8;
        }
        s.pdid = tag_of[0];
        s.root = ROOT(0);
        mc = mmp_machine_make(storage, &mmp_machine_mondrix, &s, &m, NULL, NULL);
        for (unsigned i = 0; i < 30000; i++)
            mmp_machine_load(mc, 0x20000 + random_below(0x4000) / 4 * 4, 4, 0);
        misses[form] = mmp_machine_counts(mc)->plb_misses;
        free(storage);
    }
    print_message("PLB misses: bitmap %llu, narrow %llu, wide %llu\n", (unsigned long long)misses[0],
                  (unsigned long long)misses[1], (unsigned long long)misses[2]);
    assert_true(misses[1] * 10 < misses[0] * 8);
    assert_true(misses[2] < misses[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_papers_numbers),
        cmocka_unit_test(test_random_replacement),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_reach),
        cmocka_unit_test(test_life_small),
        cmocka_unit_test(test_life_sets),
        cmocka_unit_test(test_life_sidecars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

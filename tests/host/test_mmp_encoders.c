/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What writes permission tables, in bitmap and run-length form side by side, against a flat array of
 * permissions, read back by the model, by the plain reader of mmp_tables.h and by the writer itself; the
 * overlap of run-length entries word by word; memory for tables that runs out at any point, and none that is
 * lost.
 */
// links: mmp_hw/tables/entry.c mmp_hw/tables/leaf.c mmp_hw/tables/tables.c
// links: mmp_hw/model/table.c mmp_hw/model/runlength.c mmp_hw/model/permission.c
// links: tests/host/mmp_tables.c tests/host/seeded.c
// links: mmp_hw/model/spt.c mmp_hw/model/domain.c
// includes: mmp_hw/include mmp_hw/model mmp_hw/tables tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "entry.h"
#include "mmp_tables.h"
#include "model.h"
#include "seeded.h"
#include "tables.h"

#define SLOT 0x400000u
#define PAGE 0x1000u
#define SLOTS 3u /* of them has permissions: the first, its neighbour, the last */
#define GIB4 0x100000000u

/* ---- Memory for tables: blocks of five sizes, each known to be free or not ---- */

#define MEMORY (1u << 20)
#define ROOT 0x1000u

static uint8_t memory[MEMORY];
static uint8_t taken[MEMORY / 4]; /* log2 of the block's size, at its first word */
static struct {
    uint32_t start, bytes, count, hint;
} arena[5] = {{0x2000, 4096, 8, 0},
              {0x20000, 256, 2048, 0},
              {0xa0000, 64, 2048, 0},
              {0xc0000, 16, 8192, 0},
              {0xe0000, 4, 32768, 0}};
static unsigned blocks, takes_left;

static uint32_t take(void *owner, uint32_t bytes)
{
    (void)owner;
    if (takes_left == 0)
        return 0;
    takes_left--;
    for (unsigned i = 0; i < 5; i++) {
        if (arena[i].bytes != bytes)
            continue;
        for (unsigned n = 0; n < arena[i].count; n++) {
            uint32_t at = arena[i].start + (arena[i].hint + n) % arena[i].count * bytes;

            if (taken[at / 4] == 0) {
                taken[at / 4] = (uint8_t)__builtin_ctz(bytes);
                memset(memory + at, 0xa5, bytes); /* what it holds counts for nothing */
                arena[i].hint = (arena[i].hint + n + 1) % arena[i].count;
                blocks++;
                return at;
            }
        }
        return 0;
    }
    fail_msg("no block has %u bytes", bytes);
    return 0;
}

static void give(void *owner, uint32_t at, uint32_t bytes)
{
    (void)owner;
    assert_int_equal(taken[at / 4], __builtin_ctz(bytes));
    taken[at / 4] = 0;
    memset(memory + at, 0x5a, bytes);
    blocks--;
}

static struct mmp_tables tables;
static struct mmp_memory m;

/* ---- The oracle ---- */

static uint8_t flat[SLOTS][SLOT / 4];
static const uint32_t slot_at[SLOTS] = {0, 1, 1023};

static uint8_t *flat_word(uint64_t addr)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (addr / SLOT == slot_at[i])
            return &flat[i][addr % SLOT / 4];
    return NULL;
}

static unsigned flat_get(uint64_t addr)
{
    return flat_word(addr) == NULL ? 0 : *flat_word(addr);
}

static void expect_word(uint32_t addr)
{
    uint8_t perm = 0xff;
    uint64_t entry;
    unsigned plain = 0xff;

    assert_true(mmp_table_permission(&m, ROOT, addr, &perm, &entry));
    assert_int_equal(perm, flat_get(addr));
    assert_true(plain_permission(memory, MEMORY, ROOT, addr, &plain, &entry));
    assert_int_equal(plain, flat_get(addr));
    assert_int_equal(mmp_tables_get(&tables, ROOT, addr), flat_get(addr));
}

static uint32_t get(uint32_t at)
{
    uint32_t v;

    memcpy(&v, memory + at, 4);
    return v;
}

/* The mid entry of a page, 0 if the root decides. */
static uint32_t mid_entry(uint32_t addr)
{
    uint32_t root = get(ROOT + addr / SLOT * 4);

    return root != 0 && root % 4 == 0 ? get(root + addr / PAGE % 1024 * 4) : 0;
}

/* What each narrow entry of a page says beyond its words is true and ends inside the page; returns the words
 * it speaks of. */
static unsigned expect_overlap(uint32_t addr)
{
    uint32_t page = addr / PAGE * PAGE, mid = mid_entry(addr);
    unsigned spoken = 0;

    if (mid % 8 != 2)
        return 0;
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t e = get(mid - 2 + 4 * i), start = page + 64 * i, after;

        if (e % 4 != 3)
            continue;
        for (uint32_t word = 1; word <= (e >> 4 & 31); word++) {
            assert_int_equal((start - 4 * word) / PAGE, page / PAGE);
            assert_int_equal(flat_get(start - 4 * word), e >> 2 & 3);
        }
        after = e >> 27 == 31 ? 32 : e >> 27;
        for (uint32_t word = 0; word < after; word++) {
            assert_int_equal((start + 64 + 4 * word) / PAGE, page / PAGE);
            assert_int_equal(flat_get(start + 64 + 4 * word), e >> 21 & 3);
        }
        spoken += (e >> 4 & 31) + after;
    }
    return spoken;
}

/* ---- Life ---- */

static int setup(void **unused)
{
    (void)unused;
    memset(memory, 0, sizeof memory);
    memset(taken, 0, sizeof taken);
    memset(flat, 0, sizeof flat);
    blocks = 0;
    takes_left = UINT32_MAX;
    tables = (struct mmp_tables){.memory = (uintptr_t)memory, .take = take, .give = give};
    m = (struct mmp_memory){memory, MEMORY};
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    takes_left = UINT32_MAX;
    mmp_tables_clear(&tables, ROOT);
    assert_int_equal(blocks, 0);
    for (unsigned i = 0; i < 1024; i++)
        assert_int_equal(get(ROOT + 4 * i), 0);
    return 0;
}

static uint8_t before_memory[MEMORY], before_taken[MEMORY / 4];

/* Sets, and fails now and then for want of memory: then nothing has changed. */
static bool set(uint64_t start, uint64_t end, unsigned perm, enum mmp_tables_form form)
{
    enum mmp_tables_status status;
    bool scarce = random_one_in(200);

    takes_left = UINT32_MAX;
    if (scarce) {
        takes_left = (unsigned)random_below(6);
        memcpy(before_memory, memory, sizeof memory);
        memcpy(before_taken, taken, sizeof taken);
    }
    status = mmp_tables_set(&tables, ROOT, start, end, perm, form);
    if (status == MMP_TABLES_OK) {
        for (uint64_t at = start; at < end; at += 4)
            *flat_word(at) = (uint8_t)perm;
        return true;
    }
    assert_int_equal(status, MMP_TABLES_NO_ROOM);
    if (scarce) {
        assert_memory_equal(before_taken, taken, sizeof taken);
        for (uint32_t at = 0; at < MEMORY; at += 4) /* free blocks may hold anything */
            if (get(at) != *(uint32_t *)(before_memory + at))
                assert_true(at >= 0x2000 && get(at) == 0x5a5a5a5au);
    }
    return false;
}

/* A range that ends or begins near where things change. */
static void random_range(uint64_t *start, uint64_t *end)
{
    static const uint32_t unit[] = {4, 4, 4, 64, 256, 512, PAGE, 0x80000};
    uint64_t base = (uint64_t)slot_at[random_below(SLOTS)] * SLOT;
    uint64_t u = unit[random_below(random_one_in(20) ? 8 : random_one_in(5) ? 7 : 6)];

    /* mostly within some pages, so that they fill with small runs */
    *start = base + (u >= PAGE ? random_below(SLOT / u) * u
                               : random_below(8) * 0x7e000 + random_below(PAGE / u) * u);
    *end = *start + u * random_from(1, u == 4 ? 40 : 9);
    if (random_one_in(3) && u < PAGE)
        *end = *start + 4 * random_from(1, 100);
    if (*end > base + SLOT && !(base == 0 && *end <= 2 * SLOT))
        *end = base + SLOT;
}

static void random_life(unsigned rounds, const enum mmp_tables_form *forms, unsigned form_count)
{
    unsigned sets = 0, refused = 0, converted = 0;
    uint64_t spoken = 0;

    for (unsigned round = 0; round < rounds; round++) {
        uint64_t start, end;

        random_range(&start, &end);
        if (random_one_in(50)) {
            uint32_t addr = (uint32_t)(start + random_below(PAGE) / 4 * 4);

            takes_left = random_one_in(8) ? (unsigned)random_below(20) : UINT32_MAX;
            converted +=
                mmp_tables_convert(&tables, ROOT, addr, forms[random_below(form_count)]) == MMP_TABLES_OK;
            start = addr / PAGE * PAGE;
            end = start + PAGE;
        } else if (set(start, end, (unsigned)random_below(4), forms[random_below(form_count)])) {
            sets++;
        } else {
            refused++;
        }
        expect_word((uint32_t)start);
        expect_word((uint32_t)(end - 4));
        if (start >= 128)
            expect_word((uint32_t)(start - 4 - 4 * random_below(31)));
        if (end < GIB4 - 128)
            expect_word((uint32_t)(end + 4 * random_below(31)));
        expect_word((uint32_t)(start + random_below(end - start) / 4 * 4));
        if (round % 16 == 0) {
            spoken += expect_overlap((uint32_t)start);
            spoken += expect_overlap((uint32_t)end - 4);
        }
        if (round % 4000 == 0)
            for (uint32_t at = 0; at < PAGE; at += 4) {
                expect_word((uint32_t)(start / PAGE * PAGE + at));
                expect_word((uint32_t)((end - 1) / PAGE * PAGE + at));
            }
        if (round % 20000 == 0) {
            mmp_tables_clear(&tables, ROOT);
            assert_int_equal(blocks, 0);
            memset(flat, 0, sizeof flat);
        }
    }
    for (unsigned i = 0; i < SLOTS; i++)
        for (uint32_t at = 0; at < SLOT; at += 4)
            expect_word(slot_at[i] * SLOT + at);
    print_message("%u sets, %u refused, %u converted, %llu words told by overlap, %u blocks\n", sets, refused,
                  converted, (unsigned long long)spoken, blocks);
    if (form_count > 1)
        assert_true(refused > 100 && converted > 1000 && spoken > 100000);
}

static void test_random_mixed(void **unused)
{
    static const enum mmp_tables_form forms[] = {MMP_TABLES_BITMAP, MMP_TABLES_NARROW, MMP_TABLES_WIDE};

    (void)unused;
    random_start(__func__);
    random_life(700000, forms, 3);
}

static void test_random_each(void **unused)
{
    static const enum mmp_tables_form forms[] = {MMP_TABLES_BITMAP, MMP_TABLES_NARROW, MMP_TABLES_WIDE};

    (void)unused;
    random_start(__func__);
    for (unsigned i = 0; i < 3; i++) {
        random_life(100000, &forms[i], 1);
        teardown(NULL);
        setup(NULL);
    }
}

/* ---- One statement each ---- */

/* WDDD section 3.2: in the best case one entry speaks of 79 words. */
static void test_reach(void **unused)
{
    uint32_t page[MMP_PAGE_CHUNKS], entry;

    (void)unused;
    memset(page, 0xaa, sizeof page);
    assert_true(mmp_narrow_encode(page, 2, &entry));
    assert_int_equal(entry >> 4 & 31, 31);
    assert_int_equal(entry >> 27, 31);
    assert_true(mmp_narrow_encode(page, 0, &entry)); /* but not beyond the page */
    assert_int_equal(entry >> 4 & 31, 0);
    assert_true(mmp_narrow_encode(page, 62, &entry));
    assert_int_equal(entry >> 27, 16);
    assert_true(mmp_narrow_encode(page, 63, &entry));
    assert_int_equal(entry >> 27, 0);
    mmp_picture_set(page, 48 + 31, 48 + 32, 0); /* 31 words after: told as 30 */
    assert_true(mmp_narrow_encode(page, 2, &entry));
    assert_int_equal(entry >> 27, 30);

    memset(page, 0, sizeof page); /* a run that ends before the chunk: told by the segment to spare */
    mmp_picture_set(page, 20, 32, MMP_PERM_RW);
    mmp_picture_set(page, 40, 64, MMP_PERM_RX);
    assert_true(mmp_narrow_encode(page, 2, &entry));
    assert_int_equal(entry >> 2 & 3, MMP_PERM_RW);
    assert_int_equal(entry >> 4 & 31, 12);
    assert_int_equal(mmp_narrow_decode(entry), 0xffff0000u);
}

/* Each sixteen words of up to four runs are an entry, and of five are none. */
static void test_narrow_limits(void **unused)
{
    (void)unused;
    random_start(__func__);
    for (unsigned round = 0; round < 200000; round++) {
        uint32_t page[5], entry, chunk = 0;
        unsigned runs = 0, last = 4, perm = 0;

        for (unsigned i = 0; i < 5; i++)
            page[i] = random_one_in(2) ? 0x55555555u * (uint32_t)random_below(4) : (uint32_t)random_bits();
        for (unsigned word = 0; word < 16; word++) {
            if (word == 0 || random_one_in(5))
                perm = (unsigned)random_below(4);
            chunk |= (uint32_t)perm << 2 * word;
            runs += perm != last;
            last = perm;
        }
        page[2] = chunk;
        assert_int_equal(mmp_narrow_encode(page, 2, &entry), runs <= 4);
        if (runs <= 4)
            assert_int_equal(mmp_narrow_decode(entry), chunk);
    }
}

/* A page of up to three runs needs no table, however it came to that. */
static void test_runs_entries(void **unused)
{
    (void)unused;
    assert_int_equal(mmp_tables_set(&tables, ROOT, 0x5008, 0x6000, MMP_PERM_RW, MMP_TABLES_NARROW),
                     MMP_TABLES_OK);
    assert_int_equal(blocks, 1); /* the mid table */
    assert_int_equal(mid_entry(0x5000) & 3, MMP_ENTRY_RUNS);
    mmp_tables_set(&tables, ROOT, 0x5010, 0x5014, MMP_PERM_RX, MMP_TABLES_NARROW); /* a fourth and a fifth */
    assert_int_equal(blocks, 2);
    assert_int_equal(mid_entry(0x5000) & 7, MMP_ENTRY_RUNLENGTH);
    mmp_tables_set(&tables, ROOT, 0x5000, 0x5010, MMP_PERM_RX, MMP_TABLES_NARROW); /* joins them */
    assert_int_equal(blocks, 1);
    assert_int_equal(mid_entry(0x5000) & 3, MMP_ENTRY_RUNS);
    mmp_tables_set(&tables, ROOT, SLOT + 5 * PAGE, 2 * SLOT - PAGE, MMP_PERM_RO,
                   MMP_TABLES_WIDE); /* pages of a slot */
    assert_int_equal(blocks, 1);
    assert_int_equal(get(ROOT + 4) & 3, MMP_ENTRY_RUNS);
    mmp_tables_set(&tables, ROOT, SLOT, 2 * SLOT, MMP_PERM_RW, MMP_TABLES_BITMAP);
    assert_int_equal(get(ROOT + 4), 0xaaaa0001u);
    mmp_tables_set(&tables, ROOT, SLOT + PAGE, SLOT + 2 * PAGE, MMP_PERM_RO,
                   MMP_TABLES_BITMAP); /* no runs: a table */
    assert_int_equal(blocks, 2);
}

/* A page of which no entry can be told in runs, converted with too little memory at each point, and with
 * enough. */
static void test_convert(void **unused)
{
    static const enum mmp_tables_form forms[] = {MMP_TABLES_NARROW, MMP_TABLES_WIDE};

    (void)unused;
    for (unsigned f = 0; f < 2; f++) {
        unsigned needed = f == 0 ? 1 + 64 : 1 + 16;

        for (uint32_t at = 0x7000; at < 0x8000; at += 8) {
            mmp_tables_set(&tables, ROOT, at, at + 4, MMP_PERM_RW, MMP_TABLES_BITMAP);
            *flat_word(at) = MMP_PERM_RW;
        }
        assert_int_equal(blocks, 2);
        for (unsigned takes = 0; takes < needed; takes++) {
            takes_left = takes;
            assert_int_equal(mmp_tables_convert(&tables, ROOT, 0x7abc, forms[f]), MMP_TABLES_NO_ROOM);
            assert_int_equal(blocks, 2);
        }
        takes_left = needed;
        assert_int_equal(mmp_tables_convert(&tables, ROOT, 0x7abc, forms[f]), MMP_TABLES_OK);
        assert_int_equal(blocks, 1 + needed);
        for (uint32_t at = 0x6ffc; at < 0x8004; at += 4)
            expect_word(at);
        takes_left = 1;
        assert_int_equal(mmp_tables_convert(&tables, ROOT, 0x7000, MMP_TABLES_BITMAP), MMP_TABLES_OK);
        assert_int_equal(blocks, 2);
        expect_word(0x7ff8);
        takes_left = UINT32_MAX;
    }
}

static void test_bad_ranges(void **unused)
{
    (void)unused;
    assert_int_equal(mmp_tables_set(&tables, ROOT, 8, 8, 1, MMP_TABLES_BITMAP), MMP_TABLES_BAD_RANGE);
    assert_int_equal(mmp_tables_set(&tables, ROOT, 12, 8, 1, MMP_TABLES_BITMAP), MMP_TABLES_BAD_RANGE);
    assert_int_equal(mmp_tables_set(&tables, ROOT, 2, 8, 1, MMP_TABLES_BITMAP), MMP_TABLES_BAD_RANGE);
    assert_int_equal(mmp_tables_set(&tables, ROOT, 4, 9, 1, MMP_TABLES_BITMAP), MMP_TABLES_BAD_RANGE);
    assert_int_equal(mmp_tables_set(&tables, ROOT, 4, 8, 4, MMP_TABLES_BITMAP), MMP_TABLES_BAD_RANGE);
    assert_int_equal(mmp_tables_set(&tables, ROOT, 4, GIB4 + 4, 1, MMP_TABLES_BITMAP), MMP_TABLES_BAD_RANGE);
    assert_int_equal(mmp_tables_set(&tables, ROOT, GIB4 - 4, GIB4, 1, MMP_TABLES_BITMAP), MMP_TABLES_OK);
    *flat_word(GIB4 - 4) = 1;
    expect_word((uint32_t)(GIB4 - 4));
    expect_word((uint32_t)(GIB4 - 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reach, setup, teardown),
        cmocka_unit_test_setup_teardown(test_narrow_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_runs_entries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_convert, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_ranges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_mixed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_each, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

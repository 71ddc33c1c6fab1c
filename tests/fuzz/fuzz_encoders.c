/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Permission changes in any order and form, some of them without memory for it, against a flat array; what
 * the model reads is what was written, and what narrow entries tell of their neighbours is true.
 */
// links: mmp_hw/tables/entry.c mmp_hw/tables/leaf.c mmp_hw/tables/tables.c mmp_hw/model/table.c
// links: mmp_hw/model/runlength.c mmp_hw/model/permission.c mmp_hw/model/spt.c mmp_hw/model/domain.c
// includes: mmp_hw/include mmp_hw/model mmp_hw/tables tests/fuzz
#include "input.h"
#include "model.h"
#include "tables.h"

#define MEMORY 0x20000u
#define ROOT 0x1000u
#define PAGES 4u /* of the first slot: 0 to 2, and the last */

static uint8_t memory[MEMORY] __attribute__((aligned(4096)));
static uint8_t flat[PAGES][1024];
static const uint32_t page_at[PAGES] = {0, 0x1000, 0x2000, 0x3ff000};
static struct {
    uint32_t start, bytes, count;
    uint64_t taken[8];
} pool[] = {{0x2000, 4096, 4, {0}},
            {0x6000, 256, 8, {0}},
            {0x8000, 64, 8, {0}},
            {0xa000, 16, 80, {0}},
            {0xc000, 4, 280, {0}}};
static unsigned blocks, takes_left;

static uint32_t take(void *owner, uint32_t bytes)
{
    (void)owner;
    for (unsigned i = 0; takes_left > 0 && i < 5; i++)
        for (uint32_t n = 0; pool[i].bytes == bytes && n < pool[i].count; n++)
            if ((pool[i].taken[n / 64] >> n % 64 & 1) == 0) {
                pool[i].taken[n / 64] |= UINT64_C(1) << n % 64;
                memset(memory + pool[i].start + n * bytes, 0xa5, bytes);
                blocks++;
                takes_left--;
                return pool[i].start + n * bytes;
            }
    return 0;
}

static void give(void *owner, uint32_t at, uint32_t bytes)
{
    (void)owner;
    for (unsigned i = 0; i < 5; i++)
        if (pool[i].bytes == bytes) {
            uint32_t n = (at - pool[i].start) / bytes;

            CHECK(at >= pool[i].start && n < pool[i].count && (pool[i].taken[n / 64] >> n % 64 & 1) != 0);
            pool[i].taken[n / 64] &= ~(UINT64_C(1) << n % 64);
            blocks--;
        }
}

static const struct mmp_memory m = {memory, MEMORY};

static void expect_pages(const struct mmp_tables *t)
{
    for (unsigned p = 0; p < PAGES; p++)
        for (uint32_t i = 0; i < 1024; i++) {
            uint8_t perm;
            uint64_t entry;

            CHECK(mmp_table_permission(&m, ROOT, page_at[p] + 4 * i, &perm, &entry));
            CHECK(perm == flat[p][i]);
            CHECK(mmp_tables_get(t, ROOT, page_at[p] + 4 * i) == perm);
        }
}

static void expect_overlap(unsigned p)
{
    uint32_t mid, e;

    memcpy(&mid, memory + ROOT, 4);
    if (mid == 0 || mid % 4 != 0)
        return;
    memcpy(&mid, memory + mid + page_at[p] / 4096 * 4, 4);
    for (uint32_t i = 0; mid % 8 == 2 && i < 64; i++) {
        memcpy(&e, memory + mid - 2 + 4 * i, 4);
        if (e % 4 != 3)
            continue;
        for (uint32_t k = 1; k <= (e >> 4 & 31); k++)
            CHECK(16 * i >= k && flat[p][16 * i - k] == (e >> 2 & 3));
        for (uint32_t k = 0; k < (e >> 27) + (e >> 27 == 31); k++)
            CHECK(16 * i + 16 + k < 1024 && flat[p][16 * i + 16 + k] == (e >> 21 & 3));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    const struct mmp_tables t = {.memory = (uintptr_t)memory, .take = take, .give = give};

    memset(memory + ROOT, 0, 4096);
    memset(flat, 0, sizeof flat);
    for (unsigned ops = 0; in.size > 0 && ops < 200; ops++) {
        uint8_t what = (uint8_t)input_take(&in, 1);
        unsigned p = what % PAGES, perm = what >> 2 & 3;
        enum mmp_tables_form form = (enum mmp_tables_form)((what >> 4 & 3) % 3);
        uint32_t from = (uint32_t)input_below(&in, 1024), to = from + 1 + (uint32_t)input_below(&in, 256);

        takes_left = what >> 6 == 3 ? (unsigned)input_below(&in, 8) : 1000;
        to = to > 1024 ? 1024 : to;
        if (what >> 6 == 2) {
            mmp_tables_convert(&t, ROOT, page_at[p] + 4 * from, form);
        } else if (what >> 6 == 1 && from % 8 == 0) { /* pages 0 to 2, or all that is between */
            uint64_t end = from % 16 == 0 ? 0x3000 : 0x400000;

            if (mmp_tables_set(&t, ROOT, 0x1000, end, perm, form) == MMP_TABLES_OK)
                memset(flat[1], (int)perm, end == 0x3000 ? 2048 : 3072);
        } else if (mmp_tables_set(&t, ROOT, page_at[p] + 4 * from, page_at[p] + 4 * to, perm, form) ==
                   MMP_TABLES_OK) {
            memset(flat[p] + from, (int)perm, to - from);
        }
        expect_overlap(p);
    }
    expect_pages(&t);
    takes_left = 1000;
    mmp_tables_clear(&t, ROOT);
    CHECK(blocks == 0);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The builder of mmp_tables.h. Numbers stand here as the manual's section 4 prints them, not as arch.h names
 * them.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mmp_tables.h"
#include "seeded.h"

#define SLOT 0x400000u
#define PAGE 0x1000u
#define SLOT_WORDS (SLOT / 4)
#define MEMORY (2u << 20)
#define FIRST_TABLE 0x2000u /* root at 0x1000 */
#define ROOT 0x1000u

const unsigned tables_slot[TABLES_SLOTS] = {0, 5, 6, 7, 1023};
uint8_t *tables_memory;
uint64_t tables_size;
uint32_t tables_root;

static uint8_t *flat[1024]; /* a slot's words; NULL: none of them has a permission */

/* Tables of 4 KiB come from the front of memory, of 256 bytes from its back; each keeps a list of free ones.
 */
static uint32_t front, back;
static uint32_t free_mid[64], free_leaf[8192];
static unsigned free_mids, free_leaves;

void tables_make(void)
{
    tables_size = MEMORY;
    tables_memory = calloc(1, MEMORY);
    tables_root = ROOT;
    front = FIRST_TABLE;
    back = MEMORY;
    free_mids = free_leaves = 0;
    for (unsigned i = 0; i < TABLES_SLOTS; i++)
        flat[tables_slot[i]] = calloc(1, SLOT_WORDS);
}

void tables_free(void)
{
    free(tables_memory);
    for (unsigned i = 0; i < 1024; i++) {
        free(flat[i]);
        flat[i] = NULL;
    }
}

static uint32_t get(uint32_t at)
{
    uint32_t v;

    memcpy(&v, tables_memory + at, 4);
    return v;
}

static void put(uint32_t at, uint32_t v)
{
    memcpy(tables_memory + at, &v, 4);
}

static uint32_t mid_take(void)
{
    uint32_t at = free_mids > 0 ? free_mid[--free_mids] : front;

    if (at == front)
        front += 4096;
    assert(front <= back);
    return at;
}

static uint32_t leaf_take(void)
{
    if (free_leaves > 0)
        return free_leaf[--free_leaves];
    back -= 256;
    assert(front <= back);
    return back;
}

static bool is_pointer(uint32_t entry)
{
    return entry != 0 && (entry & 3) == 0;
}

static void mid_entry_drop(uint32_t entry)
{
    if (is_pointer(entry))
        free_leaf[free_leaves++] = entry;
}

static void root_entry_drop(uint32_t entry)
{
    if (!is_pointer(entry))
        return;
    for (uint32_t i = 0; i < 1024; i++)
        mid_entry_drop(get(entry + 4 * i));
    free_mid[free_mids++] = entry;
}

static uint32_t eight_alike(unsigned perm)
{
    uint32_t entry = 1;

    for (unsigned i = 0; i < 8; i++)
        entry |= (uint32_t)perm << (16 + 2 * i);
    return perm == 0 && random_one_in(2) ? 0 : entry;
}

static unsigned eighth(uint32_t entry, unsigned i)
{
    return entry >> (16 + 2 * i) & 3;
}

static uint32_t eighth_with(uint32_t entry, unsigned i, unsigned perm)
{
    return (entry & ~(3u << (16 + 2 * i))) | (uint32_t)perm << (16 + 2 * i) | 1;
}

/* Sets [from, to) of the page whose mid entry lies at `at`. */
static void page_set(uint32_t at, uint32_t from, uint32_t to, unsigned perm)
{
    uint32_t entry = get(at);

    if (from == 0 && to == PAGE && !random_one_in(4)) {
        mid_entry_drop(entry);
        put(at, eight_alike(perm));
        return;
    }
    if (!is_pointer(entry) && from % 512 == 0 && to % 512 == 0 && !random_one_in(4)) {
        for (uint32_t i = from / 512; i < to / 512; i++)
            entry = eighth_with(entry, i, perm);
        put(at, entry);
        return;
    }
    if (!is_pointer(entry)) {
        uint32_t leaf = leaf_take();

        for (unsigned i = 0; i < 64; i++)
            put(leaf + 4 * i, eighth(entry, i / 8) * 0x55555555u);
        put(at, leaf);
        entry = leaf;
    }
    for (uint32_t word = from / 4; word < to / 4; word++) {
        uint32_t leaf_entry = entry + word / 16 * 4, shift = word % 16 * 2;

        put(leaf_entry, (get(leaf_entry) & ~(3u << shift)) | perm << shift);
    }
}

/* Sets [from, to) of a slot. */
static void slot_set(unsigned slot, uint32_t from, uint32_t to, unsigned perm)
{
    uint32_t at = tables_root + 4 * slot, entry = get(at);

    if (from == 0 && to == SLOT && !random_one_in(4)) {
        root_entry_drop(entry);
        put(at, eight_alike(perm));
        return;
    }
    if (!is_pointer(entry) && from % 0x80000 == 0 && to % 0x80000 == 0 && !random_one_in(4)) {
        for (uint32_t i = from / 0x80000; i < to / 0x80000; i++)
            entry = eighth_with(entry, i, perm);
        put(at, entry);
        return;
    }
    if (!is_pointer(entry)) {
        uint32_t mid = mid_take();

        for (unsigned i = 0; i < 1024; i++)
            put(mid + 4 * i, eight_alike(eighth(entry, i / 128)));
        put(at, mid);
        entry = mid;
    }
    while (from < to) {
        uint32_t page_end = (from / PAGE + 1) * PAGE, end = to < page_end ? to : page_end;

        page_set(entry + from / PAGE * 4, from % PAGE, end - from / PAGE * PAGE, perm);
        from = end;
    }
}

void tables_set(uint64_t start, uint64_t end, unsigned perm)
{
    for (uint64_t a = start; a < end; a += 4)
        flat[a / SLOT][a % SLOT / 4] = (uint8_t)perm;
    while (start < end) {
        uint64_t slot = start / SLOT, slot_end = (slot + 1) * SLOT, to = end < slot_end ? end : slot_end;

        slot_set((unsigned)slot, (uint32_t)(start % SLOT), (uint32_t)(to - slot * SLOT), perm);
        start = to;
    }
}

unsigned flat_permission(uint64_t addr)
{
    if (addr >= 0x100000000u || flat[addr / SLOT] == NULL)
        return 0;
    return flat[addr / SLOT][addr % SLOT / 4];
}

/* ---- The plain reader ---- */

/* Four bytes, lowest first; false if one of them is outside. */
static bool plain_entry(const uint8_t *memory, uint64_t size, uint64_t at, uint32_t *entry)
{
    *entry = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (at + i >= size)
            return false;
        *entry += (uint32_t)memory[at + i] << 8 * i;
    }
    return true;
}

/* Permission of a unit of a runs entry; false: malformed. */
static bool plain_runs(uint32_t e, uint64_t unit, unsigned *perm)
{
    uint64_t mid = e / 16 % 1024, last = e / 65536 % 1024;

    if (unit < mid)
        *perm = e / 4 % 4;
    else if (unit < last)
        *perm = e / 16384 % 4;
    else
        *perm = e / 67108864 % 4;
    return e / 268435456 == 0 && mid <= last;
}

/* The permission that a table of run-length entries has for a word. */
static unsigned plain_runlength(const uint8_t *memory, uint64_t size, uint64_t table, bool wide,
                                uint64_t word)
{
    uint64_t words = wide ? 64 : 16, in = word % words;
    unsigned perm;
    uint32_t e;

    plain_entry(memory, size, table + word / words * 4, &e);
    if (e == 0)
        return 0;
    if (e % 4 == 0) {
        uint32_t bitmap;

        return plain_entry(memory, size, e + in / 16 * 4, &bitmap) ? bitmap >> 2 * (in % 16) & 3 : 0;
    }
    if (e % 4 != 3)
        return 0;
    perm = e >> 2 & 3;
    if (wide) {
        if (in >= (e >> 4 & 63))
            perm = e >> 10 & 3;
        if (in >= (e >> 12 & 63))
            perm = e >> 18 & 3;
        if (in >= (e >> 20 & 63))
            perm = e >> 26 & 3;
    } else {
        if (in >= (e >> 11 & 15))
            perm = e >> 9 & 3;
        if (in >= (e >> 17 & 15))
            perm = e >> 15 & 3;
        if (in >= (e >> 23 & 15))
            perm = e >> 21 & 3;
    }
    return perm;
}

bool plain_permission(const uint8_t *memory, uint64_t size, uint32_t root, uint64_t addr, unsigned *perm,
                      uint64_t *entry)
{
    uint64_t root_index = addr / 0x400000, mid_index = addr / 0x1000 % 1024, leaf_index = addr / 64 % 64;
    uint32_t e;

    *perm = 0;
    *entry = root + root_index * 4;
    if (!plain_entry(memory, size, *entry, &e))
        return false;
    if (e == 0)
        return true;
    if (e % 4 == 1) {
        *perm = e >> (16 + 2 * (addr / 0x80000 % 8)) & 3;
        return (e & 0xffff) == 1;
    }
    if (e % 4 == 3)
        return plain_runs(e, addr / 0x1000 % 1024, perm);
    if (e % 4 != 0 || e % 4096 != 0)
        return false;

    *entry = (uint64_t)e + mid_index * 4;
    if (!plain_entry(memory, size, *entry, &e))
        return false;
    if (e == 0)
        return true;
    if (e % 4 == 1) {
        *perm = e >> (16 + 2 * (addr / 512 % 8)) & 3;
        return (e & 0xffff) == 1;
    }
    if (e % 4 == 3)
        return plain_runs(e, addr / 4 % 1024, perm);
    if (e % 4 == 2) {
        bool wide = e / 4 % 2 == 1;
        uint64_t table = e - (wide ? 6 : 2), bytes = wide ? 64 : 256;

        if (table == 0 || table % bytes != 0)
            return false;
        *entry = table + addr % 4096 / (wide ? 256 : 64) * 4;
        if (table + bytes > size)
            return false;
        *perm = plain_runlength(memory, size, table, wide, addr / 4 % 1024);
        return true;
    }
    if (e % 4 != 0 || e % 256 != 0)
        return false;

    *entry = (uint64_t)e + leaf_index * 4;
    if ((uint64_t)e + 256 > size) /* a leaf table is in memory as a whole or not at all */
        return false;
    plain_entry(memory, size, *entry, &e);
    *perm = e >> 2 * (addr / 4 % 16) & 3;
    return true;
}

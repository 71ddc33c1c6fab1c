/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random merges, splits, grants and running threads against a naive oracle: rows of permissions by component,
 * sets of components by domain. The tables are read by a walker of the test's own, word by word; the cache of
 * a processor that never forgets on its own is played too, so that a missing invalidation shows.
 */
// links: kernel/layout/layout.c kernel/layout/domain.c kernel/layout/partition.c
// links: kernel/layout/history.c kernel/layout/population.c
// links: kernel/layout/union.c kernel/layout/share.c kernel/layout/dma.c
// links: kernel/layout/check.c
// links: kernel/mmp/view.c kernel/mmp/domain.c tests/host/seeded.c
// includes: kernel kernel/include mmp_hw/include tests/host
// flags: -no-pie -fno-pie
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layout/parts.h"
#include "mmp/arch.h"
#include "mmp/registers.h"
#include "panic.h"
#include "seeded.h"
#include "shoji/status.h"

#define COMPONENTS 10u
#define POOLS 4u
#define SLOTS (COMPONENTS + POOLS + 1)
#define DEVICE (COMPONENTS + POOLS)
#define DEVICE_BASE 0xfe000000u
#define FRAMES 300u      /* more than there are domains */
#define FRAMES_USUAL 24u /* used where domains are not to run out */

/* Places that are looked at: in each slot some words, chosen so that grants begin and end in them and across
 * them. */
#define PLACES 96u
static uint32_t place_offset[PLACES];

/* ---- The oracle ---- */

#define GROUPS 3u
#define GROUP_FIRST 20u /* their indices, and everybody's, which is the last one */
static uint8_t rights[LAYOUT_INDICES][SLOTS][PLACES]; /* of components and of groups, each by itself */
static bool present[COMPONENTS], in_group[GROUPS][COMPONENTS];
static unsigned set_of[COMPONENTS]; /* live domain, by a number of the oracle's own */
static struct {
    bool used;
    uint16_t id;         /* tag, as a frame would name it */
    uint64_t components; /* what the code that the frame returns to may still need */
} frames[FRAMES];

static uint32_t slot_base(unsigned slot)
{
    return slot == DEVICE ? DEVICE_BASE : ARENA_BASE + slot * SLOT_BYTES;
}

static uint8_t stronger(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

static uint8_t expected_right(uint64_t members, unsigned slot, unsigned place)
{
    uint8_t right = 0;

    for (unsigned c = 0; c < COMPONENTS; c++) {
        if ((members >> c & 1) == 0)
            continue;
        right = stronger(right, rights[c][slot][place]);
        for (unsigned g = 0; g < GROUPS; g++)
            if (in_group[g][c])
                right = stronger(right, rights[GROUP_FIRST + g][slot][place]);
    }
    return stronger(right, rights[LAYOUT_EVERYBODY][slot][place]);
}

static uint64_t members_of(unsigned component)
{
    uint64_t members = 0;

    for (unsigned c = 0; c < COMPONENTS; c++)
        if (present[c] && set_of[c] == set_of[component])
            members |= 1ull << c;
    return members;
}

/* ---- Fakes: the processor's registers, the threads, the panic ---- */

static uint64_t dtbase;
static unsigned forgotten_all[0x8000];
static struct {
    uint32_t from;
    uint64_t bytes;
} forgotten[64];
static unsigned forgotten_count;

void mmp_register_write(uint32_t number, uint64_t value)
{
    if (number == MMP_MSR_DTBASE)
        dtbase = value;
    if (number != MMP_MSR_INVAL)
        return;
    uint64_t bytes = 1ull << (value >> 16 & 63);
    uint32_t from = (uint32_t)(value >> 32);

    if (bytes == 1ull << 32) {
        forgotten_all[value & MMP_PD_INDEX_MASK] = 1;
    } else {
        assert_int_equal(from % bytes, 0);
        assert_int_equal(value & 0xffff, 0);
        assert_true(forgotten_count < 64);
        forgotten[forgotten_count].from = from;
        forgotten[forgotten_count++].bytes = bytes;
    }
}

uint64_t mmp_register_read(uint32_t number)
{
    (void)number;
    return 0;
}

void mmp_domains_start(void);

void thread_domains_named(uint64_t named[2])
{
    for (unsigned i = 0; i < FRAMES; i++)
        if (frames[i].used) {
            unsigned number = pd_of_tag(frames[i].id).number;

            named[number / 64] |= 1ull << number % 64;
        }
}

void panic(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    abort();
}

/* ---- A walker that shares nothing with the kernel ---- */

static uint64_t descriptor(uint16_t id)
{
    uint64_t value;

    memcpy(&value, (const void *)(dtbase + 16u * (id & 0x7fffu)), 8);
    return value;
}

static uint32_t word_at(uint32_t address)
{
    uint32_t value;

    memcpy(&value, (const void *)(uintptr_t)address, 4);
    return value;
}

static unsigned walk(uint32_t root, uint32_t address)
{
    uint32_t entry = word_at(root + 4 * (address >> 22));

    if (entry == 0)
        return 0;
    if ((entry & 3) == 1) {
        assert_int_equal(entry & 0xfffc, 0);
        return entry >> (16 + 2 * (address >> 19 & 7)) & 3;
    }
    assert_int_equal(entry & 0xfff, 0);
    entry = word_at(entry + 4 * (address >> 12 & 0x3ff));
    if (entry == 0)
        return 0;
    if ((entry & 3) == 1) {
        assert_int_equal(entry & 0xfffc, 0);
        return entry >> (16 + 2 * (address >> 9 & 7)) & 3;
    }
    assert_int_equal(entry & 0xff, 0);
    return word_at(entry + 4 * (address >> 6 & 63)) >> (address >> 2 & 15) * 2 & 3;
}

static uint16_t tag_of(uint16_t id)
{
    return (uint16_t)(descriptor(id) >> 32);
}

static uint16_t home_of(unsigned component)
{
    return (uint16_t)(0x8000u | (component * 7 + 1));
}

/* ---- The cache of a processor: rights by tag ---- */

#define CACHED_TAGS 512u
static uint8_t cache[CACHED_TAGS][SLOTS][PLACES];

static void cache_forget(void)
{
    for (unsigned tag = 0; tag < CACHED_TAGS; tag++)
        if (forgotten_all[tag] || forgotten_all[0])
            memset(cache[tag], 0, sizeof cache[tag]);
    memset(forgotten_all, 0, sizeof forgotten_all);
    for (unsigned i = 0; i < forgotten_count; i++)
        for (unsigned tag = 0; tag < CACHED_TAGS; tag++)
            for (unsigned slot = 0; slot < SLOTS; slot++)
                for (unsigned place = 0; place < PLACES; place++) {
                    uint32_t address = slot_base(slot) + place_offset[place];

                    if (address >= forgotten[i].from && address - forgotten[i].from < forgotten[i].bytes)
                        cache[tag][slot][place] = 0;
                }
    forgotten_count = 0;
}

/* What the domain that an id names may do, through table and cache, is exactly what these components may. */
static void domain_look(uint16_t id, uint64_t members)
{
    uint64_t value = descriptor(id);
    uint16_t tag = (uint16_t)(value >> 32);
    uint32_t root = (uint32_t)value;

    assert_int_equal(value >> 48, MMP_DD_VALID);
    assert_int_equal(tag & 0x8000, 0x8000);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        for (unsigned place = 0; place < PLACES; place++) {
            unsigned right = walk(root, slot_base(slot) + place_offset[place]);
            uint8_t *cached = &cache[tag & 0x1ff][slot][place];

            assert_int_equal(right, expected_right(members, slot, place));
            /* A cached right that the table has no more would still be used. */
            if (*cached != 0 && *cached != right)
                assert_true(*cached == MMP_PERM_RO && right != 0);
            *cached = (uint8_t)right;
        }
}

static void everything_look(void)
{
    const char *broken = layout_check();

    if (broken != NULL)
        fail_msg("%s", broken);
    cache_forget();
    for (unsigned c = 0; c < COMPONENTS; c++) {
        if (!present[c]) {
            assert_int_equal(descriptor(home_of(c)), 0);
            continue;
        }
        domain_look(home_of(c), members_of(c));
        for (unsigned d = 0; d < COMPONENTS; d++)
            if (present[d])
                assert_int_equal(tag_of(home_of(c)) == tag_of(home_of(d)), set_of[c] == set_of[d]);
    }
    /* A thread returns to a domain in which everything is that its code could reach when it called. */
    for (unsigned i = 0; i < FRAMES; i++)
        if (frames[i].used) {
            uint64_t value = descriptor(frames[i].id);
            uint64_t members = layout_members(pd_of_tag((uint16_t)(value >> 32)));

            assert_int_equal(value >> 48, MMP_DD_VALID);
            for (unsigned c = 0; c < COMPONENTS; c++) /* but for those that are no more */
                if (!present[c])
                    frames[i].components &= ~(1ull << c);
            assert_int_equal(members & frames[i].components, frames[i].components);
            domain_look(frames[i].id, members);
        }
}

/* ---- Random operations ---- */

/* Tables can run out where components share parts of their slots; then nothing has changed, which
 * everything_look sees. */
static bool may_refuse;
static unsigned refused, done;
static uint64_t moves_before;
static bool with_groups; /* components and groups come and go, and rights of all kinds with them */

static bool refused_for_memory(long status)
{
    refused += status == SHOJI_EMEMORY;
    done += status == SHOJI_OK;
    if (status == SHOJI_EMEMORY)
        assert_int_equal(layout.merges + layout.splits, moves_before);
    moves_before = layout.merges + layout.splits;
    return may_refuse && status == SHOJI_EMEMORY;
}

static void step_thread(void)
{
    unsigned i = (unsigned)random_below(FRAMES_USUAL);

    if (frames[i].used) {
        frames[i].used = false;
    } else {
        unsigned component = (unsigned)random_below(COMPONENTS);

        if (!present[component])
            return;
        frames[i].used = true;
        frames[i].id = tag_of(home_of(component));
        frames[i].components = members_of(component);
    }
}

/* A thread enters and does not leave; once all frames are used, some do. */
static void step_enter(void)
{
    static unsigned next;
    unsigned component = (unsigned)random_below(COMPONENTS);

    for (unsigned i = 0; next == FRAMES && i < FRAMES; i++)
        frames[i].used = frames[i].used && !random_one_in(4);
    for (next %= FRAMES; next < FRAMES && frames[next].used;)
        next++;
    if (next == FRAMES)
        return;
    frames[next].used = true;
    frames[next].id = tag_of(home_of(component));
    frames[next].components = members_of(component);
}

static void step_merge(void)
{
    unsigned into = (unsigned)random_below(COMPONENTS), from = (unsigned)random_below(COMPONENTS);
    unsigned old = set_of[from];
    bool same = set_of[into] == old;
    long status;

    if (!present[into] || !present[from])
        return;
    status = layout_merge(into, from);
    if (same) {
        assert_int_equal(status, SHOJI_ESAME);
        return;
    }
    if (refused_for_memory(status))
        return;
    assert_int_equal(status, SHOJI_OK);
    for (unsigned c = 0; c < COMPONENTS; c++)
        if (set_of[c] == old)
            set_of[c] = set_of[into];
}

static unsigned next_set = COMPONENTS;

static void step_split(void)
{
    unsigned component = (unsigned)random_below(COMPONENTS);
    uint64_t members = members_of(component);
    long status;

    if (!present[component])
        return;
    status = layout_split(component);
    if (members == 1ull << component) {
        assert_int_equal(status, SHOJI_ESAME);
        return;
    }
    if (refused_for_memory(status))
        return;
    assert_int_equal(status, SHOJI_OK);
    set_of[component] = next_set++;
}

static void step_move(void)
{
    unsigned component = (unsigned)random_below(COMPONENTS), into = (unsigned)random_below(COMPONENTS);
    bool same = set_of[component] == set_of[into], alone = members_of(component) == 1ull << component;
    uint64_t merges = layout.merges, splits = layout.splits;
    long status;

    if (!present[component] || !present[into])
        return;
    status = layout_move(component, into);
    if (same) {
        assert_int_equal(status, SHOJI_ESAME);
        return;
    }
    if (refused_for_memory(status))
        return;
    assert_int_equal(status, SHOJI_OK);
    assert_int_equal(layout.merges - merges, 1);
    assert_int_equal(layout.splits - splits, !alone);
    set_of[component] = set_of[into];
}

/* A partition into at most COMPONENTS sets: any, or one near the present one. */
static void step_partition(void)
{
    unsigned sets = (unsigned)random_from(1, COMPONENTS), pieces = 0, before = 0, after = 0;
    uint8_t wanted[COMPONENTS];
    uint64_t merges = layout.merges, splits = layout.splits, seen[COMPONENTS];
    long status;

    for (unsigned c = 0; c < COMPONENTS; c++)
        for (wanted[c] = 0; set_of[wanted[c]] != set_of[c];)
            wanted[c]++; /* the number of a set: its lowest member */
    for (unsigned left = random_one_in(2) ? COMPONENTS : 2; left > 0; left--)
        wanted[left == COMPONENTS ? 0 : random_below(COMPONENTS)] = (uint8_t)random_below(sets);
    for (unsigned c = 0; c < COMPONENTS; c++) {
        bool first_before = true, first_after = true, first_piece = true;

        if (!present[c])
            continue;
        for (unsigned d = 0; d < c; d++) {
            if (!present[d])
                continue;
            first_before &= set_of[d] != set_of[c];
            first_after &= wanted[d] != wanted[c];
            first_piece &= set_of[d] != set_of[c] || wanted[d] != wanted[c];
        }
        before += first_before;
        after += first_after;
        pieces += first_piece;
        seen[c] = layout_members(layout_domain(c));
    }
    status = layout_partition(wanted, COMPONENTS);
    if (pieces == before && pieces == after) {
        assert_int_equal(status, SHOJI_ESAME);
        for (unsigned c = 0; c < COMPONENTS; c++)
            if (present[c])
                assert_int_equal(layout_members(layout_domain(c)), seen[c]);
        return;
    }
    if (refused_for_memory(status))
        return;
    assert_int_equal(status, SHOJI_OK);
    /* As many steps as a composition needs that takes apart only what must come apart. */
    assert_int_equal(layout.splits - splits, pieces - before);
    assert_int_equal(layout.merges - merges, pieces - after);
    for (unsigned c = 0; c < COMPONENTS; c++)
        set_of[c] = next_set + wanted[c];
    next_set += COMPONENTS;
}

static bool owner_covers(unsigned owner, uint32_t from, uint32_t bytes, uint8_t right)
{
    if (with_groups) { /* its own rights change too */
        for (uint32_t offset = from; offset < from + bytes && right != 0; offset += 4) {
            uint8_t has = (uint8_t)view_right(layout_view(owner, owner), slot_base(owner) + offset);

            if (!(right == 1 ? has != 0 : has == right))
                return false;
        }
        return true;
    }
    for (uint32_t offset = from; offset < from + bytes; offset += 4) {
        /* Own slots begin with text, then constants, then data: see boot(). */
        uint8_t has = offset < 0x2000 ? 3 : offset < 0x3000 ? 1 : offset < 0x5000 ? 2 : 0;

        (void)owner;
        if (right != 0 && !(right == 1 ? has != 0 : has == right))
            return false;
    }
    return true;
}

/* A component or a group. */
static unsigned receiver_pick(void)
{
    unsigned n = (unsigned)random_below(COMPONENTS + (with_groups ? GROUPS + 1 : 0));

    if (n < COMPONENTS)
        return n;
    return n == COMPONENTS + GROUPS ? LAYOUT_EVERYBODY : GROUP_FIRST + n - COMPONENTS;
}

static void step_share(void)
{
    unsigned owner = (unsigned)random_below(COMPONENTS), to = receiver_pick();
    uint32_t a = place_offset[random_below(PLACES)], b = place_offset[random_below(PLACES)];
    uint32_t from = a < b ? a : b, bytes = (a < b ? b : a) - from;
    uint8_t right = (uint8_t)random_below(4);
    long status;

    if (owner == to || bytes == 0 || !present[owner] || (to < COMPONENTS && !present[to]))
        return;
    status = layout_share(owner, slot_base(owner) + from, bytes, right, to);
    if (!owner_covers(owner, from, bytes, right)) {
        assert_int_equal(status, SHOJI_EPERM);
        return;
    }
    if (refused_for_memory(status))
        return;
    assert_int_equal(status, SHOJI_OK);
    for (unsigned place = 0; place < PLACES; place++)
        if (place_offset[place] >= from && place_offset[place] < from + bytes)
            rights[to][owner][place] = right;
}

/* Whatever right to whatever words of an arena slot, but never one to execute where another writes: that has
 * no union. */
static void step_set(void)
{
    unsigned slot = (unsigned)random_below(COMPONENTS), to = receiver_pick();
    uint32_t from = (uint32_t)random_below(6) * 0x1000, bytes = (uint32_t)random_from(1, 3) * 0x1000;
    uint8_t right = (uint8_t)random_below(4);
    long status;

    if (random_one_in(2)) {
        from += (uint32_t)random_below(1024) * 4;
        bytes = (uint32_t)random_from(1, 400) * 4;
    }
    if (to < COMPONENTS && !present[to])
        return;
    for (unsigned c = 0; c < LAYOUT_INDICES; c++)
        for (uint32_t at = from; at < from + bytes && right >= 2; at += 4) {
            struct view view = layout_view(c, slot);

            if (c != to && view.word != 0 &&
                view_right(view, slot_base(slot) + at) == (enum right)(5 - right))
                return;
        }
    status = layout_set_right(slot_base(slot) + from, bytes, right, to);
    if (refused_for_memory(status))
        return;
    assert_int_equal(status, SHOJI_OK);
    for (unsigned place = 0; place < PLACES; place++)
        if (place_offset[place] >= from && place_offset[place] < from + bytes)
            rights[to][slot][place] = right;
}

/* Of everybody, or of all but the slot's component. */
static void step_revoke(void)
{
    unsigned slot = (unsigned)random_below(COMPONENTS);
    uint32_t from = (uint32_t)random_below(6) * 0x1000, bytes = (uint32_t)random_from(1, 3) * 0x1000;
    bool kept = present[slot] && random_one_in(2);

    if (kept)
        layout_unshare(slot, slot_base(slot) + from, bytes);
    else
        layout_revoke(slot_base(slot) + from, bytes);
    for (unsigned c = 0; c < LAYOUT_INDICES; c++)
        for (unsigned place = 0; place < PLACES && !(kept && c == slot); place++)
            if (place_offset[place] >= from && place_offset[place] < from + bytes)
                rights[c][slot][place] = 0;
}

static void step_join(void)
{
    unsigned g = (unsigned)random_below(GROUPS), c = (unsigned)random_below(COMPONENTS);
    bool leave = in_group[g][c] && random_one_in(2);
    long status;

    if (!present[c])
        return;
    status = leave ? layout_leave(GROUP_FIRST + g, c) : layout_join(GROUP_FIRST + g, c);
    if (!leave && in_group[g][c]) {
        assert_int_equal(status, SHOJI_ESAME);
        return;
    }
    if (refused_for_memory(status))
        return;
    assert_int_equal(status, SHOJI_OK);
    in_group[g][c] = !leave;
}

static void group_again(unsigned g)
{
    layout_group_remove(GROUP_FIRST + g);
    layout_group_add(GROUP_FIRST + g);
    memset(rights[GROUP_FIRST + g], 0, sizeof *rights);
    memset(in_group[g], 0, sizeof in_group[g]);
}

static void component_go(unsigned c)
{
    bool mixed = false;

    for (unsigned slot = 0; slot < SLOTS; slot++)
        memset(rights[c][slot], 0, sizeof rights[c][slot]);
    for (unsigned g = 0; g < GROUPS; g++)
        in_group[g][c] = false;
    layout_component_remove(c);
    present[c] = false;
    set_of[c] = 2000000 + c;
    for (unsigned other = 0; other < LAYOUT_INDICES; other++)
        mixed |= layout_view(other, c).word != 0;
    if (!mixed)
        for (unsigned other = 0; other < LAYOUT_INDICES; other++)
            memset(rights[other][c], 0, sizeof rights[other][c]);
}

static void component_come(unsigned c)
{
    static unsigned next_set = 1000000;
    long status = layout_component_add(c, c * 7 + 1);

    if (refused_for_memory(status))
        return;
    assert_int_equal(status, SHOJI_OK);
    for (unsigned other = 0; other < LAYOUT_INDICES; other++) /* what was left of the slot that nobody had */
        memset(rights[other][c], 0, sizeof rights[other][c]);
    present[c] = true;
    set_of[c] = next_set++;
}

static void step_come_and_go(void)
{
    unsigned c = (unsigned)random_below(COMPONENTS);

    if (random_one_in(4))
        group_again((unsigned)random_below(GROUPS));
    else if (!present[c])
        component_come(c);
    else if (random_one_in(3))
        component_go(c);
}

static void boot(void)
{
    memset(rights, 0, sizeof rights);
    memset(in_group, 0, sizeof in_group);
    memset(frames, 0, sizeof frames);
    memset(cache, 0, sizeof cache);
    /* Edges of words, of 64 bytes, of 512 bytes, of pages; and what lies between. */
    for (unsigned i = 0; i < PLACES; i++) {
        static const uint32_t edge[] = {0x40, 0x200, 0x1000, 0x80000};
        uint32_t offset = (uint32_t)random_below(8) * edge[i % 4] + (uint32_t)random_from(0, 4) * 4;

        if (i % 4 != 3)
            offset += (uint32_t)random_below(5) * 0x1000;
        place_offset[i] = offset % 0x3f0000;
    }
    place_offset[0] = 0;
    for (unsigned i = 1; i < PD_COUNT; i++) { /* what an earlier test has left */
        pd_unname(pd_tag((struct pd){(uint8_t)i}));
        for (unsigned slot = 0; slot < SLOTS; slot++)
            pd_select((struct pd){(uint8_t)i}, slot_base(slot) / SLOT_BYTES, VIEW_NONE);
    }
    layout_reset();
    mmp_domains_start();
    for (unsigned c = 0; c < COMPONENTS; c++) {
        assert_int_equal(layout_component_add(c, c * 7 + 1), SHOJI_OK);
        set_of[c] = c;
        present[c] = true;
        view_set(layout_view(c, c), slot_base(c), 0x2000, RIGHT_EXECUTE);
        view_set(layout_view(c, c), slot_base(c) + 0x2000, 0x1000, RIGHT_READ);
        layout_own_pages(c, slot_base(c) + 0x3000, 0x2000);
        for (unsigned place = 0; place < PLACES; place++) {
            uint32_t offset = place_offset[place];

            rights[c][c][place] = offset < 0x2000 ? 3 : offset < 0x3000 ? 1 : offset < 0x5000 ? 2 : 0;
        }
    }
    for (unsigned pool = COMPONENTS; pool < COMPONENTS + POOLS; pool++)
        for (unsigned c = 0; c < COMPONENTS; c++) {
            uint32_t bytes = 0x80000 * (pool - COMPONENTS + 1);
            uint8_t right = (uint8_t)(random_one_in(2) ? 0 : random_from(1, 2));

            if (right != 0)
                layout_grant(c, pool, view_uniform(bytes, right));
            for (unsigned place = 0; place < PLACES; place++)
                rights[c][pool][place] = place_offset[place] < bytes ? right : 0;
        }
    struct view device;
    assert_int_equal(view_create(&device), SHOJI_OK);
    view_set(device, DEVICE_BASE, 0x1000, RIGHT_WRITE);
    unsigned slot = layout_device_slot(DEVICE_BASE);
    assert_int_equal(layout_slot_of(DEVICE_BASE + 0x1234), slot);
    layout_grant(2, slot, device);
    for (unsigned place = 0; place < PLACES; place++)
        rights[2][DEVICE][place] = place_offset[place] < 0x1000 ? 2 : 0;
    memset(forgotten_all, 0, sizeof forgotten_all);
    forgotten_count = 0;
}

static void test_merge_and_split(void **state)
{
    (void)state;
    random_start("merge_and_split");
    boot();
    everything_look();
    for (unsigned i = 0; i < 20000; i++) {
        switch (random_below(8)) {
        case 0:
        case 1:
            step_thread();
            break;
        case 2:
        case 3:
            step_merge();
            break;
        case 4:
            step_move();
            break;
        case 5:
            step_partition();
            break;
        default:
            step_split();
            break;
        }
        if (i % 16 == 0 || i < 500)
            everything_look();
    }
    struct layout_counts counts;
    memset(frames, 0, sizeof frames);
    layout_counts(&counts);
    assert_int_equal(counts.stale, 0);
    everything_look();
}

/* Threads that never return, one for each domain that there ever is: then a split refuses, and a move and a
 * partition that need one; a merge does not. Nothing has changed. When one thread has left, the split works.
 */
static void test_no_domain_left(void **state)
{
    unsigned held = 0;
    long status = SHOJI_OK;

    (void)state;
    random_start("no_domain_left");
    boot();
    for (; status == SHOJI_OK; held++) {
        assert_in_range(held, 0, FRAMES - 1);
        if (held % 2 == 0) {
            assert_int_equal(layout_merge(0, 1), SHOJI_OK);
            set_of[1] = set_of[0];
        }
        frames[held].used = true;
        frames[held].id = tag_of(home_of(0));
        frames[held].components = members_of(0);
        if (held % 2 != 0) {
            uint64_t moves = layout.merges + layout.splits;

            status = layout_split(1);
            assert_int_equal(layout.merges + layout.splits - moves, status == SHOJI_OK);
            if (status == SHOJI_OK)
                set_of[1] = 1000 + held;
        }
        everything_look();
    }
    assert_int_equal(status, SHOJI_EMEMORY);
    assert_in_range(held / 2, PD_COUNT - COMPONENTS - 8, PD_COUNT);
    uint8_t apart[COMPONENTS];
    for (unsigned c = 0; c < COMPONENTS; c++)
        apart[c] = (uint8_t)c;
    assert_int_equal(layout_move(1, 2), SHOJI_EMEMORY);
    assert_int_equal(layout_partition(apart, COMPONENTS), SHOJI_EMEMORY);
    everything_look();
    assert_int_equal(layout_merge(0, 3), SHOJI_OK);
    set_of[3] = set_of[0];
    everything_look();
    for (unsigned i = 0; i < 4; i++)
        frames[i].used = false;
    assert_int_equal(layout_split(1), SHOJI_OK);
    set_of[1] = 5000;
    everything_look();
    assert_int_equal(layout_partition(apart, COMPONENTS), SHOJI_OK);
    for (unsigned c = 0; c < COMPONENTS; c++)
        set_of[c] = 6000 + c;
    everything_look();
    memset(frames, 0, sizeof frames);
    struct layout_counts counts;
    layout_counts(&counts);
    assert_int_equal(counts.stale, 0);
    assert_int_equal(counts.domains, COMPONENTS);
    assert_int_equal(layout.free_count, PD_COUNT - 1 - COMPONENTS);
}

/* Threads in so many domains that these run out again and again. */
static void test_domains_run_out(void **state)
{
    (void)state;
    random_start("domains_run_out");
    boot();
    may_refuse = true;
    refused = done = 0;
    moves_before = layout.merges + layout.splits;
    for (unsigned i = 0; i < 6000; i++) {
        switch (random_below(8)) {
        case 0:
        case 1:
        case 2:
            step_enter();
            break;
        case 3:
            step_merge();
            break;
        case 4:
            step_move();
            break;
        case 5:
            step_partition();
            break;
        default:
            step_split();
            break;
        }
        if (i % 1000 == 999)
            memset(frames, 0, sizeof frames);
        if (i % 8 == 0)
            everything_look();
    }
    print_message("domains_run_out: %u done, %u refused\n", done, refused);
    assert_true(refused > 100 && done > 500);
    may_refuse = false;
}

/* Takes tables away, all but a few, or gives them back. */
#define HOARD 160u
static struct view hoard[HOARD];
static unsigned hoarded;

static void step_hoard(void)
{
    struct view_budget left = view_budget();
    unsigned spare = (unsigned)random_below(4);

    if (hoarded != 0) {
        while (hoarded > 0)
            view_destroy(hoard[--hoarded]);
        return;
    }
    if (random_one_in(2)) {
        for (; left.tables > spare; left.tables--)
            assert_int_equal(view_create(&hoard[hoarded++]), SHOJI_OK);
        return;
    }
    spare *= 20;
    while (left.leaves > spare && view_create(&hoard[hoarded]) == SHOJI_OK) {
        for (uint32_t page = 0; page < 1024 && left.leaves > spare; page++, left.leaves--)
            view_set(hoard[hoarded], page * PAGE_BYTES, 4, RIGHT_READ);
        hoarded++;
    }
}

static void test_shares(void **state)
{
    (void)state;
    random_start("shares");
    boot();
    may_refuse = true;
    with_groups = false;
    refused = done = 0;
    moves_before = layout.merges + layout.splits;
    for (unsigned i = 0; i < 6000; i++) {
        switch (random_below(10)) {
        case 0:
            step_thread();
            break;
        case 1:
            step_merge();
            break;
        case 2:
            step_split();
            break;
        case 3:
            step_move();
            break;
        case 4:
            step_partition();
            break;
        case 5:
            if (random_one_in(8))
                step_hoard();
            break;
        default:
            step_share();
            break;
        }
        if (i % 4 == 0 || i < 500)
            everything_look();
    }
    print_message("shares: %u done, %u refused\n", done, refused);
    assert_true(refused > 0 && done > 500);
}

/* Components and groups come and go, any right to any words is given to anybody. */
static void test_everything(void **state)
{
    (void)state;
    random_start("everything");
    boot();
    for (unsigned g = 0; g < GROUPS; g++)
        layout_group_add(GROUP_FIRST + g);
    may_refuse = with_groups = true;
    refused = done = 0;
    moves_before = layout.merges + layout.splits;
    for (unsigned i = 0; i < 6000; i++) {
        switch (random_below(9)) {
        case 0:
            step_thread();
            break;
        case 1:
            step_merge();
            break;
        case 2:
            step_split();
            if (random_one_in(4))
                step_partition();
            if (random_one_in(4))
                step_move();
            break;
        case 3:
            step_share();
            break;
        case 4:
            step_join();
            break;
        case 5:
            step_revoke();
            break;
        case 6:
            if (random_one_in(4))
                step_come_and_go();
            break;
        default:
            step_set();
            break;
        }
        if (i % 4 == 0 || i < 500)
            everything_look();
    }
    print_message("everything: %u done, %u refused\n", done, refused);
    assert_true(done > 1000);
    /* Nothing is kept of who has gone. */
    memset(frames, 0, sizeof frames);
    for (unsigned g = 0; g < GROUPS; g++) {
        layout_group_remove(GROUP_FIRST + g);
        memset(rights[GROUP_FIRST + g], 0, sizeof *rights);
        memset(in_group[g], 0, sizeof in_group[g]);
    }
    for (unsigned slot = 0; slot < COMPONENTS; slot++)
        layout_revoke(slot_base(slot), 0x3f0000);
    for (unsigned c = 0; c < COMPONENTS; c++)
        if (present[c])
            component_go(c);
    struct layout_counts counts;
    layout_counts(&counts);
    assert_int_equal(counts.stale, 0);
    assert_int_equal(counts.domains, 0);
}

static void test_covers(void **state)
{
    (void)state;
    random_start("covers");
    boot();
    assert_true(layout_covers(0, slot_base(0) + 0x3000, 0x2000, RIGHT_WRITE));
    assert_false(layout_covers(0, slot_base(0) + 0x2fff, 2, RIGHT_WRITE));
    assert_false(layout_covers(0, slot_base(0) + 0x4fff, 2, RIGHT_WRITE));
    assert_true(layout_covers(0, slot_base(0) + 0x1ffc, 8, RIGHT_READ));
    assert_false(layout_covers(0, slot_base(1), 4, RIGHT_READ));
    assert_false(layout_covers(0, 0x1000, 4, RIGHT_READ));
    assert_false(layout_covers(0, 0xfffffffc, 8, RIGHT_READ));
    assert_int_equal(layout_merge(0, 1), SHOJI_OK);
    assert_false(layout_covers(0, slot_base(1), 4, RIGHT_READ)); /* the domain may, the component may not */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge_and_split), cmocka_unit_test(test_no_domain_left),
        cmocka_unit_test(test_domains_run_out), cmocka_unit_test(test_covers),
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_shares), /* last: its tables stay in use */
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

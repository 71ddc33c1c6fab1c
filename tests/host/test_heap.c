/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Heaps: the supervisor's records of words and the runtime's slabs, with the layout and the tables below
 * them, against arrays that say for each word what should be true of it. What each component may do is read
 * from the tables by a walk that shares nothing with the kernel; a right that was there at the last look and
 * is gone must have been forgotten by the hardware.
 */
// links: kernel/supervisor/heap.c kernel/supervisor/words.c kernel/supervisor/memory.c
// links: kernel/supervisor/pages.c kernel/supervisor/share.c kernel/layout/layout.c
// links: kernel/layout/domain.c kernel/layout/partition.c kernel/layout/history.c
// links: kernel/layout/population.c kernel/layout/union.c kernel/layout/share.c kernel/layout/dma.c
// links: kernel/layout/check.c kernel/mmp/view.c kernel/mmp/domain.c kernel/system.c kernel/text.c
// links: kernel/cpu/store.c components/runtime/lend.c tests/host/seeded.c
// includes: kernel kernel/include build/interface mmp_hw/include tests/host components/runtime components/interface
// flags: -no-pie -fno-pie -Wno-unused-parameter
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "heap.h"
#include "cpu/store.h"
#include "layout/parts.h"
#include "memory_mapper.h"
#include "mmp/arch.h"
#include "runtime.h"
#include "seeded.h"
#include "served/supervisor.h"
#include "slabs.c" /* its variables are to begin anew for each setting */
#include "supervisor/heap.h"
#include "supervisor/group.h"
#include "supervisor/memory.h"
#include "supervisor/pages.h"
#include "supervisor/pd.h"
#include "supervisor/words.h"
#include "system.h"

#define COMPONENTS 4u
#define OWNER 1u /* index; the id is one more */
#define HEAP_BYTES 0x10000u
#define HEAP (ARENA_BASE + OWNER * SLOT_BYTES + 0x5000u)
#define WORDS (HEAP_BYTES / 4)
#define HEAP_PAGES (HEAP_BYTES / PAGE_BYTES)

/* ---- What should be ---- */

enum { ABSENT, OPEN, CLOSED, KEPT };
static uint8_t page[HEAP_PAGES];        /* of the owner's heap */
static uint8_t state[WORDS];            /* enum word_state, of kept pages */
static uint8_t lent[COMPONENTS][WORDS]; /* rights */
static uint32_t content[WORDS];         /* of words that are written */
static unsigned domain_of_component[COMPONENTS];

static uint8_t owners_right(unsigned word)
{
    switch (page[word / 1024]) {
    case OPEN:
        return RIGHT_WRITE;
    case KEPT:
        return state[word] == WORD_WRITTEN ? RIGHT_WRITE : RIGHT_NONE;
    default:
        return RIGHT_NONE;
    }
}

static uint8_t expected_right(unsigned component, unsigned word)
{
    uint8_t right = 0;

    for (unsigned c = 0; c < COMPONENTS; c++) {
        uint8_t its = c == OWNER ? owners_right(word) : lent[c][word];

        if (domain_of_component[c] == domain_of_component[component] && its > right)
            right = its;
    }
    return right;
}

static bool is_allocated(unsigned word)
{
    return state[word] == WORD_FRESH || state[word] == WORD_WRITTEN;
}

/* ---- What is: a walk, and what the hardware would remember ---- */

static uint64_t dtbase;
static struct {
    uint32_t from;
    uint64_t bytes;
} forgotten[4096];
static unsigned forgotten_count;
static bool all_forgotten;
static uint8_t seen[COMPONENTS][WORDS];

void mmp_register_write(uint32_t number, uint64_t value)
{
    if (number == MMP_MSR_DTBASE)
        dtbase = value;
    if (number != MMP_MSR_INVAL)
        return;
    if ((value >> 16 & 63) == 32) {
        all_forgotten = true;
        return;
    }
    assert_true(forgotten_count < sizeof forgotten / sizeof *forgotten);
    forgotten[forgotten_count].from = (uint32_t)(value >> 32);
    forgotten[forgotten_count++].bytes = 1ull << (value >> 16 & 63);
}

uint64_t mmp_register_read(uint32_t number)
{
    (void)number;
    return 0;
}

static uint32_t word_at(uint32_t address)
{
    return *(const uint32_t *)(uintptr_t)address;
}

static unsigned walk(unsigned component, uint32_t address)
{
    uint32_t root = word_at((uint32_t)dtbase + 16 * (component + 1)),
             entry = word_at(root + 4 * (address >> 22));

    if (entry == 0)
        return 0;
    assert_int_equal(entry & 0xfff, 0);
    entry = word_at(entry + 4 * (address >> 12 & 0x3ff));
    if (entry == 0)
        return 0;
    if ((entry & 3) == 1)
        return entry >> (16 + 2 * (address >> 9 & 7)) & 3;
    assert_int_equal(entry & 0xff, 0);
    return word_at(entry + 4 * (address >> 6 & 63)) >> (address >> 2 & 15) * 2 & 3;
}

static void look(void)
{
    static uint8_t was_forgotten[WORDS];
    const char *broken = layout_check();

    if (broken != NULL)
        fail_msg("%s", broken);
    memset(was_forgotten, 0, sizeof was_forgotten);
    for (unsigned i = 0; i < forgotten_count; i++)
        for (uint64_t at = forgotten[i].from; at < forgotten[i].from + forgotten[i].bytes; at += 4)
            if (at >= HEAP && at < HEAP + HEAP_BYTES)
                was_forgotten[(at - HEAP) / 4] = 1;
    for (unsigned c = 0; c < COMPONENTS; c++)
        for (unsigned word = 0; word < WORDS; word++) {
            unsigned right = walk(c, HEAP + 4 * word);

            if (right != expected_right(c, word))
                fail_msg("component %u, word %#x: %u, expected %u", c, HEAP + 4 * word, right,
                         expected_right(c, word));
            if (right < seen[c][word] && !was_forgotten[word] && !all_forgotten)
                fail_msg("component %u, word %#x: the hardware may remember %u", c, HEAP + 4 * word,
                         seen[c][word]);
            seen[c][word] = (uint8_t)right;
        }
    for (unsigned word = 0; word < WORDS; word++)
        if (page[word / 1024] == KEPT && state[word] == WORD_WRITTEN)
            assert_int_equal(word_at(HEAP + 4 * word), content[word]);
    forgotten_count = 0;
    all_forgotten = false;
}

/* ---- The rest of the kernel ---- */

void mmp_domains_start(void);

void thread_domains_named(uint64_t named[2])
{
    (void)named;
}

bool protection_fault_is_access(uint8_t kind)
{
    return kind == MMP_FAULT_PERMISSION;
}

bool pd_is_within(unsigned component, unsigned above)
{
    return component == above;
}

unsigned group_index(component_t id)
{
    (void)id;
    return NO_COMPONENT;
}

void panic(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    abort();
}

/* A call of so many arguments, by who has the badge. */
#define CALL_OF_1(name)                                                                                      \
    static long name##_by(component_t badge, uint64_t a, uint64_t b, uint64_t c)                             \
    {                                                                                                        \
        return (void)b, (void)c, name##_call(a, badge);                                                      \
    }
#define CALL_OF_2(name)                                                                                      \
    static long name##_by(component_t badge, uint64_t a, uint64_t b, uint64_t c)                             \
    {                                                                                                        \
        return (void)c, name##_call(a, b, badge);                                                            \
    }
#define CALL_OF_3(name)                                                                                      \
    static long name##_by(component_t badge, uint64_t a, uint64_t b, uint64_t c)                             \
    {                                                                                                        \
        return name##_call(a, b, c, badge);                                                                  \
    }
CALL_OF_2(mmp_alloc)
CALL_OF_3(mmp_alloc_at)
CALL_OF_3(mmp_free)
CALL_OF_2(sup_heap_close)
CALL_OF_2(sup_heap_open)
CALL_OF_2(sup_heap_keep)
CALL_OF_3(sup_heap_alloc)
CALL_OF_2(sup_heap_written)
CALL_OF_3(sup_heap_move)
CALL_OF_1(sup_heap_free)
CALL_OF_1(sup_heap_size)
CALL_OF_2(sup_take_back)

#define BADGE (OWNER + 1)

static void system_start(uint8_t heap)
{
    static bool mapped;

    if (!mapped && mmap((void *)(uintptr_t)ARENA_BASE, COMPONENTS * SLOT_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
        fail_msg("no memory where components lie");
    if (mapped)
        memory_reset(OWNER);
    mapped = true;
    layout_reset();
    mmp_domains_start();
    memset(&system_state, 0, sizeof system_state);
    memset(system_state.index_of_id, NO_COMPONENT, sizeof system_state.index_of_id);
    system_state.manifest.component_count = COMPONENTS;
    pages_give(HEAP, HEAP_BYTES, NO_COMPONENT);
    for (unsigned c = 0; c < COMPONENTS; c++) {
        struct component *it = &system_state.components[c];

        system_state.manifest.components[c].id = c + 1;
        system_state.manifest.components[c].heap = heap;
        system_state.index_of_id[c + 1] = (uint8_t)c;
        it->base = ARENA_BASE + c * SLOT_BYTES;
        it->heap_base = it->heap_next = it->base + 0x5000;
        it->heap_end = it->heap_base + HEAP_BYTES;
        it->budget = HEAP_BYTES;
        system_state.present |= 1ull << c;
        assert_int_equal(layout_component_add(c, c + 1), SHOJI_OK);
        domain_of_component[c] = c;
    }
    memset(page, ABSENT, sizeof page);
    memset(state, 0, sizeof state);
    memset(lent, 0, sizeof lent);
    memset(seen, 0, sizeof seen);
    forgotten_count = 0;
}

/* ---- The supervisor's calls, any arguments ---- */

static unsigned word_of(uint64_t address)
{
    return (unsigned)((address - HEAP) / 4);
}

static bool in_heap(uint64_t address, uint64_t bytes)
{
    return address >= HEAP && address < HEAP + HEAP_BYTES && bytes <= HEAP + HEAP_BYTES - address;
}

static void taken_back(unsigned first, unsigned count)
{
    for (unsigned c = 0; c < COMPONENTS; c++)
        memset(&lent[c][first], 0, count);
}

static unsigned last_length(unsigned word)
{
    unsigned length = 0;

    while (word + length < WORDS && page[(word + length) / 1024] == KEPT && is_allocated(word + length))
        length++;
    return length;
}

/* 0: no allocation begins there. */
static unsigned allocation_at(uint64_t address)
{
    unsigned word = word_of(address);

    if (!in_heap(address, 4) || address % 4 != 0 || page[word / 1024] != KEPT || !is_allocated(word))
        return 0;
    return word > 0 && page[(word - 1) / 1024] == KEPT && is_allocated(word - 1) ? 0 : last_length(word);
}

/* SHOJI_OK: an allocation could be there, if these words of its own count as free. */
static long place_check(uint64_t address, uint64_t bytes, unsigned own_from, unsigned own_end)
{
    if ((address | bytes) % 4 != 0 || bytes == 0 || !in_heap(address, bytes) ||
        !in_heap(address - 4, bytes + 8))
        return SHOJI_EINVAL;
    for (unsigned word = word_of(address) - 1; word <= word_of(address + bytes); word++)
        if (page[word / 1024] != KEPT)
            return SHOJI_EINVAL;
    for (unsigned word = word_of(address) - 1; word <= word_of(address + bytes); word++)
        if (is_allocated(word) && (word < own_from || word >= own_end))
            return SHOJI_EBUSY;
    return SHOJI_OK;
}

static void absorb(unsigned first, unsigned end)
{
    for (unsigned word = first; word-- > 0 && page[word / 1024] == KEPT && state[word] == WORD_FREED;)
        state[word] = WORD_FREE;
    for (unsigned word = end; word < WORDS && page[word / 1024] == KEPT && state[word] == WORD_FREED; word++)
        state[word] = WORD_FREE;
}

static void now_written(unsigned word)
{
    if (state[word] != WORD_WRITTEN)
        content[word] = word_at(HEAP + 4 * word);
    state[word] = WORD_WRITTEN;
}

static void pages_try(void)
{
    uint64_t first = random_below(HEAP_PAGES), count = random_from(1, 3), from = HEAP + first * PAGE_BYTES;
    uint64_t bytes = count * PAGE_BYTES;
    bool inside = first + count <= HEAP_PAGES, all = inside, none = inside, kept = false;
    long expected;

    for (uint64_t p = first; p < first + count && inside; p++) {
        all = all && page[p] != ABSENT;
        none = none && page[p] == ABSENT;
        kept = kept || page[p] == KEPT;
    }
    expected = !all ? SHOJI_EPERM : kept ? SHOJI_EBUSY : SHOJI_OK;
    switch (random_below(5)) {
    case 0:
        assert_int_equal(sup_heap_close_by(BADGE, from, bytes, 0), expected);
        if (expected == SHOJI_OK)
            memset(&page[first], CLOSED, count);
        break;
    case 1:
        assert_int_equal(sup_heap_open_by(BADGE, from, bytes, 0), expected);
        if (expected == SHOJI_OK)
            memset(&page[first], OPEN, count);
        return;
    case 2:
        assert_int_equal(sup_heap_keep_by(BADGE, from, bytes, 0), expected);
        if (expected == SHOJI_OK) {
            memset(&page[first], KEPT, count);
            memset(&state[first * 1024], WORD_FREE, count * 1024);
        }
        break;
    case 3:
        expected = !inside ? SHOJI_EINVAL : all ? SHOJI_OK : SHOJI_EPERM;
        if (random_below(4) != 0 && kept)
            return;
        assert_int_equal(mmp_free_by(0, BADGE, from, bytes), expected);
        if (expected == SHOJI_OK)
            memset(&page[first], ABSENT, count);
        break;
    default:
        assert_int_equal(mmp_alloc_at_by(0, BADGE, from, bytes), !inside ? SHOJI_EINVAL
                                                                 : none  ? (long)from
                                                                         : SHOJI_EBUSY);
        if (inside && none)
            memset(&page[first], OPEN, count);
        return;
    }
    if (expected == SHOJI_OK)
        taken_back((unsigned)first * 1024, (unsigned)count * 1024);
}

static uint64_t random_place(uint64_t *bytes)
{
    static uint64_t last = HEAP;

    *bytes = 4 * random_from(1, random_one_in(8) ? 2000 : random_one_in(3) ? 60 : 5);
    if (random_one_in(50))
        *bytes += random_from(1, 3);
    if (random_one_in(2))
        last = HEAP + 4 * random_below(WORDS);
    else
        last += 4 * random_below(8);
    if (random_one_in(60))
        return last + random_from(1, 3);
    return last;
}

static void alloc_try(void)
{
    uint64_t bytes, at = random_place(&bytes);
    bool written = random_one_in(3);
    long expected = place_check(at, bytes, 0, 0);

    assert_int_equal(sup_heap_alloc_by(BADGE, at, bytes, written), expected);
    if (expected != SHOJI_OK)
        return;
    absorb(word_of(at), word_of(at + bytes));
    for (unsigned word = word_of(at); word < word_of(at + bytes); word++) {
        state[word] = WORD_FRESH;
        if (written)
            now_written(word);
    }
}

static uint64_t random_allocation(void)
{
    unsigned word = (unsigned)random_below(WORDS);

    for (unsigned i = 0; i < WORDS; i++, word = (word + 1) % WORDS)
        if (allocation_at(HEAP + 4 * word) != 0)
            return HEAP + 4 * word;
    return HEAP;
}

static void free_try(void)
{
    uint64_t at = random_one_in(5) ? HEAP - 8 + random_below(HEAP_BYTES + 16) : random_allocation();
    unsigned length = allocation_at(at);
    bool was =
        in_heap(at, 4) && at % 4 == 0 && page[word_of(at) / 1024] == KEPT && state[word_of(at)] == WORD_FREED;

    assert_int_equal(sup_heap_size_by(BADGE, at, 0, 0), length != 0 ? 4 * (long)length : SHOJI_EINVAL);
    assert_int_equal(sup_heap_free_by(BADGE, at, 0, 0), length != 0 ? 4 * (long)length
                                                        : was       ? SHOJI_EPERM
                                                                    : SHOJI_EINVAL);
    if (length == 0)
        return;
    memset(&state[word_of(at)], WORD_FREED, length);
    taken_back(word_of(at), length);
}

static void move_try(void)
{
    uint64_t from = random_allocation(), bytes, to = random_one_in(3) ? from : random_place(&bytes);
    unsigned old = allocation_at(from), first = word_of(from);
    static uint8_t states[WORDS];
    static uint32_t contents[WORDS];
    long expected;

    (void)random_place(&bytes);
    if (random_one_in(3))
        bytes = 4 * random_from(old > 3 ? old - 3 : 1, old + 3);
    for (unsigned tries = 0; to != from && tries < 40 && place_check(to, bytes, 0, 0) != SHOJI_OK; tries++)
        to = HEAP + 4 * random_below(WORDS); /* most should succeed */
    expected = old == 0                                              ? SHOJI_EINVAL
               : to == from && bytes <= 4ull * old && bytes % 4 == 0 ? SHOJI_OK
               : to == from ? place_check(to, bytes, first, first + old)
                            : place_check(to, bytes, 0, 0);
    assert_int_equal(sup_heap_move_by(BADGE, from, to, bytes), expected);
    if (expected != SHOJI_OK)
        return;
    memcpy(states, &state[first], old);
    memcpy(contents, &content[first], 4 * old);
    if (to == from) {
        if (bytes > 4ull * old)
            absorb(first + old, first + (unsigned)bytes / 4);
        for (unsigned i = old; i < bytes / 4; i++)
            state[first + i] = WORD_FRESH;
        for (unsigned i = (unsigned)bytes / 4; i < old; i++)
            state[first + i] = WORD_FREE;
        if (bytes < 4ull * old)
            taken_back(first + (unsigned)bytes / 4, old - (unsigned)bytes / 4);
        return;
    }
    absorb(word_of(to), word_of(to + bytes));
    for (unsigned i = 0; i < bytes / 4; i++) {
        state[word_of(to) + i] = i < old ? states[i] : (uint8_t)WORD_FRESH;
        content[word_of(to) + i] = contents[i];
    }
    memset(&state[first], WORD_FREED, old);
    taken_back(first, old);
}

static void written_try(void)
{
    uint64_t bytes, at = random_place(&bytes);
    bool all = true, valid = (at | bytes) % 4 == 0 && in_heap(at, bytes);

    if (random_one_in(2) && allocation_at(random_allocation()) != 0) {
        at = random_allocation();
        bytes = 4 * random_from(1, allocation_at(at));
        valid = true;
    }
    for (unsigned word = word_of(at); valid && word < word_of(at + bytes); word++)
        all = all && page[word / 1024] == KEPT && is_allocated(word);
    assert_int_equal(sup_heap_written_by(BADGE, at, bytes, 0), !valid ? SHOJI_EINVAL
                                                               : all  ? SHOJI_OK
                                                                      : SHOJI_EPERM);
    if (valid && all)
        for (unsigned word = word_of(at); word < word_of(at + bytes); word++)
            now_written(word);
}

/* ---- Stores ---- */

/* mov of 1, 2, 4, 8 bytes; movups; rep stosb, stosl. All to (%rdi). */
static const struct {
    uint8_t code[STORE_CODE_BYTES], bytes, repeats;
} stores[] = {{{0x88, 0x07}, 1, 0},       {{0x66, 0x89, 0x07}, 2, 0},  {{0x89, 0x07}, 4, 0},
              {{0x48, 0x89, 0x07}, 8, 0}, {{0x0f, 0x11, 0x07}, 16, 0}, {{0xf3, 0xaa}, 1, 1},
              {{0xf3, 0xab}, 4, 1},       {{0x48, 0x01, 0x07}, 8, 0}};
#define ADD 7u /* to memory: it loads first; the emulator says so */

/* Stores as the processor would, faults and all. False: denied for good, from byte *denied on. */
static bool store_by(unsigned component, unsigned kind, uint64_t at, uint64_t count, uint64_t *denied)
{
    struct registers registers = {.rip = (uintptr_t)stores[kind].code, .rdi = at, .rcx = count};

    for (uint64_t done = 0; done < (stores[kind].repeats ? count : 1); done++) {
        uint64_t from = at + done * stores[kind].bytes;

        for (unsigned tries = 0;; tries++) {
            struct protection_fault fault = {.kind = MMP_FAULT_PERMISSION,
                                             .access = 1,
                                             .id = pd_tag(layout_domain(component)).value,
                                             .size = stores[kind].bytes};

            *denied = from;
            while (*denied < from + stores[kind].bytes && walk(component, (uint32_t)*denied) == RIGHT_WRITE)
                *denied = (*denied | 3) + 1;
            if (*denied >= from + stores[kind].bytes)
                break;
            assert_true(tries < 5);
            fault.address = *denied;
            registers.rdi = from;
            registers.rcx = count - done;
            if (!heap_first_store(&fault, &registers))
                return false;
        }
        memset((void *)(uintptr_t)from, (int)random_bits(), stores[kind].bytes);
    }
    return true;
}

static void store_try(void)
{
    unsigned component = (unsigned)random_below(COMPONENTS), kind = (unsigned)random_below(ADD);
    uint64_t bytes, at = random_one_in(3) ? random_place(&bytes) : random_allocation(), count, denied, end;
    bool with_owner = domain_of_component[component] == domain_of_component[OWNER], expected = true;

    at += random_below(20);
    count = stores[kind].repeats ? random_from(1, 40) : 1;
    end = at + count * stores[kind].bytes;
    if (!in_heap(at, end - at))
        return;
    bool stored = store_by(component, kind, at, count, &denied);

    for (unsigned word = word_of(at); word < word_of(end + 3) && expected; word++) {
        if (page[word / 1024] == KEPT && state[word] == WORD_FRESH && with_owner)
            state[word] = WORD_WRITTEN;
        else
            expected = expected_right(component, word) == RIGHT_WRITE;
        content[word] = word_at(HEAP + 4 * word);
        if (!expected)
            assert_int_equal(word, word_of(denied));
    }
    assert_int_equal(stored, expected);
}

/* ---- Sharing, merging ---- */

static void share_try(void)
{
    unsigned to = (unsigned)random_below(COMPONENTS);
    uint64_t bytes, at = random_one_in(2) ? random_allocation() : random_place(&bytes);
    uint8_t right = (uint8_t)random_below(3);
    bool all = true;

    bytes = 4 * random_from(1, random_one_in(4) ? 1500 : 30);
    if (at % 4 != 0 || !in_heap(at, bytes) || to == OWNER)
        return;
    for (unsigned word = word_of(at); word < word_of(at + bytes); word++)
        all =
            all && page[word / 1024] != ABSENT && (right == RIGHT_NONE || owners_right(word) == RIGHT_WRITE);
    assert_int_equal(mmp_set_perm_call(at, bytes, right, to + 1, BADGE), all ? SHOJI_OK : SHOJI_EPERM);
    if (all)
        memset(&lent[to][word_of(at)], right, bytes / 4);
}

static void take_back_try(void)
{
    uint64_t bytes, at = random_place(&bytes);

    if (at % 4 != 0 || bytes % 4 != 0 || !in_heap(at, bytes))
        return;
    assert_int_equal(sup_take_back_by(BADGE, at, bytes, 0), SHOJI_OK);
    taken_back(word_of(at), (unsigned)bytes / 4);
}

static void layout_try(void)
{
    unsigned a = (unsigned)random_below(COMPONENTS), b = (unsigned)random_below(COMPONENTS);
    unsigned into = domain_of_component[a], from = domain_of_component[b];
    static unsigned next = COMPONENTS;

    if (random_one_in(2)) {
        if (layout_merge(a, b) == SHOJI_OK)
            for (unsigned c = 0; c < COMPONENTS; c++)
                domain_of_component[c] = domain_of_component[c] == from ? into : domain_of_component[c];
    } else if (layout_split(a) == SHOJI_OK) {
        domain_of_component[a] = next++;
    }
}

/* What a report says of a word agrees with what it is. */
static void text_try(void)
{
    uint64_t bytes, at = random_place(&bytes) & ~3ull;
    static const char *const words[] = {"heap, ", "heap, never written", "heap, in the ", "heap, freed, "};
    unsigned word = word_of(at), first, length;
    char text[100], expected[100];

    if (!in_heap(at, 4))
        return;
    assert_int_equal(heap_word_text(OWNER, (uint32_t)at, text, sizeof text), page[word / 1024] == KEPT);
    if (page[word / 1024] != KEPT)
        return;
    assert_memory_equal(text, words[state[word]], strlen(words[state[word]]));
    if (!is_allocated(word))
        return;
    for (first = word; first > 0 && page[(first - 1) / 1024] == KEPT && is_allocated(first - 1);)
        first--;
    length = last_length(first);
    snprintf(expected, sizeof expected, "the %u bytes at 0x%08x", 4 * length, HEAP + 4 * first);
    if (strstr(text, expected) == NULL)
        fail_msg("`%s` does not tell `%s`", text, expected);
}

static void test_calls(void **unused)
{
    (void)unused;
    random_start("calls");
    system_start(MANIFEST_HEAP_GUARD);
    assert_int_equal(mmp_alloc_by(0, BADGE, 8 * PAGE_BYTES, 0), HEAP);
    memset(page, OPEN, 8);
    for (unsigned i = 0; i < 30000; i++) {
        switch (random_below(16)) {
        case 0:
            if (random_one_in(6))
                pages_try();
            break;
        case 1:
        case 2:
        case 3:
            alloc_try();
            break;
        case 4:
            free_try();
            break;
        case 5:
            move_try();
            break;
        case 6:
            written_try();
            break;
        case 7:
            take_back_try();
            break;
        case 8:
        case 9:
            share_try();
            break;
        case 10:
            layout_try();
            break;
        case 11:
            text_try();
            break;
        default:
            store_try();
        }
        if (i % 64 == 0)
            look();
        if (random_one_in(6000)) { /* the component begins anew */
            memory_reset(OWNER);
            memset(page, ABSENT, sizeof page);
            taken_back(0, WORDS);
            look();
            assert_int_equal(mmp_alloc_by(0, BADGE, 8 * PAGE_BYTES, 0), HEAP);
            memset(page, OPEN, 8);
        }
    }
}

/* ---- The runtime's slabs ---- */

static uint32_t setting;
static jmp_buf escape;
static char last_line[200];

uint32_t heap_setting(void)
{
    return setting;
}

void heap_sure(long status)
{
    assert_true(status >= 0);
}

void lend_take_back(const void *object, size_t bytes);

void heap_take_back(const void *object, size_t bytes)
{
    lend_take_back(object, bytes);
}

void print_line(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(last_line, sizeof last_line, format, list);
    va_end(list);
}

void runtime_fault(void)
{
    longjmp(escape, 1);
}

static unsigned invocations; /* of the supervisor */

#define PASSED(name, ...) (invocations++, name##_by(BADGE, __VA_ARGS__))
// clang-format off
long mem_grow(uint64_t bytes) { return mmp_alloc_by(0, BADGE, bytes, 0); }
long mem_free(uint64_t address, uint64_t bytes) { return mmp_free_by(0, BADGE, address, bytes); }
long sup_heap_close(uint64_t a, uint64_t b) { return PASSED(sup_heap_close, a, b, 0); }
long sup_heap_open(uint64_t a, uint64_t b) { return PASSED(sup_heap_open, a, b, 0); }
long sup_heap_keep(uint64_t a, uint64_t b) { return PASSED(sup_heap_keep, a, b, 0); }
long sup_heap_alloc(uint64_t a, uint64_t b, uint32_t c) { return PASSED(sup_heap_alloc, a, b, c); }
long sup_heap_move(uint64_t a, uint64_t b, uint64_t c) { return PASSED(sup_heap_move, a, b, c); }
long sup_heap_free(uint64_t a) { return PASSED(sup_heap_free, a, 0, 0); }
long sup_heap_size(uint64_t a) { return PASSED(sup_heap_size, a, 0, 0); }
long sup_take_back(uint64_t a, uint64_t b) { return PASSED(sup_take_back, a, b, 0); }
// clang-format on
long __real_mmp_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
{
    return mmp_set_perm_call(address, bytes, perm, to, BADGE);
}
long __wrap_mmp_set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to);
long __real_mprot_export(uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
{
    return __real_mmp_set_perm(address, bytes, perm, to);
}
long __real_sup_device_perm(uint64_t address, uint64_t bytes, uint32_t perm)
{
    (void)address, (void)bytes, (void)perm;
    return SHOJI_EPERM; /* there is no device */
}
long __wrap_mprot_export(uint64_t address, uint64_t bytes, uint32_t perm, component_t to);

#define OBJECTS 200u
static struct {
    uint8_t *at;
    size_t bytes;
    uint8_t fill;
    bool written; /* all of it has its fill */
} objects[OBJECTS];
static uint8_t used[WORDS]; /* by an object, 1 + its number */

static size_t words_in(size_t bytes)
{
    return bytes == 0 ? 1 : (bytes + 3) / 4;
}

static void object_note(unsigned n, void *at, size_t bytes)
{
    unsigned first = word_of((uint64_t)at), end = first + (unsigned)words_in(bytes);

    assert_true(in_heap((uint64_t)at, bytes) && (uintptr_t)at % SLAB_ALIGN == 0);
    for (unsigned word = first; word < end; word++) {
        assert_int_equal(used[word], 0);
        used[word] = (uint8_t)(n + 1);
    }
    if (setting == SUP_HEAP_GUARD)
        assert_true((first == 0 || used[first - 1] == 0) && used[end] == 0);
    objects[n].at = at;
    objects[n].bytes = bytes;
}

static void object_forget(unsigned n)
{
    for (unsigned word = 0; word < WORDS; word++)
        used[word] = used[word] == n + 1 ? 0 : used[word];
    taken_back(word_of((uint64_t)objects[n].at), (unsigned)words_in(objects[n].bytes));
}

static void object_fill(unsigned n)
{
    uint64_t denied;

    objects[n].fill = (uint8_t)random_bits();
    for (size_t i = 0; i < objects[n].bytes; i++) {
        assert_true(store_by(OWNER, 0, (uint64_t)objects[n].at + i, 1, &denied));
        objects[n].at[i] = objects[n].fill;
    }
    objects[n].written = objects[n].written || objects[n].bytes != 0;
}

static void object_check(unsigned n, size_t bytes)
{
    for (size_t i = 0; objects[n].written && i < bytes; i++)
        assert_int_equal(objects[n].at[i], objects[n].fill);
}

static bool page_used(unsigned p)
{
    for (unsigned word = p * 1024; word < p * 1024 + 1024; word++)
        if (used[word] != 0)
            return true;
    return false;
}

/* Is it the empty page that a class may keep? */
static bool is_spare(unsigned p)
{
    for (unsigned class = 0; class < CLASSES; class ++)
        if (class_empty[class] != NO_PAGE && address_of(class_empty[class]) == HEAP + p * PAGE_BYTES)
            return true;
    return false;
}

/* The owner may use exactly what it should be able to: guard: words of objects, once they are written; slab:
 * of pages with objects the words of objects at least, of others none. The allocator's own records excepted,
 * which lie on pages without objects. */
static void objects_look(const uint8_t *record_page)
{
    for (unsigned word = 0; word < WORDS; word++) {
        unsigned right = walk(OWNER, HEAP + 4 * word);

        if (record_page[word / 1024])
            continue;
        if (used[word] == 0)
            assert_true(right == 0 ||
                        (setting == SUP_HEAP_SLAB && (page_used(word / 1024) || is_spare(word / 1024))));
        else if (setting == SUP_HEAP_SLAB || objects[used[word] - 1].written)
            assert_int_equal(right, RIGHT_WRITE);
        else
            assert_int_equal(right,
                             words_state(OWNER, HEAP + 4 * word) == WORD_WRITTEN ? RIGHT_WRITE : RIGHT_NONE);
        for (unsigned c = 0; c < COMPONENTS; c++)
            if (c != OWNER)
                assert_int_equal(walk(c, HEAP + 4 * word), lent[c][word]);
    }
    for (unsigned n = 0; n < OBJECTS; n++)
        if (objects[n].at != NULL)
            object_check(n, objects[n].bytes);
}

static bool is_bad(void *object, const char *what)
{
    if (setjmp(escape) == 0) {
        slab_free(object);
        return false;
    }
    return strstr(last_line, what) != NULL;
}

static void object_step(void)
{
    unsigned n = (unsigned)random_below(OBJECTS);
    size_t bytes = random_one_in(20)  ? random_below(9000)
                   : random_one_in(4) ? random_below(1500)
                                      : random_below(120);
    void *at;

    if (objects[n].at == NULL) {
        bool zeroed = random_one_in(3);
        size_t align = random_one_in(10) ? 32u << random_below(8) : SLAB_ALIGN;

        at = slab_alloc(bytes, align, zeroed);
        if (at == NULL)
            return;
        assert_int_equal((uintptr_t)at % align, 0);
        object_note(n, at, bytes);
        objects[n].written = zeroed;
        objects[n].fill = 0;
        assert_true(slab_size(at) >= bytes);
        object_check(n, bytes);
        return;
    }
    switch (random_below(4)) {
    case 0:
        at = slab_resize(objects[n].at, bytes);
        if (at == NULL)
            break;
        if (at != objects[n].at || bytes != objects[n].bytes) {
            size_t old = objects[n].bytes;
            static uint8_t before[COMPONENTS][WORDS];

            memcpy(before, lent, sizeof lent);
            object_forget(n);
            for (unsigned i = 0; at == objects[n].at && i < words_in(bytes < old ? bytes : old); i++)
                for (unsigned c = 0; c < COMPONENTS; c++) /* what it keeps stays lent */
                    lent[c][word_of((uint64_t)at) + i] = before[c][word_of((uint64_t)at) + i];
            object_note(n, at, bytes);
            object_check(n, bytes < old ? bytes : old);
            objects[n].written = objects[n].written && bytes <= old;
        }
        break;
    case 1:
        object_check(n, objects[n].bytes);
        slab_free(objects[n].at);
        object_forget(n);
        if (random_one_in(4))
            assert_true(
                is_bad(objects[n].at, setting == SUP_HEAP_GUARD ? "freed already" : "nothing is allocated"));
        objects[n].at = NULL;
        break;
    case 2:
        object_fill(n);
        break;
    default:
        if (objects[n].written && objects[n].bytes >= 4) {
            unsigned to = random_one_in(2) ? 0 : 2;
            uint64_t lend = objects[n].bytes & ~3ull;

            assert_int_equal(__wrap_mmp_set_perm((uint64_t)objects[n].at, lend, RIGHT_READ, to + 1),
                             SHOJI_OK);
            memset(&lent[to][word_of((uint64_t)objects[n].at)], RIGHT_READ, lend / 4);
        }
    }
}

static void slabs_run(uint32_t with)
{
    static uint8_t record_page[HEAP_PAGES];

    system_start((uint8_t)with);
    setting = with;
    memset(objects, 0, sizeof objects);
    memset(used, 0, sizeof used);
    /* The first allocation makes the first records. */
    slab_free(slab_alloc(100, SLAB_ALIGN, false));
    for (unsigned p = 0; p < HEAP_PAGES; p++)
        record_page[p] = walk(OWNER, HEAP + p * PAGE_BYTES) == RIGHT_WRITE;
    for (unsigned i = 0; i < 12000; i++) {
        object_step();
        forgotten_count = 0;
        if (i % 64 == 0)
            objects_look(record_page);
    }
    for (unsigned n = 0; n < OBJECTS; n++)
        if (objects[n].at != NULL) {
            slab_free(objects[n].at);
            object_forget(n);
            objects[n].at = NULL;
        }
    objects_look(record_page);
    assert_true(is_bad((void *)(uintptr_t)(HEAP + 64), "free or realloc of 0x840"));
    assert_true(is_bad((void *)(uintptr_t)(HEAP - 64), "nothing"));
    /* Everything is free: one object can take all but the records, twice. */
    for (unsigned round = 0; round < 2; round++) {
        size_t most = HEAP_BYTES;
        void *at;

        while ((at = slab_alloc(most, SLAB_ALIGN, false)) == NULL)
            most -= 16;
        assert_true(most > HEAP_BYTES - 6 * PAGE_BYTES);
        slab_free(at);
    }
}

static void test_slabs(void **unused)
{
    (void)unused;
    random_start("slabs");
    for (unsigned with = SUP_HEAP_SLAB; with <= SUP_HEAP_GUARD; with++) {
        memset(records, 0, sizeof records);
        memset(class_pages, 0, sizeof class_pages);
        memset(class_empty, 0, sizeof class_empty);
        first_free = end = classes = 0;
        slabs_run(with);
    }
}

/* What is not lent costs nothing when it is freed; a slab asks the supervisor for pages only. */
static void test_invocations(void **unused)
{
    void *first, *object;

    (void)unused;
    memset(records, 0, sizeof records);
    memset(class_pages, 0, sizeof class_pages);
    memset(class_empty, 0, sizeof class_empty);
    first_free = end = classes = 0;
    system_start(SUP_HEAP_SLAB);
    setting = SUP_HEAP_SLAB;
    first = slab_alloc(2000, SLAB_ALIGN, false); /* its page stays open */
    invocations = 0;
    object = slab_alloc(2000, SLAB_ALIGN, false);
    slab_free(object);
    assert_int_equal(invocations, 0);
    object = slab_alloc(2000, SLAB_ALIGN, false);
    assert_int_equal(__wrap_mmp_set_perm((uint64_t)object, 2000, RIGHT_READ, 1), SHOJI_OK);
    assert_int_equal(walk(0, (uint32_t)(uintptr_t)object), RIGHT_READ);
    slab_free(object);
    assert_int_equal(invocations, 1);
    assert_int_equal(walk(0, (uint32_t)(uintptr_t)object), RIGHT_NONE);
    object = slab_alloc(9000, SLAB_ALIGN, false); /* on pages of which nothing was lent yet */
    assert_int_equal(__wrap_mprot_export((uint64_t)object + 8000, 8, RIGHT_READ, 1), SHOJI_OK);
    invocations = 0;
    slab_free(object);
    assert_int_equal(invocations, 2); /* taken back, and closed */
    assert_int_equal(walk(0, (uint32_t)(uintptr_t)object + 8000), RIGHT_NONE);
    slab_free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_invocations),
        cmocka_unit_test(test_slabs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

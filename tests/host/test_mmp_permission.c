/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The permission check, the table walk and the page summaries of the model against a flat array of
 * permissions and a plain table reader (mmp_tables.h), byte by byte.
 */
// links: mmp_hw/model/table.c mmp_hw/model/runlength.c mmp_hw/model/permission.c
// links: tests/host/mmp_tables.c tests/host/seeded.c
// links: mmp_hw/model/spt.c mmp_hw/model/domain.c mmp_hw/model/register.c mmp_hw/model/trace.c
// includes: mmp_hw/include mmp_hw/model tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mmp_tables.h"
#include "model.h"
#include "seeded.h"

#define SLOT 0x400000u
#define GIB4 0x100000000u

/* ---- The oracle of an access: one byte after the other ---- */

/* A word's permission, or false: malformed at *entry. */
typedef bool (*word_reader)(const struct mmp_state *s, const struct mmp_memory *m, uint64_t addr,
                            unsigned *perm, uint64_t *entry);

static bool read_flat(const struct mmp_state *s, const struct mmp_memory *m, uint64_t addr, unsigned *perm,
                      uint64_t *entry)
{
    (void)s, (void)m, (void)entry;
    *perm = flat_permission(addr);
    return true;
}

static bool read_plain(const struct mmp_state *s, const struct mmp_memory *m, uint64_t addr, unsigned *perm,
                       uint64_t *entry)
{
    return plain_permission(m->base, m->size, s->root, addr, perm, entry);
}

static bool in_stack(const struct mmp_state *s, uint64_t word)
{
    for (uint64_t byte = word; byte < word + 4; byte++)
        if (byte < s->sl || byte >= s->fb)
            return false;
    return true;
}

/* Do the stack permissions grant this? */
static bool in_grant(const struct mmp_state *s, uint64_t word, int access)
{
    for (unsigned i = 0; i < 8; i++) {
        uint64_t start = s->spt[i] >> 32, words = s->spt[i] >> 16 & 0x3fff, perm = s->spt[i] >> 30 & 3;

        if (s->spt[i] % 0x10000 == s->pdid && word >= start && word < start + 4 * words &&
            (perm == 2 ? access != MMP_ACCESS_FETCH : perm == 1 && access == MMP_ACCESS_LOAD))
            return true;
    }
    return false;
}

static bool allows(unsigned perm, int access)
{
    static const bool table[4][3] = {
        /* load, store, fetch */
        {false, false, false},
        {true, false, false},
        {true, true, false},
        {true, false, true},
    };
    return table[perm][access];
}

/* Kind of fault that the byte raises, or MMP_FAULT_NONE. */
static int byte_fault(const struct mmp_state *s, const struct mmp_memory *m, word_reader reader,
                      uint64_t byte, int access, uint64_t *addr)
{
    uint64_t word = byte / 4 * 4, entry = 0;
    unsigned perm = 0;

    *addr = byte;
    if (byte >= GIB4)
        return MMP_FAULT_PERMISSION;
    if (!reader(s, m, word, &perm, &entry)) {
        *addr = entry;
        return MMP_FAULT_MALFORMED;
    }
    if (allows(perm, access) || (access != MMP_ACCESS_FETCH && in_stack(s, word)) ||
        in_grant(s, word, access))
        return MMP_FAULT_NONE;
    return MMP_FAULT_PERMISSION;
}

static int access_fault(const struct mmp_state *s, const struct mmp_memory *m, word_reader reader,
                        uint64_t addr, uint64_t size, int access, uint64_t *fault_addr)
{
    int kind = MMP_FAULT_NONE;

    if (!s->enabled || s->pdid == 0)
        return MMP_FAULT_NONE;
    for (uint64_t i = 0; i < size && kind == MMP_FAULT_NONE; i++) {
        if (addr + i < addr) { /* wrapped: 4 GiB and above was denied before */
            fail_msg("the oracle went round");
        }
        kind = byte_fault(s, m, reader, addr + i, access, fault_addr);
    }
    return kind;
}

static void expect_access(const struct mmp_state *s, const struct mmp_memory *m, word_reader reader,
                          uint64_t addr, uint64_t size, int access)
{
    struct mmp_state before = *s;
    struct mmp_fault fault = {0};
    uint64_t fault_addr = 0;
    int kind = access_fault(s, m, reader, addr, size, access, &fault_addr);
    bool ok = mmp_check(s, m, addr, size, access, &fault);

    assert_int_equal(ok, kind == MMP_FAULT_NONE);
    assert_memory_equal(&before, s, sizeof before);
    if (ok)
        return;
    assert_int_equal(fault.kind, kind);
    assert_int_equal(fault.addr, fault_addr);
    assert_int_equal(fault.access, access);
    assert_int_equal(fault.pdid, s->pdid);
    assert_int_equal(fault.size, size);
    assert_int_equal(fault.gate, 0);
}

static void expect_page(const struct mmp_state *s, const struct mmp_memory *m, word_reader reader,
                        uint64_t addr)
{
    struct mmp_page page;
    uint64_t start = addr / 4096 * 4096, fault_addr, entry = 0;
    unsigned allowed[3] = {0, 0, 0};
    bool malformed = false, stack = false, mediated = s->enabled && s->pdid != 0;

    memset(&page, 0xa5, sizeof page);
    mmp_page_rights(s, m, addr, &page);
    for (uint64_t word = start; word < start + 4096; word += 4) {
        if (mediated && word < GIB4 && (in_stack(s, word) || in_grant(s, word, MMP_ACCESS_LOAD)))
            stack = true;
        for (int access = 0; access < 3; access++) {
            int kind = mediated ? byte_fault(s, m, reader, word, access, &fault_addr) : MMP_FAULT_NONE;

            allowed[access] += kind == MMP_FAULT_NONE;
            if (kind == MMP_FAULT_MALFORMED && !malformed) {
                malformed = true;
                entry = fault_addr;
            }
        }
    }
    for (int access = 0; access < 3; access++) {
        enum mmp_rights expected = allowed[access] == 1024 ? MMP_RIGHTS_ALL
                                   : allowed[access] == 0  ? MMP_RIGHTS_NONE
                                                           : MMP_RIGHTS_MIXED;
        assert_int_equal(page.rights[access], expected);
    }
    assert_int_equal(page.malformed, malformed);
    assert_int_equal(page.stack, stack);
    if (!malformed) {
        assert_int_equal(page.entry, 0);
    } else {
        /* the entry that the oracle met first is the page's, but where the leaf table is outside: then it is
         * the one of the address asked for */
        uint64_t own;
        unsigned perm;

        assert_false(reader(s, m, addr, &perm, &own));
        assert_int_equal(page.entry, own);
        assert_true(own >= entry && own < entry + 256);
    }
}

/* ---- Random worlds ---- */

static struct mmp_state state_of_domain(void)
{
    struct mmp_state s;

    memset(&s, 0, sizeof s);
    s.enabled = true;
    s.pdid = 0x8001;
    s.root = tables_root;
    s.align = 12;
    return s;
}

static uint64_t random_slot_start(void)
{
    return (uint64_t)tables_slot[random_below(TABLES_SLOTS)] * SLOT;
}

/* An address near where things change: the start or end of a word, entry, page, eighth or slot; or anywhere.
 */
static uint64_t random_addr(void)
{
    static const uint64_t unit[] = {4, 64, 512, 4096, 0x80000, SLOT};
    uint64_t addr = random_slot_start() + random_below(SLOT);

    if (!random_one_in(3)) {
        uint64_t u = unit[random_below(6)];

        addr = addr / u * u + random_below(24) - 12;
    }
    if (random_one_in(500))
        addr = random_bits() >> random_below(64);
    return addr;
}

static uint64_t random_size(void)
{
    uint64_t n = random_below(1000);

    if (n < 900)
        return UINT64_C(1) << random_below(7); /* what instructions move: 1 to 64 bytes */
    if (n < 990)
        return random_below(300);
    if (n < 999)
        return random_below(12000);
    return random_below(40000);
}

static void random_stack(struct mmp_state *s)
{
    uint64_t a = random_addr(), b = a + random_below(1u << random_below(16));

    s->sl = random_one_in(8) ? a : a & ~UINT64_C(7);
    s->fb = random_one_in(8) ? b : b & ~UINT64_C(7);
    if (random_one_in(20))
        s->sl = 0;
    if (random_one_in(20))
        s->fb = random_one_in(2) ? 0 : UINT64_MAX - random_below(8);
    if (random_one_in(20))
        s->sl = random_one_in(2) ? s->fb : UINT64_MAX - random_below(8);
}

/* None, or some near what is looked at, for this domain or another. */
static void random_grants(struct mmp_state *s, const struct mmp_memory *m, uint64_t near)
{
    bool none = random_one_in(2);

    for (unsigned i = 0; i < 8; i++) {
        uint64_t start = (near + random_below(256) - 128) & 0xfffffffc;
        uint64_t words = random_one_in(4) ? random_below(0x4000) : random_below(30);
        uint64_t value = (random_one_in(4) ? random_below(3) : s->pdid) | words << 16 |
                         random_below(4) << 30 | start << 32;
        struct mmp_invalidate inval;
        bool ok = mmp_msr_write(s, m, MMP_MSR_SPT + i, none || random_one_in(2) ? 0 : value, &inval) !=
                  MMP_MSR_REFUSED;

        assert_true(ok || start + 4 * words > GIB4 || (value >> 30 & 3) == 3);
    }
}

static void random_set(void)
{
    static const uint64_t unit[] = {4, 4, 64, 512, 4096, 0x80000, SLOT};
    unsigned which = (unsigned)random_below(random_one_in(50) ? 7 : random_one_in(10) ? 5 : 4);
    uint64_t u = unit[which], start = random_slot_start() + random_below(SLOT / u) * u, end;

    end = start + u * random_from(1, which < 4 ? 40 : which == 4 ? 4 : 1);
    if (random_one_in(10) && start > 4 * u)
        start -= 4 * random_below(3);
    if (start % SLOT + (end - start) > SLOT && !(start / SLOT >= 5 && start / SLOT < 7))
        end = (start / SLOT + 1) * SLOT;
    if (start / SLOT != 0 && (start / SLOT < 5 || (start / SLOT > 7 && start / SLOT < 1023)))
        return;
    tables_set(start, end, (unsigned)random_below(4));
}

/* Tables built at random say word by word what was written, for every size, alignment and access. */
static void test_random_tables(void **unused)
{
    struct mmp_state s;
    struct mmp_memory m;
    unsigned sets = 0, checks = 0, pages = 0;

    (void)unused;
    random_start(__func__);
    tables_make();
    s = state_of_domain();
    m = (struct mmp_memory){tables_memory, tables_size};
    for (unsigned slot = 0; slot < TABLES_SLOTS; slot++)
        for (unsigned i = 0; i < 200; i++)
            random_set();
    for (unsigned round = 0; round < 1100000; round++) {
        unsigned what = (unsigned)random_below(100);

        if (what < 8) {
            random_set();
            sets++;
        } else if (what < 10) {
            random_stack(&s);
            if (random_one_in(2))
                random_grants(&s, &m, random_one_in(2) ? s.fb : random_addr());
        } else if (what < 11) {
            expect_page(&s, &m, read_flat, random_one_in(4) ? s.fb - random_below(9) : random_addr());
            pages++;
        } else {
            uint64_t addr = random_one_in(5) ? s.fb - random_below(70) + 6
                            : s.spt_used && random_one_in(2)
                                ? (s.spt[random_below(8)] >> 32) + random_below(100) - 20
                                : random_addr();

            if (random_one_in(50))
                addr = s.sl - random_below(10);
            expect_access(&s, &m, read_flat, addr, random_size(), (int)random_below(3));
            checks++;
        }
    }
    print_message("%u permission writes, %u accesses, %u pages\n", sets, checks, pages);
    tables_free();
}

/* One word's permission, everywhere and above 4 GiB. */
static void test_random_words(void **unused)
{
    struct mmp_memory m;

    (void)unused;
    random_start(__func__);
    tables_make();
    m = (struct mmp_memory){tables_memory, tables_size};
    for (unsigned i = 0; i < 3000; i++)
        random_set();
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t addr = random_addr(), entry = 0;
        uint8_t perm = 0xff;

        assert_true(mmp_table_permission(&m, tables_root, addr, &perm, &entry));
        assert_int_equal(perm, flat_permission(addr));
    }
    tables_free();
}

/* ---- Tables of any content ---- */

/* An entry that is likely to lead somewhere, and likely to be wrong. */
static uint32_t random_entry(uint64_t size, unsigned align)
{
    switch (random_below(11)) {
    case 0:
        return 0;
    case 8: /* runs, or a run-length entry */
        return (uint32_t)random_bits() >> (random_one_in(2) ? 4 : 0) | 3;
    case 9:
        return (uint32_t)(random_below(size / 256 + 1) * 256 + 2);
    case 10:
        return (uint32_t)(random_below(size / 64 + 1) * 64 + 6);
    case 1:
        return (uint32_t)random_bits();
    case 2:
        return ((uint32_t)random_bits() & 0xffff0000u) | 1;
    case 3:
        return (uint32_t)random_bits() & 0xffff0003u;
    case 4:
        return (uint32_t)random_below(size + 4096) & ~3u;
    case 5:
        return (uint32_t)(size / align * align + (random_below(3) - 1) * align);
    default:
        return (uint32_t)random_below(size / align + 1) * align;
    }
}

/* Garbage in exactly so many bytes: the model says what the plain reader says, and the address sanitizer sees
 * every read outside. */
static void test_garbage_tables(void **unused)
{
    static const unsigned sizes[] = {1, 3, 4, 4095, 4096, 4100, 8192, 8191, 12288, 12288 + 255, 20480};

    (void)unused;
    random_start(__func__);
    for (unsigned world = 0; world < 1500; world++) {
        uint64_t size =
            sizes[random_below(sizeof sizes / sizeof *sizes)] + (random_one_in(3) ? random_below(700) : 0);
        uint8_t *memory = malloc(size);
        struct mmp_memory m = {memory, size};
        struct mmp_state s = state_of_domain();
        bool dense = random_one_in(2);

        for (uint64_t i = 0; i < size; i++)
            memory[i] = (uint8_t)random_bits();
        for (uint64_t i = 0; dense && i + 4 <= size; i += 4) {
            uint32_t entry = random_entry(size, random_one_in(2) ? 256 : 4096);

            memcpy(memory + i, &entry, 4);
        }
        for (unsigned op = 0; op < 150; op++) {
            uint64_t addr = random_bits() & 0xffffffffu, entry = 0, plain_entry = 0;
            uint8_t perm = 0xff;
            unsigned plain = 0;
            bool ok;

            if (random_one_in(3))
                addr = addr / 4096 * 4096 - random_below(16);
            if (random_one_in(10))
                s.root = random_one_in(2) ? (uint32_t)random_below(size + 8192) & ~0xfffu
                                          : (uint32_t)random_bits() & ~0xfffu;
            if (random_one_in(10))
                random_stack(&s);
            if (random_one_in(10))
                random_grants(&s, &m, addr);
            if (random_one_in(10)) {
                s.sl = addr & ~UINT64_C(7);
                s.fb = s.sl + 8 * random_below(1000);
            }
            expect_access(&s, &m, read_plain, addr, random_size() % 9000, (int)random_below(3));
            if (random_one_in(8))
                expect_page(&s, &m, read_plain, addr);
            ok = mmp_table_permission(&m, s.root, addr, &perm, &entry);
            if (addr < GIB4) {
                assert_int_equal(ok, plain_permission(memory, size, s.root, addr, &plain, &plain_entry));
                if (ok)
                    assert_int_equal(perm, plain);
                else
                    assert_int_equal(entry, plain_entry);
            } else {
                assert_true(ok);
                assert_int_equal(perm, 0);
            }
        }
        free(memory);
    }
}

/* ---- One statement of the manual each ---- */

static struct mmp_state s;
static struct mmp_memory m;
static struct mmp_fault fault;

static int setup(void **unused)
{
    (void)unused;
    tables_make();
    s = state_of_domain();
    m = (struct mmp_memory){tables_memory, tables_size};
    memset(&fault, 0, sizeof fault);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    tables_free();
    return 0;
}

static void entry_put(uint64_t at, uint32_t entry)
{
    memcpy(tables_memory + at, &entry, 4);
}

static void expect_denied(uint64_t addr, uint64_t size, int access, int kind, uint64_t at)
{
    memset(&fault, 0, sizeof fault);
    assert_false(mmp_check(&s, &m, addr, size, access, &fault));
    assert_int_equal(fault.kind, kind);
    assert_int_equal(fault.addr, at);
}

static void expect_allowed(uint64_t addr, uint64_t size, int access)
{
    assert_true(mmp_check(&s, &m, addr, size, access, &fault));
}

/* 2, 4.4: each value allows what its name says. */
static void test_values(void **unused)
{
    (void)unused;
    for (unsigned perm = 0; perm < 4; perm++) {
        uint64_t addr = 5 * SLOT + 0x1004;

        tables_set(addr, addr + 4, perm);
        for (int access = 0; access < 3; access++) {
            bool ok = perm == MMP_PERM_RO   ? access == MMP_ACCESS_LOAD
                      : perm == MMP_PERM_RW ? access != MMP_ACCESS_FETCH
                      : perm == MMP_PERM_RX ? access != MMP_ACCESS_STORE
                                            : false;
            if (ok)
                expect_allowed(addr, 4, access);
            else
                expect_denied(addr, 4, access, MMP_FAULT_PERMISSION, addr);
        }
    }
}

/* 4.4: one byte too far is denied, at that byte, across a word, an entry, a page, a table and a slot. */
static void test_boundaries(void **unused)
{
    static const uint64_t end[] = {0x1008, 0x1040, 0x2000, 0x80000, 0x200000, SLOT};

    (void)unused;
    for (unsigned i = 0; i < sizeof end / sizeof *end; i++) {
        uint64_t start = 6 * SLOT, at = start + end[i];

        tables_set(start, start + 2 * SLOT, MMP_PERM_NONE);
        tables_set(start, at, MMP_PERM_RW);
        for (uint64_t size = 1; size <= 64; size++) {
            expect_allowed(at - size, size, MMP_ACCESS_STORE);
            for (uint64_t over = 1; over <= size; over++)
                expect_denied(at + over - size, size, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, at);
        }
        tables_set(start, at, MMP_PERM_NONE);
        tables_set(at, at + 0x1000, MMP_PERM_RW);
        for (uint64_t before = 1; before <= 8; before++)
            expect_denied(at - before, 16, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, at - before);
    }
}

/* 4.4: at 4 GiB, above it, and round the end of the address space. */
static void test_end_of_space(void **unused)
{
    (void)unused;
    tables_set(GIB4 - 8, GIB4, MMP_PERM_RW);
    expect_allowed(GIB4 - 8, 8, MMP_ACCESS_STORE);
    expect_denied(GIB4 - 4, 8, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, GIB4);
    expect_denied(GIB4 - 12, 16, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, GIB4 - 12);
    expect_denied(GIB4, 1, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, GIB4);
    expect_denied(UINT64_MAX, 8, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, UINT64_MAX);
    tables_set(0, SLOT, MMP_PERM_RW);
    expect_denied(UINT64_MAX - 3, 8, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, UINT64_MAX - 3);
    expect_denied(0, UINT64_MAX, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, SLOT);
    s.sl = 0;
    s.fb = UINT64_MAX & ~UINT64_C(7); /* a stack that reaches above does not open it */
    expect_denied(GIB4, 8, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, GIB4);
    expect_denied(UINT64_MAX - 16, 8, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, UINT64_MAX - 16);
    expect_denied(8, UINT64_MAX, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, GIB4);
}

/* 3: domain 0, and everyone while MMP is off. */
static void test_unmediated(void **unused)
{
    struct mmp_page page;

    (void)unused;
    s.root = 0xfffff000; /* not even looked at */
    for (unsigned i = 0; i < 2; i++) {
        s.pdid = i == 0 ? 0 : 0x8001;
        s.enabled = i == 0;
        expect_allowed(0x1234, 100, MMP_ACCESS_STORE);
        expect_allowed(GIB4 + 4, 8, MMP_ACCESS_FETCH);
        expect_allowed(UINT64_MAX - 2, 8, MMP_ACCESS_FETCH);
        mmp_page_rights(&s, &m, GIB4, &page);
        for (int access = 0; access < 3; access++)
            assert_int_equal(page.rights[access], MMP_RIGHTS_ALL);
        assert_false(page.malformed || page.stack);
    }
}

/* 4.2, 4.5: every malformed entry, at each level, named by its address; stack registers do not hide it. */
static void test_malformed(void **unused)
{
    uint32_t root = tables_root, mid = 0x100000, leaf = 0x101000;
    /* of type 3: a zero bit set, each of four; an offset of mid above that of last */
    static const uint32_t bad_root[] = {2,          0x100002,   0x100006, 0x10000003, 0x20000003,
                                        0x40000003, 0x80000003, 0x53,     0x00040053, 0xffff0005,
                                        0x00008001, 0x100004,   0x100800, 0x800};
    static const uint32_t bad_mid[] = {2,          6,        0x10100a, 0x101012,   0x101082,
                                       0x10100e,   0x101026, 0x101016, 0x80000003, 0x53,
                                       0xffff0009, 0x101004, 0x101080, 0x80};

    (void)unused;
    s.sl = 9 * SLOT;
    s.fb = 10 * SLOT;
    for (unsigned i = 0; i < sizeof bad_root / sizeof *bad_root; i++) {
        entry_put(root + 4 * 9, bad_root[i]);
        expect_denied(9 * SLOT + 0x5010, 8, MMP_ACCESS_STORE, MMP_FAULT_MALFORMED, root + 4 * 9);
    }
    entry_put(root + 4 * 9, mid);
    for (unsigned i = 0; i < sizeof bad_mid / sizeof *bad_mid; i++) {
        entry_put(mid + 4 * 5, bad_mid[i]);
        expect_denied(9 * SLOT + 0x5010, 8, MMP_ACCESS_LOAD, MMP_FAULT_MALFORMED, mid + 4 * 5);
        expect_allowed(9 * SLOT + 0x6000 - 0x2000, 0x1000, MMP_ACCESS_LOAD);
        expect_denied(9 * SLOT + 0x4ffc, 8, MMP_ACCESS_LOAD, MMP_FAULT_MALFORMED, mid + 4 * 5);
    }
    entry_put(mid + 4 * 5, leaf);
    for (uint32_t i = 0; i < 64; i++)
        entry_put(leaf + 4 * i, 0xffffffffu); /* no leaf entry is malformed */
    expect_allowed(9 * SLOT + 0x5000, 0x1000, MMP_ACCESS_FETCH);

    entry_put(mid + 4 * 5, (uint32_t)tables_size); /* tables outside memory: where the entry should be */
    expect_denied(9 * SLOT + 0x5044, 8, MMP_ACCESS_LOAD, MMP_FAULT_MALFORMED, tables_size + 4);
    entry_put(mid + 4 * 5, (uint32_t)tables_size + 2);
    expect_denied(9 * SLOT + 0x5044, 8, MMP_ACCESS_LOAD, MMP_FAULT_MALFORMED, tables_size + 4);
    entry_put(mid + 4 * 5, (uint32_t)tables_size + 6);
    expect_denied(9 * SLOT + 0x5144, 8, MMP_ACCESS_LOAD, MMP_FAULT_MALFORMED, tables_size + 4);
    entry_put(root + 4 * 9, 0xfffff000u);
    expect_denied(9 * SLOT + 0x5044, 8, MMP_ACCESS_LOAD, MMP_FAULT_MALFORMED, 0xfffff000u + 4 * 5);
    s.root = 0xfffff000u;
    expect_denied(GIB4 - 4, 4, MMP_ACCESS_LOAD, MMP_FAULT_MALFORMED, 0xfffff000u + 4 * 1023);
    s.root = tables_root;
    tables_set(7 * SLOT + 0x3ffff0, 8 * SLOT, MMP_PERM_RO); /* denied before the walk meets it: PERMISSION */
    entry_put(root + 4 * 8, 2);
    expect_denied(8 * SLOT - 4, 8, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, 8 * SLOT - 4);
    expect_denied(8 * SLOT - 4, 8, MMP_ACCESS_LOAD, MMP_FAULT_MALFORMED, root + 4 * 8);
    entry_put(root + 4 * 9, 0);
    entry_put(root + 4 * 8, 0);
}

/* 4.7, 4.8: entries written by hand, word by word as the manual draws them. */
static void test_run_length_entries(void **unused)
{
    uint32_t mid = 0x100000, table = 0x101000;
    uint64_t page = 9 * SLOT + 5 * 0x1000;

    (void)unused;
    entry_put(tables_root + 4 * 9, mid);
    /* runs: RO below word 3, RW below word 1000, RX from there on */
    entry_put(mid + 4 * 5, 3u | 1u << 2 | 3u << 4 | 2u << 14 | 1000u << 16 | 3u << 26);
    expect_allowed(page, 12, MMP_ACCESS_LOAD);
    expect_denied(page, 16, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, page);
    expect_allowed(page + 12, 4000 - 12, MMP_ACCESS_STORE);
    expect_denied(page + 3992, 16, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, page + 4000);
    expect_allowed(page + 4000, 96, MMP_ACCESS_FETCH);
    expect_denied(page + 3999, 1, MMP_ACCESS_FETCH, MMP_FAULT_PERMISSION, page + 3999);

    /* the same in a root entry, of pages */
    entry_put(tables_root + 4 * 8, 3u | 1u << 2 | 3u << 4 | 2u << 14 | 1000u << 16 | 3u << 26);
    expect_denied(8 * SLOT, 1, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, 8 * SLOT);
    expect_allowed(8 * SLOT + 0x3000, 997 * 0x1000, MMP_ACCESS_STORE);
    expect_denied(8 * SLOT + 0x3000, 998 * 0x1000, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION,
                  8 * SLOT + 1000 * 0x1000);
    expect_allowed(8 * SLOT + 1000 * 0x1000, 24 * 0x1000, MMP_ACCESS_FETCH);

    /* narrow: first RO, mid0 RW from word 1, mid1 none from word 9, last RX from word 15; overlap is not read
     */
    entry_put(mid + 4 * 5, table + 2);
    for (uint32_t i = 0; i < 64; i++)
        entry_put(table + 4 * i, 0);
    entry_put(table + 4 * 2, 3u | 1u << 2 | 31u << 4 | 2u << 9 | 1u << 11 | 0u << 15 | 9u << 17 | 3u << 21 |
                                 15u << 23 | 31u << 27);
    expect_denied(page + 127, 2, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, page + 127);
    expect_allowed(page + 128, 36, MMP_ACCESS_LOAD);
    expect_denied(page + 128, 8, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, page + 128);
    expect_allowed(page + 132, 32, MMP_ACCESS_STORE);
    expect_denied(page + 132, 33, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, page + 164);
    expect_allowed(page + 188, 4, MMP_ACCESS_FETCH);
    expect_denied(page + 187, 4, MMP_ACCESS_FETCH, MMP_FAULT_PERMISSION, page + 187);
    expect_denied(page + 188, 5, MMP_ACCESS_FETCH, MMP_FAULT_PERMISSION, page + 192);
    entry_put(table + 4 * 3, table + 0x400); /* a bitmap elsewhere: word 5 RW */
    entry_put(table + 0x400, 2u << 10);
    expect_allowed(page + 192 + 20, 4, MMP_ACCESS_STORE);
    expect_denied(page + 192 + 16, 8, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, page + 192 + 16);
    entry_put(table + 4 * 3,
              (uint32_t)tables_size); /* outside memory, of types 1 and 2: nothing, not malformed */
    expect_denied(page + 192 + 20, 4, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, page + 192 + 20);
    entry_put(table + 4 * 3, 0xffffffffu << 2 | 1);
    expect_denied(page + 192 + 20, 4, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, page + 192 + 20);
    entry_put(table + 4 * 3, 0xffffffffu << 2 | 2);
    expect_denied(page + 192 + 20, 4, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, page + 192 + 20);

    /* wide, entry 2: first RO, mid0 RW from word 1, mid1 none from word 33, last RX from word 63 */
    entry_put(mid + 4 * 5, table + 6);
    entry_put(table + 4 * 2,
              3u | 1u << 2 | 1u << 4 | 2u << 10 | 33u << 12 | 0u << 18 | 63u << 20 | 3u << 26 | 0xfu << 28);
    expect_allowed(page + 512, 4, MMP_ACCESS_LOAD);
    expect_denied(page + 511, 1, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, page + 511);
    expect_allowed(page + 516, 128, MMP_ACCESS_STORE);
    expect_denied(page + 516, 129, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, page + 644);
    expect_allowed(page + 764, 4, MMP_ACCESS_FETCH);
    expect_denied(page + 760, 8, MMP_ACCESS_FETCH, MMP_FAULT_PERMISSION, page + 760);
    entry_put(table + 4 * 3, table + 0x404); /* four words of bitmap: word 5 of the third RW */
    for (uint32_t i = 0; i < 4; i++)
        entry_put(table + 0x404 + 4 * i, i == 2 ? 2u << 10 : 0);
    expect_allowed(page + 768 + 128 + 20, 4, MMP_ACCESS_STORE);
    expect_denied(page + 768 + 20, 4, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, page + 768 + 20);
    entry_put(tables_root + 4 * 9, 0);
    entry_put(tables_root + 4 * 8, 0);
}

/* 7.1: the stack gives load and store, never fetch, and ends exactly at fb and sl. */
static void test_stack_range(void **unused)
{
    uint64_t sl = 5 * SLOT + 0x2008, fb = 5 * SLOT + 0x5010;
    struct mmp_page page;

    (void)unused;
    s.sl = sl;
    s.fb = fb;
    expect_allowed(sl, fb - sl, MMP_ACCESS_STORE);
    expect_allowed(sl, fb - sl, MMP_ACCESS_LOAD);
    expect_denied(sl, 1, MMP_ACCESS_FETCH, MMP_FAULT_PERMISSION, sl);
    expect_denied(fb, 1, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, fb);
    expect_denied(fb - 7, 8, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, fb);
    expect_denied(sl - 1, 8, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, sl - 1);
    tables_set(fb, fb + 8, MMP_PERM_RO); /* beyond the stack the table decides */
    expect_allowed(fb - 7, 8, MMP_ACCESS_LOAD);
    expect_denied(fb - 7, 8, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, fb);
    tables_set(sl, fb,
               MMP_PERM_RX); /* a permission does not take the stack's right away, nor the other way round */
    expect_allowed(sl, 8, MMP_ACCESS_STORE);
    expect_allowed(sl, 8, MMP_ACCESS_FETCH);

    s.sl = sl + 2; /* words of which the stack holds a part only */
    s.fb = fb - 1;
    tables_set(sl, fb, MMP_PERM_NONE);
    expect_denied(sl + 2, 1, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, sl + 2);
    expect_allowed(sl + 4, fb - 4 - (sl + 4), MMP_ACCESS_STORE);
    expect_denied(fb - 8, 8, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, fb - 4);

    s.sl = fb; /* empty, inverted */
    s.fb = sl;
    expect_denied(sl, 4, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, sl);
    mmp_page_rights(&s, &m, sl, &page);
    assert_false(page.stack);
    s.sl = s.fb = sl;
    expect_denied(sl, 4, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, sl);
}

/* 7.7: a grant opens just its words, to just its domain, for loads, or for loads and stores. */
static void test_grants(void **unused)
{
    uint64_t start = 5 * SLOT + 0x3010, value = s.pdid | 6u << 16 | start << 32;
    struct mmp_invalidate inval;
    struct mmp_page page;

    (void)unused;
    assert_int_equal(mmp_msr_write(&s, &m, MMP_MSR_SPT + 7, value | 1u << 30, &inval), MMP_MSR_OK_STACK);
    expect_allowed(start, 24, MMP_ACCESS_LOAD);
    expect_denied(start, 24, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, start);
    expect_denied(start, 4, MMP_ACCESS_FETCH, MMP_FAULT_PERMISSION, start);
    expect_denied(start - 1, 4, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, start - 1);
    expect_denied(start + 20, 5, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, start + 24);
    mmp_page_rights(&s, &m, start, &page);
    assert_true(page.stack);
    assert_int_equal(page.rights[MMP_ACCESS_LOAD], MMP_RIGHTS_MIXED);
    assert_int_equal(page.rights[MMP_ACCESS_STORE], MMP_RIGHTS_NONE);
    mmp_page_rights(&s, &m, start + 0x1000, &page);
    assert_false(page.stack);
    s.sl = start - 16; /* the stack ends where the grant begins */
    s.fb = start;
    expect_allowed(start - 16, 40, MMP_ACCESS_LOAD);
    expect_denied(start - 16, 40, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, start);
    assert_int_equal(mmp_msr_write(&s, &m, MMP_MSR_SPT, value | (uint64_t)2 << 30, &inval), MMP_MSR_OK_STACK);
    expect_allowed(start - 16, 40, MMP_ACCESS_STORE);
    s.pdid ^= 2; /* another domain, same table */
    expect_denied(start, 4, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, start);
    s.pdid ^= 2;
    assert_int_equal(mmp_msr_write(&s, &m, MMP_MSR_STACK, 0, &inval), MMP_MSR_OK_STACK); /* the next thread */
    assert_int_equal(s.spt_used, 0);
    expect_denied(start, 4, MMP_ACCESS_LOAD, MMP_FAULT_PERMISSION, start);
}

/* 7.8: a device is checked by its domain's table, whoever runs, and by nothing else. */
static void test_devices(void **unused)
{
    uint64_t at = 6 * SLOT + 0x2000;
    struct mmp_invalidate inval;

    (void)unused;
    tables_set(at, at + 64, MMP_PERM_RW);
    tables_set(at + 64, at + 128, MMP_PERM_RO);
    s.dtbase = 0x80; /* below the root table there is nothing */
    s.dtcount = 4;
    entry_put(0x80 + 16 * 2, tables_root);
    entry_put(0x80 + 16 * 2 + 4, 0x8001 | 1u << 16); /* merged: the id 0x8002 names the tag 0x8001 */
    for (unsigned runs = 0; runs < 3; runs++) {
        s.pdid = runs == 0 ? 0 : runs == 1 ? 0x8001 : 7;
        s.root = runs == 2 ? 0 : tables_root;
        s.sl = at + 128;
        s.fb = at + 256; /* a thread's stack is not a device's */
        mmp_msr_write(&s, &m, MMP_MSR_SPT, 0x8001 | 64u << 16 | (uint64_t)2 << 30 | (at + 64) << 32, &inval);
        assert_true(mmp_check_domain(&s, &m, 0x8002, at, 64, MMP_ACCESS_STORE, &fault));
        assert_true(mmp_check_domain(&s, &m, 0x8002, at, 128, MMP_ACCESS_LOAD, &fault));
        assert_false(mmp_check_domain(&s, &m, 0x8002, at, 65, MMP_ACCESS_STORE, &fault));
        assert_int_equal(fault.kind, MMP_FAULT_PERMISSION);
        assert_int_equal(fault.addr, at + 64);
        assert_int_equal(fault.pdid, 0x8001);
        assert_false(mmp_check_domain(&s, &m, 0x8002, at + 128, 4, MMP_ACCESS_LOAD, &fault));
        assert_int_equal(fault.addr, at + 128);
        assert_false(mmp_check_domain(&s, &m, 0x8002, GIB4 - 4, 8, MMP_ACCESS_LOAD, &fault));
        assert_false(mmp_check_domain(&s, &m, 0x8003, at, 4, MMP_ACCESS_LOAD, &fault));
        assert_int_equal(fault.kind, MMP_FAULT_GATE_DOMAIN);
        assert_int_equal(fault.addr, 0x8003);
        assert_false(
            mmp_check_domain(&s, &m, 2, at, 4, MMP_ACCESS_LOAD, &fault)); /* a kernel id of a user tag */
        assert_true(mmp_check_domain(&s, &m, 0, GIB4, 4, MMP_ACCESS_STORE, &fault));
    }
    s.enabled = false;
    assert_true(mmp_check_domain(&s, &m, 0x8003, GIB4, 4, MMP_ACCESS_STORE, &fault));
}

/* An access of nothing touches no word. */
static void test_size_zero(void **unused)
{
    (void)unused;
    entry_put(tables_root + 4 * 9, 2);
    expect_allowed(9 * SLOT, 0, MMP_ACCESS_STORE);
    expect_allowed(GIB4, 0, MMP_ACCESS_FETCH);
    entry_put(tables_root + 4 * 9, 0);
}

/* Large accesses end, and find the one word in 4 GiB that is denied. */
static void test_large(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 1024; i++)
        entry_put(tables_root + 4 * i, MMP_BITMAP_ALL(MMP_PERM_RW));
    expect_allowed(0, GIB4, MMP_ACCESS_STORE);
    expect_denied(0, GIB4 + 1, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, GIB4);
    entry_put(tables_root + 4 * 1000, MMP_BITMAP_ALL(MMP_PERM_RW) & ~(3u << 30));
    expect_denied(1, GIB4 - 1, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, 1000 * (uint64_t)SLOT + 7 * 0x80000);
    assert_int_equal(fault.size, GIB4 - 1);
    expect_denied(0, UINT64_MAX, MMP_ACCESS_STORE, MMP_FAULT_PERMISSION, 1000 * (uint64_t)SLOT + 7 * 0x80000);
    assert_int_equal(fault.size, UINT32_MAX);
    for (unsigned i = 0; i < 1024; i++)
        entry_put(tables_root + 4 * i, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_boundaries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end_of_space, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unmediated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_malformed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_run_length_entries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stack_range, setup, teardown),
        cmocka_unit_test_setup_teardown(test_grants, setup, teardown),
        cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_size_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large, setup, teardown),
        cmocka_unit_test(test_random_words),
        cmocka_unit_test(test_garbage_tables),
        cmocka_unit_test(test_random_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Views as MMP root entries: a uniform view is a bitmap entry, any other points to a mid table. This file
 * owns the mid and leaf tables (docs/mmp-manual.md, 4); it never touches a root table.
 *
 * Invariants:
 * 1. A free mid table is all zero.
 * 2. A mid entry is 0, a bitmap, or points to a leaf table that no other entry points to.
 * 3. view_set after a successful view_reserve of the same range allocates at most two leaf tables: those of
 * the first and the last page. A page that is covered as a whole becomes a bitmap.
 */
#include "protection.h"

#include "mmp/arch.h"
#include "panic.h"
#include "shoji/status.h"

#define MID_TABLES 160u
#define LEAF_TABLES 6144u
#define LEAF_WORD_BYTES 64u
#define EIGHTH_BYTES 512u
#define ODD 0x55555555u /* the low bit of each permission */

_Static_assert(VIEW_TABLE_BYTES == MMP_MID_BYTES && VIEW_LEAF_BYTES == MMP_LEAF_BYTES, "what they take");
_Static_assert(SLOT_SHIFT == MMP_ROOT_SHIFT, "a slot is what a root entry covers");
_Static_assert(PAGE_BYTES == 1u << MMP_MID_SHIFT, "a mid entry covers a page");
_Static_assert(RIGHT_READ == MMP_PERM_RO && RIGHT_WRITE == MMP_PERM_RW && RIGHT_EXECUTE == MMP_PERM_RX,
               "rights are MMP permissions");
_Static_assert(VIEW_UNIFORM_STEP * 8 == SLOT_BYTES, "a bitmap has eight fields");

static uint32_t mid_tables[MID_TABLES][MMP_MID_ENTRIES] __attribute__((aligned(MMP_MID_BYTES)));
static uint32_t leaf_tables[LEAF_TABLES][MMP_LEAF_ENTRIES] __attribute__((aligned(MMP_LEAF_BYTES)));
/* Tables given back; those from *_fresh on have never been used. */
static uint32_t *mid_free[MID_TABLES], *leaf_free[LEAF_TABLES];
static unsigned mid_free_count, mid_fresh, leaf_free_count, leaf_fresh;

static uint32_t *table_at(uint32_t address)
{
    return (uint32_t *)(uintptr_t)address;
}

static uint32_t address_of(const uint32_t *table)
{
    return (uint32_t)(uintptr_t)table;
}

static bool is_pointer(uint32_t entry)
{
    return entry != 0 && (entry & MMP_ENTRY_TYPE_MASK) == MMP_ENTRY_POINTER;
}

static uint32_t uniform(enum right right)
{
    return right == RIGHT_NONE ? 0 : MMP_BITMAP_ALL(right);
}

/* ---- Leaf tables ---- */

struct view_budget view_budget(void)
{
    return (struct view_budget){.tables = mid_free_count + MID_TABLES - mid_fresh,
                                .leaves = leaf_free_count + LEAF_TABLES - leaf_fresh};
}

struct view_budget view_used(void)
{
    return (struct view_budget){.tables = mid_fresh - mid_free_count, .leaves = leaf_fresh - leaf_free_count};
}

static uint32_t *leaf_take(void)
{
    if (leaf_free_count != 0)
        return leaf_free[--leaf_free_count];
    ASSERT(leaf_fresh < LEAF_TABLES, "leaf tables were reserved");
    return leaf_tables[leaf_fresh++];
}

static void leaf_give(uint32_t entry)
{
    leaf_free[leaf_free_count++] = table_at(entry);
}

/* Replaces a bitmap (or nothing) by a leaf table that says the same. */
static uint32_t *leaf_expand(uint32_t *entry)
{
    uint32_t *leaf = leaf_take();
    uint32_t bits = *entry >> MMP_BITMAP_SHIFT;
    uint64_t *pair = (uint64_t *)leaf;

    for (unsigned eighth = 0; eighth < 8; eighth++, bits >>= 2) {
        uint64_t all = (bits & 3) * 0x5555555555555555ull;

        *pair++ = all;
        *pair++ = all;
        *pair++ = all;
        *pair++ = all;
    }
    *entry = address_of(leaf);
    return leaf;
}

/* ---- The sixteen permissions of 64 bytes ---- */

static uint32_t chunk_read(struct view view, uint32_t address)
{
    uint32_t entry = view.word;

    if (is_pointer(entry)) {
        entry = table_at(entry)[address >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)];
        if (is_pointer(entry))
            return table_at(entry)[address >> MMP_LEAF_SHIFT & (MMP_LEAF_ENTRIES - 1)];
        return MMP_LEAF_ALL(entry >> (MMP_BITMAP_SHIFT + (address >> 9 & 7) * 2) & 3);
    }
    return MMP_LEAF_ALL(entry >> (MMP_BITMAP_SHIFT + (address >> 19 & 7) * 2) & 3);
}

/* The permission bits of the words that [address, end) touches in the 64 bytes around address. */
static uint32_t chunk_mask(uint32_t address, uint64_t end)
{
    uint32_t first = address / 4 % 16;
    uint64_t chunk_end = (address & ~(LEAF_WORD_BYTES - 1)) + (uint64_t)LEAF_WORD_BYTES;
    uint32_t mask = 0xffffffffu << first * 2;

    if (end < chunk_end) {
        uint32_t last = ((uint32_t)end - 1) / 4 % 16;

        mask &= 0xffffffffu >> (15 - last) * 2;
    }
    return mask;
}

/* Does some word lose a right when old becomes new? */
static bool chunk_shrinks(uint32_t old, uint32_t new)
{
    uint32_t differs = ((old ^ new) | (old ^ new) >> 1) & ODD;
    uint32_t strong = old >> 1 & ODD; /* write or execute: any change loses it */
    uint32_t gone = old & ODD & ~(new | new >> 1);

    return (differs & (strong | gone)) != 0;
}

/* ---- Views ---- */

struct view view_uniform(uint32_t bytes, enum right right)
{
    uint32_t eighths = bytes / VIEW_UNIFORM_STEP;
    uint32_t fields = (uint32_t)right * 0x5555u & ((1u << eighths * 2) - 1);

    return fields == 0 ? VIEW_NONE : (struct view){fields << MMP_BITMAP_SHIFT | MMP_ENTRY_BITMAP};
}

struct view view_stronger(struct view a, struct view b)
{
    ASSERT(!view_is_table(a) && !view_is_table(b), "tables are not compared");
    return a.word > b.word ? a : b;
}

bool view_is_table(struct view view)
{
    return is_pointer(view.word);
}

long view_create(struct view *out)
{
    if (mid_free_count != 0)
        out->word = address_of(mid_free[--mid_free_count]);
    else if (mid_fresh < MID_TABLES)
        out->word = address_of(mid_tables[mid_fresh++]);
    else
        return SHOJI_EMEMORY;
    return SHOJI_OK;
}

void view_destroy(struct view view)
{
    uint32_t *mid = table_at(view.word);

    for (unsigned i = 0; i < MMP_MID_ENTRIES; i++) {
        if (is_pointer(mid[i]))
            leaf_give(mid[i]);
        mid[i] = 0;
    }
    mid_free[mid_free_count++] = mid;
}

long view_reserve(struct view view, uint32_t address, uint32_t bytes)
{
    (void)view, (void)address, (void)bytes;
    return view_budget().leaves >= 2 ? SHOJI_OK : SHOJI_EMEMORY;
}

static bool page_set(uint32_t *entry, enum right right)
{
    uint32_t old = *entry, new = uniform(right);

    *entry = new;
    if (is_pointer(old)) {
        leaf_give(old);
        return true;
    }
    return chunk_shrinks(old >> MMP_BITMAP_SHIFT, new >> MMP_BITMAP_SHIFT);
}

static bool eighths_set(uint32_t *entry, uint32_t address, uint32_t end, enum right right)
{
    uint32_t first = address / EIGHTH_BYTES % 8, last = (end - 1) / EIGHTH_BYTES % 8;
    uint32_t mask = 0xffffu >> (7 - last) * 2 & 0xffffu << first * 2;
    uint32_t old = *entry >> MMP_BITMAP_SHIFT;
    uint32_t new = (old & ~mask) | ((uint32_t)right * 0x5555u & mask);

    *entry = new == 0 ? 0 : new << MMP_BITMAP_SHIFT | MMP_ENTRY_BITMAP;
    return chunk_shrinks(old, new);
}

static bool words_set(uint32_t *leaf, uint32_t address, uint32_t end, enum right right)
{
    bool shrank = false;

    while (address < end) {
        uint32_t *chunk = &leaf[address >> MMP_LEAF_SHIFT & (MMP_LEAF_ENTRIES - 1)];
        uint32_t mask = chunk_mask(address, end);
        uint32_t new = (*chunk & ~mask) | (MMP_LEAF_ALL(right) & mask);

        shrank |= chunk_shrinks(*chunk, new);
        *chunk = new;
        address = (address & ~(LEAF_WORD_BYTES - 1)) + LEAF_WORD_BYTES;
    }
    return shrank;
}

bool view_set(struct view view, uint32_t address, uint32_t bytes, enum right right)
{
    uint32_t *mid = table_at(view.word);
    uint32_t end = address + bytes;
    bool shrank = false;

    ASSERT(view_is_table(view), "only a table has words to set");
    while (address < end) {
        uint32_t *entry = &mid[address >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)];
        uint32_t page_end = (address & ~(PAGE_BYTES - 1)) + PAGE_BYTES;
        uint32_t stop = end < page_end ? end : page_end;

        if (stop - address == PAGE_BYTES)
            shrank |= page_set(entry, right);
        else if (!is_pointer(*entry) && (address | stop) % EIGHTH_BYTES == 0)
            shrank |= eighths_set(entry, address, stop, right);
        else
            shrank |=
                words_set(is_pointer(*entry) ? table_at(*entry) : leaf_expand(entry), address, stop, right);
        address = stop;
    }
    return shrank;
}

long view_keep(struct view view, uint32_t address, uint32_t bytes)
{
    uint32_t *mid = table_at(view.word), missing = 0;

    for (uint32_t at = address; at < address + bytes; at += PAGE_BYTES)
        missing += !is_pointer(mid[at >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)]);
    if (view_budget().leaves < missing)
        return SHOJI_EMEMORY;
    for (uint32_t at = address; at < address + bytes; at += PAGE_BYTES) {
        uint32_t *entry = &mid[at >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)];

        __builtin_memset(is_pointer(*entry) ? table_at(*entry) : leaf_expand(entry), 0, MMP_LEAF_BYTES);
    }
    return SHOJI_OK;
}

bool view_set_kept(struct view view, uint32_t address, uint32_t bytes, enum right right)
{
    uint32_t *mid = table_at(view.word);
    uint32_t end = address + bytes;
    bool shrank = false;

    while (address < end) {
        uint32_t entry = mid[address >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)];
        uint32_t page_end = (address & ~(PAGE_BYTES - 1)) + PAGE_BYTES;
        uint32_t stop = end < page_end ? end : page_end;

        ASSERT(is_pointer(entry), "a kept page has a table of words");
        shrank |= words_set(table_at(entry), address, stop, right);
        address = stop;
    }
    return shrank;
}

bool view_take(struct view view, uint32_t address, uint32_t bytes)
{
    uint32_t *mid = table_at(view.word);
    uint32_t end = address + bytes;
    bool shrank = false;

    while (address < end) {
        uint32_t *entry = &mid[address >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)];
        uint32_t page_end = (address & ~(PAGE_BYTES - 1)) + PAGE_BYTES;
        uint32_t stop = end < page_end ? end : page_end, from = address;

        address = stop;
        if (*entry == 0)
            continue;
        if (!is_pointer(*entry) && view_budget().leaves == 0) {
            from &= ~(EIGHTH_BYTES - 1);
            stop = (stop + EIGHTH_BYTES - 1) & ~(EIGHTH_BYTES - 1);
        }
        shrank |= view_set(view, from, stop - from, RIGHT_NONE);
    }
    return shrank;
}

enum right view_right(struct view view, uint32_t address)
{
    return (enum right)(chunk_read(view, address) >> address / 4 % 16 * 2 & 3);
}

bool view_covers(struct view view, uint32_t address, uint32_t bytes, enum right right)
{
    uint64_t end = (uint64_t)address + bytes;

    for (uint64_t at = address; at < end; at = (at & ~(uint64_t)(LEAF_WORD_BYTES - 1)) + LEAF_WORD_BYTES) {
        uint32_t mask = chunk_mask((uint32_t)at, end);
        uint32_t has = chunk_read(view, (uint32_t)at);

        if (right == RIGHT_NONE)
            continue;
        if (right == RIGHT_READ) {
            if (((has | has >> 1) & ODD & mask) != (ODD & mask))
                return false;
        } else if (((has ^ MMP_LEAF_ALL(right)) & mask) != 0) {
            return false;
        }
    }
    return true;
}

/* Does a whole chunk have at least this right in each word? */
static bool chunk_covers(uint32_t has, enum right right)
{
    return right == RIGHT_NONE ||
           (right == RIGHT_READ ? ((has | has >> 1) & ODD) == ODD : has == MMP_LEAF_ALL(right));
}

/* Does the owner have this right to each of these pieces of 64 bytes of one page? Mostly it may write to all
 * of the page. */
static bool pieces_cover(struct view owner, uint32_t address, uint32_t bytes, enum right right)
{
    if (is_pointer(owner.word) && right != RIGHT_EXECUTE &&
        table_at(owner.word)[address >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)] == MMP_BITMAP_ALL(RIGHT_WRITE))
        return true;
    for (uint32_t at = address; at < address + bytes; at += LEAF_WORD_BYTES)
        if (!chunk_covers(chunk_read(owner, at), right))
            return false;
    return true;
}

bool view_lend(struct view owner, struct view to, uint32_t address, uint32_t bytes, enum right right)
{
    uint32_t entry, all = MMP_LEAF_ALL(right), *piece;
    bool shrank = false;

    if (!is_pointer(to.word) || (address | bytes) % LEAF_WORD_BYTES != 0 ||
        address % PAGE_BYTES + bytes > PAGE_BYTES)
        return false;
    entry = table_at(to.word)[address >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)];
    if (!is_pointer(entry) || (right != RIGHT_NONE && !pieces_cover(owner, address, bytes, right)))
        return false;
    piece = table_at(entry) + (address >> MMP_LEAF_SHIFT & (MMP_LEAF_ENTRIES - 1));
    for (uint32_t left = bytes; left != 0; left -= LEAF_WORD_BYTES, piece++) {
        shrank |= chunk_shrinks(*piece, all);
        *piece = all;
    }
    if (shrank)
        memory_forget(address, bytes);
    return true;
}

/* ---- Unions: only where two components were given different parts of a third one's slot ---- */

/* view_add makes a leaf table only of pages of which one side has one; so this many are enough. */
long view_add_reserve(struct view from, struct view_budget *budget)
{
    const uint32_t *mid = table_at(from.word);

    for (unsigned i = 0; i < MMP_MID_ENTRIES; i++)
        if (is_pointer(mid[i])) {
            if (budget->leaves == 0)
                return SHOJI_EMEMORY;
            budget->leaves--;
        }
    return SHOJI_OK;
}

/* Permission by permission the stronger one; of two that write or execute, the first. */
static uint32_t permissions_add(uint32_t a, uint32_t b)
{
    uint32_t a_strong = (a >> 1 & ODD) * 3, b_strong = (b >> 1 & ODD) * 3;

    return (a & a_strong) | (b & b_strong & ~a_strong) | ((a | b) & ~a_strong & ~b_strong);
}

void view_add(struct view into, struct view from)
{
    uint32_t *mid = table_at(into.word);
    const uint32_t *other = table_at(from.word);

    for (unsigned i = 0; i < MMP_MID_ENTRIES; i++) {
        if (other[i] == 0)
            continue;
        if (!is_pointer(mid[i]) && !is_pointer(other[i])) {
            mid[i] = permissions_add(mid[i] >> MMP_BITMAP_SHIFT, other[i] >> MMP_BITMAP_SHIFT)
                         << MMP_BITMAP_SHIFT |
                     MMP_ENTRY_BITMAP;
            continue;
        }
        uint32_t *leaf = is_pointer(mid[i]) ? table_at(mid[i]) : leaf_expand(&mid[i]);

        for (unsigned k = 0; k < MMP_LEAF_ENTRIES; k++)
            leaf[k] = permissions_add(leaf[k], chunk_read(from, i << MMP_MID_SHIFT | k << MMP_LEAF_SHIFT));
    }
}

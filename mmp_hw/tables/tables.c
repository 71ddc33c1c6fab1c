/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The trie: which entries say it themselves and which point to tables (docs/mmp-manual.md, 4.1, 4.2 and 4.7).
 * Leaf tables are leaf.c's, entries entry.c's.
 *
 * 1. All memory that a change may need is taken before the first write; what it did not need is given back.
 */
#include "tables.h"

#include "leaf.h"
#include "mmp/arch.h"

#define SLOT_BYTES (UINT64_C(1) << MMP_ROOT_SHIFT)
#define PAGE_BYTES (UINT64_C(1) << MMP_MID_SHIFT)
#define SPACE_END (UINT64_C(1) << 32)

struct change {
    const struct mmp_tables *t;
    enum mmp_tables_form form;
    unsigned perm;
    struct mmp_reserve reserve;
};

static uint32_t uniform(unsigned perm)
{
    return perm == MMP_PERM_NONE ? 0 : MMP_BITMAP_ALL(perm);
}

static bool is_mid_table(uint32_t root_entry)
{
    return root_entry != 0 && (root_entry & MMP_ENTRY_TYPE_MASK) == MMP_ENTRY_POINTER;
}

/* ---- Dropping ---- */

static void page_drop(const struct mmp_tables *t, uint32_t entry)
{
    enum mmp_tables_form form;

    if (mmp_leaf_form(entry, &form))
        mmp_leaf_drop(t, entry);
}

static void slot_drop(const struct mmp_tables *t, uint32_t entry)
{
    if (!is_mid_table(entry))
        return;
    for (unsigned i = 0; i < MMP_MID_ENTRIES; i++)
        page_drop(t, mmp_table_at(t, entry)[i]);
    t->give(t->owner, entry, MMP_MID_BYTES);
}

/* ---- Changing. from and to are units of what the entry covers: words of a page, pages of a slot ---- */

/* The change within the entry itself, if there is no table below it and none is needed. */
static bool entry_change(const struct change *c, uint32_t *at, unsigned from, unsigned to,
                         struct mmp_runs *before)
{
    struct mmp_runs runs;

    if (!mmp_runs_decode(*at, before))
        return false;
    runs = *before;
    mmp_runs_set(&runs, from, to, c->perm);
    return mmp_runs_encode(&runs, c->form != MMP_TABLES_BITMAP, at);
}

static void page_change(struct change *c, uint32_t *at, unsigned from, unsigned to)
{
    uint32_t compact, old = *at;
    struct mmp_runs runs;
    enum mmp_tables_form form;

    if (from == 0 && to == MMP_PAGE_WORDS) {
        page_drop(c->t, *at);
        *at = uniform(c->perm);
        return;
    }
    if (entry_change(c, at, from, to, &runs))
        return;
    if (!mmp_leaf_form(*at, &form))
        *at = mmp_leaf_fill(c->t, mmp_reserve_use(&c->reserve, mmp_leaf_bytes(c->form)), c->form, &runs);
    mmp_leaf_set(c->t, *at, from, to, c->perm, &c->reserve);
    mmp_leaf_form(*at, &form);
    /* A table that was made just now is needed. */
    if (form != MMP_TABLES_BITMAP && *at == old && mmp_leaf_compact(c->t, *at, &compact)) {
        mmp_leaf_drop(c->t, *at);
        *at = compact;
    }
}

/* Replaces an entry of a root table by a mid table that says the same. */
static void slot_expand(struct change *c, uint32_t *at)
{
    uint32_t table = mmp_reserve_use(&c->reserve, MMP_MID_BYTES);
    struct mmp_runs runs;

    mmp_runs_decode(*at, &runs);
    for (unsigned i = 0; i < MMP_MID_ENTRIES; i++)
        mmp_table_at(c->t, table)[i] = uniform(mmp_runs_permission(&runs, i));
    *at = table;
}

/* Changes bytes [from, to) of a slot. */
static void slot_change(struct change *c, uint32_t *at, uint32_t from, uint32_t to)
{
    struct mmp_runs runs;

    if (from == 0 && to == SLOT_BYTES) {
        slot_drop(c->t, *at);
        *at = uniform(c->perm);
        return;
    }
    if (from % PAGE_BYTES == 0 && to % PAGE_BYTES == 0 &&
        entry_change(c, at, from / PAGE_BYTES, to / PAGE_BYTES, &runs))
        return;
    if (!is_mid_table(*at))
        slot_expand(c, at);
    while (from < to) {
        uint32_t page = from / PAGE_BYTES, start = from - page * PAGE_BYTES;
        uint32_t end = to - page * PAGE_BYTES < PAGE_BYTES ? to - page * PAGE_BYTES : PAGE_BYTES;

        page_change(c, &mmp_table_at(c->t, *at)[page], start / 4, end / 4);
        from = page * PAGE_BYTES + end;
    }
}

/* ---- Reserving: as much as the first and the last slot and page may need ---- */

static bool page_reserve(struct change *c, uint32_t root_entry, uint64_t addr)
{
    enum mmp_tables_form form;

    if (!is_mid_table(root_entry) ||
        !mmp_leaf_form(mmp_table_at(c->t, root_entry)[addr >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)],
                       &form)) {
        form = c->form;
        if (!mmp_reserve_take(c->t, &c->reserve, mmp_leaf_bytes(form)))
            return false;
    }
    return form == MMP_TABLES_BITMAP || mmp_reserve_take(c->t, &c->reserve, mmp_leaf_bitmap_bytes(form));
}

/* What an end of the range needs: nothing where it is a page's border, and no table where it is a slot's. */
static bool end_reserve(struct change *c, const uint32_t *root, uint64_t end, uint64_t inside)
{
    uint32_t entry = root[inside >> MMP_ROOT_SHIFT];

    if (end % SLOT_BYTES != 0 && !is_mid_table(entry) && !mmp_reserve_take(c->t, &c->reserve, MMP_MID_BYTES))
        return false;
    return end % PAGE_BYTES == 0 || page_reserve(c, entry, inside);
}

enum mmp_tables_status mmp_tables_set(const struct mmp_tables *t, uint32_t root, uint64_t start, uint64_t end,
                                      unsigned perm, enum mmp_tables_form form)
{
    struct change c = {.t = t, .form = form, .perm = perm};
    uint32_t *table = mmp_table_at(t, root);

    if (start >= end || end > SPACE_END || (start | end) % 4 != 0 || perm > 3)
        return MMP_TABLES_BAD_RANGE;
    if (!end_reserve(&c, table, start, start) || !end_reserve(&c, table, end, end - 1)) {
        mmp_reserve_give(t, &c.reserve);
        return MMP_TABLES_NO_ROOM;
    }
    while (start < end) {
        uint64_t slot = start / SLOT_BYTES, base = slot * SLOT_BYTES;
        uint64_t to = end - base < SLOT_BYTES ? end - base : SLOT_BYTES;

        slot_change(&c, &table[slot], (uint32_t)(start - base), (uint32_t)to);
        start = base + to;
    }
    mmp_reserve_give(t, &c.reserve);
    return MMP_TABLES_OK;
}

/* ---- The rest ---- */

unsigned mmp_tables_get(const struct mmp_tables *t, uint32_t root, uint32_t addr)
{
    uint32_t entry = mmp_table_at(t, root)[addr >> MMP_ROOT_SHIFT];
    unsigned word = addr / 4 % MMP_PAGE_WORDS;
    struct mmp_runs runs;

    if (!is_mid_table(entry)) {
        mmp_runs_decode(entry, &runs);
        return mmp_runs_permission(&runs, addr >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1));
    }
    entry = mmp_table_at(t, entry)[addr >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)];
    if (mmp_runs_decode(entry, &runs))
        return mmp_runs_permission(&runs, word);
    return mmp_leaf_chunk(t, entry, word / MMP_CHUNK_WORDS) >> 2 * (word % MMP_CHUNK_WORDS) & 3;
}

/* What a mid entry says, as a picture. */
static void page_read(const struct mmp_tables *t, uint32_t entry, uint32_t page[MMP_PAGE_CHUNKS])
{
    struct mmp_runs runs;

    if (!mmp_runs_decode(entry, &runs)) {
        mmp_leaf_read(t, entry, page);
        return;
    }
    for (unsigned i = 0; i < runs.count; i++)
        mmp_picture_set(page, runs.start[i], MMP_PAGE_WORDS, runs.perm[i]);
}

enum mmp_tables_status mmp_tables_convert(const struct mmp_tables *t, uint32_t root, uint32_t addr,
                                          enum mmp_tables_form form)
{
    struct change c = {.t = t, .form = form};
    uint32_t *slot = &mmp_table_at(t, root)[addr >> MMP_ROOT_SHIFT], page[MMP_PAGE_CHUNKS], entry, leaf, *at;

    if (!is_mid_table(*slot) && !mmp_reserve_take(t, &c.reserve, MMP_MID_BYTES))
        return MMP_TABLES_NO_ROOM;
    leaf = t->take(t->owner, mmp_leaf_bytes(form));
    if (leaf != 0) {
        struct mmp_runs runs;

        if (is_mid_table(*slot)) {
            page_read(t, mmp_table_at(t, *slot)[addr >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)], page);
        } else {
            mmp_runs_decode(*slot, &runs);
            mmp_picture_set(page, 0, MMP_PAGE_WORDS,
                            mmp_runs_permission(&runs, addr >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)));
        }
    }
    if (leaf == 0 || !mmp_leaf_write(t, leaf, form, page, &entry)) {
        if (leaf != 0)
            t->give(t->owner, leaf, mmp_leaf_bytes(form));
        mmp_reserve_give(t, &c.reserve);
        return MMP_TABLES_NO_ROOM;
    }
    if (!is_mid_table(*slot))
        slot_expand(&c, slot);
    at = &mmp_table_at(t, *slot)[addr >> MMP_MID_SHIFT & (MMP_MID_ENTRIES - 1)];
    page_drop(t, *at);
    *at = entry;
    return MMP_TABLES_OK;
}

void mmp_tables_clear(const struct mmp_tables *t, uint32_t root)
{
    uint32_t *table = mmp_table_at(t, root);

    for (unsigned i = 0; i < MMP_ROOT_ENTRIES; i++) {
        slot_drop(t, table[i]);
        table[i] = 0;
    }
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Leaf tables of the three forms. A run-length table is changed by reading the words around into a picture,
 * changing that and writing every entry anew whose words or overlap it touches: that breaks and joins
 * segments as they come.
 *
 * 1. A bitmap is pointed to by one entry, and exactly where the entry's words have more than four runs.
 */
#include "leaf.h"

#include "mmp/arch.h"

#define WIDE_CHUNKS (MMP_PAGE_CHUNKS / MMP_WIDE_ENTRIES)
#define OVERLAP_CHUNKS 2u /* 31 words before, 32 after */

/* ---- The reserve ---- */

bool mmp_reserve_take(const struct mmp_tables *t, struct mmp_reserve *r, uint32_t bytes)
{
    uint32_t at = t->take(t->owner, bytes);

    if (at == 0)
        return false;
    r->at[r->count] = at;
    r->bytes[r->count++] = bytes;
    return true;
}

uint32_t mmp_reserve_use(struct mmp_reserve *r, uint32_t bytes)
{
    unsigned i = 0;
    uint32_t at;

    while (r->bytes[i] != bytes)
        i++;
    at = r->at[i];
    r->at[i] = r->at[--r->count];
    r->bytes[i] = r->bytes[r->count];
    return at;
}

void mmp_reserve_give(const struct mmp_tables *t, struct mmp_reserve *r)
{
    while (r->count > 0) {
        r->count--;
        t->give(t->owner, r->at[r->count], r->bytes[r->count]);
    }
}

/* ---- Forms ---- */

bool mmp_leaf_form(uint32_t entry, enum mmp_tables_form *form)
{
    unsigned type = entry & MMP_ENTRY_TYPE_MASK;

    *form = type == MMP_ENTRY_POINTER           ? MMP_TABLES_BITMAP
            : (entry & MMP_RUNLENGTH_WIDE) != 0 ? MMP_TABLES_WIDE
                                                : MMP_TABLES_NARROW;
    return entry != 0 && (type == MMP_ENTRY_POINTER || type == MMP_ENTRY_RUNLENGTH);
}

uint32_t mmp_leaf_bytes(enum mmp_tables_form form)
{
    return form == MMP_TABLES_WIDE ? MMP_WIDE_BYTES : MMP_LEAF_BYTES;
}

uint32_t mmp_leaf_bitmap_bytes(enum mmp_tables_form form)
{
    return form == MMP_TABLES_BITMAP ? 0 : form == MMP_TABLES_NARROW ? 4 : 4 * WIDE_CHUNKS;
}

static uint32_t mid_entry(uint32_t at, enum mmp_tables_form form)
{
    static const uint32_t type[] = {MMP_ENTRY_POINTER, MMP_ENTRY_RUNLENGTH,
                                    MMP_ENTRY_RUNLENGTH | MMP_RUNLENGTH_WIDE};

    return at | type[form];
}

static uint32_t address(uint32_t entry)
{
    return entry & ~(MMP_ENTRY_TYPE_MASK | MMP_RUNLENGTH_WIDE);
}

static unsigned chunks_of(enum mmp_tables_form form)
{
    return form == MMP_TABLES_WIDE ? WIDE_CHUNKS : 1;
}

static bool is_bitmap(uint32_t leaf_entry)
{
    return leaf_entry != 0 && (leaf_entry & MMP_ENTRY_TYPE_MASK) == MMP_ENTRY_POINTER;
}

/* ---- Reading ---- */

/* The chunks of the table's entry of that index. */
static void entry_read(const struct mmp_tables *t, uint32_t entry, enum mmp_tables_form form, unsigned index,
                       uint32_t *chunks)
{
    uint32_t e = mmp_table_at(t, address(entry))[index];

    if (form == MMP_TABLES_BITMAP) {
        chunks[0] = e;
    } else if (is_bitmap(e)) {
        for (unsigned i = 0; i < chunks_of(form); i++)
            chunks[i] = mmp_table_at(t, e)[i];
    } else if (e == 0) {
        for (unsigned i = 0; i < chunks_of(form); i++)
            chunks[i] = 0;
    } else if (form == MMP_TABLES_NARROW) {
        chunks[0] = mmp_narrow_decode(e);
    } else {
        mmp_wide_decode(e, chunks);
    }
}

uint32_t mmp_leaf_chunk(const struct mmp_tables *t, uint32_t entry, unsigned chunk)
{
    uint32_t chunks[WIDE_CHUNKS];
    enum mmp_tables_form form;

    mmp_leaf_form(entry, &form);
    entry_read(t, entry, form, chunk / chunks_of(form), chunks);
    return chunks[chunk % chunks_of(form)];
}

/* Reads the chunks [from, to), which begin and end at entries, into the picture. */
static void chunks_read(const struct mmp_tables *t, uint32_t entry, enum mmp_tables_form form, unsigned from,
                        unsigned to, uint32_t *page)
{
    for (unsigned chunk = from; chunk < to; chunk += chunks_of(form))
        entry_read(t, entry, form, chunk / chunks_of(form), page + chunk);
}

void mmp_leaf_read(const struct mmp_tables *t, uint32_t entry, uint32_t page[MMP_PAGE_CHUNKS])
{
    enum mmp_tables_form form;

    mmp_leaf_form(entry, &form);
    chunks_read(t, entry, form, 0, MMP_PAGE_CHUNKS, page);
}

/* ---- Writing ---- */

static bool entry_encode(const uint32_t *page, enum mmp_tables_form form, unsigned index, uint32_t *e)
{
    return form == MMP_TABLES_NARROW ? mmp_narrow_encode(page, index, e) : mmp_wide_encode(page, index, e);
}

static void bitmap_write(const struct mmp_tables *t, uint32_t at, const uint32_t *chunks,
                         enum mmp_tables_form form)
{
    for (unsigned i = 0; i < chunks_of(form); i++)
        mmp_table_at(t, at)[i] = chunks[i];
}

/* Brings an entry of a run-length table into agreement with the picture. */
static void entry_update(const struct mmp_tables *t, uint32_t *at, enum mmp_tables_form form,
                         const uint32_t *page, unsigned index, struct mmp_reserve *reserve)
{
    uint32_t e, bytes = mmp_leaf_bitmap_bytes(form);

    if (entry_encode(page, form, index, &e)) {
        if (is_bitmap(*at))
            t->give(t->owner, *at, bytes);
        *at = e;
        return;
    }
    if (!is_bitmap(*at))
        *at = mmp_reserve_use(reserve, bytes);
    bitmap_write(t, *at, page + index * chunks_of(form), form);
}

void mmp_leaf_set(const struct mmp_tables *t, uint32_t entry, unsigned from, unsigned to, unsigned perm,
                  struct mmp_reserve *reserve)
{
    uint32_t page[MMP_PAGE_CHUNKS], *table = mmp_table_at(t, address(entry));
    unsigned first = from / MMP_CHUNK_WORDS, end = (to - 1) / MMP_CHUNK_WORDS + 1, low, high;
    enum mmp_tables_form form;

    mmp_leaf_form(entry, &form);
    if (form == MMP_TABLES_BITMAP) {
        mmp_picture_set(table, from, to, perm);
        return;
    }
    /* Entries to be written anew: first to end; around them, words that these speak of. */
    if (form == MMP_TABLES_WIDE) {
        first = first / WIDE_CHUNKS * WIDE_CHUNKS;
        end = (end + WIDE_CHUNKS - 1) / WIDE_CHUNKS * WIDE_CHUNKS;
        low = first;
        high = end;
    } else {
        first = first > OVERLAP_CHUNKS ? first - OVERLAP_CHUNKS : 0;
        end = end + OVERLAP_CHUNKS < MMP_PAGE_CHUNKS ? end + OVERLAP_CHUNKS : MMP_PAGE_CHUNKS;
        low = first > OVERLAP_CHUNKS ? first - OVERLAP_CHUNKS : 0;
        high = end + OVERLAP_CHUNKS < MMP_PAGE_CHUNKS ? end + OVERLAP_CHUNKS : MMP_PAGE_CHUNKS;
    }
    chunks_read(t, entry, form, low, high, page);
    mmp_picture_set(page, from, to, perm);
    for (unsigned chunk = first; chunk < end; chunk += chunks_of(form))
        entry_update(t, &table[chunk / chunks_of(form)], form, page, chunk / chunks_of(form), reserve);
}

uint32_t mmp_leaf_fill(const struct mmp_tables *t, uint32_t at, enum mmp_tables_form form,
                       const struct mmp_runs *runs)
{
    uint32_t page[MMP_PAGE_CHUNKS], *table = mmp_table_at(t, at);

    for (unsigned i = 0; i < runs->count; i++)
        mmp_picture_set(page, runs->start[i], MMP_PAGE_WORDS, runs->perm[i]);
    for (unsigned chunk = 0; chunk < MMP_PAGE_CHUNKS; chunk += chunks_of(form)) {
        if (form == MMP_TABLES_BITMAP)
            table[chunk] = page[chunk];
        else
            entry_encode(page, form, chunk / chunks_of(form), &table[chunk / chunks_of(form)]);
    }
    return mid_entry(at, form);
}

bool mmp_leaf_write(const struct mmp_tables *t, uint32_t at, enum mmp_tables_form form,
                    const uint32_t page[MMP_PAGE_CHUNKS], uint32_t *entry)
{
    uint32_t *table = mmp_table_at(t, at), bytes = mmp_leaf_bitmap_bytes(form);

    *entry = mid_entry(at, form);
    for (unsigned chunk = 0; chunk < MMP_PAGE_CHUNKS; chunk += chunks_of(form)) {
        unsigned index = chunk / chunks_of(form);

        if (form == MMP_TABLES_BITMAP) {
            table[index] = page[chunk];
        } else if (!entry_encode(page, form, index, &table[index])) {
            table[index] = t->take(t->owner, bytes);
            if (table[index] == 0) {
                while (index-- > 0)
                    if (is_bitmap(table[index]))
                        t->give(t->owner, table[index], bytes);
                return false;
            }
            bitmap_write(t, table[index], page + chunk, form);
        }
    }
    return true;
}

bool mmp_leaf_compact(const struct mmp_tables *t, uint32_t entry, uint32_t *compact)
{
    struct mmp_runs runs = {.count = 0};
    uint32_t chunks[WIDE_CHUNKS];
    enum mmp_tables_form form;
    unsigned words;

    mmp_leaf_form(entry, &form);
    words = MMP_CHUNK_WORDS * chunks_of(form);
    for (unsigned base = 0; base < MMP_PAGE_WORDS; base += words) {
        entry_read(t, entry, form, base / words, chunks);
        for (unsigned word = 0; word < words; word = mmp_picture_run_end(chunks, word, words)) {
            unsigned perm = chunks[word / MMP_CHUNK_WORDS] >> 2 * (word % MMP_CHUNK_WORDS) & 3;

            if (runs.count > 0 && runs.perm[runs.count - 1] == perm)
                continue;
            if (runs.count == 8)
                return false; /* not even eighths */
            runs.start[runs.count] = (uint16_t)(base + word);
            runs.perm[runs.count++] = (uint8_t)perm;
        }
        /* A fourth run, and not at eighths only: no entry says that. */
        if (runs.count > 3 && !mmp_runs_encode(&runs, true, compact))
            return false;
    }
    return mmp_runs_encode(&runs, true, compact);
}

void mmp_leaf_drop(const struct mmp_tables *t, uint32_t entry)
{
    enum mmp_tables_form form;
    uint32_t *table = mmp_table_at(t, address(entry));

    mmp_leaf_form(entry, &form);
    for (unsigned i = 0; form != MMP_TABLES_BITMAP && i < MMP_PAGE_CHUNKS / chunks_of(form); i++)
        if (is_bitmap(table[i]))
            t->give(t->owner, table[i], mmp_leaf_bitmap_bytes(form));
    t->give(t->owner, address(entry), mmp_leaf_bytes(form));
}

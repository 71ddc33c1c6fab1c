/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The access rule (manual 2 and 4.4): what a permission and the stack registers allow. It owns no state and
 * writes none. How a permission is found is table.c's.
 *
 * 1. mmp_page_rights and mmp_check agree: ALL means that mmp_check allows every access inside the page, NONE
 * that it denies every one, MIXED that some words are allowed and some are not.
 * 2. A malformed entry is met before anything else is asked of its page: the stack registers do not hide it.
 */
#include "parts.h"

static_assert(MMP_PERM_NONE == 0 && MMP_PERM_RO == 1 && MMP_PERM_RW == 2 && MMP_PERM_RX == 3,
              "the equations below are of these values");

/* ---- The rule, for sixteen words at once: permission i is in bits 2i+1:2i of p, the answer in bit 2i ----
 */

#define WORDS 0x55555555u

static inline uint32_t may_load(uint32_t p)
{
    return (p | p >> 1) & WORDS;
}

static inline uint32_t may_store(uint32_t p)
{
    return (p >> 1 & ~p) & WORDS;
}

static inline uint32_t may_fetch(uint32_t p)
{
    return (p >> 1 & p) & WORDS;
}

static inline uint32_t may(uint32_t p, int access)
{
    return access == MMP_ACCESS_LOAD ? may_load(p) : access == MMP_ACCESS_STORE ? may_store(p) : may_fetch(p);
}

/* Bits 2i for first <= i < end; end is at most 16. */
static inline uint32_t words(unsigned first, unsigned end)
{
    return (uint32_t)((UINT64_C(1) << 2 * end) - (UINT64_C(1) << 2 * first)) & WORDS;
}

/* The bytes of the words that lie wholly in [sl, fb): [*start, *end), empty if start >= end. */
static inline void stack_words(const struct mmp_state *s, uint64_t *start, uint64_t *end)
{
    *end = s->fb & ~(uint64_t)(MMP_WORD_BYTES - 1);
    *start = s->sl > *end ? *end : (s->sl + MMP_WORD_BYTES - 1) & ~(uint64_t)(MMP_WORD_BYTES - 1);
}

bool mmp_stack_allows(const struct mmp_state *s, uint64_t word, int access)
{
    uint64_t start, end;

    stack_words(s, &start, &end);
    return (access != MMP_ACCESS_FETCH && word >= start && word < end) ||
           (s->spt_used != 0 && mmp_spt_extent(s, word, access) > word);
}

static inline bool mediated(const struct mmp_state *s)
{
    return s->enabled && s->pdid != MMP_PD_SUPERVISOR;
}

/* The sixteen permissions of the 64 bytes that hold addr, where the walk did not end in units. */
static inline uint32_t chunk_at(const struct mmp_memory *m, const struct mmp_walk *walk, uint64_t addr)
{
    uint32_t perms;

    if (walk->form != MMP_FORM_LEAF)
        return mmp_runlength_chunk(m, walk, addr);
    memcpy(&perms, walk->leaf + (addr >> MMP_LEAF_SHIFT) % MMP_LEAF_ENTRIES * 4, sizeof perms);
    return perms;
}

/* ---- One word ---- */

bool mmp_table_permission(const struct mmp_memory *m, uint32_t root, uint64_t addr, uint8_t *perm,
                          uint64_t *entry)
{
    struct mmp_walk walk;
    uint32_t perms;
    unsigned unit;

    if (addr >= MMP_MEDIATED_END) {
        *perm = MMP_PERM_NONE;
        return true;
    }
    if (!mmp_table_walk(m, root, addr, &walk, entry))
        return false;
    if (walk.form != MMP_FORM_UNITS) {
        perms = chunk_at(m, &walk, addr);
        unit = addr / MMP_WORD_BYTES % 16;
    } else {
        perms = walk.perms;
        unit = (unsigned)((addr - walk.start) >> walk.unit_shift);
    }
    *perm = perms >> 2 * unit & 3;
    return true;
}

/* ---- One page ---- */

/* For each access, which words of those seen so far allow it: in all of them, in any of them. */
struct seen {
    uint32_t all[3], any[3];
};

static inline void see(struct seen *seen, int access, uint32_t allowed)
{
    seen->all[access] &= allowed;
    seen->any[access] |= allowed;
}

static void seen_rights(const struct seen *seen, enum mmp_rights rights[3])
{
    for (int access = 0; access < 3; access++)
        rights[access] = seen->all[access] == WORDS ? MMP_RIGHTS_ALL
                         : seen->any[access] == 0   ? MMP_RIGHTS_NONE
                                                    : MMP_RIGHTS_MIXED;
}

/* Sixteen permissions that hold what the page's entry in its root or mid table does. */
static inline uint32_t page_units(const struct mmp_walk *walk, uint64_t page)
{
    if (walk->unit_shift > MMP_MID_SHIFT) /* the page lies in one unit */
        return MMP_LEAF_ALL(walk->perms >> 2 * ((page - walk->start) >> walk->unit_shift) & 3);
    return walk->perms | walk->perms << 16;
}

/* The page's rights by its tables alone. */
static void page_of_tables(const struct mmp_memory *m, const struct mmp_walk *walk, uint64_t page,
                           enum mmp_rights rights[3])
{
    struct seen seen = {{WORDS, WORDS, WORDS}, {0, 0, 0}};
    uint32_t perms[MMP_LEAF_ENTRIES];
    unsigned entries = 1;

    if (walk->form == MMP_FORM_LEAF) {
        entries = MMP_LEAF_ENTRIES;
        memcpy(perms, walk->leaf, sizeof perms);
    } else if (walk->form != MMP_FORM_UNITS) {
        for (entries = 0; entries < MMP_LEAF_ENTRIES; entries++)
            perms[entries] = mmp_runlength_chunk(m, walk, page + (entries << MMP_LEAF_SHIFT));
    } else {
        perms[0] = page_units(walk, page);
    }
    for (unsigned i = 0; i < entries; i++) {
        see(&seen, MMP_ACCESS_LOAD, may_load(perms[i]));
        see(&seen, MMP_ACCESS_STORE, may_store(perms[i]));
        see(&seen, MMP_ACCESS_FETCH, may_fetch(perms[i]));
    }
    seen_rights(&seen, rights);
}

static inline unsigned word_in_entry(unsigned word, unsigned entry)
{
    return word <= entry * 16 ? 0 : word - entry * 16 < 16 ? word - entry * 16 : 16;
}

/* The page's rights where its words [first, end) are stack and the others are not, but for what the stack
 * permissions table of granting adds; NULL: nothing. */
static void page_with_stack(const struct mmp_memory *m, const struct mmp_walk *walk, uint64_t page,
                            unsigned first, unsigned end, const struct mmp_state *granting,
                            enum mmp_rights rights[3])
{
    struct seen seen = {{WORDS, WORDS, WORDS}, {0, 0, 0}};
    uint32_t units = walk->form != MMP_FORM_UNITS ? 0 : page_units(walk, page);

    for (unsigned i = 0; i < MMP_LEAF_ENTRIES; i++) {
        uint32_t stack = words(word_in_entry(first, i), word_in_entry(end, i));
        uint32_t perms = walk->form != MMP_FORM_UNITS ? chunk_at(m, walk, page + (i << MMP_LEAF_SHIFT))
                                                      : MMP_LEAF_ALL(units >> 2 * (i / 8) & 3);

        uint32_t load = stack, store = stack;

        if (granting != NULL) {
            load |= mmp_spt_words(granting, page + (i << MMP_LEAF_SHIFT), MMP_ACCESS_LOAD);
            store |= mmp_spt_words(granting, page + (i << MMP_LEAF_SHIFT), MMP_ACCESS_STORE);
        }
        see(&seen, MMP_ACCESS_LOAD, may_load(perms) | load);
        see(&seen, MMP_ACCESS_STORE, may_store(perms) | store);
        see(&seen, MMP_ACCESS_FETCH, may_fetch(perms));
    }
    seen_rights(&seen, rights);
}

static inline void rights_set(struct mmp_page *page, enum mmp_rights rights)
{
    page->rights[MMP_ACCESS_LOAD] = page->rights[MMP_ACCESS_STORE] = page->rights[MMP_ACCESS_FETCH] = rights;
}

void mmp_page_rights(const struct mmp_state *s, const struct mmp_memory *m, uint64_t addr,
                     struct mmp_page *page)
{
    uint64_t start = addr & ~(uint64_t)(MMP_PAGE_BYTES - 1), end = start + MMP_PAGE_BYTES;
    uint64_t first, last;
    struct mmp_walk walk;
    bool granted;

    page->malformed = false;
    page->entry = 0;
    page->stack = false;
    if (!mediated(s)) {
        rights_set(page, MMP_RIGHTS_ALL);
        return;
    }
    if (addr >= MMP_MEDIATED_END) {
        rights_set(page, MMP_RIGHTS_NONE);
        return;
    }
    stack_words(s, &first, &last);
    page->stack = first < last && first < end && last > start;
    if (!page->stack)
        first = last = start;
    granted = s->spt_used != 0 && mmp_spt_meets(s, start, end);
    if (!mmp_table_walk(m, s->root, addr, &walk, &page->entry)) {
        page->stack |= granted;
        page->malformed = true;
        rights_set(page, MMP_RIGHTS_NONE);
        return;
    }
    page->entry = 0;
    if (granted || (page->stack && (first > start || last < end))) {
        page_with_stack(m, &walk, start, first > start ? (unsigned)(first - start) / MMP_WORD_BYTES : 0,
                        (unsigned)((last < end ? last : end) - start) / MMP_WORD_BYTES, granted ? s : NULL,
                        page->rights);
        page->stack = true;
        return;
    }
    page_of_tables(m, &walk, start, page->rights);
    if (page->stack)
        page->rights[MMP_ACCESS_LOAD] = page->rights[MMP_ACCESS_STORE] = MMP_RIGHTS_ALL;
}

/* ---- One access ---- */

static bool denied(uint16_t pdid, uint8_t kind, int access, uint64_t size, uint64_t addr,
                   struct mmp_fault *fault)
{
    *fault = (struct mmp_fault){.kind = kind,
                                .access = (uint8_t)access,
                                .pdid = pdid,
                                .size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size,
                                .addr = addr};
    return false;
}

/* One entry that decides: so many units of 1 << unit_shift bytes from start on, permissions as in may(). */
struct run {
    uint64_t start, end;
    uint32_t perms;
    uint8_t unit_shift;
};

static inline void run_at(const struct mmp_memory *m, const struct mmp_walk *walk, uint64_t addr,
                          struct run *run)
{
    if (walk->form != MMP_FORM_UNITS) {
        run->unit_shift = 2;
        run->start = addr >> MMP_LEAF_SHIFT << MMP_LEAF_SHIFT;
        run->end = run->start + (1u << MMP_LEAF_SHIFT);
        run->perms = chunk_at(m, walk, addr);
    } else {
        run->unit_shift = walk->unit_shift;
        run->start = walk->start;
        run->end = walk->start + (UINT64_C(8) << walk->unit_shift);
        run->perms = walk->perms;
    }
}

/* The first byte of [addr, end), which lies in the run, that the run denies; end if none. */
static inline uint64_t run_first_denied(const struct run *run, uint64_t addr, uint64_t end, int access)
{
    unsigned first = (unsigned)((addr - run->start) >> run->unit_shift);
    unsigned last = (unsigned)((end - 1 - run->start) >> run->unit_shift);
    uint32_t denials = ~may(run->perms, access) & words(first, last + 1);
    uint64_t unit;

    if (denials == 0)
        return end;
    unit = run->start + ((uint64_t)__builtin_ctz(denials) / 2 << run->unit_shift);
    return unit > addr ? unit : addr;
}

/* Up to where something else than the table allows the access from addr on: the stack [first, last), or a
 * grant. addr: nothing does. */
static inline uint64_t allowed_besides(const struct mmp_state *s, uint64_t first, uint64_t last,
                                       uint64_t addr, int access)
{
    if (access != MMP_ACCESS_FETCH && addr >= first && addr < last)
        return last;
    return s != NULL && s->spt_used != 0 ? mmp_spt_extent(s, addr, access) : addr;
}

/* The check by the table at root, and what s adds, NULL: nothing. The fault says pdid. */
static inline bool check_table(const struct mmp_state *s, const struct mmp_memory *m, uint32_t root,
                               uint16_t pdid, uint64_t addr, uint64_t size, int access,
                               struct mmp_fault *fault)
{
    uint64_t first = 0, last = 0, at = addr, end, entry;
    struct mmp_walk walk;
    struct run run;

    if (size == 0)
        return true;
    if (addr >= MMP_MEDIATED_END)
        return denied(pdid, MMP_FAULT_PERMISSION, access, size, addr, fault);
    end = size > MMP_MEDIATED_END - addr ? MMP_MEDIATED_END : addr + size;
    if (s != NULL)
        stack_words(s, &first, &last);

    while (at < end) {
        uint64_t run_end;

        if (!mmp_table_walk(m, root, at, &walk, &entry))
            return denied(pdid, MMP_FAULT_MALFORMED, access, size, entry, fault);
        run_at(m, &walk, at, &run);
        run_end = run.end < end ? run.end : end;
        at = run_first_denied(&run, at, run_end, access);
        if (at < run_end) {
            uint64_t besides = allowed_besides(s, first, last, at, access);

            if (besides == at)
                return denied(pdid, MMP_FAULT_PERMISSION, access, size, at, fault);
            /* Allowed up to there; entries beyond the run may be malformed. */
            at = besides < run_end ? besides : run_end;
        }
    }
    if (end - addr < size)
        return denied(pdid, MMP_FAULT_PERMISSION, access, size, MMP_MEDIATED_END, fault);
    return true;
}

bool mmp_check(const struct mmp_state *s, const struct mmp_memory *m, uint64_t addr, uint64_t size,
               int access, struct mmp_fault *fault)
{
    return !mediated(s) || check_table(s, m, s->root, s->pdid, addr, size, access, fault);
}

bool mmp_check_domain(const struct mmp_state *s, const struct mmp_memory *m, uint16_t id, uint64_t addr,
                      uint64_t size, int access, struct mmp_fault *fault)
{
    uint16_t tag;
    uint32_t root;

    if (!s->enabled || id == MMP_PD_SUPERVISOR)
        return true;
    if (!mmp_domain_lookup(s, m, id, &tag, &root)) {
        *fault = (struct mmp_fault){.kind = MMP_FAULT_GATE_DOMAIN, .pdid = id, .addr = id};
        return false;
    }
    return check_table(NULL, m, root, tag, addr, size, access, fault);
}

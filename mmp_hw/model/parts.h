/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the model share with each other and show to nobody else. The contract with the world is
 * model.h.
 */
#ifndef MMP_MODEL_PARTS_H
#define MMP_MODEL_PARTS_H

#include <assert.h>
#include <string.h>

#include "model.h"

/* Records are copied between memory and C structs as they are. */
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the records of the manual are little endian");

/* The bytes [addr, addr + bytes) of memory, NULL if some of them are outside. */
static inline uint8_t *mmp_memory_at(const struct mmp_memory *m, uint64_t addr, uint64_t bytes)
{
    return addr <= m->size && m->size - addr >= bytes ? m->base + addr : NULL;
}

/* ---- table.c ---- */

#define MMP_MEDIATED_END 0x100000000u /* tables cover [0, 4 GiB) (manual 1) */
#define MMP_PAGE_BYTES 0x1000u
#define MMP_WORD_BYTES 4u

/* What the root and mid entries say about one page. UNITS: eight equal units whose 2-bit permissions are in
 * bits 15:0 of perms, lowest addresses first; the page is part of [start, start + (8 << unit_shift)). Others:
 * the permissions of each 64 bytes are asked for one by one. */
enum mmp_form {
    MMP_FORM_UNITS,
    MMP_FORM_LEAF,   /* leaf: a table of bitmaps, all of it in memory */
    MMP_FORM_NARROW, /* leaf: a table of run-length entries, likewise */
    MMP_FORM_WIDE,   /* likewise */
    MMP_FORM_RUNS,   /* perms: a runs entry of a mid table */
};
struct mmp_walk {
    const uint8_t *leaf;
    uint32_t perms;
    uint8_t form;       /* enum mmp_form */
    uint8_t unit_shift; /* log2 of the bytes of a unit: 19 for a bitmap of a root table, 9 of a mid table */
    uint64_t start;
};

/* Walks to the page that holds addr, which is below 4 GiB. False: malformed, *entry is the address of the bad
 * entry. */
bool mmp_table_walk(const struct mmp_memory *m, uint32_t root, uint64_t addr, struct mmp_walk *walk,
                    uint64_t *entry);

/* The same, and the addresses of the entries that it reads, at most two. */
struct mmp_trace {
    uint32_t at[4];
    unsigned references;
};
bool mmp_table_walk_traced(const struct mmp_memory *m, uint32_t root, uint64_t addr, struct mmp_walk *walk,
                           uint64_t *entry, struct mmp_trace *trace);

/* ---- runlength.c ---- */

/* The sixteen permissions of the 64 bytes that hold addr, lowest address in bits 1:0; NARROW, WIDE and RUNS
 * only. */
uint32_t mmp_runlength_chunk(const struct mmp_memory *m, const struct mmp_walk *walk, uint64_t addr);

/* A runs entry whose bits 31:28 are zero and whose offsets are in order is well formed. */
bool mmp_runs_ok(uint32_t entry);
/* Permission of one of its 1024 units; of sixteen of them. */
uint8_t mmp_runs_unit(uint32_t entry, unsigned unit);
uint32_t mmp_runs_chunk(uint32_t entry, unsigned base);

/* What an entry of type MMP_RL_TYPE says of its own sixteen words; of sixteen of the 64 of a wide one. */
uint32_t mmp_narrow_chunk(uint32_t entry);
uint32_t mmp_wide_chunk(uint32_t entry, unsigned base);

/* ---- permission.c ---- */

/* Do the stack registers or the stack permissions table let the running domain do this to the word at addr?
 */
bool mmp_stack_allows(const struct mmp_state *s, uint64_t word, int access);

/* ---- spt.c: the stack permissions table. Nothing is granted while spt_used is 0 ---- */

/* False: the value is out of range, nothing has changed. */
bool mmp_spt_write(struct mmp_state *s, unsigned i, uint64_t value);
void mmp_spt_clear(struct mmp_state *s);

/* Up to where a grant allows the running domain this access from addr on; addr: it does not. */
uint64_t mmp_spt_extent(const struct mmp_state *s, uint64_t addr, int access);

/* Is any word of [start, end) granted to the running domain? */
bool mmp_spt_meets(const struct mmp_state *s, uint64_t start, uint64_t end);

/* Which of the sixteen words from start on: bit 2i for word i. */
uint32_t mmp_spt_words(const struct mmp_state *s, uint64_t start, int access);

/* ---- domain.c ---- */

/* The processor runs under tag and root from now on; counts a switch if that is another domain. */
void mmp_domain_enter(struct mmp_state *s, uint16_t tag, uint32_t root);

/* ---- trace.c: the trace ring ---- */

/* Appends a record of that kind, if any are made; the domain has changed from `from` to the one that runs. */
void mmp_trace_append(struct mmp_state *s, const struct mmp_memory *m, uint16_t kind, uint16_t from,
                      uint64_t rsp, uint64_t place);

static inline void mmp_trace(struct mmp_state *s, const struct mmp_memory *m, uint16_t kind, uint16_t from,
                             uint64_t rsp, uint64_t place)
{
    if (s->ring.size != 0)
        mmp_trace_append(s, m, kind, from, rsp, place);
}

/* ---- callstack.c ---- */

/* A frame as it lies in memory, at any address (manual 6.4). */
struct __attribute__((packed, may_alias)) mmp_xframe {
    uint64_t rip, rsp, fb;
    uint16_t pd, kind;
    uint32_t flags;
    uint64_t rbx, rbp, r12, r13, r14, r15; /* CALL only, as is all that follows */
    uint64_t gate;
    uint64_t reserved[5]; /* never read nor written */
};

/* The first free frame if at least that many are free (and it is in memory), else NULL. */
struct mmp_xframe *mmp_callstack_free(const struct mmp_state *s, const struct mmp_memory *m, unsigned frames);

/* The top frame, NULL if there is none in memory. */
const struct mmp_xframe *mmp_callstack_top(const struct mmp_state *s, const struct mmp_memory *m);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One entry of a permission table, written and read (docs/mmp-manual.md, 4.2, 4.3, 4.7, 4.8). A page's
 * permissions are here a picture of 1024 words, two bits each, lowest first: 64 chunks of sixteen, as a
 * bitmap leaf table holds them.
 */
#ifndef MMP_TABLES_ENTRY_H
#define MMP_TABLES_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#define MMP_PAGE_WORDS 1024u
#define MMP_PAGE_CHUNKS 64u
#define MMP_CHUNK_WORDS 16u

/* ---- Pictures ---- */

/* Words [from, to) of the picture get that permission. */
void mmp_picture_set(uint32_t *page, unsigned from, unsigned to, unsigned perm);

/* First word at or after word, at most limit, whose permission is not that of word. */
unsigned mmp_picture_run_end(const uint32_t *page, unsigned word, unsigned limit);
/* First word of the run that word is in, at least limit. */
unsigned mmp_picture_run_start(const uint32_t *page, unsigned word, unsigned limit);

/* ---- Entries of leaf tables ---- */

/* The narrow run-length entry of a chunk, with all the overlap that the picture allows: it is read from two
 * chunks before to two after. False: the chunk has more than four runs; it needs a bitmap. */
bool mmp_narrow_encode(const uint32_t *page, unsigned chunk, uint32_t *entry);
/* The sixteen permissions that a narrow entry of type MMP_RL_TYPE gives its own words. */
uint32_t mmp_narrow_decode(uint32_t entry);

/* The wide entry of four chunks, likewise; index counts such entries. */
bool mmp_wide_encode(const uint32_t *page, unsigned index, uint32_t *entry);
void mmp_wide_decode(uint32_t entry, uint32_t chunks[4]);

/* ---- Root and mid entries that point to no table: runs of 1024 units ---- */

/* Runs in order: the first begins at unit 0, neighbours differ once they are coalesced. */
#define MMP_RUNS_MAX 11 /* eight of a bitmap, and what one change adds */
struct mmp_runs {
    unsigned count;
    uint16_t start[MMP_RUNS_MAX];
    uint8_t perm[MMP_RUNS_MAX];
};

/* What a well-formed entry says; false: it points to a table. */
bool mmp_runs_decode(uint32_t entry, struct mmp_runs *runs);
/* Units [from, to) get that permission; the others stay. At most once after a decode. */
void mmp_runs_set(struct mmp_runs *runs, unsigned from, unsigned to, unsigned perm);
/* A bitmap if the runs begin at eighths, else a runs entry if that is allowed and there are three or fewer;
 * false: neither. */
bool mmp_runs_encode(const struct mmp_runs *runs, bool allow_runs, uint32_t *entry);
unsigned mmp_runs_permission(const struct mmp_runs *runs, unsigned unit);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which component may see what, and which domain holds which component: merge and split (TSE11 section 3).
 *
 * Components are named by their index: the number of their slot, in manifest order. Slots 0 to ARENA_SLOTS -
 * 1 are the arena's; the rest are made by layout_device_slot. A component's *row* says which view it has of
 * each slot; rows are the truth, and a domain is the union of its members' rows. So what was granted to a
 * component stays with it wherever it is moved. A *group* has a row as well, at an index that no component
 * has, and whoever is in it has what its row has.
 *
 * Every function here is all or nothing. None of them knows threads: the one question about them is
 * thread_domains_named.
 */
#ifndef KERNEL_LAYOUT_LAYOUT_H
#define KERNEL_LAYOUT_LAYOUT_H

#include "protection.h"

#define LAYOUT_SLOTS 64u
#define LAYOUT_COMPONENTS ARENA_SLOTS
#define LAYOUT_INDICES 64u   /* of components and of groups */
#define LAYOUT_EVERYBODY 63u /* the group that every domain is in, the ones to come too */
#define NO_SLOT LAYOUT_SLOTS

/* ---- While booting ---- */
void layout_reset(void);
/* A slot number for a root slot outside the arena, or NO_SLOT if there is no more. */
unsigned layout_device_slot(uint32_t address);
/* The component sees the slot like this from now on; it did not see it at all before. */
void layout_grant(unsigned component, unsigned slot, struct view view);

/* ---- Always ---- */
/* A component at an index that nobody has, alone in a domain, with a table for its own slot. SHOJI_EMEMORY.
 */
long layout_component_add(unsigned index, uint32_t id);
/* It is no more, whoever is in its domain: its row is empty, and so is what others had of its slot, if it is
 * not mixed. Frees that name its domain go on with what the other members have. */
void layout_component_remove(unsigned index);
/* A group without members, at an index that nobody has. */
void layout_group_add(unsigned index);
/* Its members have left, and its row is empty. */
void layout_group_remove(unsigned index);
/* SHOJI_ESAME: it is in it, or is not. SHOJI_EMEMORY. */
long layout_join(unsigned group, unsigned component);
long layout_leave(unsigned group, unsigned component);
unsigned layout_slot_of(uint32_t address); /* or NO_SLOT */
struct view layout_view(unsigned component, unsigned slot);
struct pd layout_domain(unsigned component);
uint64_t layout_members(struct pd pd); /* a bit for each component; of a stale domain: who was in it */
/* May the component do this with every byte, whoever else is in its domain? */
bool layout_covers(unsigned component, uint32_t address, uint32_t bytes, enum right right);

/* All components of from's domain move into into's. No memory is taken, but where two of them were given
 * different parts of a third's slot. SHOJI_ESAME, SHOJI_EMEMORY. */
long layout_merge(unsigned into, unsigned from);
/* The component gets a domain of its own. SHOJI_ESAME: it has. SHOJI_EMEMORY. */
long layout_split(unsigned component);
/* The component leaves its domain for into's: a split and a merge, of which neither is done if not both can
 * be. SHOJI_ESAME, SHOJI_EMEMORY. */
long layout_move(unsigned component, unsigned into);
/* Of the components at indices below `count`, each has a number, below LAYOUT_COMPONENTS: those of the same
 * are in one domain, others are not. All the rest are alone. SHOJI_ESAME: it is so already. SHOJI_EMEMORY. */
long layout_partition(const uint8_t numbers[], unsigned count);
/* `to`, a component or a group, gets this right to words of an arena slot; the giver has it and keeps it.
 * Range and indices have been checked; bytes is not 0. SHOJI_EPERM: the giver has not got the right itself.
 * SHOJI_EMEMORY. */
long layout_share(unsigned giver, uint32_t address, uint32_t bytes, enum right right, unsigned to);
/* The same by the short way, for words of the giver's own slot and another receiver. False: nothing has
 * happened; layout_share may do it. */
bool layout_lend(unsigned giver, uint32_t address, uint32_t bytes, enum right right, unsigned to);
/* The same, whoever gives: a component's own right too. The slot is mixed, unless its component has at least
 * that right itself. SHOJI_EMEMORY.
 */
long layout_set_right(uint32_t address, uint32_t bytes, enum right right, unsigned to);
/* The slot's words are not all its component's from now on. SHOJI_EMEMORY. */
long layout_mix(unsigned slot);
/* Pages of the component's own slot, which nobody has any right to, are its, to read and write. */
void layout_own_pages(unsigned component, uint32_t address, uint32_t bytes);

/* Nobody's any more. */
void layout_disown_pages(unsigned component, uint32_t address, uint32_t bytes);
/* Pages of its own that from now on nobody may use, and then word by word, by layout_own_words, which cannot
 * fail; till they are given or taken as pages. SHOJI_EMEMORY: nothing has happened. */
long layout_keep_pages(unsigned component, uint32_t address, uint32_t bytes);
void layout_own_words(unsigned component, uint32_t address, uint32_t bytes, enum right right);
/* Pages of an arena slot are nobody's any more, and no device's. Nothing can fail. */
void layout_revoke(uint32_t address, uint32_t bytes);
/* What others, its device included, have of these words of the component's own slot is taken back. Nothing
 * can fail; if there is no memory to tell words from their neighbours, what was given of those within 512
 * bytes is taken too. */
void layout_unshare(unsigned owner, uint32_t address, uint32_t bytes);

/* ---- Devices with a domain of their own (pd_of_device) ---- */
/* The device may do this with these words of one slot of the arena; RIGHT_NONE: nothing. SHOJI_EMEMORY. */
long layout_dma_share(unsigned device, unsigned slot, uint32_t address, uint32_t bytes, enum right right);
/* layout_unshare's part of it, also for a slot that is nobody's own. */
void layout_dma_unshare(unsigned slot, uint32_t address, uint32_t bytes);
/* The device may do nothing with any word. */
void layout_dma_clear(unsigned device);

/* No gate leads into the component until it is opened, wherever it is moved. Frames still return. */
void layout_close(unsigned component);
void layout_open(unsigned component);

/* The last move that changed whether two components are in one domain. */
struct layout_move {
    uint64_t number; /* merges and splits since boot, this one included */
    bool split;
    unsigned into, from;  /* a merge's arguments; a split's component is from */
    uint64_t side, other; /* each component of the one side and each of the other moved together or apart */
};
#define LAYOUT_MOVES 128u /* remembered */
/* False: none, or too long ago. */
bool layout_moved(unsigned a, unsigned b, struct layout_move *out);
uint64_t layout_moves(void); /* merges and splits since boot: the number of the last */
/* False: there was none of that number, or it was too long ago. */
bool layout_move_number(uint64_t number, struct layout_move *out);

struct layout_counts {
    uint64_t merges, splits, stale, domains;
    uint64_t domain_bytes; /* what one domain takes, but for tables that only it needs */
    uint64_t table_bytes;  /* what all tables of slots take */
};
/* Frees what no thread names any more, then counts. */
void layout_counts(struct layout_counts *out);

/* NULL if every invariant of layout.c holds, else which one does not. Slow: for tests. */
const char *layout_check(void);

/* ---- Asked of the threads: sets a bit for the number of each domain whose tag a call stack frame of any
 * thread names ---- */
void thread_domains_named(uint64_t named[2]);

#endif

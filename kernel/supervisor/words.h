/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Heaps that are kept word by word: what each word of a kept page is to its component's allocations. It knows
 * no rights and no callers; supervisor/heap.c joins it to the layout.
 *
 * A page is kept from words_keep until words_drop. An *allocation* is a run of words that are FRESH or
 * WRITTEN; two allocations never touch, so a run is one of them. Addresses and bytes are multiples of 4, of
 * pages where that is said; a range lies in the component's slot.
 */
#ifndef KERNEL_SUPERVISOR_WORDS_H
#define KERNEL_SUPERVISOR_WORDS_H

#include <stdbool.h>
#include <stdint.h>

enum word_state {
    WORD_FREE,    /* of no allocation: a guard word, or never given out */
    WORD_FRESH,   /* allocated, and not written yet */
    WORD_WRITTEN, /* allocated */
    WORD_FREED,   /* of an allocation that was freed, till its place is allocated anew */
};

#define WORDS_PAGES_MAX 4096u /* kept, of all components together */

/* Pages, none of which is kept. False: there is no room for so many; nothing has changed. */
bool words_keep(unsigned component, uint32_t address, uint32_t bytes);
/* Whichever of these pages are kept are so no more. */
void words_drop(unsigned component, uint32_t address, uint32_t bytes);
/* Do these bytes, and a word before and behind them, lie in kept pages? */
bool words_surrounded(unsigned component, uint32_t address, uint32_t bytes);

/* WORD_FREE if its page is not kept. */
enum word_state words_state(unsigned component, uint32_t address);
bool words_kept(unsigned component, uint32_t address);
/* Where the run of words of that state that begins at `address` ends, at most at `end`. */
uint32_t words_run(unsigned component, uint32_t address, uint32_t end, enum word_state state);
/* Where the words end that are allocated, FRESH or WRITTEN, from `address` on, at most at `end`. */
uint32_t words_allocated(unsigned component, uint32_t address, uint32_t end);
/* Is none of these words of kept pages allocated? */
bool words_unused(unsigned component, uint32_t address, uint32_t bytes);
/* Words of kept pages. */
void words_set(unsigned component, uint32_t address, uint32_t bytes, enum word_state state);
/* Freed words that touch the range belong to no freed allocation any more. */
void words_absorb(unsigned component, uint32_t address, uint32_t bytes);

/* The allocation, or the freed one, that the word is part of. 0 bytes: of none. */
struct words_found {
    uint32_t address, bytes;
};
struct words_found words_around(unsigned component, uint32_t address);
/* The allocation or freed one that lies nearest to a word that is free, at most 64 words away; 0 bytes: none.
 */
struct words_found words_near(unsigned component, uint32_t address);

#endif

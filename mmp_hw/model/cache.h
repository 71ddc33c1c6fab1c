/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One set-associative cache, of which only the tags exist (manual 11.1): least recently used lines leave
 * first, writes allocate, and writing back takes no time.
 */
#ifndef MMP_CACHE_H
#define MMP_CACHE_H

#include "machine.h"

struct mmp_cache {
    uint64_t *lines; /* sets of ways, each from the line used last to the one used longest ago: number + 1, 0:
                        none */
    uint64_t set_mask;
    uint32_t ways;
    uint8_t line_shift;
};

bool mmp_cache_shape_ok(const struct mmp_cache_shape *shape);

/* Words of storage that a cache of that shape needs. */
size_t mmp_cache_words(const struct mmp_cache_shape *shape);

/* An empty cache in that storage. */
void mmp_cache_make(struct mmp_cache *c, const struct mmp_cache_shape *shape, uint64_t *storage);

/* Uses a line: was it there? It is now. The line's number is its address >> line_shift. */
bool mmp_cache_use(struct mmp_cache *c, uint64_t line);

/* The line is there no more. */
void mmp_cache_drop(struct mmp_cache *c, uint64_t line);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cache of cache.h.
 *
 * 1. No line is twice in a set; what is empty comes after what is not.
 */
#include "cache.h"

#include <string.h>

static bool power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

bool mmp_cache_shape_ok(const struct mmp_cache_shape *shape)
{
    return power_of_two(shape->bytes) && power_of_two(shape->ways) && power_of_two(shape->line) &&
           shape->line >= 8 && shape->bytes / shape->line >= shape->ways && shape->bytes <= 1u << 28;
}

size_t mmp_cache_words(const struct mmp_cache_shape *shape)
{
    return shape->bytes / shape->line;
}

void mmp_cache_make(struct mmp_cache *c, const struct mmp_cache_shape *shape, uint64_t *storage)
{
    *c = (struct mmp_cache){.lines = storage,
                            .set_mask = shape->bytes / shape->line / shape->ways - 1,
                            .ways = shape->ways,
                            .line_shift = (uint8_t)__builtin_ctz(shape->line)};
    memset(storage, 0, mmp_cache_words(shape) * sizeof *storage);
}

bool mmp_cache_use(struct mmp_cache *c, uint64_t line)
{
    uint64_t *set = c->lines + (line & c->set_mask) * c->ways, wanted = line + 1, moved = wanted;

    for (uint32_t way = 0; way < c->ways; way++) {
        uint64_t here = set[way];

        set[way] = moved;
        if (here == wanted)
            return true;
        moved = here;
    }
    return false;
}

void mmp_cache_drop(struct mmp_cache *c, uint64_t line)
{
    uint64_t *set = c->lines + (line & c->set_mask) * c->ways;
    uint32_t way = 0;

    while (way < c->ways && set[way] != line + 1)
        way++;
    if (way == c->ways)
        return;
    for (; way + 1 < c->ways; way++)
        set[way] = set[way + 1];
    set[way] = 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap.h"

#include <string.h>

void heap_carve(struct heap *heap, struct memory *memory, uint32_t limit, bool least)
{
    heap->least = least;
    heap->count = 0;
    heap->limit = limit;
    heap->items = memory_take(memory, limit, sizeof *heap->items);
    heap->places = memory_take(memory, limit, sizeof *heap->places);
    heap->keys = memory_take(memory, limit, sizeof *heap->keys);
}

void heap_clear(struct heap *heap)
{
    heap->count = 0;
    memset(heap->places, 0xff, (size_t)heap->limit * sizeof *heap->places);
}

bool heap_key_less(struct heap_key a, struct heap_key b)
{
    if (a.value == b.value)
        return a.count < b.count;
    return (unsigned __int128)a.count * b.value < (unsigned __int128)b.count * a.value;
}

static inline bool before(const struct heap *heap, uint32_t a, uint32_t b)
{
    struct heap_key one = heap->keys[a], other = heap->keys[b];
    if (one.count == other.count && one.value == other.value)
        return a < b;
    if (one.value == other.value) /* the usual case, without a multiplication */
        return one.count < other.count ? heap->least : !heap->least;
    if (heap_key_less(one, other))
        return heap->least;
    return heap_key_less(other, one) ? !heap->least : a < b;
}

static void put(struct heap *heap, uint32_t place, uint32_t item)
{
    heap->items[place] = item;
    heap->places[item] = place;
}

static void sift_up(struct heap *heap, uint32_t item)
{
    uint32_t place = heap->places[item];
    while (place > 0) {
        uint32_t parent = heap->items[(place - 1) / 2];
        if (!before(heap, item, parent))
            break;
        put(heap, place, parent);
        place = (place - 1) / 2;
    }
    put(heap, place, item);
}

static void sift_down(struct heap *heap, uint32_t item)
{
    uint32_t place = heap->places[item];
    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && before(heap, heap->items[child + 1], heap->items[child]))
            child++;
        if (!before(heap, heap->items[child], item))
            break;
        put(heap, place, heap->items[child]);
        place = child;
    }
    put(heap, place, item);
}

void heap_set(struct heap *heap, uint32_t item, struct heap_key key)
{
    struct heap_key old = heap->keys[item];
    bool there = heap->places[item] != HEAP_NONE;
    if (there && old.count == key.count && old.value == key.value)
        return;
    heap->keys[item] = key;
    if (!there)
        put(heap, heap->count++, item);
    if (!there || heap_key_less(key, old) == heap->least)
        sift_up(heap, item);
    else
        sift_down(heap, item);
}

void heap_remove(struct heap *heap, uint32_t item)
{
    uint32_t place = heap->places[item];
    if (place == HEAP_NONE)
        return;
    heap->places[item] = HEAP_NONE;
    uint32_t last = heap->items[--heap->count];
    if (last == item)
        return;
    put(heap, place, last);
    sift_up(heap, last);
    if (heap->places[last] == place)
        sift_down(heap, last);
}

uint32_t heap_first(const struct heap *heap)
{
    return heap->count ? heap->items[0] : HEAP_NONE;
}

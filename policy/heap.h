/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A priority queue of items 0 to limit - 1, each at most once, that knows where each item is: an item's key
 * can be changed, and any item removed, in logarithmic time.
 *
 * 1. A key is a count and a value, ordered by count / value, exactly. Items of equal keys come in
 *    the order of their numbers: what a policy does depends on nothing but what it saw.
 */
#ifndef POLICY_HEAP_H
#define POLICY_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

#define HEAP_NONE UINT32_MAX

struct heap_key {
    uint64_t count;
    uint32_t value; /* > 0 */
};

struct heap {
    bool least; /* the least key comes first; otherwise the greatest */
    uint32_t count, limit;
    uint32_t *items, *places; /* places[item]: index in items, or HEAP_NONE */
    struct heap_key *keys;    /* by item */
};

void heap_carve(struct heap *heap, struct memory *memory, uint32_t limit, bool least);
void heap_clear(struct heap *heap);
/* Inserts the item, or changes its key. */
void heap_set(struct heap *heap, uint32_t item, struct heap_key key);
/* Nothing happens if it isn't there. */
void heap_remove(struct heap *heap, uint32_t item);
/* The first item, which stays, or HEAP_NONE. */
uint32_t heap_first(const struct heap *heap);
/* a.count / a.value < b.count / b.value */
bool heap_key_less(struct heap_key a, struct heap_key b);

#endif

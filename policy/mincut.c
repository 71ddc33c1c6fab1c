/* SPDX-License-Identifier: BSD-2-Clause */
#include "mincut.h"

#include <string.h>

void mincut_carve(struct mincut *mincut, struct memory *memory, uint32_t nodes, uint32_t edges)
{
    mincut->list = memory_take(memory, edges, sizeof *mincut->list);
    mincut->sorted = memory_take(memory, edges, sizeof *mincut->sorted);
    mincut->ends = memory_take(memory, edges, 2 * sizeof *mincut->ends);
    mincut->counts = memory_take(memory, edges, 2 * sizeof *mincut->counts);
    mincut->side = memory_take(memory, nodes, sizeof *mincut->side);
    mincut->inside = memory_take(memory, nodes, sizeof *mincut->inside);
    mincut->parent = memory_take(memory, nodes, sizeof *mincut->parent);
    mincut->order = memory_take(memory, nodes, sizeof *mincut->order);
    mincut->offsets = memory_take(memory, (size_t)nodes + 1, sizeof *mincut->offsets);
    mincut->reached = memory_take(memory, nodes, sizeof *mincut->reached);
    mincut->degrees = memory_take(memory, nodes, sizeof *mincut->degrees);
    mincut->marks = memory_take(memory, nodes, sizeof *mincut->marks);
    mincut->taken = memory_take(memory, nodes, sizeof *mincut->taken);
    heap_carve(&mincut->heap, memory, nodes, false);
}

void mincut_start(struct mincut *mincut)
{
    heap_clear(&mincut->heap); /* each order leaves it empty */
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t greater(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* ---- The best cut so far ---- */

/* The contracted nodes of which chosen[] is true are the side. */
static void cut_keep(struct mincut *cut, uint64_t cost, const uint8_t *chosen)
{
    uint32_t count = 0;
    cut->cost = cost;
    for (uint32_t i = 0; i < cut->nodes; i++)
        count += cut->side[i] = chosen[cut->inside[i]];
    cut->side_nodes = count;
    if (count <= cut->nodes - count)
        return;
    cut->side_nodes = cut->nodes - count;
    for (uint32_t i = 0; i < cut->nodes; i++)
        cut->side[i] = !cut->side[i];
}

/* Each contracted node alone against all others. */
static void cut_single_nodes(struct mincut *cut)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < cut->nodes_left; i++)
        if (cut->degrees[i] < cut->degrees[best])
            best = i;
    if (cut->degrees[best] >= cut->cost)
        return;
    memset(cut->taken, 0, cut->nodes_left);
    cut->taken[best] = 1;
    cut_keep(cut, cut->degrees[best], cut->taken);
}

/* ---- The contracted graph ---- */

/* offsets, ends and counts from the list, and each node's degree. */
static void adjacency_make(struct mincut *cut)
{
    uint32_t nodes = cut->nodes_left;
    memset(cut->offsets, 0, ((size_t)nodes + 1) * sizeof *cut->offsets);
    memset(cut->degrees, 0, nodes * sizeof *cut->degrees);
    for (uint32_t i = 0; i < cut->edges; i++) {
        const struct mincut_edge *edge = &cut->list[i];
        cut->offsets[edge->a]++;
        cut->offsets[edge->b]++;
        cut->degrees[edge->a] += edge->count;
        cut->degrees[edge->b] += edge->count;
    }
    for (uint32_t i = 0, sum = 0; i <= nodes; i++) {
        sum += i < nodes ? cut->offsets[i] : 0;
        cut->offsets[i] = sum; /* the end; filling counts down to the beginning */
    }
    for (uint32_t i = 0; i < cut->edges; i++) {
        const struct mincut_edge *edge = &cut->list[i];
        uint32_t at_a = --cut->offsets[edge->a], at_b = --cut->offsets[edge->b];
        cut->ends[at_a] = edge->b;
        cut->ends[at_b] = edge->a;
        cut->counts[at_a] = cut->counts[at_b] = edge->count;
    }
    cut->work += nodes + 2 * (uint64_t)cut->edges;
}

static uint32_t parent_of(struct mincut *cut, uint32_t node)
{
    while (cut->parent[node] != node)
        node = cut->parent[node] = cut->parent[cut->parent[node]];
    return node;
}

static void contract(struct mincut *cut, uint32_t a, uint32_t b)
{
    uint32_t one = parent_of(cut, a), other = parent_of(cut, b);
    cut->parent[greater(one, other)] = lesser(one, other);
}

/* New numbers for what is left, in `marks`: in the order of each one's first node. */
static void renumber(struct mincut *cut)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < cut->nodes_left; i++) {
        uint32_t parent = parent_of(cut, i);
        cut->marks[i] = parent == i ? left++ : cut->marks[parent];
    }
    for (uint32_t i = 0; i < cut->nodes; i++)
        cut->inside[i] = cut->marks[cut->inside[i]];
    cut->nodes_left = left;
}

/* The list with new numbers: without what is inside a node now, parallel edges made one. */
static void list_contract(struct mincut *cut)
{
    uint32_t kept = 0, *places = cut->offsets;
    memset(places, 0, ((size_t)cut->nodes_left + 1) * sizeof *places);
    for (uint32_t i = 0; i < cut->edges; i++) {
        uint32_t a = cut->marks[cut->list[i].a], b = cut->marks[cut->list[i].b];
        if (a == b)
            continue;
        cut->list[kept++] = (struct mincut_edge){lesser(a, b), greater(a, b), cut->list[i].count};
        places[lesser(a, b) + 1]++;
    }
    for (uint32_t i = 0; i < cut->nodes_left; i++)
        places[i + 1] += places[i];
    for (uint32_t i = 0; i < kept; i++)
        cut->sorted[places[cut->list[i].a]++] = cut->list[i];
    /* by node a now; last[b] is the edge to b that came last, good if it is of the same a */
    uint32_t *last = cut->marks;
    cut->edges = 0;
    memset(last, 0xff, cut->nodes_left * sizeof *last);
    for (uint32_t i = 0; i < kept; i++) {
        const struct mincut_edge *edge = &cut->sorted[i];
        if (last[edge->b] != UINT32_MAX && cut->list[last[edge->b]].a == edge->a) {
            cut->list[last[edge->b]].count += edge->count;
        } else {
            last[edge->b] = cut->edges;
            cut->list[cut->edges++] = *edge;
        }
    }
    cut->work += cut->nodes + 2 * (uint64_t)kept;
}

/* ---- One maximum adjacency order ---- */

static void neighbours_reach(struct mincut *cut, uint32_t node, uint64_t bound)
{
    for (uint32_t i = cut->offsets[node]; i < cut->offsets[node + 1]; i++) {
        uint32_t other = cut->ends[i];
        if (cut->taken[other])
            continue;
        uint64_t reached = cut->reached[other] += cut->counts[i];
        if (reached >= bound)
            contract(cut, node, other);
        heap_set(&cut->heap, other, (struct heap_key){reached, 1});
    }
    cut->work += 1 + cut->offsets[node + 1] - cut->offsets[node];
}

/* The cuts between the order's beginnings and the rest. The last beginning leaves out the last node alone:
 * the cheapest cut between the last two. */
static void cut_beginnings(struct mincut *cut)
{
    uint32_t nodes = cut->nodes_left, best = UINT32_MAX;
    uint64_t least = cut->cost, here = 0;
    for (uint32_t i = 0; i + 1 < nodes; i++) {
        here += cut->degrees[cut->order[i]] - 2 * cut->reached[cut->order[i]];
        if (here < least) {
            least = here;
            best = i;
        }
    }
    if (best == UINT32_MAX)
        return;
    memset(cut->taken, 0, nodes);
    for (uint32_t i = 0; i <= best; i++)
        cut->taken[cut->order[i]] = 1;
    cut_keep(cut, least, cut->taken);
}

static void order_make(struct mincut *cut)
{
    uint32_t nodes = cut->nodes_left;
    memset(cut->taken, 0, nodes);
    for (uint32_t i = 0; i < nodes; i++) {
        cut->parent[i] = i;
        cut->reached[i] = 0;
    }
    uint32_t next = 0, unreached = 0; /* all nodes before `unreached` are taken or in the heap */
    for (uint32_t i = 0; i < nodes; i++) {
        cut->order[i] = next;
        cut->taken[next] = 1;
        heap_remove(&cut->heap, next);
        neighbours_reach(cut, next, cut->cost);
        next = heap_first(&cut->heap);
        while (next == HEAP_NONE && unreached < nodes && cut->taken[unreached])
            unreached++;
        if (next == HEAP_NONE)
            next = unreached;
    }
    contract(cut, cut->order[nodes - 2], cut->order[nodes - 1]);
    cut_beginnings(cut);
}

void mincut_find(struct mincut *cut, uint64_t limit)
{
    cut->nodes_left = cut->nodes;
    cut->cost = UINT64_MAX;
    cut->work = 0;
    for (uint32_t i = 0; i < cut->nodes; i++)
        cut->inside[i] = i;
    for (;;) {
        adjacency_make(cut);
        cut_single_nodes(cut);
        if (cut->nodes_left == 2 || cut->work >= limit || cut->cost == 0)
            break;
        order_make(cut);
        renumber(cut);
        if (cut->nodes_left < 2)
            break;
        list_contract(cut);
    }
    cut->exact = cut->nodes_left <= 2 || cut->cost == 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The cheapest cut of a graph in two (Stoer and Wagner, "A Simple Min-Cut Algorithm", JACM 1997; TSE11
 * section 3.4 names it): maximum adjacency orders, each of which finds a cheapest cut between its last two
 * nodes, which are then contracted. Every further pair that the order shows to be connected no more cheaply
 * than the best cut so far is contracted as well (Nagamochi and Ibaraki, 1992), so that few orders suffice.
 *
 * 1. The cost is exact for the side that is returned, however early the search ends. A side need
 *    not be connected if the graph is not.
 * 2. Equal graphs give equal cuts.
 */
#ifndef POLICY_MINCUT_H
#define POLICY_MINCUT_H

#include <stdbool.h>
#include <stdint.h>

#include "heap.h"

struct mincut_edge {
    uint32_t a, b;
    uint64_t count;
};

struct mincut {
    /* the graph: the caller's until mincut_find, which destroys it */
    uint32_t nodes, edges;
    struct mincut_edge *list; /* parallel edges add up; no node with itself */
    /* the result */
    uint64_t cost;
    bool exact;    /* the search went to its end: no cut costs less */
    uint8_t *side; /* by node: 1 if it is on the smaller side */
    uint32_t side_nodes;
    uint64_t work; /* steps taken: visits of a node or of an edge's end */
    /* private */
    uint32_t nodes_left; /* after contractions */
    uint32_t *inside;    /* by first node: which contracted node holds it */
    uint32_t *parent, *order, *offsets, *ends;
    uint64_t *counts, *reached, *degrees;
    struct mincut_edge *sorted;
    uint32_t *marks;
    uint8_t *taken;
    struct heap heap;
};

/* Room for a graph of so many nodes and edges; mincut_start comes once before the first mincut_find. */
void mincut_carve(struct mincut *mincut, struct memory *memory, uint32_t nodes, uint32_t edges);
void mincut_start(struct mincut *mincut);
/* At least two nodes; counts' sum below 2^63. Ends early after `limit` steps (to within one order). */
void mincut_find(struct mincut *mincut, uint64_t limit);

#endif

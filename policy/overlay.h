/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The overlay graph of TSE11 section 3.4: domains, and between them edges that aggregate the invocations
 * between their components; the queue of the costliest of these edges; merging and splitting domains. It
 * plans only: nothing here moves a wall of the system.
 *
 * Nodes are the units of the rules (rules.h), which are never separated. A pair of nodes has two counts:
 * `sum`, what recent windows had together, by which walls are found too costly, and `peak`, the most that one
 * of them had, by which new walls are paid for (history.h).
 *
 * The value of a domain is the least weight of its nodes; of a layout, the sum of its domains' values. With
 * equal weights that is the number of domains, which TSE11 maximises. docs/decisions/ argues for it.
 *
 * 1. Every node is in one domain. Domains and overlay edges are numbered by slots, which are used
 *    again.
 * 2. Two domains have an overlay edge exactly if a pair with a count above 0 leads from one to the
 *    other; its counts are those pairs' sums.
 * 3. In the queue are exactly the edges with a sum above 0 whose domains the rules let merge, with
 *    the key sum / value that the merge would lose.
 */
#ifndef POLICY_OVERLAY_H
#define POLICY_OVERLAY_H

#include "decide.h"
#include "heap.h"

#define OVERLAY_NONE UINT32_MAX

struct overlay_domain {
    uint32_t first, last; /* nodes, chained by `next`; first is OVERLAY_NONE if the slot is free */
    uint32_t nodes, value;
    uint32_t ends; /* the first of its edges' ends */
};

struct overlay_edge {
    uint32_t domain[2];
    uint32_t next[2], previous[2]; /* ends: 2 * edge + side */
    uint32_t pairs;                /* how many it aggregates */
    uint64_t sum, peak;
};

struct overlay {
    /* what the caller fills before overlay_start */
    uint32_t nodes, pairs_count, words;
    struct policy_pair *pairs; /* each with a count above 0, between two nodes */
    uint32_t *weights;         /* by node */
    uint64_t *left, *right;    /* by node, `words` each: the rules' bits */
    /* the layout */
    uint32_t *domain_of, *next;     /* by node */
    struct overlay_domain *domains; /* `nodes` slots */
    uint32_t domains_count;
    struct overlay_edge *edges;
    uint64_t value, sum, peak; /* of the whole layout: sum and peak of what crosses */
    uint64_t work;             /* steps taken */
    struct heap costly;        /* by edge */
    /* by node: counts to the others of its domain */
    uint64_t *inner;
    uint32_t *offsets,
        *ends; /* the pairs at a node: pairs[ends[i]], i from offsets[node] below offsets[node + 1] */
    /* private */
    uint32_t *free_domains, free_domains_count, *free_edges, free_edges_count;
    uint32_t *mark, *other_mark; /* by domain: edge to it, while merging or splitting */
    uint64_t *domain_left, *domain_right;
};

void overlay_carve(struct overlay *overlay, struct memory *memory, uint32_t nodes, uint32_t pairs,
                   uint32_t words);
/* Builds the overlay from nodes, pairs, weights and bits, and from domain_of, numbers below `nodes`. */
void overlay_start(struct overlay *overlay);
/* True if rules let the two domains be one. */
bool overlay_may_merge(const struct overlay *overlay, uint32_t a, uint32_t b);
/* The value that merging would lose. */
uint32_t overlay_loss(const struct overlay *overlay, uint32_t a, uint32_t b);
/* All nodes of `from` go to `into`; from's slot is free then. */
void overlay_merge(struct overlay *overlay, uint32_t into, uint32_t from);
/* The nodes of `domain` for which leaves[node] is true go to a new domain, whose slot it returns. Not all of
 * them and not none. */
uint32_t overlay_split(struct overlay *overlay, uint32_t domain, const uint8_t *leaves);
static inline uint32_t overlay_pair_other(const struct policy_pair *pair, uint32_t node)
{
    return pair->a == node ? pair->b : pair->a;
}

#endif

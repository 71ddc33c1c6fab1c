/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The three steps of TSE11 section 3.4 on an overlay graph, from the layout that it has:
 *
 *   (a) While more invocations cross than allowed, merge along the costliest edge between two domains
 *       that the rules let merge. When there is none, move the node that saves most to another domain,
 *       and merge on.
 *
 *   (b) While there is room, split a domain along the cheapest cut.
 *
 *   (c) Trade: take down a costly wall if cheaper ones can stand for it. Of the costliest edges in turn,
 *       one is merged on trial, and cheapest cuts are split while they fit. The trade is kept if the
 *       layout's value has risen within the threshold, or is the same for fewer crossings; otherwise all
 *       is as before. After a trade, (b) again.
 *
 * With weights, costliest and cheapest are so by cost / value: what a wall costs for what it is worth.
 *
 * Hysteresis: (a) goes by the sum over several windows and the whole threshold. (b) and (c) pay for a new
 * wall by its peak in one of these windows, and leave a part of the threshold free. A trade of equal value
 * needs walls that are cheaper by that part, their peaks against the mean of the wall that falls. So steady
 * noise moves no wall to and fro.
 *
 * Bound on work: when the steps of a period are used up, it stops where it is, which is always a layout
 * that obeys the rules; the next period goes on from there. A cut that would take too many steps is
 * replaced by the cheapest single node. A trade, once begun, is ended.
 */
#ifndef POLICY_ADAPT_H
#define POLICY_ADAPT_H

#include "decisions.h"
#include "mincut.h"
#include "overlay.h"

/* Most splits of one trade. */
#define ADAPT_TRADE_SPLITS 9u
/* Moves that it may make in a period of so many nodes; when they are used up, the next period goes on, as
 * when the steps are. */
#define ADAPT_MOVES(nodes) (24u * (nodes) + 64u)

struct adapt {
    struct overlay overlay;
    struct policy_goal goal;
    struct policy_moves *moves;
    bool finished; /* not stopped by the work limit */
    /* private */
    struct mincut mincut;
    struct heap cheap; /* by domain with two nodes or more: its cut */
    uint8_t *side;     /* by node: leaves its domain if that is cut */
    uint8_t *stale;    /* by domain: its cut is not known */
    uint32_t *stale_list, stale_count;
    uint64_t *least;     /* by domain: its cheapest cut */
    uint8_t *restricted; /* by domain: cuts that cost more than `room` were passed over */
    uint64_t room;       /* when a cut was last asked for */
    uint32_t *local, *parked, *saved;
    uint32_t *candidates;     /* 2 * SETTINGS_TRIALS_MOST domains */
    bool even;                /* all weights are equal */
    uint64_t cut_work, begun; /* begun: the work there was before */
};

#define ADAPT_CANDIDATES 1000u

void adapt_carve(struct adapt *adapt, struct memory *memory, uint32_t nodes, uint32_t pairs, uint32_t words);
/* Once, after carving. */
void adapt_start(struct adapt *adapt);
/* Decides as decide.h says; `state` is a struct adapt. What the question has by node and pair, but domain_of,
 * lies in the arrays of its overlay. Always 0. */
long adapt_decide(const struct policy_question *question, struct policy_moves *moves, void *state);
uint64_t adapt_work(const struct adapt *adapt);

#endif

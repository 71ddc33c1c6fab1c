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

/* Most splits of one trade: what can be staged, without the merge. */
#define ADAPT_TRADE_SPLITS (DECISIONS_STAGED - 1)

struct adapt_goal {
    uint64_t allowed_sum;  /* (a): most that may cross, in all windows that count together */
    uint64_t allowed_peak; /* (b), (c): most that may cross in one window after a split */
    uint32_t windows;      /* that sums are over, > 0 */
    uint32_t hysteresis;   /* thousandths */
    uint32_t trials;       /* edges that (c) tries, after each trade anew */
    uint64_t work_limit;
    bool only_merge; /* (a) alone */
};

/* What the caller wants to be told of: both sides are domains of the overlay at that moment. */
struct adapt_notes {
    void *context;
    void (*note)(void *context, enum policy_action action, enum policy_reason reason, uint32_t left,
                 uint32_t right);
    void (*stage)(void *context); /* what follows is on trial */
    void (*end)(void *context, bool kept);
};

struct adapt {
    struct overlay overlay;
    struct adapt_goal goal;
    struct adapt_notes notes;
    uint32_t merges, splits, trades; /* kept ones; those of a trade are counted in all three */
    bool finished;                   /* not stopped by the work limit */
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
/* The overlay has been started; goal and notes are filled. */
void adapt_run(struct adapt *adapt);
uint64_t adapt_work(const struct adapt *adapt);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record of what the policy decided: what it saw, what it expected to gain, and what it then gained. A
 * ring in the caller's memory, of which the newest records are kept.
 *
 * 1. Numbers begin at 1 and have no gaps; the newest is `count`, the oldest kept is count - limit +
 *    1.
 * 2. A record is written once. Only what came of it is filled in later, once.
 */
#ifndef POLICY_DECISIONS_H
#define POLICY_DECISIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"
#include "plan.h"

enum policy_reason {
    POLICY_OVER,   /* merge: more crossings than the threshold allows, and this wall was the costliest */
    POLICY_ROOM,   /* split: the threshold has room for this cheapest of walls */
    POLICY_TRADE,  /* merge and splits of one trade: a costly wall for cheaper ones */
    POLICY_OBEYED, /* a rule wants it so */
    POLICY_HAND,   /* decided elsewhere, by hand, and recorded by the caller */
    POLICY_OWN,    /* a move of an own policy (decide.h) */
    POLICY_REASONS
};

/* Sides are sets of components, by index: bit i % 64 of word i / 64. */
struct policy_decision {
    uint64_t number, period;
    enum policy_action action;
    enum policy_reason reason;
    uint32_t rule;   /* POLICY_OBEYED: its index then, or UINT32_MAX */
    uint64_t trade;  /* number of the trade's first decision, the merge; 0: no trade */
    uint64_t seen;   /* invocations between the two sides in the newest window */
    uint64_t mean;   /* a window, over the windows that count: what it was decided by */
    uint64_t cycles; /* of the newest window */
    uint32_t crossing_cost;
    int64_t expected;   /* gain in millionths of processing time: above 0 for a merge, below for a split */
    bool over;          /* the next window is over, or will not be this decision's any more */
    bool undone;        /* walls between its sides were moved again before that */
    bool known;         /* it is over, and what came of it is: not if all these walls were moved again */
    uint64_t came_seen; /* invocations between the two sides that the decision spared (merge) or made cross
                           (split) */
    int64_t came;       /* gain, as `expected`: of the time that this next window would have taken without the
                           decisions of the period */
    uint64_t *left, *right; /* merge: the domain that stayed, and the one that went into it; split: those who
                               stayed, and those who left */
};

struct decisions {
    uint64_t count;
    uint32_t limit, words;
    struct policy_decision *ring;
    uint64_t *bits; /* of all sides */
};

void decisions_carve(struct decisions *decisions, struct memory *memory, uint32_t limit, uint32_t components);
/* Once, after carving: no records yet. */
void decisions_start(struct decisions *decisions);
/* A record with empty sides, to be filled. NULL if none are kept. */
struct policy_decision *decisions_add(struct decisions *decisions);
/* By number; NULL if it is not there any more, or not yet. */
struct policy_decision *decisions_find(const struct decisions *decisions, uint64_t number);
/* The oldest number that is kept; count + 1 if there is none. */
uint64_t decisions_oldest(const struct decisions *decisions);
/* `over budget`, ... */
const char *policy_reason_name(enum policy_reason reason);

static inline bool decision_has(const uint64_t *side, uint32_t component)
{
    return side[component / 64] >> component % 64 & 1;
}
static inline void decision_include(uint64_t *side, uint32_t component)
{
    side[component / 64] |= UINT64_C(1) << component % 64;
}

#endif

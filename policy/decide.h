/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a policy is: a function that is asked once a period, with the counts and the walls as they are, and
 * answers with moves (TSE11 section 3.4). This file is all that it sees of the system. The default policy
 * (adapt.h) is one; docs/policy.md, "Your own policy", says how to write another, which runs on the host, in
 * the replayer, and behind a wall of its own in the running system.
 *
 * It speaks of nodes, from 0: what moves as one, a component or several that rules keep together. Nothing
 * that a policy answers can break a rule or the system: each move is checked when it comes back, and an
 * answer with a wrong one is dropped as a whole, and its policy with it (moves.h).
 *
 * 1. A question is only read, and good only until the policy returns.
 * 2. Integers only; no clock, no allocation, no other component: it asks for no function that it has not got.
 */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#define POLICY_STATE_BYTES 4096u /* that a policy may keep from period to period */

/* Invocations between two nodes, either way, in the newest windows. */
struct policy_pair {
    uint32_t a, b;
    uint64_t sum, peak; /* of goal.windows windows: all together, and the most in one of them; sum > 0 */
};

struct policy_goal {
    uint64_t allowed_sum;  /* most that should cross, in all windows that count together */
    uint64_t allowed_peak; /* most that should cross in one window after a wall was raised: less, by the
                              hysteresis */
    uint32_t windows;      /* that sums are over, > 0 */
    uint32_t hysteresis;   /* thousandths: by how much cheaper a wall must be than one that it replaces */
    uint32_t trials;       /* costly walls for which a trade may be tried */
    uint64_t work_limit;   /* steps that a period should take at most */
    bool only_merge;       /* no wall may be raised */
};

struct policy_question {
    uint32_t nodes, pairs_count;
    uint32_t period; /* 1: the first one since components or edges changed; nodes had other numbers before */
    uint32_t rule_words;             /* of `left` and `right` by node */
    const struct policy_pair *pairs; /* the same two nodes may have more than one */
    const uint32_t *domain_of; /* by node: a number below `nodes`, equal for those that share a domain; rules
                                  are obeyed */
    const uint32_t *weights;   /* by node: what its wall is worth; 100 is usual */
    const uint32_t *ids;       /* by node: its first component's id, as in the manifest */
    const uint64_t *left, *right; /* by node: the sides of rules that it is on; policy_may_share */
    struct policy_goal goal;
    /* The windows one by one: pair i had counts[8 * places[i] + w] invocations in window w. */
    uint32_t windows_known,
        newest; /* of 8: how many there are; w of the newest, whose predecessor is (w + 7) % 8 */
    const uint32_t *places;
    const uint64_t *counts;
    const uint64_t *cycles; /* by w: the window's length in processor cycles */
    uint32_t crossing_cost; /* cycles that an invocation between domains takes more than one within */
};

enum policy_action {
    POLICY_MERGE, /* all of other's domain go into node's domain */
    POLICY_SPLIT, /* node leaves its domain for one of its own */
    POLICY_MOVE, /* node leaves its domain for other's. Right behind a split of `other`, from the same domain:
                    they leave together */
};

#define POLICY_EXPECT_COUNTED INT64_MIN

struct policy_move {
    uint32_t action;      /* enum policy_action */
    uint32_t node, other; /* other: 0 for a split */
    uint32_t reason;      /* enum policy_reason; only the default's counts */
    int64_t expected;     /* gain in millionths of processing time, below 0: the price; POLICY_EXPECT_COUNTED:
                             what the counts say */
};

/* The answer: moves in the order in which they are made. */
struct policy_moves {
    uint32_t count, limit;
    struct policy_move *list;
    uint32_t *domain_of; /* by node: the layout after these moves, kept by policy_merge and the others */
};

/* What an own policy's file defines. `state`: POLICY_STATE_BYTES that nobody else touches, 0 at first.
 * Returns 0; anything else says that it failed. */
__attribute__((visibility("default"))) long policy_decide(const struct policy_question *question,
                                                          struct policy_moves *moves, void *state);

/* ---- For policies, own.c: each adds a move and changes moves->domain_of. False, and nothing done: there is
 * nothing to move, a rule keeps them apart, or there is no room for more moves. ---- */
bool policy_merge(const struct policy_question *question, struct policy_moves *moves, uint32_t into,
                  uint32_t from);
bool policy_split(const struct policy_question *question, struct policy_moves *moves, uint32_t node);
bool policy_move(const struct policy_question *question, struct policy_moves *moves, uint32_t node,
                 uint32_t into);
/* True if rules let the domains of two nodes be one, in moves->domain_of. */
bool policy_may_merge(const struct policy_question *question, const struct policy_moves *moves, uint32_t a,
                      uint32_t b);
/* Invocations of the newest windows that cross in moves->domain_of: to compare with goal.allowed_sum. */
uint64_t policy_crossing(const struct policy_question *question, const struct policy_moves *moves);
/* True if no rule keeps these two nodes apart. */
bool policy_may_share(const struct policy_question *question, uint32_t a, uint32_t b);

#endif

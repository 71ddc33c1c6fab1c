/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside a period: writing decisions down, and filling in what came of those of the period before.
 */
#ifndef POLICY_POLICY_RECORD_H
#define POLICY_POLICY_RECORD_H

#include "policy.h"

/* Both sides are domains of policy->answer; a merge is recorded before it is made, a split after. */
struct record_move {
    enum policy_action action;
    enum policy_reason reason;
    uint32_t left, right;
    uint64_t trade;
    int64_t expected; /* or POLICY_EXPECT_COUNTED */
};
void record_move(struct policy *policy, const struct record_move *move);
/* A component joins its unit; a group leaves another one of its domain. */
void record_obeyed_together(struct policy *policy, uint32_t component, uint32_t rule);
void record_obeyed_apart(struct policy *policy, uint32_t stays, uint32_t leaves, uint32_t rule);
/* With the newest window's counts and the present layout. Invocations that a decision spared are those
 * between its two sides whose ends share a domain now (merge); those it made cross, whose ends don't (split).
 */
void record_what_came(struct policy *policy);
/* The components are others: what came of the last decisions will never be known. */
void record_nothing_came(struct policy *policy);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside a period: what a policy answered (decide.h), held against all that must be so, then made into the
 * wanted layout and the record. Only policy_period.c calls it.
 *
 * 1. Nothing is made of an answer that has a wrong move.
 */
#ifndef POLICY_POLICY_ANSWER_H
#define POLICY_POLICY_ANSWER_H

#include "policy.h"

/* Each move names nodes that there are, moves something, and breaks no rule. False: policy->refused says why.
 * Takes time with the moves and the square of the nodes: for answers of others, not for the default's. */
bool answer_check(struct policy *policy);
/* Into `wanted`, numbers of domains below the components' count; each move is recorded, with the policy's own
 * reasons or as an own policy's. */
void answer_make(struct policy *policy, bool own, struct policy_result *result);

#endif

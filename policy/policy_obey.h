/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside a period: units as nodes, and the present layout changed as little as the rules want. Only
 * policy_period.c calls it.
 */
#ifndef POLICY_POLICY_OBEY_H
#define POLICY_POLICY_OBEY_H

#include "policy.h"

/* Fills node_of, first_of and the overlay's nodes, words and bits, and its domain_of and `wanted` with the
 * present layout as far as it obeys the rules: who is kept together follows the first component of the unit;
 * who is kept apart leaves, together with others of the domain that may be with it. Records each such move.
 */
void obey_rules(struct policy *policy, struct policy_result *result);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside a period: writing decisions down, and filling in what came of those of the period before.
 */
#ifndef POLICY_POLICY_RECORD_H
#define POLICY_POLICY_RECORD_H

#include "policy.h"

/* Of the overlay's domains; a merge before it is made, a split after. While decisions are staged, their sides
 * alone. */
void record_domains(struct policy *policy, enum policy_action action, enum policy_reason reason,
                    uint32_t left, uint32_t right);
/* What was staged is kept, and finished, or dropped. */
void record_trade(struct policy *policy, bool kept);
/* A component joins its unit; a group leaves another one of its domain. */
void record_obeyed_together(struct policy *policy, uint32_t component, uint32_t rule);
void record_obeyed_apart(struct policy *policy, uint32_t stays, uint32_t leaves, uint32_t rule);
/* With the newest window's counts and the present layout. Invocations that a decision spared are those
 * between its two sides whose ends share a domain now (merge); those it made cross, whose ends don't (split).
 */
void record_what_came(struct policy *policy);

#endif

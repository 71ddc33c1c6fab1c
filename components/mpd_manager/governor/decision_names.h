/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What decisions call those that they are about. A decision keeps indexes; components that are made come and
 * go, rules too, and an index is another's then. So it is noted here what each index was called until which
 * decision.
 */
#ifndef MPD_MANAGER_DECISION_NAMES_H
#define MPD_MANAGER_DECISION_NAMES_H

#include "layout.h"

/* Before the policy decides about this layout, by the rules of now: all decisions so far were about what was
 * noted before. */
void decision_names_note(const struct layout *layout, uint64_t decisions);
/* The name of a component, of a rule, in the decision of that number; "?" if it is not known any more. Good
 * until the next decision_names_note. */
const char *decision_component(uint32_t index, uint64_t number);
const char *decision_rule(uint32_t index, uint64_t number);

#endif

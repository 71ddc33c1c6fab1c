/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From one layout to another by the primitives of TSE11 section 3.1: merge and split. Where the supervisor
 * takes a whole partition at once, no plan is needed; a plan is for those who must take it step by step.
 *
 * 1. All splits come before all merges, and a merge only brings together what is together in the
 *    end: a wall that stands before and after stands all the time.
 * 2. Of each present domain the largest part that stays together stays where it is.
 */
#ifndef POLICY_PLAN_H
#define POLICY_PLAN_H

#include "decide.h"
#include "graph.h"

struct policy_step {
    enum policy_action action; /* a merge or a split */
    uint32_t component, other; /* ids; a split has no other: 0 */
};

#define PLAN_STEPS(components) (2u * (components))
#define PLAN_SCRATCH(components) (4u * (components))

/* Steps from the graph's domains to `wanted` (in normal form), in the order in which to take them. `steps`
 * has room for PLAN_STEPS, `scratch` for PLAN_SCRATCH words. Returns how many steps there are. Takes time
 * with the square of the number of components. */
uint32_t plan_steps(const struct graph *graph, const uint32_t *wanted, struct policy_step *steps,
                    uint32_t *scratch);

#endif

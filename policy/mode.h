/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Modes: which layout of domains is wanted, and the merges and splits that lead there from the present one. A
 * mode whose layout depends on counts (the adaptive policy of TSE11 section 3.4) is one more mode with a
 * planner of its own; the plan's form stays.
 */
#ifndef POLICY_MODE_H
#define POLICY_MODE_H

#include "graph.h"

enum policy_mode {
    POLICY_ISOLATED, /* each component in a domain of its own */
    POLICY_MERGED,   /* all components in one domain */
    POLICY_MANUAL,   /* as it is; changed by hand */
    POLICY_MODES
};

enum policy_action {
    POLICY_MERGE, /* all components of other's domain move into component's */
    POLICY_SPLIT, /* component gets a domain of its own */
};

struct policy_step {
    enum policy_action action;
    uint32_t component, other;
};

/* As users write it. */
const char *policy_mode_name(enum policy_mode mode);
/* False if no mode has this name. */
bool policy_mode_parse(const char *name, enum policy_mode *mode);
/* Steps from the graph's layout to the mode's, to be taken in order; at most GRAPH_COMPONENTS - 1. Returns
 * how many. */
uint32_t policy_plan(enum policy_mode mode, const struct graph *graph,
                     struct policy_step steps[GRAPH_COMPONENTS]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Modes: which layout of domains is wanted. Some ask for one layout whatever the counts are: theirs is made
 * here.
 */
#ifndef POLICY_MODE_H
#define POLICY_MODE_H

#include "graph.h"
#include "rules.h"

enum policy_mode {
    POLICY_ISOLATED,   /* each component in a domain of its own, as far as rules let it be alone */
    POLICY_MERGED,     /* as few domains as rules allow */
    POLICY_MANUAL,     /* as it is; changed by hand */
    POLICY_ADAPTIVE,   /* by counts: as many walls as the budget allows (policy.h) */
    POLICY_MERGE_ONLY, /* by counts, but walls that fell stay down: TSE11's stand-in for a static
                          configuration */
    POLICY_MODES
};

/* As users write it. */
const char *policy_mode_name(enum policy_mode mode);
/* True if the mode's layout depends on counts. */
bool policy_mode_counts(enum policy_mode mode);
/* False if no mode has this name. */
bool policy_mode_parse(const char *name, enum policy_mode *mode);

#define MODE_SCRATCH(components) (2u * (components))

/* The mode's layout, into `wanted`, in normal form; others: the graph's own. `rules` are for the graph's
 * components, or NULL. Where rules forbid one single domain, components are taken in their order, each into
 * the first domain that may have it: few domains, not always the fewest (that would be colouring a graph).
 * `scratch` has room for MODE_SCRATCH words. Returns the number of domains. */
uint32_t mode_partition(enum policy_mode mode, const struct graph *graph, const struct rules *rules,
                        uint32_t *wanted, uint32_t *scratch);

#endif

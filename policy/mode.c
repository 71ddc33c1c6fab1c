/* SPDX-License-Identifier: BSD-2-Clause */
#include "mode.h"

#include <string.h>

#include "partition.h"

static const char *const names[POLICY_MODES] = {
    [POLICY_ISOLATED] = "isolated", [POLICY_MERGED] = "merged",         [POLICY_MANUAL] = "manual",
    [POLICY_ADAPTIVE] = "adaptive", [POLICY_MERGE_ONLY] = "merge-only",
};

const char *policy_mode_name(enum policy_mode mode)
{
    return names[mode];
}

bool policy_mode_counts(enum policy_mode mode)
{
    return mode == POLICY_ADAPTIVE || mode == POLICY_MERGE_ONLY;
}

bool policy_mode_parse(const char *name, enum policy_mode *mode)
{
    for (unsigned i = 0; i < POLICY_MODES; i++)
        if (strcmp(names[i], name) == 0) {
            *mode = i;
            return true;
        }
    return false;
}

/* Units in their order, each into the first domain before it that rules let it into; those that have not had
 * their turn are each in a domain of their own. `first` holds the first component of each domain made so far.
 */
static void merged_fill(const struct rules *rules, uint32_t *wanted, uint32_t count, uint32_t *first)
{
    struct rule_violation violation;
    uint32_t domains = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (rules->unit[i] != i)
            continue;
        uint32_t domain = 0;
        while (domain < domains &&
               rules_merge_allowed(rules, wanted, first[domain], i, &violation) != POLICY_OK)
            domain++;
        if (domain == domains)
            first[domains++] = i;
        uint32_t into = wanted[first[domain]];
        for (uint32_t j = i; j < count; j++)
            if (rules->unit[j] == i)
                wanted[j] = into;
    }
}

uint32_t mode_partition(enum policy_mode mode, const struct graph *graph, const struct rules *rules,
                        uint32_t *wanted, uint32_t *scratch)
{
    uint32_t count = graph->components_count;
    if (mode != POLICY_ISOLATED && mode != POLICY_MERGED)
        return graph_partition(graph, wanted);
    for (uint32_t i = 0; i < count; i++)
        wanted[i] = rules ? rules->unit[i] : mode == POLICY_MERGED ? 0 : i;
    if (rules && mode == POLICY_MERGED)
        merged_fill(rules, wanted, count, scratch + count);
    return partition_normalise(wanted, count, scratch);
}

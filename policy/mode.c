/* SPDX-License-Identifier: BSD-2-Clause */
#include "mode.h"

#include <string.h>

static const char *const names[POLICY_MODES] = {
    [POLICY_ISOLATED] = "isolated",
    [POLICY_MERGED] = "merged",
    [POLICY_MANUAL] = "manual",
};

const char *policy_mode_name(enum policy_mode mode)
{
    return names[mode];
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

/* The first component, in the graph's order, of the domain that the index'th component is in. */
static uint32_t domain_first(const struct graph *graph, uint32_t index)
{
    uint32_t first = 0;
    while (graph->components[first].domain != graph->components[index].domain)
        first++;
    return first;
}

/* Of each domain the first component stays. */
static uint32_t plan_isolated(const struct graph *graph, struct policy_step *steps)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < graph->components_count; i++)
        if (domain_first(graph, i) != i)
            steps[count++] = (struct policy_step){POLICY_SPLIT, graph->components[i].id, 0};
    return count;
}

/* The first component's domain takes in each other domain, named by its first component. */
static uint32_t plan_merged(const struct graph *graph, struct policy_step *steps)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < graph->components_count; i++)
        if (domain_first(graph, i) == i)
            steps[count++] =
                (struct policy_step){POLICY_MERGE, graph->components[0].id, graph->components[i].id};
    return count;
}

uint32_t policy_plan(enum policy_mode mode, const struct graph *graph,
                     struct policy_step steps[GRAPH_COMPONENTS])
{
    switch (mode) {
    case POLICY_ISOLATED:
        return plan_isolated(graph, steps);
    case POLICY_MERGED:
        return plan_merged(graph, steps);
    default:
        return 0;
    }
}

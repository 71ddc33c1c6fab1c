/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan.h"

struct plan {
    const struct graph *graph;
    const uint32_t *wanted;
    uint32_t *present;
    uint32_t *stays; /* by present domain: which wanted domain's components stay in it */
    uint32_t *base;  /* by wanted domain: the component that the others are merged with */
    uint32_t *done;  /* by present domain: what stays in it is where it belongs */
};

static uint32_t piece_size(const struct plan *plan, uint32_t component)
{
    uint32_t size = 0;
    for (uint32_t i = 0; i < plan->graph->components_count; i++)
        size += plan->present[i] == plan->present[component] && plan->wanted[i] == plan->wanted[component];
    return size;
}

static bool component_stays(const struct plan *plan, uint32_t component)
{
    return plan->stays[plan->present[component]] == plan->wanted[component];
}

static void choose_who_stays(struct plan *plan, uint32_t *largest)
{
    uint32_t count = plan->graph->components_count;
    for (uint32_t i = 0; i < count; i++)
        largest[i] = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = piece_size(plan, i), domain = plan->present[i];
        if (size > largest[domain]) {
            largest[domain] = size;
            plan->stays[domain] = plan->wanted[i];
        }
    }
}

static void choose_bases(struct plan *plan)
{
    uint32_t count = plan->graph->components_count;
    for (uint32_t i = 0; i < count; i++) {
        plan->base[i] = GRAPH_NONE;
        plan->done[i] = 0;
    }
    for (uint32_t i = 0; i < count; i++)
        if (plan->base[plan->wanted[i]] == GRAPH_NONE)
            plan->base[plan->wanted[i]] = i;
}

uint32_t plan_steps(const struct graph *graph, const uint32_t *wanted, struct policy_step *steps,
                    uint32_t *scratch)
{
    uint32_t count = graph->components_count, taken = 0;
    struct plan plan = {graph, wanted, scratch, scratch + count, scratch + 2 * count, scratch + 3 * count};
    graph_partition(graph, plan.present);
    choose_who_stays(&plan, plan.base);
    choose_bases(&plan);
    for (uint32_t i = 0; i < count; i++)
        if (!component_stays(&plan, i))
            steps[taken++] = (struct policy_step){POLICY_SPLIT, graph->components[i].id, 0};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t base = plan.base[wanted[i]];
        bool first = true;
        if (component_stays(&plan, i)) { /* those that stay in one domain move as one */
            first = !plan.done[plan.present[i]];
            plan.done[plan.present[i]] = 1;
        }
        if (i != base && first)
            steps[taken++] =
                (struct policy_step){POLICY_MERGE, graph->components[base].id, graph->components[i].id};
    }
    return taken;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "policy/plan.h"

static struct layout layout;
static struct graph graph;
static void *graph_memory; /* taken once, and kept */
static uint32_t wanted[LAYOUT_COMPONENTS], scratch[PLAN_SCRATCH(LAYOUT_COMPONENTS)];
static struct policy_step steps[PLAN_STEPS(LAYOUT_COMPONENTS)];
_Static_assert(MODE_SCRATCH(LAYOUT_COMPONENTS) <= PLAN_SCRATCH(LAYOUT_COMPONENTS), "one scratch for both");
static enum policy_mode mode = POLICY_ISOLATED; /* as the system boots */

const struct layout *layout_read(void)
{
    long components = sup_components(layout.components, LAYOUT_COMPONENTS);
    long edges = sup_edges(layout.edges, LAYOUT_EDGES);
    long status = sup_counters(&layout.counters);
    if (components < 0 || components > LAYOUT_COMPONENTS || edges < 0 || edges > LAYOUT_EDGES || status < 0)
        return 0;
    layout.components_count = components;
    layout.edges_count = edges;
    for (long i = 0; i < components; i++)
        layout.components[i].name[SHOJI_NAME_BYTES - 1] = 0;
    return &layout;
}

const struct sup_component *layout_component(const struct layout *from, component_t id)
{
    for (uint32_t i = 0; i < from->components_count; i++)
        if (from->components[i].id == id)
            return &from->components[i];
    return 0;
}

const char *layout_name(const struct layout *from, component_t id)
{
    if (id == 0)
        return "supervisor";
    const struct sup_component *component = layout_component(from, id);
    return component ? component->name : "?";
}

long layout_find(const struct layout *from, const char *name)
{
    for (uint32_t i = 0; i < from->components_count; i++)
        if (strcmp(from->components[i].name, name) == 0)
            return from->components[i].id;
    return SHOJI_ENOENT;
}

static bool graph_fill(const struct layout *from)
{
    size_t bytes = graph_bytes(LAYOUT_COMPONENTS, LAYOUT_EDGES);
    if (!graph_memory)
        graph_memory = malloc(bytes);
    if (!graph_memory ||
        graph_place(&graph, graph_memory, bytes, LAYOUT_COMPONENTS, LAYOUT_EDGES) != POLICY_OK)
        return false;
    for (uint32_t i = 0; i < from->components_count; i++)
        if (graph_add_component(&graph, from->components[i].id, from->components[i].domain) != POLICY_OK)
            return false;
    for (uint32_t i = 0; i < from->edges_count; i++) {
        const struct sup_edge *edge = &from->edges[i];
        if (graph_add_edge(&graph, edge->client, edge->server, edge->invocations, edge->gated) != POLICY_OK)
            return false;
    }
    return true;
}

uint32_t layout_domains(const struct layout *from)
{
    uint32_t domains = 0;
    for (uint32_t i = 0; i < from->components_count; i++) {
        uint32_t first = 0;
        while (from->components[first].domain != from->components[i].domain)
            first++;
        domains += first == i;
    }
    return domains;
}

enum policy_mode layout_mode(void)
{
    return mode;
}

long layout_mode_set(enum policy_mode new_mode)
{
    const struct layout *now = layout_read();
    if (!now || !graph_fill(now))
        return SHOJI_EMEMORY;
    mode_partition(new_mode, &graph, 0, wanted, scratch);
    uint32_t count = plan_steps(&graph, wanted, steps, scratch);
    for (uint32_t i = 0; i < count; i++) {
        long status = steps[i].action == POLICY_MERGE ? pd_merge(steps[i].component, steps[i].other)
                                                      : pd_split(steps[i].component);
        if (status < 0) {
            mode = POLICY_MANUAL;
            return status;
        }
    }
    mode = new_mode;
    return count;
}

long layout_merge(component_t into, component_t from)
{
    long status = pd_merge(into, from);
    if (status >= 0)
        mode = POLICY_MANUAL;
    return status;
}

long layout_split(component_t component)
{
    long status = pd_split(component);
    if (status >= 0)
        mode = POLICY_MANUAL;
    return status;
}

long layout_move(component_t component, component_t into)
{
    long status = pd_move(component, into);
    if (status >= 0)
        mode = POLICY_MANUAL;
    return status;
}

static uint64_t moves_counted(void)
{
    struct sup_counters counters;
    return sup_counters(&counters) < 0 ? 0 : counters.merges + counters.splits;
}

long layout_partition(const uint32_t sets[], uint32_t count)
{
    uint64_t before = moves_counted();
    long status = pd_partition(sets, count);
    if (status < 0 && status != SHOJI_ESAME)
        return status;
    mode = POLICY_MANUAL;
    return (long)(moves_counted() - before);
}

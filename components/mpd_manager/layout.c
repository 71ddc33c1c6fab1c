/* SPDX-License-Identifier: BSD-2-Clause */
#include "layout.h"

#include <string.h>

static struct layout layout;
static struct graph graph;
static struct policy_step steps[GRAPH_COMPONENTS];
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

static void graph_fill(const struct layout *from)
{
    graph.components_count = from->components_count;
    for (uint32_t i = 0; i < from->components_count; i++)
        graph.components[i] = (struct graph_component){from->components[i].id, from->components[i].domain};
    graph.edges_count = from->edges_count;
    for (uint32_t i = 0; i < from->edges_count; i++)
        graph.edges[i] = (struct graph_edge){from->edges[i].client, from->edges[i].server,
                                             from->edges[i].invocations, from->edges[i].gated};
}

uint32_t layout_domains(const struct layout *from)
{
    graph_fill(from);
    return graph_domains(&graph);
}

enum policy_mode layout_mode(void)
{
    return mode;
}

long layout_mode_set(enum policy_mode wanted)
{
    const struct layout *now = layout_read();
    if (!now)
        return SHOJI_EMEMORY;
    graph_fill(now);
    uint32_t count = policy_plan(wanted, &graph, steps);
    for (uint32_t i = 0; i < count; i++) {
        long status = steps[i].action == POLICY_MERGE ? pd_merge(steps[i].component, steps[i].other)
                                                      : pd_split(steps[i].component);
        if (status < 0) {
            mode = POLICY_MANUAL;
            return status;
        }
    }
    mode = wanted;
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

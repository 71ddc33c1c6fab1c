/* SPDX-License-Identifier: BSD-2-Clause */
#include "layout.h"

#include <string.h>

#include "governor.h"
#include "mutex.h"
#include "walls.h"

static struct layout layout;
static struct mutex lock = MUTEX_FREE;

void layout_lock(void)
{
    mutex_lock(&lock);
}

void layout_unlock(void)
{
    mutex_unlock(&lock);
}

/* ---- Reading ---- */

/* The supervisor looks at each byte that it may write: no more room than was wanted last time, and then again
 * if that was too little. */
static long components_read(void)
{
    long count = sup_components(layout.components, layout.components_count);
    return count > (long)layout.components_count && count <= LAYOUT_COMPONENTS
               ? sup_components(layout.components, LAYOUT_COMPONENTS)
               : count;
}

static long edges_read(void)
{
    long count = sup_edges(layout.edges, layout.edges_count);
    return count > (long)layout.edges_count && count <= LAYOUT_EDGES ? sup_edges(layout.edges, LAYOUT_EDGES)
                                                                     : count;
}

static uint64_t moves_read; /* how many walls had moved when the components were read */

const struct layout *layout_read_counters(void)
{
    uint64_t domains = layout.counters.domains;
    if (sup_counters(&layout.counters) < 0)
        return 0;
    return shoji_global.moves == moves_read && layout.counters.domains == domains ? &layout : layout_read();
}

const struct layout *layout_read(void)
{
    moves_read = shoji_global.moves;
    long components = components_read();
    long edges = edges_read();
    long status = sup_counters(&layout.counters);
    if (components < 0 || components > LAYOUT_COMPONENTS || edges < 0 || edges > LAYOUT_EDGES || status < 0)
        return 0;
    layout.components_count = (uint32_t)components;
    layout.edges_count = (uint32_t)edges;
    for (long i = 0; i < components; i++)
        layout.components[i].name[SHOJI_NAME_BYTES - 1] = 0;
    return &layout;
}

const struct layout *layout_last(void)
{
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

bool layout_graph(const struct layout *from, struct graph *graph)
{
    graph_clear(graph);
    for (uint32_t i = 0; i < from->components_count; i++)
        if (graph_add_component(graph, from->components[i].id, from->components[i].domain) != POLICY_OK)
            return false;
    for (uint32_t i = 0; i < from->edges_count; i++) {
        const struct sup_edge *edge = &from->edges[i];
        if (graph_add_edge(graph, edge->client, edge->server, edge->invocations, edge->gated) != POLICY_OK)
            return false;
    }
    return true;
}

/* ---- Changing ---- */

static bool allowed(const uint32_t domains[], char *why)
{
    why[0] = 0;
    return walls_allow(domains, why, LAYOUT_WHY_BYTES);
}

/* The layout of now, as numbers of domains; false if the supervisor does not tell. */
static bool domains_now(uint32_t domains[LAYOUT_COMPONENTS])
{
    if (!layout_read() || !walls_fit(&layout))
        return false;
    for (uint32_t i = 0; i < layout.components_count; i++)
        domains[i] = layout.components[i].domain;
    return true;
}

static uint32_t *domain_of(uint32_t domains[], component_t component)
{
    for (uint32_t i = 0; i < layout.components_count; i++)
        if (layout.components[i].id == component)
            return &domains[i];
    return 0;
}

static long by_hand(long status)
{
    if (status >= 0)
        governor_by_hand();
    return status;
}

long layout_merge(component_t into, component_t from, char why[LAYOUT_WHY_BYTES])
{
    uint32_t domains[LAYOUT_COMPONENTS];
    why[0] = 0;
    if (!domains_now(domains))
        return SHOJI_EMEMORY;
    const uint32_t *to = domain_of(domains, into), *gone = domain_of(domains, from);
    if (to && gone && *to != *gone) {
        uint32_t old = *gone, new = *to;
        for (uint32_t i = 0; i < layout.components_count; i++)
            if (domains[i] == old)
                domains[i] = new;
        if (!allowed(domains, why))
            return SHOJI_EPERM;
    }
    return by_hand(pd_merge(into, from));
}

/* `component` leaves its domain for one of this number. */
static long leave(component_t component, uint32_t number, uint32_t domains[], char *why)
{
    uint32_t *domain = domain_of(domains, component);
    if (!domain)
        return SHOJI_OK; /* the supervisor knows no such component, and will say so */
    *domain = number;
    return allowed(domains, why) ? SHOJI_OK : SHOJI_EPERM;
}

long layout_split(component_t component, char why[LAYOUT_WHY_BYTES])
{
    uint32_t domains[LAYOUT_COMPONENTS];
    why[0] = 0;
    if (!domains_now(domains))
        return SHOJI_EMEMORY;
    long status = leave(component, UINT32_MAX, domains, why);
    return status < 0 ? status : by_hand(pd_split(component));
}

long layout_move(component_t component, component_t into, char why[LAYOUT_WHY_BYTES])
{
    uint32_t domains[LAYOUT_COMPONENTS];
    why[0] = 0;
    if (!domains_now(domains))
        return SHOJI_EMEMORY;
    const uint32_t *to = domain_of(domains, into);
    long status = to ? leave(component, *to, domains, why) : SHOJI_OK;
    return status < 0 ? status : by_hand(pd_move(component, into));
}

static uint64_t moves_counted(void)
{
    struct sup_counters counters;
    return sup_counters(&counters) < 0 ? 0 : counters.merges + counters.splits;
}

long layout_apply(const uint32_t sets[], uint32_t count, char why[LAYOUT_WHY_BYTES])
{
    uint64_t before = moves_counted();
    if (!allowed(sets, why))
        return SHOJI_EPERM;
    long status = pd_partition(sets, count);
    if (status < 0 && status != SHOJI_ESAME)
        return status;
    return (long)(moves_counted() - before);
}

long layout_partition(const uint32_t sets[], uint32_t count, char why[LAYOUT_WHY_BYTES])
{
    return by_hand(layout_apply(sets, count, why));
}

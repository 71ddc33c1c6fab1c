/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an uploaded component asks for, and what it gets: a gate for each symbol that a component of the
 * manifest offers, if a rule and our own edges allow it. Asking who offers a symbol gives nobody anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "upload_rules.h"
#include "uploads.h"

static const struct upload_edge *edge_find(const struct upload *upload, const char *symbol)
{
    for (uint32_t i = 0; i < upload->edges_count; i++)
        if (strcmp(upload->edges[i].symbol, symbol) == 0)
            return &upload->edges[i];
    return 0;
}

static uint64_t edge_add(struct upload *upload, const char *symbol, component_t server, uint64_t gate)
{
    struct upload_edge *edges = realloc(upload->edges, (upload->edges_count + 1) * sizeof *edges);
    if (!edges)
        return 0; /* the gate goes with its client */
    upload->edges = edges;
    edges += upload->edges_count++;
    *edges = (struct upload_edge){.server = server, .gate = gate};
    strcpy(edges->symbol, symbol);
    return gate;
}

/* Components that others made offer nothing: their own makers know why they are there. */
static bool is_server(const struct sup_component *component)
{
    return component->parent == 0;
}

/* Whether the component offers it: a gate for ourselves would not be given. */
static bool offers(const struct sup_component *component, const char *symbol)
{
    return mmp_pass_gate(component->id, symbol, made_self()) == SHOJI_EPERM;
}

static void refuse(const struct upload_linking *linking, const struct layout *layout, const char *symbol)
{
    const char *name = linking->upload->name;
    for (uint32_t i = 0; i < layout->components_count; i++) {
        const struct sup_component *server = &layout->components[i];
        if (!is_server(server) || !offers(server, symbol))
            continue;
        if (upload_rule_allows(name, server->name))
            snprintf(linking->why, LAYOUT_WHY_BYTES,
                     "It asks for `%.40s` of %s, which mpd_manager may not pass on: `edge mpd_manager %s "
                     "transitive` in the manifest would allow it.",
                     symbol, server->name, server->name);
        else
            snprintf(linking->why, LAYOUT_WHY_BYTES,
                     "It asks for `%.40s` of %s: `rule NAME upload %s may %s` would allow it (POST "
                     "/v1/rules).",
                     symbol, server->name, name, server->name);
        return;
    }
    snprintf(linking->why, LAYOUT_WHY_BYTES,
             "It asks for `%.63s`, which no component offers (supervisor calls are for the manifest's).",
             symbol);
}

uint64_t upload_resolve(void *context, const char *symbol)
{
    const struct upload_linking *linking = context;
    struct upload *upload = linking->upload;
    const struct layout *layout = layout_last();
    const struct upload_edge *known = edge_find(upload, symbol);

    if (known)
        return known->gate;
    if (strcmp(symbol, "shoji_global") == 0)
        return (uint64_t)&shoji_global;
    if (strlen(symbol) < UPLOAD_SYMBOL_BYTES && upload->edges_count < UPLOAD_EDGES)
        for (uint32_t i = 0; i < layout->components_count; i++) {
            const struct sup_component *server = &layout->components[i];
            if (!is_server(server) || !upload_rule_allows(upload->name, server->name))
                continue;
            long gate = mmp_pass_gate(server->id, symbol, upload->made.pd);
            if (gate > 0)
                return edge_add(upload, symbol, server->id, (uint64_t)gate);
        }
    refuse(linking, layout, symbol);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "render.h"

#include <stdlib.h>

#include "governor.h"
#include "text.h"
#include "yyjson.h"

#define HOT_STEPS 10 /* widths of an edge's line in Graphviz, in thirds of a point */

static char *take(yyjson_mut_doc *document, yyjson_write_flag how, size_t *bytes)
{
    yyjson_write_err error;
    char *text = yyjson_mut_write_opts(document, how, 0, bytes, &error);
    yyjson_mut_doc_free(document);
    return text;
}

char *render_take(yyjson_mut_doc *document, size_t *bytes)
{
    return take(document, YYJSON_WRITE_PRETTY_TWO_SPACES | YYJSON_WRITE_NEWLINE_AT_END, bytes);
}

char *render_take_line(yyjson_mut_doc *document, size_t *bytes)
{
    return take(document, YYJSON_WRITE_NOFLAG, bytes);
}

yyjson_mut_doc *render_start(yyjson_mut_val **root, bool array)
{
    yyjson_mut_doc *document = yyjson_mut_doc_new(0);
    if (!document)
        return 0;
    *root = array ? yyjson_mut_arr(document) : yyjson_mut_obj(document);
    yyjson_mut_doc_set_root(document, *root);
    return document;
}

/* True for the first component, in the supervisor's order, of a domain. */
static bool domain_starts_at(const struct layout *layout, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (layout->components[i].domain == layout->components[index].domain)
            return false;
    return true;
}

void render_state(yyjson_mut_doc *document, yyjson_mut_val *entry, const struct sup_component *component)
{
    yyjson_mut_obj_add_str(document, entry, "state",
                           component->state == SUP_RUNS   ? "runs"
                           : component->state == SUP_DOWN ? "down"
                                                          : "stays down");
    yyjson_mut_obj_add_uint(document, entry, "reboots", component->reboots);
    if (component->reason[0] != '\0')
        yyjson_mut_obj_add_str(document, entry, "reason", component->reason);
}

void render_component(yyjson_mut_doc *document, yyjson_mut_val *entry, const struct layout *layout,
                      const struct sup_component *component)
{
    yyjson_mut_obj_add_str(document, entry, "name", component->name);
    yyjson_mut_obj_add_uint(document, entry, "id", component->id);
    if (component->parent)
        yyjson_mut_obj_add_str(document, entry, "parent", layout_name(layout, component->parent));
    yyjson_mut_obj_add_uint(document, entry, "domain", component->domain);
    yyjson_mut_val *memory = yyjson_mut_obj_add_obj(document, entry, "memory");
    yyjson_mut_obj_add_uint(document, memory, "used", component->memory_used);
    yyjson_mut_obj_add_uint(document, memory, "budget", component->memory_budget);
    yyjson_mut_obj_add_uint(document, entry, "faults", component->faults);
    render_state(document, entry, component);
}

static void add_components(yyjson_mut_doc *document, yyjson_mut_val *root, const struct layout *layout)
{
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "components");
    for (uint32_t i = 0; i < layout->components_count; i++)
        render_component(document, yyjson_mut_arr_add_obj(document, list), layout, &layout->components[i]);
}

/* The names of those who are in one domain with component `first`, which is the first of them. */
static void add_members(yyjson_mut_doc *document, yyjson_mut_val *list, const struct layout *layout,
                        uint32_t first)
{
    for (uint32_t i = first; i < layout->components_count; i++)
        if (layout->components[i].domain == layout->components[first].domain)
            yyjson_mut_arr_add_str(document, list, layout->components[i].name);
}

/* Of those of component `first`'s domain that others have made: by whom. */
static void add_parents(yyjson_mut_doc *document, yyjson_mut_val *parents, const struct layout *layout,
                        uint32_t first)
{
    for (uint32_t i = first; i < layout->components_count; i++) {
        const struct sup_component *component = &layout->components[i];
        if (component->domain == layout->components[first].domain && component->parent)
            yyjson_mut_obj_add_str(document, parents, component->name,
                                   layout_name(layout, component->parent));
    }
}

static void add_domains(yyjson_mut_doc *document, yyjson_mut_val *root, const struct layout *layout,
                        bool parents)
{
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "domains");
    for (uint32_t i = 0; i < layout->components_count; i++) {
        if (!domain_starts_at(layout, i))
            continue;
        yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, list);
        yyjson_mut_obj_add_uint(document, entry, "domain", layout->components[i].domain);
        add_members(document, yyjson_mut_obj_add_arr(document, entry, "components"), layout, i);
        if (parents)
            add_parents(document, yyjson_mut_obj_add_obj(document, entry, "parents"), layout, i);
    }
}

static void add_edges(yyjson_mut_doc *document, yyjson_mut_val *list, const struct layout *layout)
{
    for (uint32_t i = 0; i < layout->edges_count; i++) {
        const struct sup_edge *edge = &layout->edges[i];
        yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, list);
        yyjson_mut_obj_add_str(document, entry, "client", layout_name(layout, edge->client));
        yyjson_mut_obj_add_str(document, entry, "server", layout_name(layout, edge->server));
        yyjson_mut_obj_add_uint(document, entry, "invocations", edge->invocations);
        yyjson_mut_obj_add_uint(document, entry, "gated", edge->gated);
        yyjson_mut_obj_add_bool(document, entry, "crossing", edge->crossing);
    }
}

static void add_counters(yyjson_mut_doc *document, yyjson_mut_val *root, const struct sup_counters *counters)
{
    yyjson_mut_val *entry = yyjson_mut_obj_add_obj(document, root, "counters");
    yyjson_mut_obj_add_uint(document, entry, "instructions", counters->instructions);
    yyjson_mut_obj_add_uint(document, entry, "gated", counters->gated);
    yyjson_mut_obj_add_uint(document, entry, "passed", counters->passed);
    yyjson_mut_obj_add_uint(document, entry, "returns", counters->returns);
    yyjson_mut_obj_add_uint(document, entry, "faults", counters->faults);
    yyjson_mut_obj_add_uint(document, entry, "switches", counters->switches);
    yyjson_mut_obj_add_uint(document, entry, "mixed", counters->mixed);
    yyjson_mut_obj_add_uint(document, entry, "merges", counters->merges);
    yyjson_mut_obj_add_uint(document, entry, "splits", counters->splits);
    yyjson_mut_obj_add_uint(document, entry, "stale_domains", counters->stale_domains);
    yyjson_mut_obj_add_uint(document, entry, "domains", counters->domains);
    yyjson_mut_obj_add_uint(document, entry, "cycles", counters->cycles);
}

static void add_mode(yyjson_mut_doc *document, yyjson_mut_val *entry)
{
    yyjson_mut_obj_add_str(document, entry, "mode", policy_mode_name(governor_state()->settings.mode));
}

static yyjson_mut_doc *graph(const struct layout *layout)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    add_mode(document, yyjson_mut_obj_add_obj(document, root, "policy"));
    add_components(document, root, layout);
    add_domains(document, root, layout, false); /* the components say it */
    add_edges(document, yyjson_mut_obj_add_arr(document, root, "edges"), layout);
    add_counters(document, root, &layout->counters);
    return document;
}

char *render_graph(const struct layout *layout, size_t *bytes)
{
    yyjson_mut_doc *document = graph(layout);
    return document ? render_take(document, bytes) : 0;
}

char *render_graph_line(const struct layout *layout, size_t *bytes)
{
    yyjson_mut_doc *document = graph(layout);
    return document ? render_take_line(document, bytes) : 0;
}

char *render_edges(const struct layout *layout, size_t *bytes)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, true);
    if (!document)
        return 0;
    add_edges(document, root, layout);
    return render_take(document, bytes);
}

char *render_partition(const struct layout *layout, size_t *bytes)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "domains");
    for (uint32_t i = 0; i < layout->components_count; i++)
        if (domain_starts_at(layout, i))
            add_members(document, yyjson_mut_arr_add_arr(document, list), layout, i);
    return render_take(document, bytes);
}

char *render_domains(const struct layout *layout, size_t *bytes)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    add_domains(document, root, layout, true);
    yyjson_mut_obj_add_uint(document, root, "stale_domains", layout->counters.stale_domains);
    return render_take(document, bytes);
}

char *render_change(const struct layout *layout, const char *sentence, long steps, size_t *bytes)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    yyjson_mut_obj_add_str(document, root, "done", sentence);
    add_mode(document, root);
    yyjson_mut_obj_add_uint(document, root, "domains", layout_domains(layout));
    yyjson_mut_obj_add_int(document, root, "steps", steps);
    return render_take(document, bytes);
}

char *render_edges_csv(const struct layout *layout, size_t *bytes)
{
    struct text text = {0};
    text_add(&text, "client,server,invocations,gated\n");
    for (uint32_t i = 0; i < layout->edges_count; i++) {
        const struct sup_edge *edge = &layout->edges[i];
        text_add(&text, "%s,%s,%lu,%lu\n", layout_name(layout, edge->client),
                 layout_name(layout, edge->server), (unsigned long)edge->invocations,
                 (unsigned long)edge->gated);
    }
    return text_take(&text, bytes);
}

static unsigned bits(uint64_t number)
{
    return number ? 64 - __builtin_clzll(number) : 0;
}

/* Width of an edge's line: 0 for one never used, HOT_STEPS for the hottest; each step is the same factor. */
static unsigned heat(uint64_t invocations, uint64_t hottest)
{
    return hottest ? bits(invocations) * HOT_STEPS / bits(hottest) : 0;
}

static void dot_domains(struct text *text, const struct layout *layout)
{
    for (uint32_t i = 0; i < layout->components_count; i++) {
        if (!domain_starts_at(layout, i))
            continue;
        uint32_t domain = layout->components[i].domain;
        text_add(text, "  subgraph cluster_%u {\n    label=\"domain %u\";\n", domain, domain);
        for (uint32_t j = i; j < layout->components_count; j++)
            if (layout->components[j].domain == domain)
                text_add(text, "    \"%s\";\n", layout->components[j].name);
        text_add(text, "  }\n");
    }
}

char *render_dot(const struct layout *layout, size_t *bytes)
{
    struct text text = {0};
    uint64_t hottest = 0;
    for (uint32_t i = 0; i < layout->edges_count; i++)
        if (layout->edges[i].invocations > hottest)
            hottest = layout->edges[i].invocations;

    text_add(
        &text,
        "digraph shoji {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fillcolor=white];\n"
        "  graph [style=rounded, color=grey];\n  \"supervisor\" [style=filled, fillcolor=lightgrey];\n");
    dot_domains(&text, layout);
    for (uint32_t i = 0; i < layout->edges_count; i++) {
        const struct sup_edge *edge = &layout->edges[i];
        unsigned thirds = 1 + 2 * heat(edge->invocations, hottest);
        text_add(&text, "  \"%s\" -> \"%s\" [", layout_name(layout, edge->client),
                 layout_name(layout, edge->server));
        if (edge->invocations) /* those that are only allowed stay in the background */
            text_add(&text, "label=\"%lu\", ", (unsigned long)edge->invocations);
        text_add(&text, "penwidth=%u.%u, color=%s%s];\n", thirds / 3, thirds % 3 * 3,
                 edge->crossing ? "firebrick" : "forestgreen", edge->invocations ? "" : ", style=dotted");
    }
    text_add(&text, "}\n");
    return text_take(&text, bytes);
}

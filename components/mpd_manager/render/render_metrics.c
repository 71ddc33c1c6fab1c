/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The state of the system in the text format of Prometheus: names, units and HELP by its conventions. It has
 * some hundred lines, and is asked for all the time: so no line is made with a format, nor is a name looked
 * up for each.
 */
#include <stdio.h>

#include "governor.h"
#include "render.h"
#include "text.h"

static void family(struct text *text, const char *name, const char *type, const char *help)
{
    text_say(text, "# HELP shoji_");
    text_say(text, name);
    text_say(text, " ");
    text_say(text, help);
    text_say(text, "\n# TYPE shoji_");
    text_say(text, name);
    text_say(text, " ");
    text_say(text, type);
    text_say(text, "\n");
}

#define PREFIX_BYTES 96

/* What each line of a family begins with, for text_put. Returns its length. */
static size_t prefix_fill(char prefix[PREFIX_BYTES], const char *name, const char *label)
{
    return (size_t)snprintf(prefix, PREFIX_BYTES, "shoji_%s{%s=\"", name, label);
}

static void single(struct text *text, const char *name, const char *type, const char *help, uint64_t value)
{
    family(text, name, type, help);
    text_say(text, "shoji_");
    text_say(text, name);
    text_say(text, " ");
    text_number_line(text, value);
}

/* ---- By component and by edge ---- */

static uint64_t memory_used(const struct sup_component *component)
{
    return component->memory_used;
}
static uint64_t memory_budget(const struct sup_component *component)
{
    return component->memory_budget;
}
static uint64_t faults(const struct sup_component *component)
{
    return component->faults;
}
static uint64_t reboots(const struct sup_component *component)
{
    return component->reboots;
}
static uint64_t up(const struct sup_component *component)
{
    return component->state == SUP_RUNS;
}
static uint64_t domain(const struct sup_component *component)
{
    return component->domain;
}

static void components(struct text *text, const struct layout *layout)
{
    static const struct {
        const char *name, *type, *help;
        uint64_t (*value)(const struct sup_component *);
    } families[] = {
        {"component_memory_bytes", "gauge", "Heap that the component has.", memory_used},
        {"component_memory_budget_bytes", "gauge", "How far its heap may grow.", memory_budget},
        {"component_faults_total", "counter", "Faults of the component.", faults},
        {"component_reboots_total", "counter", "Times that it was rebooted from its image.", reboots},
        {"component_up", "gauge", "1 if it can be invoked, 0 if it is down.", up},
        {"component_domain", "gauge", "Number of the protection domain that it is in.", domain},
    };
    for (unsigned f = 0; f < sizeof families / sizeof *families; f++) {
        family(text, families[f].name, families[f].type, families[f].help);
        char prefix[PREFIX_BYTES];
        size_t bytes = prefix_fill(prefix, families[f].name, "component");
        for (uint32_t i = 0; i < layout->components_count; i++) {
            text_put(text, prefix, bytes);
            text_say(text, layout->components[i].name);
            text_say(text, "\"} ");
            text_number_line(text, families[f].value(&layout->components[i]));
        }
    }
}

#define IDS 256u

/* By id. */
static void names_fill(const char *names[IDS], const struct layout *layout)
{
    for (uint32_t id = 0; id < IDS; id++)
        names[id] = 0;
    for (uint32_t i = 0; i < layout->components_count; i++)
        names[layout->components[i].id % IDS] = layout->components[i].name;
    names[0] = layout_name(layout, 0);
}

static void name_say(struct text *text, const char *const names[IDS], component_t id)
{
    const char *name = id < IDS ? names[id] : 0;
    text_say(text, name ? name : "?");
}

static void edges(struct text *text, const struct layout *layout, const char *name, const char *help,
                  uint64_t (*value)(const struct sup_edge *))
{
    const char *names[IDS];
    names_fill(names, layout);
    family(text, name, "counter", help);
    char prefix[PREFIX_BYTES];
    size_t bytes = prefix_fill(prefix, name, "client");
    for (uint32_t i = 0; i < layout->edges_count; i++) {
        text_put(text, prefix, bytes);
        name_say(text, names, layout->edges[i].client);
        text_say(text, "\",server=\"");
        name_say(text, names, layout->edges[i].server);
        text_say(text, "\"} ");
        text_number_line(text, value(&layout->edges[i]));
    }
}

static uint64_t invocations(const struct sup_edge *edge)
{
    return edge->invocations;
}
static uint64_t gated(const struct sup_edge *edge)
{
    return edge->gated;
}

/* ---- The processor, the layout, the policy ---- */

static void processor(struct text *text, const struct sup_counters *counters)
{
    single(text, "cpu_instructions_total", "counter", "Instructions executed.", counters->instructions);
    single(text, "cpu_cycles_total", "counter", "Cycles in model mode, else instructions.", counters->cycles);
    single(text, "cpu_gated_calls_total", "counter", "Calls through gates that crossed domains.",
           counters->gated);
    single(text, "cpu_passed_calls_total", "counter", "Calls through gates within a domain.",
           counters->passed);
    single(text, "cpu_gate_returns_total", "counter", "Returns through gates.", counters->returns);
    single(text, "cpu_faults_total", "counter", "Protection faults.", counters->faults);
    single(text, "cpu_domain_switches_total", "counter", "Changes of the running domain.",
           counters->switches);
    single(text, "cpu_mixed_accesses_total", "counter", "Accesses that were checked word by word.",
           counters->mixed);
}

static void walls(struct text *text, const struct layout *layout)
{
    single(text, "merges_total", "counter", "Merges of domains.", layout->counters.merges);
    single(text, "splits_total", "counter", "Splits of domains.", layout->counters.splits);
    single(text, "domains", "gauge", "Protection domains that components are in.", layout_domains(layout));
    single(text, "stale_domains", "gauge", "Domains that live on for threads within them.",
           layout->counters.stale_domains);
    single(text, "table_bytes", "gauge", "Memory of permission tables, but for those of domains.",
           layout->counters.table_bytes);
}

static void policy(struct text *text)
{
    const struct governor_state *state = governor_state();
    family(text, "policy_mode", "gauge", "1 for the mode that the policy is in.");
    for (unsigned i = 0; i < POLICY_MODES; i++)
        text_add(text, "shoji_policy_mode{mode=\"%s\"} %u\n", policy_mode_name((enum policy_mode)i),
                 state->settings.mode == i);
    family(text, "policy_budget_ratio", "gauge", "Share of processor time that crossings may take.");
    text_add(text, "shoji_policy_budget_ratio %u.%03u\n", state->settings.budget / 1000,
             state->settings.budget % 1000);
    family(text, "policy_crossings_ratio", "gauge",
           "Share of processor time that crossings took in the last window.");
    text_add(text, "shoji_policy_crossings_ratio %lu.%06lu\n", (unsigned long)(state->window.share / 1000000),
             (unsigned long)(state->window.share % 1000000));
    single(text, "policy_crossing_cost_cycles", "gauge", "What a crossing costs, as the policy reckons.",
           state->settings.crossing_cost);
    single(text, "policy_periods_total", "counter", "Times that the policy ran.", state->periods);
    single(text, "policy_decisions_total", "counter", "Walls that it moved.", governor_decisions()->count);
}

char *render_metrics(const struct layout *layout, size_t *bytes)
{
    struct text text = {0};
    components(&text, layout);
    edges(&text, layout, "edge_invocations_total", "Invocations of the server by the client.", invocations);
    edges(&text, layout, "edge_crossings_total", "Those of them that crossed domains.", gated);
    processor(&text, &layout->counters);
    walls(&text, layout);
    policy(&text);
    return text_take(&text, bytes);
}

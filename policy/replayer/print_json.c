/* SPDX-License-Identifier: BSD-2-Clause */
#include "print_json.h"

#include <stdio.h>
#include <stdlib.h>

#include <yyjson.h>

typedef yyjson_mut_doc document_t;
typedef yyjson_mut_val value_t;

document_t *print_json_begin(value_t **root)
{
    document_t *document = yyjson_mut_doc_new(NULL);
    *root = document ? yyjson_mut_obj(document) : NULL;
    if (!*root)
        fail("there is not enough memory");
    yyjson_mut_doc_set_root(document, *root);
    return document;
}

void print_json_end(document_t *document)
{
    size_t bytes;
    char *text = yyjson_mut_write(document, YYJSON_WRITE_PRETTY_TWO_SPACES, &bytes);
    if (!text)
        fail("there is not enough memory");
    fwrite(text, 1, bytes, stdout);
    putchar('\n');
    free(text);
    yyjson_mut_doc_free(document);
}

static void settings_add(document_t *document, value_t *to, const struct policy_settings *settings)
{
    yyjson_mut_obj_add_str(document, to, "mode", policy_mode_name(settings->mode));
    yyjson_mut_obj_add_real(document, to, "budget_percent", settings->budget / 10.0);
    yyjson_mut_obj_add_uint(document, to, "threshold", settings->threshold);
    yyjson_mut_obj_add_uint(document, to, "crossing_cost", settings->crossing_cost);
    yyjson_mut_obj_add_real(document, to, "hysteresis_percent", settings->hysteresis / 10.0);
    yyjson_mut_obj_add_uint(document, to, "windows", settings->windows);
}

/* A list of domains, each a list of names. */
static void layout_add(document_t *document, value_t *to, const struct trace *trace, const uint32_t *layout)
{
    value_t *domains = yyjson_mut_obj_add_arr(document, to, "layout");
    for (uint32_t i = 0; i < trace->components; i++) {
        bool first = true;
        for (uint32_t j = 0; j < i; j++)
            first &= layout[j] != layout[i];
        if (!first)
            continue;
        value_t *domain = yyjson_mut_arr_add_arr(document, domains);
        for (uint32_t j = i; j < trace->components; j++)
            if (layout[j] == layout[i])
                yyjson_mut_arr_add_str(document, domain, trace->names[j]);
    }
}

static void total_add(document_t *document, value_t *to, const struct trace *trace, uint64_t cost,
                      const struct replay_total *total, const struct replay_total *isolated)
{
    yyjson_mut_obj_add_uint(document, to, "windows", total->windows);
    yyjson_mut_obj_add_real(document, to, "cycles", (double)total->cycles);
    yyjson_mut_obj_add_real(document, to, "requests", (double)total->requests);
    yyjson_mut_obj_add_real(document, to,
                            trace->clock ? "requests_per_second" : "requests_per_million_cycles",
                            replay_rate(trace, total));
    yyjson_mut_obj_add_real(document, to, "over_isolated",
                            total->cycles ? (double)isolated->cycles / (double)total->cycles : 0);
    yyjson_mut_obj_add_real(document, to, "crossing_percent", 100 * replay_share(total, cost));
    yyjson_mut_obj_add_real(document, to, "domains", replay_domains(total));
    yyjson_mut_obj_add_uint(document, to, "merges", total->merges);
    yyjson_mut_obj_add_uint(document, to, "splits", total->splits);
    yyjson_mut_obj_add_real(document, to, "policy_steps", (double)total->work);
}

static void side_add(document_t *document, value_t *to, const char *key, const struct trace *trace,
                     const uint64_t *side)
{
    value_t *list = yyjson_mut_obj_add_arr(document, to, key);
    for (uint32_t i = 0; i < trace->components; i++)
        if (decision_has(side, i))
            yyjson_mut_arr_add_str(document, list, trace->names[i]);
}

static void decision_add(document_t *document, value_t *list, const struct trace *trace,
                         const struct policy_decision *decision)
{
    value_t *entry = yyjson_mut_arr_add_obj(document, list);
    yyjson_mut_obj_add_uint(document, entry, "number", decision->number);
    yyjson_mut_obj_add_uint(document, entry, "period", decision->period);
    yyjson_mut_obj_add_str(document, entry, "action", decision->action == POLICY_MERGE ? "merge" : "split");
    yyjson_mut_obj_add_str(document, entry, "reason", policy_reason_name(decision->reason));
    if (decision->rule < trace->rules.count)
        yyjson_mut_obj_add_str(document, entry, "rule", trace->rules.list[decision->rule].name);
    if (decision->trade)
        yyjson_mut_obj_add_uint(document, entry, "trade", decision->trade);
    side_add(document, entry, "left", trace, decision->left);
    side_add(document, entry, "right", trace, decision->right);
    yyjson_mut_obj_add_uint(document, entry, "seen", decision->seen);
    yyjson_mut_obj_add_uint(document, entry, "mean", decision->mean);
    yyjson_mut_obj_add_real(document, entry, "expected_percent", (double)decision->expected / 1e4);
    if (decision->known)
        yyjson_mut_obj_add_real(document, entry, "came_percent", (double)decision->came / 1e4);
}

static void window_add(document_t *document, value_t *list, const struct print_run *run, uint32_t index)
{
    const struct replay_window *window = &run->replay->windows[index];
    value_t *entry = yyjson_mut_arr_add_obj(document, list);
    yyjson_mut_obj_add_str(document, entry, "phase", run->trace->phase_names[run->trace->list[index].phase]);
    yyjson_mut_obj_add_uint(document, entry, "cycles", window->cycles);
    yyjson_mut_obj_add_uint(document, entry, "crossings", window->crossing);
    yyjson_mut_obj_add_uint(document, entry, "domains", window->domains);
    yyjson_mut_obj_add_uint(document, entry, "merges", window->merges);
    yyjson_mut_obj_add_uint(document, entry, "splits", window->splits);
    yyjson_mut_obj_add_real(document, entry, "over_isolated",
                            (double)run->isolated->windows[index].cycles / (double)window->cycles);
}

void print_run_json(const struct print_run *run)
{
    const struct trace *trace = run->trace;
    const struct replay *replay = run->replay;
    const struct decisions *record = &replay->policy.decisions;
    value_t *root;
    document_t *document = print_json_begin(&root);
    settings_add(document, yyjson_mut_obj_add_obj(document, root, "settings"), run->settings);
    total_add(document, yyjson_mut_obj_add_obj(document, root, "total"), trace, run->settings->crossing_cost,
              &replay->all, &run->isolated->all);
    value_t *phases = yyjson_mut_obj_add_arr(document, root, "phases");
    for (uint32_t i = 0; i < trace->phases; i++) {
        value_t *phase = yyjson_mut_arr_add_obj(document, phases);
        yyjson_mut_obj_add_str(document, phase, "name", trace->phase_names[i]);
        total_add(document, phase, trace, run->settings->crossing_cost, &replay->phases[i],
                  &run->isolated->phases[i]);
        layout_add(document, phase, trace, &replay->layouts[(size_t)i * trace->components]);
    }
    value_t *windows = yyjson_mut_obj_add_arr(document, root, "windows");
    for (uint32_t i = 0; i < trace->windows; i++)
        window_add(document, windows, run, i);
    value_t *decisions = yyjson_mut_obj_add_arr(document, root, "decisions");
    for (uint64_t i = decisions_oldest(record); i <= record->count; i++)
        decision_add(document, decisions, trace, decisions_find(record, i));
    print_json_end(document);
}

void print_costs_json(const struct trace *trace, const struct policy_settings *settings,
                      const struct print_cost *costs, uint32_t count)
{
    value_t *root;
    document_t *document = print_json_begin(&root);
    yyjson_mut_obj_add_real(document, root, "budget_percent", settings->budget / 10.0);
    value_t *systems = yyjson_mut_obj_add_arr(document, root, "systems");
    for (uint32_t i = 0; i < count; i++) {
        const struct print_cost *cost = &costs[i];
        value_t *system = yyjson_mut_arr_add_obj(document, systems);
        yyjson_mut_obj_add_str(document, system, "name", cost->name);
        yyjson_mut_obj_add_uint(document, system, "cycles", cost->cycles);
        yyjson_mut_obj_add_str(document, system, "source", cost->source);
        const struct replay *replays[] = {&cost->isolated, &cost->merged, &cost->adaptive};
        static const char *const names[] = {"isolated", "merged", "adaptive"};
        for (int r = 0; r < 3; r++) {
            value_t *entry = yyjson_mut_obj_add_obj(document, system, names[r]);
            total_add(document, entry, trace, cost->cycles, &replays[r]->all, &cost->isolated.all);
            value_t *phases = yyjson_mut_obj_add_arr(document, entry, "phases");
            for (uint32_t p = 0; p < trace->phases; p++) {
                value_t *phase = yyjson_mut_arr_add_obj(document, phases);
                yyjson_mut_obj_add_str(document, phase, "name", trace->phase_names[p]);
                total_add(document, phase, trace, cost->cycles, &replays[r]->phases[p],
                          &cost->isolated.phases[p]);
                layout_add(document, phase, trace, &replays[r]->layouts[(size_t)p * trace->components]);
            }
        }
    }
    print_json_end(document);
}

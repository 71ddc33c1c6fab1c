/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy as JSON: what is set, what the last window was like, which rules are in force, what was decided.
 */
#include "decision_names.h"
#include "governor.h"
#include "own_policy.h"
#include "render.h"
#include "upload_rules.h"
#include "walls.h"

/* Shares are in millionths here, and in percent for people. */
static double percent(int64_t millionths)
{
    return (double)millionths / 10000;
}

static void add_settings(yyjson_mut_doc *document, yyjson_mut_val *root, const struct governor_state *state)
{
    const struct policy_settings *settings = &state->settings;
    yyjson_mut_obj_add_str(document, root, "mode", policy_mode_name(settings->mode));
    yyjson_mut_obj_add_real(document, root, "budget_percent", settings->budget / 10.0);
    if (settings->threshold)
        yyjson_mut_obj_add_uint(document, root, "threshold", settings->threshold);
    else
        yyjson_mut_obj_add_null(document, root, "threshold");
    yyjson_mut_obj_add_uint(document, root, "period_ms", settings->period);
    yyjson_mut_obj_add_real(document, root, "hysteresis_percent", settings->hysteresis / 10.0);
    yyjson_mut_val *cost = yyjson_mut_obj_add_obj(document, root, "crossing_cost");
    yyjson_mut_obj_add_uint(document, cost, "cycles", settings->crossing_cost);
    yyjson_mut_obj_add_uint(document, cost, "measured", state->cost_measured);
    yyjson_mut_obj_add_bool(document, cost, "by_hand", state->cost_by_hand);
    yyjson_mut_obj_add_bool(document, root, "log", state->log);
}

/* Who decides in mode adaptive, and why it is the default, or does not decide. */
static void add_policy(yyjson_mut_doc *document, yyjson_mut_val *root)
{
    const char *reason = governor_policy_waits() ? governor_policy_waits() : own_policy_reason();
    yyjson_mut_obj_add_strcpy(document, root, "policy", own_policy_name());
    if (reason)
        yyjson_mut_obj_add_strcpy(document, root, "policy_reason", reason);
    else
        yyjson_mut_obj_add_null(document, root, "policy_reason");
}

static void add_window(yyjson_mut_doc *document, yyjson_mut_val *root, const struct governor_state *state)
{
    const struct governor_window *window = &state->window;
    yyjson_mut_val *entry = yyjson_mut_obj_add_obj(document, root, "window");
    yyjson_mut_obj_add_uint(document, entry, "microseconds", window->microseconds);
    yyjson_mut_obj_add_uint(document, entry, "cycles", window->cycles);
    yyjson_mut_obj_add_uint(document, entry, "invocations", window->invocations);
    yyjson_mut_obj_add_uint(document, entry, "crossings", window->crossings);
    yyjson_mut_obj_add_real(document, entry, "crossings_percent", percent(window->share));
}

char *render_policy(const struct layout *layout, size_t *bytes)
{
    const struct governor_state *state = governor_state();
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    add_settings(document, root, state);
    add_policy(document, root);
    yyjson_mut_obj_add_uint(document, root, "domains", layout_domains(layout));
    add_window(document, root, state);
    yyjson_mut_obj_add_uint(document, root, "periods", state->periods);
    yyjson_mut_obj_add_uint(document, root, "instructions_per_period", state->instructions);
    yyjson_mut_obj_add_uint(document, root, "cycles_per_second", state->cycles_per_second);
    yyjson_mut_obj_add_uint(document, root, "decisions", governor_decisions()->count);
    yyjson_mut_val *modes = yyjson_mut_obj_add_arr(document, root, "modes");
    for (unsigned i = 0; i < POLICY_MODES; i++)
        yyjson_mut_arr_add_str(document, modes, policy_mode_name((enum policy_mode)i));
    return render_take(document, bytes);
}

/* ---- Rules ---- */

static void add_side(yyjson_mut_doc *document, yyjson_mut_val *entry, const char *key,
                     const struct layout *layout, const struct rule *rule,
                     bool (*has)(const struct rules *, const struct rule *, uint32_t))
{
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, entry, key);
    for (uint32_t i = 0; i < layout->components_count; i++)
        if (has(walls_rules(), rule, i))
            yyjson_mut_arr_add_str(document, list, layout->components[i].name);
}

static void add_rules(yyjson_mut_doc *document, yyjson_mut_val *root, const struct layout *layout)
{
    const struct rules *rules = walls_rules();
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "rules");
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->list[i];
        char line[RULE_TEXT_BYTES];
        rule_text_write(rules, walls_names(), i, line, sizeof line);
        yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, list);
        yyjson_mut_obj_add_strcpy(document, entry, "name", rule->name);
        yyjson_mut_obj_add_str(document, entry, "kind", rule->kind == RULE_APART ? "apart" : "together");
        yyjson_mut_obj_add_strcpy(document, entry, "rule", line);
        add_side(document, entry, "left", layout, rule, rule_has_left);
        add_side(document, entry, "right", layout, rule, rule_has_right);
    }
}

static void add_labels(yyjson_mut_doc *document, yyjson_mut_val *root, const struct layout *layout)
{
    const struct rules *rules = walls_rules();
    yyjson_mut_val *labels = yyjson_mut_obj_add_obj(document, root, "labels");
    for (uint32_t label = 0; label < rules->labels_count; label++) {
        yyjson_mut_val *key = yyjson_mut_strcpy(document, rules->labels[label]),
                       *list = yyjson_mut_arr(document);
        yyjson_mut_obj_add(labels, key, list);
        for (uint32_t i = 0; i < layout->components_count; i++)
            if (rules->labelled[i] >> label & 1)
                yyjson_mut_arr_add_str(document, list, layout->components[i].name);
    }
}

static void add_weights(yyjson_mut_doc *document, yyjson_mut_val *root, const struct layout *layout)
{
    const struct rules *rules = walls_rules();
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "weights");
    for (uint32_t i = 0; i < layout->components_count; i++) {
        yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, list);
        yyjson_mut_obj_add_str(document, entry, "component", layout->components[i].name);
        yyjson_mut_obj_add_uint(document, entry, "weight", rules_weight(rules, i));
        yyjson_mut_obj_add_uint(document, entry, "risk", rules->traits[i].risk);
        yyjson_mut_obj_add_uint(document, entry, "lines", rules->traits[i].lines);
        yyjson_mut_obj_add_uint(document, entry, "faults", rules->traits[i].faults);
    }
}

char *render_rules(const struct layout *layout, size_t *bytes)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    add_rules(document, root, layout);
    add_labels(document, root, layout);
    add_weights(document, root, layout);
    upload_rules_add(document, root);
    return render_take(document, bytes);
}

/* ---- Decisions ---- */

static void add_members(yyjson_mut_doc *document, yyjson_mut_val *entry, const char *key, uint64_t number,
                        const uint64_t *side)
{
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, entry, key);
    for (uint32_t i = 0; i < LAYOUT_COMPONENTS; i++)
        if (decision_has(side, i))
            yyjson_mut_arr_add_str(document, list, decision_component(i, number));
}

static void add_decision(yyjson_mut_doc *document, yyjson_mut_val *entry,
                         const struct policy_decision *decision)
{
    uint64_t number = decision->number;
    yyjson_mut_obj_add_uint(document, entry, "number", number);
    yyjson_mut_obj_add_uint(document, entry, "period", decision->period);
    yyjson_mut_obj_add_str(document, entry, "action", decision->action == POLICY_MERGE ? "merge" : "split");
    yyjson_mut_obj_add_str(document, entry, "reason", policy_reason_name(decision->reason));
    if (decision->reason == POLICY_OBEYED && decision->rule != UINT32_MAX)
        yyjson_mut_obj_add_str(document, entry, "rule", decision_rule(decision->rule, number));
    if (decision->trade)
        yyjson_mut_obj_add_uint(document, entry, "trade", decision->trade);
    add_members(document, entry, "stayed", number, decision->left);
    add_members(document, entry, decision->action == POLICY_MERGE ? "joined" : "left", number,
                decision->right);
    yyjson_mut_obj_add_uint(document, entry, "invocations", decision->seen);
    yyjson_mut_obj_add_uint(document, entry, "mean", decision->mean);
    yyjson_mut_obj_add_uint(document, entry, "cycles", decision->cycles);
    yyjson_mut_obj_add_uint(document, entry, "crossing_cost", decision->crossing_cost);
    yyjson_mut_obj_add_real(document, entry, "expected_percent", percent(decision->expected));
    if (decision->known) {
        yyjson_mut_obj_add_uint(document, entry, "invocations_then", decision->came_seen);
        yyjson_mut_obj_add_real(document, entry, "actual_percent", percent(decision->came));
    } else {
        yyjson_mut_obj_add_null(document, entry, "actual_percent");
    }
}

char *render_decisions(uint64_t since, uint32_t most, size_t *bytes)
{
    const struct decisions *decisions = governor_decisions();
    uint64_t first = decisions_oldest(decisions);
    yyjson_mut_val *root;
    yyjson_mut_doc *document = render_start(&root, false);
    if (!document)
        return 0;
    if (first < since)
        first = since;
    if (decisions->count >= most && first < decisions->count - most + 1)
        first = decisions->count - most + 1;
    yyjson_mut_obj_add_uint(document, root, "count", decisions->count);
    add_policy(document, root);
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(document, root, "decisions");
    for (uint64_t number = first; number <= decisions->count; number++)
        add_decision(document, yyjson_mut_arr_add_obj(document, list), decisions_find(decisions, number));
    return render_take(document, bytes);
}

char *render_decision_line(uint64_t number, size_t *bytes)
{
    const struct policy_decision *decision = decisions_find(governor_decisions(), number);
    yyjson_mut_val *root;
    yyjson_mut_doc *document = decision ? render_start(&root, false) : 0;
    if (!document)
        return 0;
    add_decision(document, root, decision);
    return render_take_line(document, bytes);
}

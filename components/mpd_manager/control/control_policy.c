/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy over the control interface: settings and decisions.
 */
#include <stdio.h>
#include <string.h>

#include "control_policy.h"
#include "governor.h"
#include "handlers.h"
#include "json_body.h"
#include "own_policy.h"
#include "render.h"

#define DECISIONS_MOST 100u /* of one answer */

void get_policy(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = answer_layout(answer);
    if (layout)
        answer_body(answer, answer_json, render_policy(layout, &answer->bytes));
}

/* since=NUMBER, or nothing. */
static bool query_since(const struct request *request, uint64_t *since)
{
    static const char key[] = "since=";
    const char *query;
    uint32_t bytes = request_query(request, &query);
    *since = 1;
    if (bytes == 0)
        return true;
    if (bytes < sizeof key || bytes > sizeof key + 18 || memcmp(query, key, sizeof key - 1) != 0)
        return false;
    *since = 0;
    for (uint32_t i = sizeof key - 1; i < bytes; i++) {
        if (query[i] < '0' || query[i] > '9')
            return false;
        *since = *since * 10 + (uint64_t)(query[i] - '0');
    }
    return true;
}

void get_decisions(const struct request *request, struct control_answer *answer)
{
    uint64_t since;
    if (!query_since(request, &since)) {
        answer_refuse(answer, 400, "The query may be since=NUMBER: the first decision that is wanted.");
        return;
    }
    answer_body(answer, answer_json, render_decisions(since, DECISIONS_MOST, &answer->bytes));
}

/* ---- Settings ---- */

struct change {
    struct policy_settings settings;
    bool by_hand, log;
    const char *policy; /* in the document */
};

/* A number from 0 to `most`, times `scale`, rounded. */
static bool number(yyjson_val *value, double most, double scale, uint64_t *out)
{
    double said = yyjson_is_num(value) ? yyjson_get_num(value) : -1;
    if (!(said >= 0) || said > most)
        return false;
    *out = (uint64_t)(said * scale + 0.5);
    return true;
}

/* What each member means. False: it is not of the right shape; `expected` says what is. */
static bool read_mode(yyjson_val *value, struct change *change)
{
    const char *name = yyjson_get_str(value);
    return name && policy_mode_parse(name, &change->settings.mode);
}

static bool read_budget(yyjson_val *value, struct change *change)
{
    uint64_t budget;
    if (!number(value, 100, 10, &budget))
        return false;
    change->settings.budget = (uint32_t)budget;
    change->settings.threshold = 0;
    return true;
}

static bool read_threshold(yyjson_val *value, struct change *change)
{
    if (yyjson_is_null(value)) {
        change->settings.threshold = 0;
        return true;
    }
    return number(value, 1e15, 1, &change->settings.threshold) && change->settings.threshold > 0;
}

static bool read_period(yyjson_val *value, struct change *change)
{
    uint64_t period;
    if (!number(value, 60000, 1, &period) || period < 10)
        return false;
    change->settings.period = (uint32_t)period;
    return true;
}

static bool read_hysteresis(yyjson_val *value, struct change *change)
{
    uint64_t hysteresis;
    if (!number(value, 90, 10, &hysteresis))
        return false;
    change->settings.hysteresis = (uint32_t)hysteresis;
    return true;
}

static bool read_cost(yyjson_val *value, struct change *change)
{
    uint64_t cost;
    change->by_hand = !yyjson_equals_str(value, "measured");
    if (!change->by_hand)
        return true;
    if (!number(value, SETTINGS_COST_MOST, 1, &cost))
        return false;
    change->settings.crossing_cost = (uint32_t)cost;
    return true;
}

static bool read_log(yyjson_val *value, struct change *change)
{
    change->log = yyjson_get_bool(value);
    return yyjson_is_bool(value);
}

static bool read_policy(yyjson_val *value, struct change *change)
{
    change->policy = yyjson_get_str(value);
    return change->policy;
}

static const struct member {
    const char *name, *expected;
    bool (*read)(yyjson_val *value, struct change *change);
} members[] = {
    {"mode", "one of isolated, merged, manual, adaptive and merge-only", read_mode},
    {"budget_percent", "a number from 0 to 100: the share of processor time for crossings", read_budget},
    {"threshold", "a number of invocations between domains a second, or null for the budget", read_threshold},
    {"period_ms", "a number of milliseconds from 10 to 60000", read_period},
    {"hysteresis_percent", "a number from 0 to 90", read_hysteresis},
    {"crossing_cost", "a number of cycles, or \"measured\"", read_cost},
    {"log", "true or false: whether decisions are printed on the console", read_log},
    {"policy", "a name: default, or that of the one that is loaded", read_policy},
};

const char *policy_setting(unsigned index)
{
    return index < sizeof members / sizeof *members ? members[index].name : 0;
}

bool policy_setting_is(const char *name)
{
    for (unsigned i = 0; policy_setting(i); i++)
        if (strcmp(policy_setting(i), name) == 0)
            return true;
    return false;
}

static bool change_read(yyjson_val *root, struct change *change, struct control_answer *answer)
{
    yyjson_obj_iter iterator = yyjson_obj_iter_with(root);
    yyjson_val *key;
    if (yyjson_obj_size(root) == 0) {
        answer_refuse(answer, 400,
                      "The object is empty; it may have mode, budget_percent, threshold, "
                      "period_ms, hysteresis_percent, crossing_cost, log and policy.");
        return false;
    }
    while ((key = yyjson_obj_iter_next(&iterator))) {
        const struct member *member = members, *end = members + sizeof members / sizeof *members;
        while (member < end && !yyjson_equals_str(key, member->name))
            member++;
        if (member == end) {
            answer_refuse(
                answer, 400,
                "There is no setting \"%.40s\"; there are mode, budget_percent, threshold, period_ms, "
                "hysteresis_percent, crossing_cost, log and policy.",
                yyjson_get_str(key));
            return false;
        }
        if (!member->read(yyjson_obj_iter_get_val(key), change)) {
            answer_refuse(answer, 400, "Setting \"%s\" must be %s.", member->name, member->expected);
            return false;
        }
    }
    return true;
}

static const char *done(enum policy_mode mode)
{
    switch (mode) {
    case POLICY_MANUAL:
        return "The layout stays as it is until it is changed by hand.";
    case POLICY_ADAPTIVE:
        return "The layout follows the counts from now on.";
    case POLICY_MERGE_ONLY:
        return "Walls fall as the counts want it, and none is raised.";
    default:
        return "The layout is as the mode wants it.";
    }
}

/* Another one than the default comes with its file alone. */
static bool policy_is_there(const struct change *change, struct control_answer *answer)
{
    const char *name = change->policy;
    if (!name || strcmp(name, "default") == 0 || strcmp(name, own_policy_name()) == 0)
        return true;
    answer_refuse(answer, 404,
                  "No policy \"%.40s\" is loaded; PUT /v1/policy/code?name=NAME loads one from its file.",
                  name);
    return false;
}

void put_policy(const struct request *request, struct control_answer *answer)
{
    yyjson_doc *document = json_body_read(request, "{\"mode\":\"adaptive\",\"budget_percent\":10}", answer);
    if (!document)
        return;
    const struct governor_state *state = governor_state();
    struct change change = {.settings = state->settings, .by_hand = state->cost_by_hand, .log = state->log};
    bool read =
        change_read(yyjson_doc_get_root(document), &change, answer) && policy_is_there(&change, answer);
    bool to_default = change.policy && strcmp(change.policy, "default") == 0;
    yyjson_doc_free(document);
    if (!read)
        return;
    char why[LAYOUT_WHY_BYTES];
    long steps = governor_set(&change.settings, change.by_hand, change.log, why);
    if (steps == SHOJI_EINVAL && *why)
        answer_refuse(answer, 400, "%s", why);
    else if (steps < 0)
        answer_refuse_change(answer, steps, "The layout is so already.", why);
    else {
        if (to_default)
            governor_policy_default();
        const char *waits = governor_policy_waits();
        char sentence[256];
        snprintf(sentence, sizeof sentence, "%s%s%s",
                 to_default ? "The default policy decides in mode adaptive." : done(change.settings.mode),
                 waits ? " " : "", waits ? waits : "");
        answer_change(answer, sentence, steps);
    }
}

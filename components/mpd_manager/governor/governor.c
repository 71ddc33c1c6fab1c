/* SPDX-License-Identifier: BSD-2-Clause */
#include "governor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calibration.h"
#include "decision_log.h"
#include "decision_names.h"
#include "own_policy.h"
#include "runtime.h"
#include "walls.h"

#define DECISIONS_KEPT 512u
#define COST_PERIODS 256u /* after so many the cost of a crossing is measured again */

static struct governor_state state;
static struct policy policy;
static struct graph window; /* the counts since `before`, and the layout of now */
static struct graph before; /* as the last window ended */
static uint64_t ticks_before, cycles_before;

const struct governor_state *governor_state(void)
{
    return &state;
}

const struct decisions *governor_decisions(void)
{
    return &policy.decisions;
}

static bool graph_make(struct graph *graph)
{
    size_t bytes = graph_bytes(LAYOUT_COMPONENTS, LAYOUT_EDGES);
    void *memory = malloc(bytes);
    return memory && graph_place(graph, memory, bytes, LAYOUT_COMPONENTS, LAYOUT_EDGES) == POLICY_OK;
}

bool governor_start(void)
{
    static const struct policy_limits limits = {LAYOUT_COMPONENTS, LAYOUT_EDGES, WALLS_RULES, DECISIONS_KEPT};
    size_t bytes = policy_bytes(&limits);
    void *memory = malloc(bytes);

    if (!memory || policy_place(&policy, memory, bytes, &limits) != POLICY_OK || !graph_make(&window) ||
        !graph_make(&before)) {
        print_line("no memory for the policy");
        return false;
    }
    if (!walls_start())
        return false;
    state =
        (struct governor_state){.settings = policy.settings, .cost_measured = (uint32_t)calibration_cost()};
    state.settings.crossing_cost = state.cost_measured;
    own_policy_start();
    return true;
}

void governor_by_hand(void)
{
    state.settings.mode = POLICY_MANUAL;
}

/* ---- The window ---- */

/* Processor cycles from one reading to the next, with idle time, and with what crossings would take more than
 * they do. */
static uint64_t window_cycles(uint64_t busy, uint64_t microseconds, uint64_t crossings)
{
    uint64_t speed = microseconds ? busy * 1000000 / microseconds : 0, cycles = busy;
    if (state.cycles_per_second < speed)
        state.cycles_per_second = speed;
    if (microseconds < UINT64_MAX / (state.cycles_per_second + 1)) {
        uint64_t all = microseconds * state.cycles_per_second / 1000000;
        cycles = all > busy ? all : busy;
    }
    if (state.settings.crossing_cost > state.cost_measured)
        cycles += crossings * (state.settings.crossing_cost - state.cost_measured);
    return cycles;
}

void governor_time(struct governor_window *time, uint64_t busy)
{
    time->cycles = window_cycles(busy, time->microseconds, time->crossings);
    time->share = settings_share(&state.settings, time->crossings, time->cycles);
}

/* Ends the window: its counts are in `window` then. False: the supervisor does not tell, or there is no
 * memory. */
static bool window_end(void)
{
    const struct layout *layout = layout_read();
    uint64_t ticks = shoji_global.ticks, crossings = 0;

    if (!layout || !walls_fit(layout) || !layout_graph(layout, &window))
        return false;
    graph_window(&window, &before);
    for (uint32_t i = 0; i < window.edges_count; i++)
        crossings += window.edges[i].server ? window.edges[i].gated : 0;
    state.window.microseconds = (ticks - ticks_before) * shoji_global.tick_us;
    state.window.invocations = graph_invocations(&window);
    state.window.crossings = crossings;
    governor_time(&state.window, layout->counters.cycles - cycles_before);
    ticks_before = ticks;
    cycles_before = layout->counters.cycles;
    return layout_graph(layout, &before);
}

/* ---- A turn of the policy ---- */

static long apply(const struct policy_result *result, char *why)
{
    uint32_t sets[LAYOUT_COMPONENTS];
    if (!result->changed)
        return 0;
    memcpy(sets, result->domains, policy.components * sizeof *sets);
    return layout_apply(sets, policy.components, why);
}

typedef enum policy_status decide_function(struct policy *, const struct graph *, const struct rules *,
                                           uint64_t, struct policy_result *);

/* Ends the window and does what the policy wants. Returns the merges and splits, or a status. */
static long turn(decide_function *decide, char why[LAYOUT_WHY_BYTES])
{
    struct policy_result result;
    struct policy_settings settings = state.settings;

    why[0] = 0;
    if (!window_end())
        return SHOJI_EMEMORY;
    walls_faults(layout_last());
    decision_names_note(layout_last(), policy.decisions.count);
    settings.cycles_per_second = state.cycles_per_second ? state.cycles_per_second : 1;
    if (policy_configure(&policy, &settings, why, LAYOUT_WHY_BYTES) != POLICY_OK)
        return SHOJI_EINVAL;
    enum policy_status status = decide(&policy, &window, walls_rules(), state.window.cycles, &result);
    if (status == POLICY_ECHANGED && policy_shape(&policy, &window) == POLICY_OK)
        status = decide(&policy, &window, walls_rules(), state.window.cycles, &result);
    if (status != POLICY_OK)
        return SHOJI_EMEMORY;
    long steps = apply(&result, why);
    if (state.log)
        decision_log(&policy.decisions, result.first_decision);
    decision_record(&policy.decisions, result.first_decision);
    if (result.refused) /* it is still one of those that the layout was for */
        own_policy_drop(own_policy_failure() ? own_policy_failure() : result.refused);
    return steps;
}

/* A turn between periods: its window is short, and is forgotten. */
static long turn_now(char why[LAYOUT_WHY_BYTES])
{
    long steps = turn(policy_at_once, why);
    policy_shape(&policy, &window);
    return steps;
}

static uint64_t instructions(void)
{
    struct sup_counters counters;
    return sup_counters(&counters) < 0 ? 0 : counters.instructions;
}

void governor_period(void)
{
    char why[LAYOUT_WHY_BYTES];
    uint64_t from;

    if (state.periods == 0)
        state.cycles_per_second = calibration_speed();
    from = instructions();
    if (++state.periods % COST_PERIODS == 0) {
        state.cost_measured = (uint32_t)calibration_cost();
        if (!state.cost_by_hand)
            state.settings.crossing_cost = state.cost_measured;
    }
    long steps = turn(policy_period, why);
    if (steps < 0)
        print_line("the policy's layout was not made, status %d: %s", (int)steps, why);
    state.instructions = instructions() - from;
}

/* ---- Settings ---- */

long governor_set(const struct policy_settings *settings, bool by_hand, bool log, char why[LAYOUT_WHY_BYTES])
{
    struct governor_state old = state;
    struct policy_settings checked = *settings;

    checked.cycles_per_second = state.cycles_per_second ? state.cycles_per_second : 1;
    if (settings_check(&checked, why, LAYOUT_WHY_BYTES) != POLICY_OK)
        return SHOJI_EINVAL;
    why[0] = 0;
    state.settings = *settings;
    state.cost_by_hand = by_hand;
    state.log = log;
    if (!by_hand)
        state.settings.crossing_cost = state.cost_measured;
    /* What depends on counts has time until the window is over. */
    if (policy_mode_counts(settings->mode))
        return 0;
    long steps = turn_now(why);
    if (steps < 0)
        state.settings = old.settings;
    return steps;
}

long governor_policy_load(const char *name, const void *file, uint64_t bytes, char why[LAYOUT_WHY_BYTES])
{
    long status = own_policy_load(name, file, bytes, why);
    if (status == SHOJI_OK)
        policy_choose(&policy, own_policy_decide, 0);
    else if (!own_policy_loaded())
        policy_choose(&policy, 0, 0);
    return status;
}

const char *governor_policy_waits(void)
{
    static char sentence[128];
    if (!own_policy_loaded() || state.settings.mode == POLICY_ADAPTIVE)
        return 0;
    snprintf(sentence, sizeof sentence,
             "Policy `%s` is loaded, and decides when the mode is adaptive; it is %s now.", own_policy_name(),
             policy_mode_name(state.settings.mode));
    return sentence;
}

void governor_policy_default(void)
{
    policy_choose(&policy, 0, 0);
    own_policy_drop(0);
}

enum policy_status governor_rule_add(const char *line, char *sentence, size_t bytes, long *steps)
{
    char why[LAYOUT_WHY_BYTES];
    const struct layout *layout = layout_read();
    *steps = 0;
    if (!layout || !walls_fit(layout))
        return POLICY_EMEMORY;
    enum policy_status status = walls_add(line, sentence, bytes);
    if (status == POLICY_OK)
        *steps = turn_now(why);
    return status;
}

enum policy_status governor_rule_remove(const char *name, long *steps)
{
    char why[LAYOUT_WHY_BYTES];
    if (own_policy_loaded() && strcmp(name, OWN_POLICY_RULE) == 0)
        return POLICY_ERULE;
    enum policy_status status = walls_remove(name);
    *steps = status == POLICY_OK ? turn_now(why) : 0;
    return status;
}

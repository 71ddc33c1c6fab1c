/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch.h"

#include <stdlib.h>

#include "governor.h"
#include "render.h"
#include "requests.h"
#include "tick.h"
#include "viewers.h"
#include "walls.h"

#define CHANGE_MS 500     /* a change is told no sooner after the window's begin */
#define LOOK_MS 250       /* while somebody watches, so often is looked for changes */
#define GRAPH_AGE_MS 2000 /* a new viewer may begin with a graph so old, and the ticks since */

/* ---- The window, and those before ---- */

static struct tick_counts counts;  /* as the window began */
static uint64_t began, graph_told; /* ticks */
static bool graph_adds_up;         /* all ticks after it have been told */
static uint64_t requests_before, cycles_before, crossings_before;
static struct watch_window kept[WATCH_KEPT];
static uint64_t windows;

static uint64_t ticks_of(uint64_t milliseconds)
{
    return milliseconds * 1000 / shoji_global.tick_us;
}

static uint64_t milliseconds_of(uint64_t ticks)
{
    return ticks * shoji_global.tick_us / 1000;
}

char *watch_history(size_t *bytes)
{
    uint64_t first = windows > WATCH_KEPT ? windows - WATCH_KEPT : 0;
    const struct watch_window *list[WATCH_KEPT];
    for (uint64_t i = first; i < windows; i++)
        list[i - first] = &kept[i % WATCH_KEPT];
    return tick_history(list, (uint32_t)(windows - first), bytes);
}

/* ---- What makes a graph worth telling ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3u;
}

static uint64_t settings_mark(void)
{
    const struct governor_state *state = governor_state();
    const struct policy_settings *settings = &state->settings;
    uint64_t hash = mix(walls_version(), settings->mode);
    hash = mix(mix(hash, settings->budget), settings->threshold);
    hash = mix(mix(hash, settings->period), settings->hysteresis);
    return mix(mix(hash, settings->crossing_cost), state->log);
}

static uint64_t layout_mark(const struct layout *layout)
{
    uint64_t hash = settings_mark();
    for (uint32_t i = 0; i < layout->components_count; i++) {
        const struct sup_component *component = &layout->components[i];
        hash = mix(mix(hash, component->id), component->domain);
        hash = mix(mix(hash, component->state), component->reboots + (component->faults << 32));
    }
    for (uint32_t i = 0; i < layout->edges_count; i++)
        hash = mix(hash, layout->edges[i].client << 8 | layout->edges[i].server);
    return hash;
}

static uint64_t told_mark, told_settings, told_moves, told_reports; /* at the last window's end */

/* Cheap: has something changed that is to be told soon? */
static bool changed(void)
{
    struct sup_counters counters;
    return shoji_global.moves != told_moves || settings_mark() != told_settings || viewers_want_graph() ||
           (sup_counters(&counters) >= 0 && counters.reports != told_reports);
}

/* ---- Decisions and faults ---- */

static struct event_seen told;
static uint64_t came; /* of decisions up to this one it was told what came of them, or nothing ever came */

struct event_seen watch_seen(void)
{
    return told;
}

static void tell_decision(enum event_kind kind, uint64_t number)
{
    size_t bytes;
    char *data = viewers_count() ? render_decision_line(number, &bytes) : 0;
    if (data)
        events_add(kind, number, told, data, bytes);
    free(data);
}

static void tell_decisions(void)
{
    const struct decisions *decisions = governor_decisions();
    while (told.decisions < decisions->count) {
        told.decisions++;
        tell_decision(EVENT_DECISION, told.decisions);
    }
    if (came + 1 < decisions_oldest(decisions))
        came = decisions_oldest(decisions) - 1;
    for (; came < decisions->count; came++) {
        const struct policy_decision *next = decisions_find(decisions, came + 1);
        if (!next->over && decisions_find(decisions, decisions->count)->period <= next->period + 1)
            return;
        if (next->known)
            tell_decision(EVENT_CAME, next->number);
    }
}

static void tell_faults(uint64_t reports)
{
    while (told.faults < reports) {
        struct sup_fault report;
        size_t bytes;
        char *data = 0;
        told.faults++;
        if (viewers_count() && sup_fault(told.faults, &report) >= 0)
            data = render_fault_line(&report, &bytes);
        if (data)
            events_add(EVENT_FAULT, told.faults, told, data, bytes);
        free(data);
    }
}

void watch_start(void)
{
    told = (struct event_seen){0};
    came = windows = 0;
    graph_adds_up = false;
}

/* ---- The end of a window ---- */

/* False: memory is short. */
static bool tell_graph(enum event_kind kind, const struct layout *layout)
{
    size_t bytes;
    char *data = render_graph_line(layout, &bytes);
    if (!data)
        return false;
    events_add(kind, 0, told, data, bytes);
    free(data);
    graph_told = shoji_global.ticks;
    return graph_adds_up = true;
}

static void window_measure(const struct layout *layout, struct watch_window *window)
{
    struct governor_window time = {.microseconds = (shoji_global.ticks - began) * shoji_global.tick_us,
                                   .crossings = window->crossings};
    uint64_t busy = layout->counters.cycles - cycles_before, requests = requests_answered(layout), most;
    governor_time(&time, busy);
    most = governor_state()->cycles_per_second * time.microseconds / 1000000;
    window->uptime_ms = milliseconds_of(shoji_global.ticks);
    window->window_ms = (uint32_t)(time.microseconds / 1000);
    window->requests = requests - requests_before;
    window->domains = layout_domains(layout);
    window->share = time.share < 0 ? 0 : (uint32_t)time.share;
    window->busy = most ? (uint32_t)(busy < most ? busy * 1000000 / most : 1000000) : 0;
    requests_before = requests;
    cycles_before = layout->counters.cycles;
}

/* Edge by edge for those who watch, and have a graph to add it to; else all that crossed. */
static void count(const struct layout *layout, struct watch_window *window, bool watched, struct text *edges)
{
    uint64_t crossings = (uint64_t)sup_crossings();
    if (watched)
        tick_count(&counts, layout, window, edges);
    if (!graph_adds_up)
        window->crossings = crossings < crossings_before ? crossings : crossings - crossings_before;
    crossings_before = crossings;
}

/* `need`: a graph, even if it is the same as before. */
static bool window_end(bool need)
{
    bool watched = viewers_count() || need;
    const struct layout *layout = watched ? layout_read() : layout_read_counters();
    struct watch_window window = {0};
    struct text edges = {0};
    if (!layout)
        return false;
    uint64_t mark = watched ? layout_mark(layout) : 0;
    count(layout, &window, watched, watched && graph_adds_up ? &edges : 0);
    window_measure(layout, &window);
    began = shoji_global.ticks;
    kept[windows++ % WATCH_KEPT] = window;
    if (watched && graph_adds_up)
        tick_tell(&window, layout, requests_before, told, &edges);
    tell_faults(layout->counters.reports);
    graph_adds_up = graph_adds_up && watched; /* a new viewer makes a new one, whatever the mark */
    if (!watched || (mark == told_mark && !need) ||
        tell_graph(mark != told_mark ? EVENT_GRAPH : EVENT_REFRESH, layout))
        told_mark = mark;
    else
        graph_adds_up = false; /* it is tried again, and no tick told until then */
    told_settings = settings_mark();
    told_moves = shoji_global.moves;
    told_reports = layout->counters.reports;
    return true;
}

static bool graph_fresh(void)
{
    return graph_adds_up && events_graph() < events_end() &&
           shoji_global.ticks - graph_told <= ticks_of(GRAPH_AGE_MS);
}

bool watch_graph(void)
{
    return graph_fresh() || (window_end(true) && graph_fresh());
}

uint64_t watch_due(void)
{
    uint64_t end = began + ticks_of(WATCH_WINDOW_MS), look = shoji_global.ticks + ticks_of(LOOK_MS);
    return viewers_count() && look < end ? look : end;
}

void watch_turn(void)
{
    uint64_t age = shoji_global.ticks - began;
    tell_decisions();
    if (age >= ticks_of(WATCH_WINDOW_MS) || (viewers_count() && age >= ticks_of(CHANGE_MS) && changed()))
        window_end(viewers_want_graph());
}

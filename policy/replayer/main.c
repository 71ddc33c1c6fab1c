/* SPDX-License-Identifier: BSD-2-Clause
 *
 * policy/replay: plays a recorded trace under a policy. Options, and what runs.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "own.h"
#include "print.h"

#define DECISIONS 10000u
#define COSTS 100u

static const char help[] =
    "usage: policy/replay TRACE [OPTION...]      (- reads standard input; docs/policy.md describes traces)\n"
    "       policy/replay --policy NAME [TRACE...] [OPTION...]\n"
    "  --policy NAME         policy/own/NAME.c beside the default one, on these traces or all of "
    "policy/traces\n"
    "  --mode MODE           isolated, merged, manual, adaptive (default) or merge-only\n"
    "  --budget PERCENT      of processing time that crossings may take (default 10)\n"
    "  --threshold N         crossings a second instead; the trace must have a clock\n"
    "  --cost CYCLES         of a crossing (default: the trace's)\n"
    "  --costs FILE          Run it as X: the trace at each cost of the file (policy/costs.txt)\n"
    "  --hysteresis PERCENT  (default 10)\n"
    "  --windows N           that count, 1 to 8 (default 4)\n"
    "  --trials N            trades that a period tries (default 16)\n"
    "  --work N              most steps of a period (default 150000; 0: no limit)\n"
    "  --format FORMAT       text (default), csv or json\n"
    "  --decisions           with the record of decisions, in text\n";

struct options {
    struct policy_settings settings;
    const char *costs, *own;
    char **traces;
    int traces_count;
    enum print_format format;
    bool cost_given, decisions;
};

static uint64_t number_of(const char *option, const char *text, uint64_t most)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno || value > most)
        fail("--%s expects a whole number up to %llu; there is `%s`", option, (unsigned long long)most, text);
    return value;
}

/* With up to one decimal, in thousandths of the whole. */
static uint32_t percent_of(const char *option, const char *text)
{
    char *end;
    unsigned long whole = strtoul(text, &end, 10), tenths = 0;
    if (*end == '.' && isdigit((unsigned char)end[1])) {
        tenths = (unsigned long)(end[1] - '0');
        end += 2;
    }
    if (!isdigit((unsigned char)*text) || *end || whole > 100 || whole * 10 + tenths > 1000)
        fail("--%s expects 0 to 100 percent, with one decimal at most; there is `%s`", option, text);
    return (uint32_t)(whole * 10 + tenths);
}

static enum print_format format_of(const char *text)
{
    static const char *const names[] = {"text", "csv", "json"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0)
            return (enum print_format)i;
    fail("--format expects text, csv or json; there is `%s`", text);
}

static void option_take(struct options *options, const char *name, const char *value)
{
    struct policy_settings *settings = &options->settings;
    if (strcmp(name, "mode") == 0) {
        if (!policy_mode_parse(value, &settings->mode))
            fail("--mode expects isolated, merged, manual, adaptive or merge-only; there is `%s`", value);
    } else if (strcmp(name, "budget") == 0) {
        settings->budget = percent_of(name, value);
    } else if (strcmp(name, "threshold") == 0) {
        settings->threshold = number_of(name, value, UINT64_MAX);
    } else if (strcmp(name, "cost") == 0) {
        settings->crossing_cost = (uint32_t)number_of(name, value, SETTINGS_COST_MOST);
        options->cost_given = true;
    } else if (strcmp(name, "costs") == 0) {
        options->costs = value;
    } else if (strcmp(name, "policy") == 0) {
        options->own = value;
    } else if (strcmp(name, "hysteresis") == 0) {
        settings->hysteresis = percent_of(name, value);
    } else if (strcmp(name, "windows") == 0) {
        settings->windows = (uint32_t)number_of(name, value, HISTORY_WINDOWS);
    } else if (strcmp(name, "trials") == 0) {
        settings->trials = (uint32_t)number_of(name, value, SETTINGS_TRIALS_MOST);
    } else if (strcmp(name, "work") == 0) {
        settings->work_limit = number_of(name, value, UINT64_MAX);
        if (settings->work_limit == 0)
            settings->work_limit = SETTINGS_NO_LIMIT;
    } else if (strcmp(name, "format") == 0) {
        options->format = format_of(value);
    } else {
        options->decisions = true;
    }
}

static struct options options_read(int count, char **arguments)
{
    static const struct option known[] = {
        {"mode", 1, NULL, 0},   {"budget", 1, NULL, 0},     {"threshold", 1, NULL, 0}, {"cost", 1, NULL, 0},
        {"costs", 1, NULL, 0},  {"hysteresis", 1, NULL, 0}, {"windows", 1, NULL, 0},   {"trials", 1, NULL, 0},
        {"work", 1, NULL, 0},   {"format", 1, NULL, 0},     {"decisions", 0, NULL, 0}, {"help", 0, NULL, 'h'},
        {"policy", 1, NULL, 0}, {NULL, 0, NULL, 0},
    };
    struct options options = {.settings = settings_default()};
    int found, index = 0;
    options.settings.mode = POLICY_ADAPTIVE;
    while ((found = getopt_long(count, arguments, "h", known, &index)) != -1) {
        if (found == 'h') {
            fputs(help, stdout);
            exit(0);
        }
        if (found != 0)
            exit(2); /* getopt has said why */
        option_take(&options, known[index].name, optarg);
    }
    options.traces = arguments + optind;
    options.traces_count = count - optind;
    if (options.own && (options.settings.mode != POLICY_ADAPTIVE || options.costs))
        fail("an own policy decides in mode adaptive, at one cost: --policy goes with neither --mode nor "
             "--costs");
    if (options.own ? options.traces_count < 1 : options.traces_count != 1) {
        fputs(help, stderr);
        exit(2);
    }
    return options;
}

/* ---- The table of costs ---- */

static uint32_t costs_read(const char *path, struct print_cost *costs)
{
    char *line = NULL;
    size_t bytes = 0;
    uint32_t count = 0;
    unsigned number = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        fail("%s: %s", path, strerror(errno));
    while (getline(&line, &bytes, file) >= 0) {
        int behind = 0;
        unsigned long cycles;
        number++;
        line[strcspn(line, "\r\n")] = 0;
        char *text = line + strspn(line, " \t");
        if (*text == 0 || *text == '#')
            continue;
        if (count == COSTS)
            fail("%s:%u: there are %u costs already, and no room for more", path, number, COSTS);
        struct print_cost *cost = &costs[count++];
        if (sscanf(text, "%31s %lu %n", cost->name, &cycles, &behind) != 2 || behind == 0 ||
            cycles > SETTINGS_COST_MOST || !rule_name_valid(cost->name))
            fail("%s:%u: expected a name, cycles (up to %u) and the source", path, number,
                 SETTINGS_COST_MOST);
        cost->cycles = (uint32_t)cycles;
        cost->source = strdup(text + behind);
    }
    free(line);
    fclose(file);
    if (count == 0)
        fail("%s: there is no cost in this file", path);
    return count;
}

static void run_as(struct print_cost *cost, const struct trace *trace, struct policy_settings settings)
{
    settings.crossing_cost = cost->cycles;
    settings.mode = POLICY_ADAPTIVE;
    replay_run(&cost->adaptive, trace, &settings, DECISIONS, NULL);
    settings.mode = POLICY_ISOLATED;
    replay_run(&cost->isolated, trace, &settings, 0, NULL);
    settings.mode = POLICY_MERGED;
    replay_run(&cost->merged, trace, &settings, 0, NULL);
}

static void run_all_costs(const struct options *options, const struct trace *trace)
{
    struct print_cost *costs = room(NULL, COSTS, sizeof *costs);
    uint32_t count = costs_read(options->costs, costs);
    for (uint32_t i = 0; i < count; i++)
        run_as(&costs[i], trace, options->settings);
    print_costs(trace, &options->settings, costs, count, options->format);
    for (uint32_t i = 0; i < count; i++) {
        replay_free(&costs[i].isolated);
        replay_free(&costs[i].merged);
        replay_free(&costs[i].adaptive);
        free(costs[i].source);
    }
    free(costs);
}

static void run_one(const struct options *options, const struct trace *trace)
{
    struct replay replay, isolated;
    struct policy_settings settings = options->settings;
    replay_run(&replay, trace, &settings, DECISIONS, NULL);
    settings.mode = POLICY_ISOLATED;
    replay_run(&isolated, trace, &settings, 0, NULL);
    print_run(&(struct print_run){trace, &options->settings, &replay, &isolated, options->decisions},
              options->format);
    replay_free(&replay);
    replay_free(&isolated);
}

static void compare(const struct options *options)
{
    own_load(options->own);
    compare_run(&(struct compare){options->own, options->settings, options->cost_given, options->decisions,
                                  options->format},
                options->traces, options->traces_count);
}

int main(int count, char **arguments)
{
    struct options options = options_read(count, arguments);
    struct trace trace;
    if (options.own) {
        compare(&options);
        return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
    }
    trace_read(&trace, options.traces[0]);
    if (!options.cost_given)
        options.settings.crossing_cost =
            trace.cost < SETTINGS_COST_MOST ? (uint32_t)trace.cost : SETTINGS_COST_MOST;
    if (options.settings.threshold && !trace.clock)
        fail("--threshold is in crossings a second, and the trace has no `clock` line");
    options.settings.cycles_per_second = trace.clock;
    if (options.costs)
        run_all_costs(&options, &trace);
    else
        run_one(&options, &trace);
    trace_free(&trace);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

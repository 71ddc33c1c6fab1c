/* SPDX-License-Identifier: BSD-2-Clause */
#include "compare.h"

#include <stdio.h>
#include <stdlib.h>

#include <yyjson.h>

#include "own.h"
#include "print_json.h"

#define DECISIONS 10000u

/* One trace under the default policy, the own one, and with all walls. */
struct played {
    const char *path;
    uint32_t cost;
    struct trace trace;
    struct replay isolated, ours, own;
};

static void play(const struct compare *compare, const char *path, struct played *played)
{
    struct policy_settings settings = compare->settings;
    played->path = path;
    trace_read(&played->trace, path);
    if (settings.threshold && !played->trace.clock)
        fail("--threshold is in crossings a second, and %s has no `clock` line", path);
    if (!compare->cost_given)
        settings.crossing_cost =
            played->trace.cost < COMPARE_COST_LEAST || played->trace.cost > SETTINGS_COST_MOST
                ? COMPARE_COST
                : (uint32_t)played->trace.cost;
    settings.cycles_per_second = played->trace.clock;
    settings.mode = POLICY_ADAPTIVE;
    played->cost = settings.crossing_cost;
    replay_run(&played->ours, &played->trace, &settings, 0, NULL);
    replay_run(&played->own, &played->trace, &settings, DECISIONS, own_decide);
    settings.mode = POLICY_ISOLATED;
    replay_run(&played->isolated, &played->trace, &settings, 0, NULL);
}

static void played_free(struct played *played)
{
    replay_free(&played->isolated);
    replay_free(&played->ours);
    replay_free(&played->own);
    trace_free(&played->trace);
}

static double gain(const struct played *played, const struct replay *replay)
{
    double cycles = (double)replay->all.cycles;
    return cycles ? (double)played->isolated.all.cycles / cycles : 0;
}

/* ---- Text ---- */

static void line_text(const struct played *played, const char *name, const struct replay *replay)
{
    printf("  %-22s %9.3f %8.2f %8.2f %7llu %7llu\n", name, gain(played, replay),
           100 * replay_share(&replay->all, played->cost), replay_domains(&replay->all),
           (unsigned long long)replay->all.merges, (unsigned long long)replay->all.splits);
}

static void refused_text(const struct compare *compare, const struct replay *replay)
{
    if (replay->refused_window)
        printf("  %s was dropped in window %u, and the default went on: %s\n", compare->name,
               replay->refused_window, replay->policy.refused);
}

static void text(const struct compare *compare, const struct played *played)
{
    printf("%s: %u components, %u edges, %u windows, %u cycles a crossing, budget %.1f %%\n", played->path,
           played->trace.components, played->trace.edges, played->trace.windows, played->cost,
           compare->settings.budget / 10.0);
    printf("  %-22s %9s %8s %8s %7s %7s\n", "policy", "/isolated", "cross %", "domains", "merges", "splits");
    line_text(played, "default", &played->ours);
    line_text(played, compare->name, &played->own);
    printf("  %s beside the default: throughput %+.1f %%, domains %+.2f\n", compare->name,
           100 * (gain(played, &played->own) / gain(played, &played->ours) - 1),
           replay_domains(&played->own.all) - replay_domains(&played->ours.all));
    refused_text(compare, &played->own);
    if (compare->decisions)
        print_decisions(&played->trace, &played->own.policy.decisions);
}

/* ---- CSV and JSON ---- */

static void line_csv(const struct played *played, const char *name, const struct replay *replay)
{
    printf("%s,%s,%u,%u,%.6f,%.6f,%.4f,%llu,%llu,%u\n", played->path, name, played->trace.windows,
           played->cost, gain(played, replay), replay_share(&replay->all, played->cost),
           replay_domains(&replay->all), (unsigned long long)replay->all.merges,
           (unsigned long long)replay->all.splits, replay->refused_window);
}

static void line_json(yyjson_mut_doc *document, yyjson_mut_val *to, const char *key,
                      const struct played *played, const struct replay *replay)
{
    yyjson_mut_val *entry = yyjson_mut_obj_add_obj(document, to, key);
    yyjson_mut_obj_add_real(document, entry, "over_isolated", gain(played, replay));
    yyjson_mut_obj_add_real(document, entry, "crossing_percent",
                            100 * replay_share(&replay->all, played->cost));
    yyjson_mut_obj_add_real(document, entry, "domains", replay_domains(&replay->all));
    yyjson_mut_obj_add_uint(document, entry, "merges", replay->all.merges);
    yyjson_mut_obj_add_uint(document, entry, "splits", replay->all.splits);
    if (replay->refused_window) {
        yyjson_mut_obj_add_uint(document, entry, "refused_window", replay->refused_window);
        yyjson_mut_obj_add_strcpy(document, entry, "refused", replay->policy.refused);
    }
}

static void json(yyjson_mut_doc *document, yyjson_mut_val *list, const struct played *played)
{
    yyjson_mut_val *entry = yyjson_mut_arr_add_obj(document, list);
    yyjson_mut_obj_add_str(document, entry, "trace", played->path);
    yyjson_mut_obj_add_uint(document, entry, "windows", played->trace.windows);
    yyjson_mut_obj_add_uint(document, entry, "crossing_cost", played->cost);
    line_json(document, entry, "default", played, &played->ours);
    line_json(document, entry, "own", played, &played->own);
}

void compare_run(const struct compare *compare, char **traces, int count)
{
    yyjson_mut_val *root = NULL, *list = NULL;
    yyjson_mut_doc *document = NULL;
    if (compare->format == PRINT_CSV)
        puts("trace,policy,windows,crossing_cost,over_isolated,share,domains,merges,splits,refused_window");
    if (compare->format == PRINT_JSON) {
        document = print_json_begin(&root);
        yyjson_mut_obj_add_str(document, root, "policy", compare->name);
        list = yyjson_mut_obj_add_arr(document, root, "traces");
    }
    for (int i = 0; i < count; i++) {
        struct played played;
        play(compare, traces[i], &played);
        if (compare->format == PRINT_TEXT) {
            text(compare, &played);
        } else if (compare->format == PRINT_CSV) {
            line_csv(&played, "default", &played.ours);
            line_csv(&played, compare->name, &played.own);
        } else {
            json(document, list, &played);
        }
        played_free(&played);
    }
    if (document)
        print_json_end(document);
}

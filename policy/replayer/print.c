/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Text and CSV; JSON is print_json.c's.
 */
#include "print.h"

#include <stdio.h>

#include "print_json.h"

static double millions(unsigned __int128 number)
{
    return (double)number / 1e6;
}

static double ratio(const struct replay_total *total, const struct replay_total *base)
{
    return total->cycles ? (double)base->cycles / (double)total->cycles : 0;
}

/* The domains that have more than one component, by names; how many components are alone. */
static void layout_print(const struct trace *trace, const uint32_t *layout, FILE *to)
{
    uint32_t alone = 0;
    for (uint32_t i = 0; i < trace->components; i++) {
        uint32_t members = 0;
        bool first = true;
        for (uint32_t j = 0; j < trace->components; j++) {
            first &= layout[j] != layout[i] || j >= i;
            members += layout[j] == layout[i];
        }
        alone += members == 1;
        if (members == 1 || !first)
            continue;
        const char *before = "(";
        for (uint32_t j = i; j < trace->components; j++)
            if (layout[j] == layout[i]) {
                fprintf(to, "%s%s", before, trace->names[j]);
                before = " ";
            }
        fputs(") ", to);
    }
    fprintf(to, "and %u alone", alone);
}

/* ---- One replay ---- */

static void total_print(const struct print_run *run, const char *name, const struct replay_total *total,
                        const struct replay_total *isolated)
{
    printf("%-24s %7llu %10.1f %12.1f %9.3f %8.2f %8.2f %7llu %7llu\n", name,
           (unsigned long long)total->windows, millions(total->cycles), replay_rate(run->trace, total),
           ratio(total, isolated), 100 * replay_share(total, run->settings->crossing_cost),
           replay_domains(total), (unsigned long long)total->merges, (unsigned long long)total->splits);
}

static void side_print(const struct trace *trace, const uint64_t *side)
{
    const char *before = "";
    for (uint32_t i = 0; i < trace->components; i++)
        if (decision_has(side, i)) {
            printf("%s%s", before, trace->names[i]);
            before = " ";
        }
}

static void decision_print(const struct trace *trace, const struct policy_decision *decision)
{
    printf("%llu: period %llu, %s (", (unsigned long long)decision->number,
           (unsigned long long)decision->period, decision->action == POLICY_MERGE ? "merge" : "split");
    side_print(trace, decision->left);
    fputs(") and (", stdout);
    side_print(trace, decision->right);
    printf("), %s", policy_reason_name(decision->reason));
    if (decision->rule < trace->rules.count)
        printf(" %s", trace->rules.list[decision->rule].name);
    if (decision->trade)
        printf(" %llu", (unsigned long long)decision->trade);
    printf(": %llu invocations, mean %llu; expected %+.3f %%", (unsigned long long)decision->seen,
           (unsigned long long)decision->mean, (double)decision->expected / 1e4);
    if (decision->known)
        printf(", came %+.3f %%", (double)decision->came / 1e4);
    putchar('\n');
}

void print_decisions(const struct trace *trace, const struct decisions *decisions)
{
    for (uint64_t i = decisions_oldest(decisions); i <= decisions->count; i++)
        decision_print(trace, decisions_find(decisions, i));
}

static void run_text(const struct print_run *run)
{
    const struct trace *trace = run->trace;
    printf("mode %s, budget %.1f %%, %u cycles a crossing; %u components, %u edges\n",
           policy_mode_name(run->settings->mode), run->settings->budget / 10.0, run->settings->crossing_cost,
           trace->components, trace->edges);
    printf("%-24s %7s %10s %12s %9s %8s %8s %7s %7s\n", "phase", "windows", "Mcycles",
           trace->clock ? "requests/s" : "req/Mcycle", "/isolated", "cross %", "domains", "merges", "splits");
    for (uint32_t i = 0; i < trace->phases; i++)
        total_print(run, trace->phase_names[i], &run->replay->phases[i], &run->isolated->phases[i]);
    if (trace->phases > 1)
        total_print(run, "in all", &run->replay->all, &run->isolated->all);
    for (uint32_t i = 0; i < trace->phases; i++) {
        printf("layout after %s: ", trace->phase_names[i]);
        layout_print(trace, &run->replay->layouts[(size_t)i * trace->components], stdout);
        putchar('\n');
    }
    if (run->decisions)
        print_decisions(trace, &run->replay->policy.decisions);
}

static void run_csv(const struct print_run *run)
{
    const struct trace *trace = run->trace;
    puts("window,phase,cycles,requests,crossings,share,domains,merges,splits,over_isolated,policy_steps");
    for (uint32_t i = 0; i < trace->windows; i++) {
        const struct replay_window *window = &run->replay->windows[i];
        double cycles = (double)window->cycles;
        printf("%u,%s,%llu,%llu,%llu,%.6f,%u,%u,%u,%.6f,%llu\n", i + 1,
               trace->phase_names[trace->list[i].phase], (unsigned long long)window->cycles,
               (unsigned long long)trace->list[i].requests, (unsigned long long)window->crossing,
               (double)window->crossing * run->settings->crossing_cost / cycles, window->domains,
               window->merges, window->splits, (double)run->isolated->windows[i].cycles / cycles,
               (unsigned long long)window->work);
    }
}

void print_run(const struct print_run *run, enum print_format format)
{
    if (format == PRINT_JSON)
        print_run_json(run);
    else if (format == PRINT_CSV)
        run_csv(run);
    else
        run_text(run);
}

/* ---- The table of costs ---- */

static void costs_text(const struct trace *trace, const struct policy_settings *settings,
                       const struct print_cost *costs, uint32_t count)
{
    printf("budget %.1f %%; %s, and its ratio to isolated\n", settings->budget / 10.0,
           trace->clock ? "requests a second" : "requests a million cycles");
    printf("%-20s %7s %12s %12s %7s %12s %7s %8s\n", "walls like", "cycles", "isolated", "merged", "ratio",
           "adaptive", "ratio", "domains");
    for (uint32_t i = 0; i < count; i++) {
        const struct print_cost *cost = &costs[i];
        printf("%-20s %7u %12.1f %12.1f %7.3f %12.1f %7.3f %8.2f\n", cost->name, cost->cycles,
               replay_rate(trace, &cost->isolated.all), replay_rate(trace, &cost->merged.all),
               ratio(&cost->merged.all, &cost->isolated.all), replay_rate(trace, &cost->adaptive.all),
               ratio(&cost->adaptive.all, &cost->isolated.all), replay_domains(&cost->adaptive.all));
    }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t p = 0; p < trace->phases; p++) {
            printf("%s, layout after %s: ", costs[i].name, trace->phase_names[p]);
            layout_print(trace, &costs[i].adaptive.layouts[(size_t)p * trace->components], stdout);
            putchar('\n');
        }
}

static void costs_csv(const struct trace *trace, const struct print_cost *costs, uint32_t count)
{
    puts("system,cycles,phase,isolated,merged,adaptive,merged_over_isolated,adaptive_over_isolated,domains,"
         "share,layout");
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t p = 0; p < trace->phases; p++) {
            const struct replay_total *isolated = &costs[i].isolated.phases[p];
            const struct replay_total *merged = &costs[i].merged.phases[p];
            const struct replay_total *adaptive = &costs[i].adaptive.phases[p];
            printf("%s,%u,%s,%.3f,%.3f,%.3f,%.6f,%.6f,%.4f,%.6f,", costs[i].name, costs[i].cycles,
                   trace->phase_names[p], replay_rate(trace, isolated), replay_rate(trace, merged),
                   replay_rate(trace, adaptive), ratio(merged, isolated), ratio(adaptive, isolated),
                   replay_domains(adaptive), replay_share(adaptive, costs[i].cycles));
            layout_print(trace, &costs[i].adaptive.layouts[(size_t)p * trace->components], stdout);
            putchar('\n');
        }
}

void print_costs(const struct trace *trace, const struct policy_settings *settings,
                 const struct print_cost *costs, uint32_t count, enum print_format format)
{
    if (format == PRINT_JSON)
        print_costs_json(trace, settings, costs, count);
    else if (format == PRINT_CSV)
        costs_csv(trace, costs, count);
    else
        costs_text(trace, settings, costs, count);
}

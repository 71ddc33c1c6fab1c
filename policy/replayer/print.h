/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What came of replays, as text to read, CSV to plot, and JSON with everything.
 */
#ifndef REPLAYER_PRINT_H
#define REPLAYER_PRINT_H

#include "replay.h"

enum print_format { PRINT_TEXT, PRINT_CSV, PRINT_JSON };

/* One replay, beside the same trace isolated. */
struct print_run {
    const struct trace *trace;
    const struct policy_settings *settings;
    const struct replay *replay, *isolated;
    bool decisions; /* with the record */
};

/* One line of the table of costs. */
struct print_cost {
    char name[TRACE_NAME_BYTES];
    uint32_t cycles;
    char *source;
    struct replay isolated, merged, adaptive;
};

void print_run(const struct print_run *run, enum print_format format);
/* The record, in text. */
void print_decisions(const struct trace *trace, const struct decisions *decisions);
void print_costs(const struct trace *trace, const struct policy_settings *settings,
                 const struct print_cost *costs, uint32_t count, enum print_format format);

#endif

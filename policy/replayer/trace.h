/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A recorded run, read from text: docs/policy.md describes the lines.
 *
 * 1. A trace that is read is whole and sound: names and ids once, edges between components that are
 *    there, as many counts in each window as there are edges, rules that agree.
 */
#ifndef REPLAYER_TRACE_H
#define REPLAYER_TRACE_H

#include "policy/graph.h"
#include "policy/rule_text.h"

#define TRACE_VERSION 1
#define TRACE_NAME_BYTES 32
#define TRACE_COMPONENTS 100000u
#define TRACE_RULES 256u

struct trace_window {
    uint64_t cycles, idle, requests;
    uint32_t phase;
    uint64_t *counts; /* by edge */
};

struct trace {
    uint32_t components, edges, windows, phases;
    char (*names)[TRACE_NAME_BYTES]; /* by component */
    char (*phase_names)[TRACE_NAME_BYTES];
    uint32_t *domains; /* by component: the layout of the recording */
    struct trace_window *list;
    struct graph graph; /* of the recording's layout */
    struct rules rules;
    struct rule_names rule_names;
    uint64_t clock; /* cycles a second; 0: not said */
    uint64_t cost;  /* of a crossing, in the recorded cycles */
    /* private */
    uint32_t components_room, edges_room, windows_room, phases_room;
    uint32_t (*ends)[2]; /* by edge: components; UINT32_MAX: the supervisor */
    uint32_t *ids;
    bool body; /* the header is over: a window or a phase has been read */
    void *graph_memory, *rules_memory;
};

/* Reads a whole file, or exits: it says why in one sentence, with file and line. */
void trace_read(struct trace *trace, const char *path);
void trace_free(struct trace *trace);
/* What a window took without any crossing: its busy cycles less the recorded crossings. */
uint64_t trace_work(const struct trace *trace, const struct trace_window *window);
/* Invocations of a window that cross in a layout; without those of the supervisor. */
uint64_t trace_crossing(const struct trace *trace, const struct trace_window *window,
                        const uint32_t *domains);

/* Memory or an exit with a sentence. */
void *room(void *old, size_t count, size_t item_bytes);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

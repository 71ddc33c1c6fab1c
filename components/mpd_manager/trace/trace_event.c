/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pieces of events, as the trace event format has them.
 */
#include "trace_parts.h"

/* Up to and with the time; `phase` as the format has it. */
void trace_event_at(struct trace *t, const char *phase, const char *pid, uint32_t tid, uint64_t at)
{
    line_add(&t->line, t->first ? "" : ",\n");
    t->first = false;
    line_add(&t->line, "{\"ph\":\"");
    line_add(&t->line, phase);
    line_add(&t->line, "\",\"pid\":");
    line_add(&t->line, pid);
    line_add(&t->line, ",\"tid\":");
    line_add_number(&t->line, tid);
    line_add(&t->line, ",\"ts\":");
    line_add_time(&t->line, at);
}

void trace_event(struct trace *t, const char *phase, const char *pid, uint32_t tid)
{
    trace_event_at(t, phase, pid, tid, t->now);
}

void trace_event_name(struct trace *t, const char *name)
{
    line_add(&t->line, ",\"name\":\"");
    line_add(&t->line, name);
    line_add(&t->line, "\"");
}

void trace_event_string(struct trace *t, const char *key, const char *value)
{
    line_add(&t->line, "\"");
    line_add(&t->line, key);
    line_add(&t->line, "\":\"");
    line_add(&t->line, value);
    line_add(&t->line, "\"");
}

/* The name of a process, or of one of its tracks. */
void trace_metadata(struct trace *t, const char *what, const char *pid, uint32_t tid, const char *name,
                    uint64_t number)
{
    trace_event_at(t, "M", pid, tid, 0);
    trace_event_name(t, what);
    line_add(&t->line, ",\"args\":{\"name\":\"");
    line_add(&t->line, name);
    if (number != UINT64_MAX)
        line_add_number(&t->line, number);
    line_add(&t->line, "\"}}");
}

/* An instant, on that track. It ends with open args. */
void trace_instant(struct trace *t, const char *pid, uint32_t tid, const char *category)
{
    trace_event(t, "i", pid, tid);
    line_add(&t->line, ",\"s\":\"t\",\"cat\":\"");
    line_add(&t->line, category);
    line_add(&t->line, "\"");
}

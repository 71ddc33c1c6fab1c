/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the supervisor has noted beside the records: who was placed where, moves, faults, decisions.
 */
#include "trace_parts.h"

static void move_tell(struct trace *t, const struct sup_note *n, const char *pid, uint32_t tid)
{
    trace_instant(t, pid, tid, "move");
    line_add(&t->line, n->other ? ",\"name\":\"merge " : ",\"name\":\"split ");
    line_add(&t->line, trace_component(&t->names, n->other ? n->other : n->component));
    line_add(&t->line, n->other ? " into " : "");
    line_add(&t->line, n->other ? trace_component(&t->names, n->component) : "");
    line_add(&t->line, "\",\"args\":{");
    trace_event_string(t, n->other ? "into" : "component", trace_component(&t->names, n->component));
    if (n->other) {
        line_add(&t->line, ",");
        trace_event_string(t, "from", trace_component(&t->names, n->other));
    }
    line_add(&t->line, "}}");
}

static void fault_tell(struct trace *t, const struct sup_note *n, const char *pid, uint32_t tid)
{
    trace_instant(t, pid, tid, "fault");
    line_add(&t->line, ",\"name\":\"fault of ");
    line_add(&t->line, trace_component(&t->names, n->component));
    line_add(&t->line, "\",\"args\":{");
    trace_event_string(t, "component", trace_component(&t->names, n->component));
    line_add(&t->line, ",");
    line_add(&t->line, "\"explanation\":\"");
    line_add_escaped(&t->line, n->text);
    line_add(&t->line, "\"}}");
}

static void state_tell(struct trace *t, const struct sup_note *n)
{
    trace_instant(t, DOMAINS_PID, DOMAIN_TID + trace_domain_of(t, n->component), "component");
    line_add(&t->line, ",\"name\":\"");
    line_add(&t->line, trace_component(&t->names, n->component));
    line_add(&t->line, n->kind == SUP_NOTE_RUNS ? " runs again" : " is down");
    line_add(&t->line, "\"}");
}

static void said_tell(struct trace *t, const struct sup_note *n)
{
    trace_instant(t, THREADS_PID, trace_tid(n->thread % TRACE_THREADS), "decision");
    line_add(&t->line, ",\"name\":\"");
    line_add_escaped(&t->line, n->text);
    line_add(&t->line, "\",\"args\":{");
    trace_event_string(t, "component", trace_component(&t->names, n->component));
    line_add(&t->line, "}}");
}

/* One event of the present note; false: none is left. */
bool trace_note_step(struct trace *t)
{
    const struct sup_note *n = &t->note[t->note_next - t->note_from];
    uint32_t thread = n->thread < TRACE_THREADS ? n->thread : 0;
    unsigned stage = t->stage++;
    uint32_t track;

    if (stage == 0)
        trace_time_set(t, n->time);
    switch (n->kind) {
    case SUP_NOTE_OPEN:
        if (stage == 0 && n->gate)
            trace_invocation_open(t, thread, n->gate, ANY_DOMAIN, n->stack, true, true);
        else if (stage == 0)
            trace_entry_open(t, thread, n->stack, true);
        return stage == 0;
    case SUP_NOTE_PLACED:
        /* What its track shows ends under the names of until now. */
        if (stage == 0 && n->from > 0 && n->from < DOMAINS && t->shown[n->from]) {
            trace_members_hide(t, n->from);
            t->dirty[n->from] = t->any_dirty = true;
            return true;
        }
        trace_named(&t->names, n->component, n->text);
        t->any_placed = true;
        trace_members_set(t, n->from, n->component, false);
        trace_members_set(t, n->to, n->component, true);
        return false;
    case SUP_NOTE_MERGE:
    case SUP_NOTE_SPLIT:
        if (stage == 2)
            move_tell(t, n, THREADS_PID, trace_tid(thread));
        track = trace_domain_of(t, stage == 0 ? n->component : n->other);
        if (stage < 2 && (stage == 0 || (n->other && track != trace_domain_of(t, n->component))))
            move_tell(t, n, DOMAINS_PID, DOMAIN_TID + track);
        return stage < 3;
    case SUP_NOTE_FAULT:
        if (stage == 0)
            fault_tell(t, n, DOMAINS_PID, DOMAIN_TID + n->from % DOMAINS);
        else if (stage == 1)
            fault_tell(t, n, THREADS_PID, trace_tid(thread));
        return stage < 2;
    case SUP_NOTE_DOWN:
    case SUP_NOTE_RUNS:
        if (stage == 0)
            state_tell(t, n);
        return stage == 0;
    case SUP_NOTE_SAID:
        if (stage == 0)
            said_tell(t, n);
        return stage == 0;
    default:
        return false;
    }
}

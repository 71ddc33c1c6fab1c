/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tracks of threads: invocations begin and end as the records tell, or as a thread's stack shows that
 * they must have.
 *
 * 1. Slices of one track are nested: an invocation ends before the one that it was made in.
 * 2. An invocation is written exactly once, with its gate's edge.
 */
#include "trace_parts.h"

static void gate_name(struct trace *t, const struct sup_record_gate *g)
{
    line_add(&t->line, ",\"name\":\"");
    if (g->client) {
        line_add(&t->line, trace_component(&t->names, g->server));
        line_add(&t->line, ".");
        line_add(&t->line, g->function[0] ? g->function : "?");
    } else {
        line_add(&t->line, "a gate that is gone");
    }
    line_add(&t->line, "\"");
}

/* What the gate was that led into this domain. If its server, as the gate is now, was not there, then the
 * gate has been used anew for another server since. */
static const struct sup_record_gate *gate_of(struct trace *t, uint32_t gate, uint32_t into)
{
    static const struct sup_record_gate gone;
    const struct sup_record_gate *found = trace_gate(&t->names, gate);
    bool known = into != ANY_DOMAIN && t->any_placed && !trace_notes_lost(&t->recording);
    return !known || found->server == 0 || trace_is_in(t, found->server, into) ? found : &gone;
}

void trace_invocation_open(struct trace *t, uint32_t thread, uint32_t gate, uint32_t into, uint64_t after,
                           bool gated, bool before)
{
    const struct sup_record_gate *g = gate_of(t, gate, into);
    if (!slices_push(&t->slices, thread, after)) {
        t->dropped++;
        return;
    }
    struct trace_slice *slice = slices_top(&t->slices, thread);
    slice->merged = !gated;
    slice->gate = gate;
    slice->client = (uint16_t)g->client;
    slice->server = (uint16_t)g->server;
    slice->names = trace_renamed(&t->names, g->server);
    trace_event(t, "B", THREADS_PID, trace_tid(thread));
    line_add(&t->line, gated ? ",\"cat\":\"gated\"" : ",\"cat\":\"merged\"");
    gate_name(t, g);
    line_add(&t->line, ",\"args\":{");
    trace_event_string(t, "client", g->client ? trace_component(&t->names, g->client) : "gone");
    line_add(&t->line, ",");
    trace_event_string(t, "server", g->client ? trace_component(&t->names, g->server) : "gone");
    line_add(&t->line, gated ? ",\"gated\":true" : ",\"gated\":false");
    line_add(&t->line, before ? ",\"began\":\"before the trace\"}}" : "}}");
}

void trace_entry_open(struct trace *t, uint32_t thread, uint64_t after, bool before)
{
    if (!slices_push(&t->slices, thread, after)) {
        t->dropped++;
        return;
    }
    trace_event(t, "B", THREADS_PID, trace_tid(thread));
    line_add(&t->line, ",\"cat\":\"entry\",\"name\":\"entry\"");
    line_add(&t->line, before ? ",\"args\":{\"began\":\"before the trace\"}}" : "}");
}

/* The name that it began with; none if its gate or its server is another by now. */
static void slice_name(struct trace *t, const struct trace_slice *slice)
{
    static const struct sup_record_gate gone;
    const struct sup_record_gate *g = slice->client ? trace_gate(&t->names, slice->gate) : &gone;
    if (g->client == slice->client && g->server == slice->server &&
        trace_renamed(&t->names, slice->server) == slice->names)
        gate_name(t, g);
}

static void slice_end(struct trace *t, uint32_t thread)
{
    const struct trace_slice *slice = slices_top(&t->slices, thread);
    uint64_t instructions = t->slices.executed[thread] - slice->instructions;
    trace_event(t, "E", THREADS_PID, trace_tid(thread));
    if (slice->gate)
        slice_name(t, slice);
    else
        trace_event_name(t, "entry");
    slices_pop(&t->slices, thread);
    line_add(&t->line, ",\"args\":{\"instructions\":");
    line_add_number(&t->line, instructions);
    line_add(&t->line, "}}");
}

static bool is_invocation(uint8_t kind)
{
    return kind == SUP_RECORD_CALL || kind == SUP_RECORD_PASS;
}

static void record_account(struct trace *t, const struct sup_record *r, uint32_t thread)
{
    trace_time_set(t, r->time);
    if (t->counted) {
        t->slices.executed[t->thread] += (uint32_t)(r->instructions - t->instructions);
    } else if (trace_lost(&t->recording)) { /* what ran before is not known */
        t->domain = r->from % DOMAINS;
        t->thread = thread;
    }
    t->instructions = r->instructions;
    t->counted = true;
    t->resumed = t->paused[thread] && t->paused[thread] == r->place;
    if (r->thread != SUP_NO_THREAD && r->kind != SUP_RECORD_THREAD)
        t->paused[thread] = r->kind == SUP_RECORD_INTERRUPT ? r->place : 0;
}

/* The thread that the record is about: of one on the supervisor's own stack, the one that it runs for. */
static uint32_t thread_of(const struct trace *t, const struct sup_record *r)
{
    uint32_t thread = r->thread != SUP_NO_THREAD ? r->thread : t->thread;
    return thread < TRACE_THREADS ? thread : 0;
}

/* Has the thread's innermost invocation ended by this record? Its stack tells, or that somebody else than the
 * merged one's server invokes. */
static bool has_ended(struct trace *t, const struct sup_record *r, uint32_t thread)
{
    const struct trace_slice *top = slices_top(&t->slices, thread);
    if (!top || r->kind == SUP_RECORD_THREAD)
        return false;
    if (r->thread == SUP_NO_THREAD) /* its base has returned to the supervisor, by no gate */
        return r->kind == SUP_RECORD_RETURN && r->place == 0;
    if (top->after <= r->stack)
        return true;
    if (r->kind == SUP_RECORD_ENTRY) /* once more from the start; not if no instruction has been executed */
        return !t->resumed;
    if (!top->merged || !is_invocation(r->kind))
        return false;
    const struct sup_record_gate *gate = trace_gate(&t->names, r->place);
    return gate->client && gate->client != top->server;
}

/* One event of the present record; false: none is left. */
bool trace_record_step(struct trace *t)
{
    const struct sup_record *r = &t->record[t->record_next - t->record_from];
    uint32_t thread = thread_of(t, r);
    switch (t->stage) {
    case 0:
        record_account(t, r, thread);
        t->stage = 1;
        /* fallthrough */
    case 1:
        if (has_ended(t, r, thread)) {
            slice_end(t, thread);
            return true;
        }
        t->stage = 2;
        if (is_invocation(r->kind))
            trace_invocation_open(t, thread, r->place, r->to, r->stack, r->kind == SUP_RECORD_CALL, false);
        else if (r->kind == SUP_RECORD_ENTRY && !(t->resumed && slices_top(&t->slices, thread)))
            trace_entry_open(t, thread, r->stack + 8, false);
        if (t->line.used)
            return true;
        /* fallthrough */
    default:
        t->thread = thread;
        t->domain = r->to % DOMAINS;
        return trace_run_step(t);
    }
}

bool trace_threads_close_step(struct trace *t)
{
    for (; t->index < TRACE_THREADS; t->index++) {
        if (!slices_top(&t->slices, t->index))
            continue;
        slice_end(t, t->index);
        return true;
    }
    return false;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads records and notes in their order and writes events. Each step writes one event at most.
 *
 * 1. Events of one track begin and end nested: an invocation ends before the one that it was made in,
 * components of a domain change only while the supervisor runs.
 * 2. Times never go back.
 * 3. An invocation is written exactly once, with its gate's edge: whoever counts them has the counts of the
 * hardware, if nothing was overwritten.
 * 4. What lasts is a B and an E of the same name, never an X: viewers compute with doubles, in which a begin
 * and a duration do not always meet the end that another event tells.
 */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

#include "trace_line.h"
#include "trace_names.h"
#include "trace_slices.h"

#define RECORDS_AT_ONCE 128u
#define NOTES_AT_ONCE 4u
#define DOMAINS 128u
#define THREADS_PID "1"
#define DOMAINS_PID "2"
#define DOMAIN_TID 1000u /* of domain 0: thread numbers are unique over both */

enum phase { HEAD, THREADS, EVENTS, CLOSE_THREADS, CLOSE_DOMAINS, TAIL, EDGES, END, OVER };

struct trace {
    struct sup_recording recording;
    enum phase phase;
    uint32_t index; /* within the phase: thread, domain, edge */
    long status;    /* negative: it cannot go on */
    bool first;     /* no event has been written */
    struct trace_line line;
    size_t sent; /* of the line */

    struct sup_record record[RECORDS_AT_ONCE]; /* from number record_from on */
    uint64_t record_from, record_count, record_next;
    struct sup_note note[NOTES_AT_ONCE];
    uint64_t note_from, note_count, note_next;
    unsigned stage; /* of the present record or note */

    uint64_t now;                   /* nanoseconds */
    uint32_t instructions;          /* at the last record */
    bool counted;                   /* there was one */
    uint32_t thread;                /* that runs */
    uint8_t domain;                 /* that runs */
    bool run_shown;                 /* on a domain's track, */
    uint32_t run_thread;            /* this thread */
    uint8_t run_domain;             /* in this one */
    uint32_t paused[TRACE_THREADS]; /* where each was interrupted, if that was the last of it */
    bool resumed;                   /* the present record goes on there */
    uint64_t dropped;               /* invocations that there was no room for */
    uint64_t members[DOMAINS][4];   /* a bit for each component id */
    uint64_t told[DOMAINS][4];      /* what the track shows, if `shown` */
    bool dirty[DOMAINS], shown[DOMAINS], named[DOMAINS];
    bool any_dirty, placed, any_placed;

    char threads[TRACE_THREADS][SHOJI_NAME_BYTES];
    struct trace_names names;
    struct trace_slices slices;
    struct sup_edge edges[LAYOUT_EDGES];
    uint32_t edges_count;
};

uint64_t trace_lost(const struct sup_recording *recording)
{
    return recording->records > SUP_RECORDS ? recording->records - SUP_RECORDS : 0;
}

static uint64_t notes_lost(const struct sup_recording *recording)
{
    return recording->notes > SUP_NOTES ? recording->notes - SUP_NOTES : 0;
}

uint64_t trace_nanoseconds(const struct sup_recording *recording, uint64_t time)
{
    uint64_t counts = time > recording->begin ? time - recording->begin : 0, rate = recording->per_second;
    if (!rate)
        return 0;
    return counts / rate * 1000000000 + counts % rate * 1000000000 / rate;
}

static void time_set(struct trace *t, uint64_t time)
{
    uint64_t now = trace_nanoseconds(&t->recording, time);
    if (now > t->now)
        t->now = now;
}

/* ---- Events. Names are fit for JSON (trace_names.h); other texts are escaped. ---- */

/* Up to and with the time; `phase` as the format has it. */
static void event_begin_at(struct trace *t, const char *phase, const char *pid, uint32_t tid, uint64_t at)
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

static void event_begin(struct trace *t, const char *phase, const char *pid, uint32_t tid)
{
    event_begin_at(t, phase, pid, tid, t->now);
}

static void event_name(struct trace *t, const char *name)
{
    line_add(&t->line, ",\"name\":\"");
    line_add(&t->line, name);
    line_add(&t->line, "\"");
}

static void event_string(struct trace *t, const char *key, const char *value)
{
    line_add(&t->line, "\"");
    line_add(&t->line, key);
    line_add(&t->line, "\":\"");
    line_add(&t->line, value);
    line_add(&t->line, "\"");
}

/* The name of a process, or of one of its tracks. */
static void metadata(struct trace *t, const char *what, const char *pid, uint32_t tid, const char *name,
                     uint64_t number)
{
    event_begin_at(t, "M", pid, tid, 0);
    event_name(t, what);
    line_add(&t->line, ",\"args\":{\"name\":\"");
    line_add(&t->line, name);
    if (number != UINT64_MAX)
        line_add_number(&t->line, number);
    line_add(&t->line, "\"}}");
}

static uint32_t thread_tid(uint32_t thread)
{
    return thread + 1;
}

/* An instant, on that track. It ends with open args. */
static void instant_begin(struct trace *t, const char *pid, uint32_t tid, const char *category)
{
    event_begin(t, "i", pid, tid);
    line_add(&t->line, ",\"s\":\"t\",\"cat\":\"");
    line_add(&t->line, category);
    line_add(&t->line, "\"");
}

/* ---- Invocations ---- */

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

#define ANY_DOMAIN UINT32_MAX

static bool is_in(const struct trace *t, component_t id, uint32_t domain)
{
    return domain < DOMAINS && id < 256 && t->members[domain][id / 64] >> id % 64 & 1;
}

/* What the gate was that led into this domain. If its server, as the gate is now, was not there, then the
 * gate has been used anew for another server since. */
static const struct sup_record_gate *gate_of(struct trace *t, uint32_t gate, uint32_t into)
{
    static const struct sup_record_gate gone;
    const struct sup_record_gate *found = trace_gate(&t->names, gate);
    bool known = into != ANY_DOMAIN && t->any_placed && !notes_lost(&t->recording);
    return !known || found->server == 0 || is_in(t, found->server, into) ? found : &gone;
}

static void slice_open(struct trace *t, uint32_t thread, uint32_t gate, uint32_t into, uint64_t after,
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
    event_begin(t, "B", THREADS_PID, thread_tid(thread));
    line_add(&t->line, gated ? ",\"cat\":\"gated\"" : ",\"cat\":\"merged\"");
    gate_name(t, g);
    line_add(&t->line, ",\"args\":{");
    event_string(t, "client", g->client ? trace_component(&t->names, g->client) : "gone");
    line_add(&t->line, ",");
    event_string(t, "server", g->client ? trace_component(&t->names, g->server) : "gone");
    line_add(&t->line, gated ? ",\"gated\":true" : ",\"gated\":false");
    line_add(&t->line, before ? ",\"began\":\"before the trace\"}}" : "}}");
}

static void entry_open(struct trace *t, uint32_t thread, uint64_t after, bool before)
{
    if (!slices_push(&t->slices, thread, after)) {
        t->dropped++;
        return;
    }
    event_begin(t, "B", THREADS_PID, thread_tid(thread));
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
    event_begin(t, "E", THREADS_PID, thread_tid(thread));
    if (slice->gate)
        slice_name(t, slice);
    else
        event_name(t, "entry");
    slices_pop(&t->slices, thread);
    line_add(&t->line, ",\"args\":{\"instructions\":");
    line_add_number(&t->line, instructions);
    line_add(&t->line, "}}");
}

/* ---- Domains ---- */

static void members_set(struct trace *t, uint32_t domain, component_t id, bool in)
{
    if (domain == 0 || domain >= DOMAINS || id >= 256)
        return;
    uint64_t bit = UINT64_C(1) << id % 64;
    t->members[domain][id / 64] = in ? t->members[domain][id / 64] | bit : t->members[domain][id / 64] & ~bit;
    t->dirty[domain] = t->any_dirty = true;
}

static uint32_t domain_of(const struct trace *t, component_t id)
{
    for (uint32_t domain = 1; domain < DOMAINS && id < 256; domain++)
        if (t->members[domain][id / 64] >> id % 64 & 1)
            return domain;
    return 0;
}

static bool has_members(const struct trace *t, uint32_t domain)
{
    const uint64_t *set = t->members[domain];
    return domain == 0 || set[0] || set[1] || set[2] || set[3];
}

static void track_name(struct trace *t, uint32_t domain)
{
    t->named[domain] = true;
    metadata(t, "thread_name", DOMAINS_PID, DOMAIN_TID + domain, "domain ", domain);
}

/* The name of its components, as its track shows them. */
static void members_name(struct trace *t, uint32_t domain)
{
    bool any = false;
    line_add(&t->line, ",\"name\":\"");
    if (domain == 0)
        line_add(&t->line, "supervisor");
    for (component_t id = 0; id < 256; id++) {
        if (!(t->told[domain][id / 64] >> id % 64 & 1))
            continue;
        line_add(&t->line, any ? " + " : "");
        line_add(&t->line, trace_component(&t->names, id));
        any = true;
    }
    line_add(&t->line, "\"}");
}

static void members_show(struct trace *t, uint32_t domain)
{
    t->shown[domain] = true;
    memcpy(t->told[domain], t->members[domain], sizeof t->told[domain]);
    event_begin(t, "B", DOMAINS_PID, DOMAIN_TID + domain);
    line_add(&t->line, ",\"cat\":\"components\"");
    members_name(t, domain);
}

static void members_hide(struct trace *t, uint32_t domain)
{
    t->shown[domain] = false;
    event_begin(t, "E", DOMAINS_PID, DOMAIN_TID + domain);
    members_name(t, domain);
}

/* One event for a domain whose components are not what its track shows; false: there is none. */
static bool dirty_step(struct trace *t)
{
    for (uint32_t domain = 0; t->any_dirty && domain < DOMAINS; domain++) {
        if (!t->dirty[domain])
            continue;
        if (!t->named[domain]) {
            track_name(t, domain);
        } else if (t->shown[domain]) {
            members_hide(t, domain);
        } else {
            t->dirty[domain] = false;
            if (!has_members(t, domain))
                continue;
            members_show(t, domain);
        }
        return true;
    }
    t->any_dirty = false;
    return false;
}

static void run_event(struct trace *t, const char *phase)
{
    t->run_shown = !t->run_shown;
    event_begin(t, phase, DOMAINS_PID, DOMAIN_TID + t->run_domain);
    if (t->run_shown)
        line_add(&t->line, ",\"cat\":\"thread\"");
    event_name(t, t->threads[t->run_thread % TRACE_THREADS]);
    line_add(&t->line, "}");
}

/* One event for a thread that runs where none is shown, or another; false: there is none. */
static bool run_step(struct trace *t)
{
    if (t->run_shown && t->run_thread == t->thread && t->run_domain == t->domain)
        return false;
    if (t->run_shown) {
        run_event(t, "E");
    } else if (!t->named[t->domain]) {
        track_name(t, t->domain);
    } else {
        t->run_thread = t->thread;
        t->run_domain = t->domain;
        run_event(t, "B");
    }
    return true;
}

/* ---- Records ---- */

static bool is_invocation(uint8_t kind)
{
    return kind == SUP_RECORD_CALL || kind == SUP_RECORD_PASS;
}

static void record_account(struct trace *t, const struct sup_record *r, uint32_t thread)
{
    time_set(t, r->time);
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
static bool record_step(struct trace *t)
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
            slice_open(t, thread, r->place, r->to, r->stack, r->kind == SUP_RECORD_CALL, false);
        else if (r->kind == SUP_RECORD_ENTRY && !(t->resumed && slices_top(&t->slices, thread)))
            entry_open(t, thread, r->stack + 8, false);
        if (t->line.used)
            return true;
        /* fallthrough */
    default:
        t->thread = thread;
        t->domain = r->to % DOMAINS;
        return run_step(t);
    }
}

/* ---- Notes ---- */

static void move_tell(struct trace *t, const struct sup_note *n, const char *pid, uint32_t tid)
{
    instant_begin(t, pid, tid, "move");
    line_add(&t->line, n->other ? ",\"name\":\"merge " : ",\"name\":\"split ");
    line_add(&t->line, trace_component(&t->names, n->other ? n->other : n->component));
    line_add(&t->line, n->other ? " into " : "");
    line_add(&t->line, n->other ? trace_component(&t->names, n->component) : "");
    line_add(&t->line, "\",\"args\":{");
    event_string(t, n->other ? "into" : "component", trace_component(&t->names, n->component));
    if (n->other) {
        line_add(&t->line, ",");
        event_string(t, "from", trace_component(&t->names, n->other));
    }
    line_add(&t->line, "}}");
}

static void fault_tell(struct trace *t, const struct sup_note *n, const char *pid, uint32_t tid)
{
    instant_begin(t, pid, tid, "fault");
    line_add(&t->line, ",\"name\":\"fault of ");
    line_add(&t->line, trace_component(&t->names, n->component));
    line_add(&t->line, "\",\"args\":{");
    event_string(t, "component", trace_component(&t->names, n->component));
    line_add(&t->line, ",");
    line_add(&t->line, "\"explanation\":\"");
    line_add_escaped(&t->line, n->text);
    line_add(&t->line, "\"}}");
}

static void state_tell(struct trace *t, const struct sup_note *n)
{
    instant_begin(t, DOMAINS_PID, DOMAIN_TID + domain_of(t, n->component), "component");
    line_add(&t->line, ",\"name\":\"");
    line_add(&t->line, trace_component(&t->names, n->component));
    line_add(&t->line, n->kind == SUP_NOTE_RUNS ? " runs again" : " is down");
    line_add(&t->line, "\"}");
}

static void said_tell(struct trace *t, const struct sup_note *n)
{
    instant_begin(t, THREADS_PID, thread_tid(n->thread % TRACE_THREADS), "decision");
    line_add(&t->line, ",\"name\":\"");
    line_add_escaped(&t->line, n->text);
    line_add(&t->line, "\",\"args\":{");
    event_string(t, "component", trace_component(&t->names, n->component));
    line_add(&t->line, "}}");
}

/* One event of the present note; false: none is left. */
static bool note_step(struct trace *t)
{
    const struct sup_note *n = &t->note[t->note_next - t->note_from];
    uint32_t thread = n->thread < TRACE_THREADS ? n->thread : 0;
    unsigned stage = t->stage++;
    uint32_t track;

    if (stage == 0)
        time_set(t, n->time);
    switch (n->kind) {
    case SUP_NOTE_OPEN:
        if (stage == 0 && n->gate)
            slice_open(t, thread, n->gate, ANY_DOMAIN, n->stack, true, true);
        else if (stage == 0)
            entry_open(t, thread, n->stack, true);
        return stage == 0;
    case SUP_NOTE_PLACED:
        /* What its track shows ends under the names of until now. */
        if (stage == 0 && n->from > 0 && n->from < DOMAINS && t->shown[n->from]) {
            members_hide(t, n->from);
            t->dirty[n->from] = t->any_dirty = true;
            return true;
        }
        trace_named(&t->names, n->component, n->text);
        t->any_placed = true;
        members_set(t, n->from, n->component, false);
        members_set(t, n->to, n->component, true);
        return false;
    case SUP_NOTE_MERGE:
    case SUP_NOTE_SPLIT:
        if (stage == 2)
            move_tell(t, n, THREADS_PID, thread_tid(thread));
        track = domain_of(t, stage == 0 ? n->component : n->other);
        if (stage < 2 && (stage == 0 || (n->other && track != domain_of(t, n->component))))
            move_tell(t, n, DOMAINS_PID, DOMAIN_TID + track);
        return stage < 3;
    case SUP_NOTE_FAULT:
        if (stage == 0)
            fault_tell(t, n, DOMAINS_PID, DOMAIN_TID + n->from % DOMAINS);
        else if (stage == 1)
            fault_tell(t, n, THREADS_PID, thread_tid(thread));
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

/* ---- The order of both ---- */

static bool records_fetch(struct trace *t)
{
    if (t->record_next >= t->recording.records)
        return false;
    if (t->record_next < t->record_from + t->record_count)
        return true;
    long got = sup_records(t->record_next, t->record, RECORDS_AT_ONCE);
    t->record_from = t->record_next;
    t->record_count = got < 0 ? 0 : (uint64_t)got;
    t->status = got < 0 ? got : t->status;
    return got > 0;
}

static bool notes_fetch(struct trace *t)
{
    if (t->note_next >= t->recording.notes)
        return false;
    if (t->note_next < t->note_from + t->note_count)
        return true;
    long got = sup_notes(t->note_next, t->note, NOTES_AT_ONCE);
    t->note_from = t->note_next;
    t->note_count = got < 0 ? 0 : (uint64_t)got;
    t->status = got < 0 ? got : t->status;
    return got > 0;
}

/* Of what happened before the first record that is kept, only who was where is of interest. */
static bool note_is_old(const struct trace *t, const struct sup_note *n)
{
    return n->at < trace_lost(&t->recording) && n->kind != SUP_NOTE_PLACED;
}

/* One event; false: none is left. */
static bool event_step(struct trace *t)
{
    while (!t->status) {
        if (!t->placed) { /* where everybody was before the first note, and who ran before the first record */
            if (dirty_step(t) || (!trace_lost(&t->recording) && run_step(t)))
                return true;
            t->placed = true;
        }
        bool note = notes_fetch(t);
        const struct sup_note *n = &t->note[t->note_next - t->note_from];
        bool record = records_fetch(t);
        note = note && (!record || n->at <= t->record_next);
        if (t->any_dirty && !(note && n->kind == SUP_NOTE_PLACED) && dirty_step(t))
            return true;
        if (note) {
            if (!note_is_old(t, n) && note_step(t)) {
                if (t->line.used)
                    return true;
                continue;
            }
            t->note_next++;
        } else if (record) {
            if (record_step(t))
                return true;
            t->record_next++;
        } else {
            return false;
        }
        t->stage = 0;
    }
    return false;
}

/* ---- The whole ---- */

static bool threads_step(struct trace *t)
{
    struct sup_thread thread;
    if (t->index >= TRACE_THREADS || sup_record_thread(t->index, &thread) < 0)
        return false;
    trace_name_copy(t->threads[t->index], thread.name, SHOJI_NAME_BYTES);
    metadata(t, "thread_name", THREADS_PID, thread_tid(t->index), t->threads[t->index], UINT64_MAX);
    t->index++;
    return true;
}

static bool close_threads_step(struct trace *t)
{
    for (; t->index < TRACE_THREADS; t->index++) {
        if (!slices_top(&t->slices, t->index))
            continue;
        slice_end(t, t->index);
        return true;
    }
    return false;
}

static bool close_domains_step(struct trace *t)
{
    if (t->run_shown) {
        run_event(t, "E");
        return true;
    }
    for (; t->index < DOMAINS; t->index++) {
        if (!t->shown[t->index])
            continue;
        members_hide(t, t->index);
        return true;
    }
    return false;
}

static void add_member(struct trace *t, const char *key, uint64_t value)
{
    line_add(&t->line, "\"");
    line_add(&t->line, key);
    line_add(&t->line, "\":");
    line_add_number(&t->line, value);
    line_add(&t->line, ",");
}

static void tail(struct trace *t)
{
    line_add(&t->line,
             "],\n\"otherData\":{\"system\":\"Shoji\",\"clock\":\"time stamp counter of the processor\",");
    add_member(t, "counts_per_second", t->recording.per_second);
    add_member(t, "duration_ns", trace_nanoseconds(&t->recording, t->recording.end));
    add_member(t, "recording", t->recording.number);
    add_member(t, "records", t->recording.records);
    add_member(t, "lost", trace_lost(&t->recording));
    add_member(t, "notes", t->recording.notes);
    add_member(t, "notes_lost", notes_lost(&t->recording));
    add_member(t, "too_deep", t->dropped);
    line_add(&t->line, "\"edges\":[\n");
    t->first = true;
}

static bool edges_step(struct trace *t)
{
    for (; t->index < t->edges_count; t->index++) {
        const struct sup_edge *edge = &t->edges[t->index];
        if (!edge->invocations)
            continue;
        line_add(&t->line, t->first ? "{" : ",\n{");
        t->first = false;
        event_string(t, "client", trace_component(&t->names, edge->client));
        line_add(&t->line, ",");
        event_string(t, "server", trace_component(&t->names, edge->server));
        line_add(&t->line, ",\"invocations\":");
        line_add_number(&t->line, edge->invocations);
        line_add(&t->line, ",\"gated\":");
        line_add_number(&t->line, edge->gated);
        line_add(&t->line, "}");
        t->index++;
        return true;
    }
    return false;
}

/* Writes the next piece into the line; false: there is none. */
static bool step(struct trace *t)
{
    static bool (*const steps[])(struct trace *) = {
        [THREADS] = threads_step,
        [EVENTS] = event_step,
        [CLOSE_THREADS] = close_threads_step,
        [CLOSE_DOMAINS] = close_domains_step,
        [EDGES] = edges_step,
    };
    t->line.used = t->sent = 0;
    for (;;) {
        if (t->status || t->phase == OVER)
            return false;
        if (t->phase == HEAD) {
            line_add(&t->line, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
            metadata(t, "process_name", THREADS_PID, 0, "threads", UINT64_MAX);
            metadata(t, "process_name", DOMAINS_PID, 0, "domains", UINT64_MAX);
        } else if (t->phase == TAIL) {
            tail(t);
        } else if (t->phase == END) {
            line_add(&t->line, "\n]}}\n");
        } else if (steps[t->phase](t)) {
            return true;
        }
        if (t->phase == EVENTS)
            time_set(t, t->recording.end);
        t->phase++;
        t->index = 0;
        if (t->line.used)
            return true;
    }
}

long trace_read(struct trace *t, char *out, uint64_t room)
{
    uint64_t used = 0;
    while (used < room) {
        if (t->sent == t->line.used && !step(t))
            break;
        size_t left = t->line.used - t->sent, copied = left < room - used ? left : room - used;
        memcpy(out + used, t->line.bytes + t->sent, copied);
        t->sent += copied;
        used += copied;
    }
    return used || t->phase == OVER ? (long)used : t->status;
}

/* Where components were before the first note that is kept, if some are not: as the notes say, or as it is
 * now. */
static void places_begin(struct trace *t, const struct layout *layout)
{
    bool told[256] = {false};
    for (t->note_next = notes_lost(&t->recording); notes_fetch(t); t->note_next++) {
        const struct sup_note *n = &t->note[t->note_next - t->note_from];
        if (n->kind != SUP_NOTE_PLACED || n->component >= 256 || told[n->component])
            continue;
        told[n->component] = true;
        members_set(t, n->from, n->component, true);
    }
    for (uint32_t i = 0; notes_lost(&t->recording) && i < layout->components_count; i++)
        if (!told[layout->components[i].id % 256])
            members_set(t, layout->components[i].domain, layout->components[i].id, true);
    t->note_next = t->note_from = notes_lost(&t->recording);
    t->note_count = 0;
}

struct trace *trace_open(const struct sup_recording *recording, const struct layout *layout)
{
    struct trace *t = calloc(1, sizeof *t);
    if (!t)
        return 0;
    t->recording = *recording;
    t->first = true;
    t->record_next = trace_lost(recording);
    t->thread = recording->first_thread % TRACE_THREADS;
    t->dirty[0] = t->any_dirty = true;
    slices_begin(&t->slices);
    trace_names_begin(&t->names, layout);
    places_begin(t, layout);
    long edges = sup_record_edges(t->edges, LAYOUT_EDGES);
    t->edges_count = edges < 0 ? 0 : edges < LAYOUT_EDGES ? (uint32_t)edges : LAYOUT_EDGES;
    return t;
}

void trace_close(struct trace *trace)
{
    free(trace);
}

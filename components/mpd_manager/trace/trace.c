/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads records and notes in their order and writes events. Each step writes one event at most.
 *
 * The order of both, the phases of the whole, and the line that is being written, are this file's.
 *
 * 1. Times never go back.
 * 2. Whoever counts invocations has the counts of the hardware, if nothing was overwritten.
 * 3. What lasts is a B and an E of the same name, never an X: viewers compute with doubles, in which a begin
 * and a duration do not always meet the end that another event tells.
 */
#include <stdlib.h>
#include <string.h>

#include "trace_parts.h"

uint64_t trace_lost(const struct sup_recording *recording)
{
    return recording->records > SUP_RECORDS ? recording->records - SUP_RECORDS : 0;
}

uint64_t trace_notes_lost(const struct sup_recording *recording)
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

void trace_time_set(struct trace *t, uint64_t time)
{
    uint64_t now = trace_nanoseconds(&t->recording, time);
    if (now > t->now)
        t->now = now;
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
            if (trace_members_step(t) || (!trace_lost(&t->recording) && trace_run_step(t)))
                return true;
            t->placed = true;
        }
        bool note = notes_fetch(t);
        const struct sup_note *n = &t->note[t->note_next - t->note_from];
        bool record = records_fetch(t);
        note = note && (!record || n->at <= t->record_next);
        if (t->any_dirty && !(note && n->kind == SUP_NOTE_PLACED) && trace_members_step(t))
            return true;
        if (note) {
            if (!note_is_old(t, n) && trace_note_step(t)) {
                if (t->line.used)
                    return true;
                continue;
            }
            t->note_next++;
        } else if (record) {
            if (trace_record_step(t))
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
    trace_metadata(t, "thread_name", THREADS_PID, trace_tid(t->index), t->threads[t->index], UINT64_MAX);
    t->index++;
    return true;
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
    add_member(t, "notes_lost", trace_notes_lost(&t->recording));
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
        trace_event_string(t, "client", trace_component(&t->names, edge->client));
        line_add(&t->line, ",");
        trace_event_string(t, "server", trace_component(&t->names, edge->server));
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
        [CLOSE_THREADS] = trace_threads_close_step,
        [CLOSE_DOMAINS] = trace_domains_close_step,
        [EDGES] = edges_step,
    };
    t->line.used = t->sent = 0;
    for (;;) {
        if (t->status || t->phase == OVER)
            return false;
        if (t->phase == HEAD) {
            line_add(&t->line, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
            trace_metadata(t, "process_name", THREADS_PID, 0, "threads", UINT64_MAX);
            trace_metadata(t, "process_name", DOMAINS_PID, 0, "domains", UINT64_MAX);
        } else if (t->phase == TAIL) {
            tail(t);
        } else if (t->phase == END) {
            line_add(&t->line, "\n]}}\n");
        } else if (steps[t->phase](t)) {
            return true;
        }
        if (t->phase == EVENTS)
            trace_time_set(t, t->recording.end);
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
    for (t->note_next = trace_notes_lost(&t->recording); notes_fetch(t); t->note_next++) {
        const struct sup_note *n = &t->note[t->note_next - t->note_from];
        if (n->kind != SUP_NOTE_PLACED || n->component >= 256 || told[n->component])
            continue;
        told[n->component] = true;
        trace_members_set(t, n->from, n->component, true);
    }
    for (uint32_t i = 0; trace_notes_lost(&t->recording) && i < layout->components_count; i++)
        if (!told[layout->components[i].id % 256])
            trace_members_set(t, layout->components[i].domain, layout->components[i].id, true);
    t->note_next = t->note_from = trace_notes_lost(&t->recording);
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

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files that make a trace share: what is known of the recording so far, the line that is being
 * written, and who writes what into it. A step writes one event at most, and says whether it did.
 */
#ifndef MPD_MANAGER_TRACE_PARTS_H
#define MPD_MANAGER_TRACE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"
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

/* Of a thread's track. */
static inline uint32_t trace_tid(uint32_t thread)
{
    return thread + 1;
}

/* ---- trace.c ---- */

uint64_t trace_notes_lost(const struct sup_recording *recording);
/* It is so late by now, or later. */
void trace_time_set(struct trace *t, uint64_t time);

/* ---- trace_event.c: pieces of an event. Names are fit for JSON (trace_names.h); other texts are escaped
 * ---- */

/* Up to and with the time; `phase` as the format has it. */
void trace_event_at(struct trace *t, const char *phase, const char *pid, uint32_t tid, uint64_t at);
void trace_event(struct trace *t, const char *phase, const char *pid, uint32_t tid);
void trace_event_name(struct trace *t, const char *name);
void trace_event_string(struct trace *t, const char *key, const char *value);
/* The name of a process, or of one of its tracks; `number` follows it, if it is not UINT64_MAX. */
void trace_metadata(struct trace *t, const char *what, const char *pid, uint32_t tid, const char *name,
                    uint64_t number);
/* An instant, on that track; its name and args are the caller's to add. */
void trace_instant(struct trace *t, const char *pid, uint32_t tid, const char *category);

/* ---- trace_threads.c: the tracks of threads ---- */

#define ANY_DOMAIN UINT32_MAX

/* An invocation through a gate into a domain begins, by a gated or a plain call; `after`: the stack pointer
 * once it has returned; `before`: it began before the trace. */
void trace_invocation_open(struct trace *t, uint32_t thread, uint32_t gate, uint32_t into, uint64_t after,
                           bool gated, bool before);
/* Likewise what the thread does from its entry on. */
void trace_entry_open(struct trace *t, uint32_t thread, uint64_t after, bool before);
/* One event of the present record; false: none is left. */
bool trace_record_step(struct trace *t);
/* Ends what is open at the end; false: nothing is. */
bool trace_threads_close_step(struct trace *t);

/* ---- trace_domains.c: the tracks of domains ---- */

void trace_members_set(struct trace *t, uint32_t domain, component_t id, bool in);
bool trace_is_in(const struct trace *t, component_t id, uint32_t domain);
/* The component's domain; 0: it is in none. */
uint32_t trace_domain_of(const struct trace *t, component_t id);
/* What the track shows ends. */
void trace_members_hide(struct trace *t, uint32_t domain);
/* For a domain whose components are not what its track shows; false: there is none. */
bool trace_members_step(struct trace *t);
/* For a thread that runs where none is shown, or another; false: there is none. */
bool trace_run_step(struct trace *t);
bool trace_domains_close_step(struct trace *t);

/* ---- trace_notes.c ---- */

/* One event of the present note; false: none is left. */
bool trace_note_step(struct trace *t);

#endif

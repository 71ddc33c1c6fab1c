/* SPDX-License-Identifier: BSD-2-Clause */
#include "viewers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "governor.h"
#include "render.h"

#define RETRY_MS 2000

static struct viewer {
    bool open;
    bool synced;             /* invariant 1 */
    uint64_t place;          /* of the event that it is given next, or is in the middle of */
    uint64_t sent;           /* bytes of that */
    struct event_seen seen;  /* has been given */
    struct event_seen there; /* when it came, or was skipped: up to these it is given what it missed */
    char *own;               /* an event that only this one is given, or NULL */
    size_t own_bytes, own_sent;
} viewers[VIEWERS];
static uint32_t count;

uint32_t viewers_count(void)
{
    return count;
}

static bool wants_graph(const struct viewer *viewer)
{
    return viewer->open && !viewer->synced && !viewer->own && viewer->place == events_end();
}

bool viewers_want_graph(void)
{
    for (const struct viewer *viewer = viewers; viewer < viewers + VIEWERS; viewer++)
        if (wants_graph(viewer))
            return true;
    return false;
}

/* What a viewer is told first: how soon to come back, and what it has seen. */
static bool greet(struct viewer *viewer)
{
    char id[EVENTS_ID_BYTES];
    events_id(viewer->there, id);
    viewer->own = malloc(EVENTS_ID_BYTES + 32);
    if (!viewer->own)
        return false;
    if (viewer->seen.decisions < viewer->there.decisions || viewer->seen.faults < viewer->there.faults)
        id[0] = 0; /* what it missed will tell */
    viewer->own_bytes = (size_t)snprintf(viewer->own, EVENTS_ID_BYTES + 32, "retry: %d\n%s\n", RETRY_MS, id);
    viewer->own_sent = 0;
    return true;
}

long viewers_open(struct event_seen seen, struct event_seen now)
{
    for (long i = 0; i < VIEWERS; i++) {
        struct viewer *viewer = &viewers[i];
        if (viewer->open)
            continue;
        *viewer = (struct viewer){.seen = seen, .there = now, .place = events_graph()};
        if (!greet(viewer))
            return SHOJI_EMEMORY;
        viewer->open = true;
        count++;
        return i;
    }
    return SHOJI_EMEMORY;
}

static void viewer_end(long id)
{
    struct viewer *viewer = &viewers[id];
    layout_lock();
    free(viewer->own);
    *viewer = (struct viewer){0};
    count--;
    layout_unlock();
}

/* ---- What it missed ---- */

static bool own_frame(struct viewer *viewer, enum event_kind kind, char *data, size_t bytes)
{
    if (!data)
        return false;
    viewer->own = events_frame(kind, viewer->seen, data, bytes, &viewer->own_bytes);
    viewer->own_sent = 0;
    free(data);
    return viewer->own;
}

static bool own_decision(struct viewer *viewer)
{
    uint64_t oldest = decisions_oldest(governor_decisions()), next = viewer->seen.decisions + 1;
    size_t bytes;
    if (next > viewer->there.decisions)
        return false;
    viewer->seen.decisions = next < oldest ? oldest : next;
    char *data = render_decision_line(viewer->seen.decisions, &bytes);
    return own_frame(viewer, EVENT_DECISION, data, bytes);
}

static bool own_fault(struct viewer *viewer)
{
    struct sup_fault report;
    size_t bytes;
    while (viewer->seen.faults < viewer->there.faults) {
        viewer->seen.faults++;
        if (sup_fault(viewer->seen.faults, &report) < 0)
            continue;
        char *data = render_fault_line(&report, &bytes);
        return own_frame(viewer, EVENT_FAULT, data, bytes);
    }
    return false;
}

static uint64_t give_own(struct viewer *viewer, char *out, uint64_t room)
{
    size_t left = viewer->own_bytes - viewer->own_sent, copied = left < room ? left : room;
    memcpy(out, viewer->own + viewer->own_sent, copied);
    viewer->own_sent += copied;
    if (viewer->own_sent == viewer->own_bytes) {
        free(viewer->own);
        viewer->own = 0;
    }
    return copied;
}

/* ---- What all are given ---- */

/* Does the viewer know it already, or not know enough for it? */
static bool passes_over(const struct viewer *viewer, const struct event *event)
{
    switch (event->kind) {
    case EVENT_GRAPH:
        return false;
    case EVENT_REFRESH:
        return viewer->synced;
    case EVENT_DECISION:
        return event->number <= viewer->seen.decisions;
    case EVENT_FAULT:
        return event->number <= viewer->seen.faults;
    default:
        return !viewer->synced;
    }
}

static void has_got(struct viewer *viewer, const struct event *event)
{
    if (event->kind == EVENT_GRAPH || event->kind == EVENT_REFRESH)
        viewer->synced = true;
    else if (event->kind == EVENT_DECISION)
        viewer->seen.decisions = event->number;
    else if (event->kind == EVENT_FAULT)
        viewer->seen.faults = event->number;
}

/* Invariant 3. False: it was in the middle of an event. */
static bool skip(struct viewer *viewer)
{
    if (viewer->sent)
        return false;
    viewer->synced = false;
    viewer->place = events_graph();
    viewer->there.decisions = governor_decisions()->count;
    viewer->there.faults = layout_last()->counters.reports;
    return true;
}

static uint64_t give_event(struct viewer *viewer, const struct event *event, char *out, uint64_t room)
{
    uint64_t left = event->bytes - viewer->sent, copied = left < room ? left : room;
    events_copy(event, viewer->sent, out, copied);
    viewer->sent += copied;
    if (viewer->sent == event->bytes) {
        has_got(viewer, event);
        viewer->sent = 0;
        viewer->place++;
    }
    return copied;
}

/* Bytes, 0 if there are none for now, or a status. */
static long give(struct viewer *viewer, char *out, uint64_t room)
{
    for (;;) {
        if (viewer->own)
            return (long)give_own(viewer, out, room);
        if (viewer->place < events_oldest() && !skip(viewer))
            return SHOJI_ECLOSED;
        if (viewer->synced && !viewer->sent && (own_decision(viewer) || own_fault(viewer)))
            continue;
        const struct event *event = events_at(viewer->place);
        if (!event)
            return 0;
        if (viewer->sent || !passes_over(viewer, event))
            return (long)give_event(viewer, event, out, room);
        viewer->place++;
    }
}

static long viewer_read(long id, char *out, uint64_t room)
{
    struct viewer *viewer = &viewers[id];
    uint64_t used = 0;
    long given = 0;
    layout_lock();
    while (used < room && (given = give(viewer, out + used, room - used)) > 0)
        used += (uint64_t)given;
    layout_unlock();
    return used ? (long)used : given < 0 ? given : SHOJI_EBUSY;
}

const struct answer_source viewers_source = {viewer_read, viewer_end};

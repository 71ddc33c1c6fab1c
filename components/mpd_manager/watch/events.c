/* SPDX-License-Identifier: BSD-2-Clause */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING_BYTES (1u << 18)
#define EVENTS 256u
#define EVENT_MOST (RING_BYTES / 2) /* a larger one would leave room for little else */

static char *ring;
static struct event events[EVENTS];
static uint64_t oldest, end; /* places */
static uint64_t written;     /* bytes, ever */
static uint64_t graph_place = UINT64_MAX;
static uint32_t epoch;

bool events_start(uint64_t number)
{
    if (!ring)
        ring = malloc(RING_BYTES);
    epoch = (uint32_t)(number ^ number >> 32);
    oldest = end = written = 0;
    graph_place = UINT64_MAX;
    return ring;
}

uint64_t events_end(void)
{
    return end;
}

uint64_t events_oldest(void)
{
    return oldest;
}

const struct event *events_at(uint64_t place)
{
    return place >= oldest && place < end ? &events[place % EVENTS] : 0;
}

uint64_t events_graph(void)
{
    return events_at(graph_place) ? graph_place : end;
}

/* ---- The ring's bytes ---- */

static void ring_write(const char *bytes, size_t count)
{
    size_t at = written % RING_BYTES, first = count < RING_BYTES - at ? count : RING_BYTES - at;
    memcpy(ring + at, bytes, first);
    memcpy(ring, bytes + first, count - first);
    written += count;
}

void events_copy(const struct event *event, uint64_t offset, char *out, uint64_t bytes)
{
    size_t at = (event->from + offset) % RING_BYTES,
           first = bytes < RING_BYTES - at ? bytes : RING_BYTES - at;
    memcpy(out, ring + at, first);
    memcpy(out + first, ring, bytes - first);
}

/* ---- Events as text ---- */

int events_id(struct event_seen seen, char *out)
{
    return snprintf(out, EVENTS_ID_BYTES, "id: %08x-%lu-%lu\n", (unsigned)epoch,
                    (unsigned long)seen.decisions, (unsigned long)seen.faults);
}

bool events_id_read(const char *text, size_t bytes, struct event_seen *seen)
{
    char copy[EVENTS_ID_BYTES], again[EVENTS_ID_BYTES], *after;
    if (bytes < 10 || bytes >= sizeof copy - 5)
        return false;
    memcpy(copy, text, bytes);
    copy[bytes] = 0;
    seen->decisions = strtoul(copy + 9, &after, 10);
    seen->faults = *after == '-' ? strtoul(after + 1, &after, 10) : 0;
    int length = events_id(*seen, again); /* whatever is no id of ours is not what we would write */
    return (size_t)length == bytes + 5 && memcmp(again + 4, copy, bytes) == 0;
}

static bool has_id(enum event_kind kind)
{
    return kind == EVENT_DECISION || kind == EVENT_FAULT;
}

/* What comes before the data; at most HEAD_BYTES. */
#define HEAD_BYTES (EVENTS_ID_BYTES + 32)
static size_t head(enum event_kind kind, struct event_seen seen, char *out)
{
    static const char *const names[] = {"graph", "graph", "tick", "decision", "decision", "fault"};
    char id[EVENTS_ID_BYTES] = "";
    if (has_id(kind))
        events_id(seen, id);
    return (size_t)snprintf(out, HEAD_BYTES, "event: %s\n%sdata: ", names[kind], id);
}

char *events_frame(enum event_kind kind, struct event_seen seen, const char *data, size_t count,
                   size_t *bytes)
{
    char start[HEAD_BYTES];
    size_t length = head(kind, seen, start);
    char *text = malloc(length + count + 2);
    if (!text)
        return 0;
    memcpy(text, start, length);
    memcpy(text + length, data, count);
    memcpy(text + length + count, "\n\n", 2);
    *bytes = length + count + 2;
    return text;
}

void events_add(enum event_kind kind, uint64_t number, struct event_seen seen, const char *data, size_t bytes)
{
    char start[HEAD_BYTES];
    size_t length = head(kind, seen, start), all = length + bytes + 2;
    if (all > EVENT_MOST)
        return;
    while (oldest < end &&
           (end - oldest == EVENTS || written + all - events[oldest % EVENTS].from > RING_BYTES))
        oldest++;
    events[end % EVENTS] = (struct event){kind, number, written, (uint32_t)all};
    ring_write(start, length);
    ring_write(data, bytes);
    ring_write("\n\n", 2);
    if (kind == EVENT_GRAPH || kind == EVENT_REFRESH)
        graph_place = end;
    end++;
}

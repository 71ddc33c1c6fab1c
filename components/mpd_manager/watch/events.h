/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The newest server-sent events, each rendered once for all viewers: a ring of whole events. Whoever calls in
 * holds layout_lock.
 *
 * 1. Places are numbers that only grow; an event is kept until newer ones need its room.
 * 2. A graph and the ticks after it add up: what a graph counts no later tick counts.
 */
#ifndef MPD_MANAGER_EVENTS_H
#define MPD_MANAGER_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_GRAPH,
    EVENT_REFRESH, /* a graph for who has none; others know it already */
    EVENT_TICK,
    EVENT_DECISION,
    EVENT_CAME, /* the decision again, with what came of it */
    EVENT_FAULT,
};

struct event {
    enum event_kind kind;
    uint64_t number; /* of the decision, or of the report */
    uint64_t from;
    uint32_t bytes;
};

/* Those after `number` of each kind have been missed by whoever knows no more: what an id says. */
struct event_seen {
    uint64_t decisions, faults;
};

/* This component began anew: ids of before are nobody's. False: no memory. */
bool events_start(uint64_t epoch);
/* `data`: one line. One that does not fit the ring is dropped. `seen`: what who has read it has seen. */
void events_add(enum event_kind kind, uint64_t number, struct event_seen seen, const char *data,
                size_t bytes);
/* The place behind the newest, and the oldest that is kept. */
uint64_t events_end(void);
uint64_t events_oldest(void);
/* NULL: nothing is kept there. */
const struct event *events_at(uint64_t place);
/* Copies `bytes` of it, from `offset` on. */
void events_copy(const struct event *event, uint64_t offset, char *out, uint64_t bytes);
/* The place of the newest graph; events_end() if none is kept. */
uint64_t events_graph(void);

/* An event as text: malloc'd, NULL if memory is short. */
char *events_frame(enum event_kind kind, struct event_seen seen, const char *data, size_t count,
                   size_t *bytes);
/* The line `id: ...`, with its end; at most EVENTS_ID_BYTES. */
#define EVENTS_ID_BYTES 64
int events_id(struct event_seen seen, char *out);
/* What a Last-Event-ID says; false: it is none of ours, or of before this component began anew. */
bool events_id_read(const char *text, size_t bytes, struct event_seen *seen);

#endif

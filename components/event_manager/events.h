/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Groups of edge-triggered events: which are triggered, in what order, and who waits. Plain data; the caller
 * keeps threads apart. Builds for the host (tests/host/test_events.c).
 */
#ifndef EVENT_MANAGER_EVENTS_H
#define EVENT_MANAGER_EVENTS_H

#include <stdint.h>

#include "shoji/supervisor.h"

#define EVENT_GROUPS 128
#define EVENTS 4096
#define EVENT_COMPONENTS 256
/* What one component may have at most, so that no client takes what the others need. */
#define EVENT_GROUPS_EACH 48
#define EVENTS_EACH 2048

#define EVENT_NONE UINT32_MAX
#define EVENT_LIFE_SHIFT 8
#define EVENT_GROUP_NUMBER(id) ((uint32_t)((id) & ((1 << EVENT_LIFE_SHIFT) - 1)))

struct event {
    uint32_t group; /* EVENT_NONE: free */
    uint32_t token;
    uint32_t generation; /* how often this place was used, in the id's upper half */
    uint32_t triggered;
    uint32_t next, prev; /* triggered: its group's queue; free: the free list (next) */
};

struct event_group {
    component_t owner; /* 0: free */
    thread_t waiter;   /* 0: nobody */
    uint32_t first, last;
};

/* What is counted of each group, whoever has it. */
enum event_count {
    EVENT_TRIGGERED, /* events that were triggered; several triggers before a wait are one */
    EVENT_TAKEN,
    EVENT_WAITS, /* how often somebody found none */
    EVENT_OWNER, /* who has it: no count */
    EVENT_COUNTS
};

struct events {
    struct event event[EVENTS];
    struct event_group group[EVENT_GROUPS];
    uint64_t counts[EVENT_GROUPS][EVENT_COUNTS];
    uint32_t free;
    uint32_t life;
    uint16_t groups_of[EVENT_COMPONENTS], events_of[EVENT_COMPONENTS];
};

/* `life` is another number each time that all begins anew: ids of an earlier life name no group of this one.
 */
void events_init(struct events *events, uint32_t life);

/* All that is the owner's is freed. The threads that waited (a bit for each) have to be woken. */
uint64_t events_gone(struct events *events, component_t owner);

/* Ids are positive; a group's has its number, from 1, in its lowest bits. Groups live as long as their owner.
 * SHOJI_EMEMORY: none left for this owner. */
long events_group(struct events *events, component_t owner);
/* SHOJI_ENOENT: no such group; SHOJI_EPERM: not the owner's. */
long events_create(struct events *events, long group, uint32_t token, component_t owner);
long events_free(struct events *events, long event, component_t owner);

/* Triggers the event; the thread to wake (0: none) through `wake`. SHOJI_ENOENT: no such event, or it is
 * freed. */
long events_trigger(struct events *events, long event, thread_t *wake);

/* Takes the event of the group that was triggered first: its token. If there is none, `thread` is the group's
 * waiter from now on and SHOJI_EAGAIN is returned. SHOJI_EBUSY: another thread waits. */
long events_take(struct events *events, long group, component_t owner, thread_t thread);
/* The thread waits no longer. */
void events_leave(struct events *events, long group, thread_t thread);

#endif

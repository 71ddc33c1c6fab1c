/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Invariants:
 *
 * 1. An event is in its group's queue exactly if it is triggered, and once.
 * 2. An event's id has its place and how often that place was used; an id that was freed names nothing,
 *    until the count wraps.
 * 3. Ids of one life name nothing in another: not a group, and an event only after so many uses of its place
 * as lie between the lives. A client may have fetched an id just before everything began anew.
 * 4. A group's waiter found the queue empty when it became the waiter; it stays the waiter until it takes
 *    an event or leaves.
 */
#include "events.h"

/* An event's id is generation << 12 | place, plus 1 << 12 so that none is 0; a group's is life << 8 | number,
 * from 1. */
#define PLACE_BITS 12
#define GENERATIONS (1u << 18)

_Static_assert(EVENTS == 1 << PLACE_BITS, "a place fits its bits exactly");
_Static_assert(EVENT_GROUPS < 1 << EVENT_LIFE_SHIFT, "a number fits its bits");

void events_init(struct events *events, uint32_t life)
{
    for (uint32_t place = 0; place < EVENTS; place++)
        events->event[place] = (struct event){.group = EVENT_NONE,
                                              .generation = life % GENERATIONS,
                                              .next = place + 1 < EVENTS ? place + 1 : EVENT_NONE};
    for (uint32_t group = 0; group < EVENT_GROUPS; group++)
        events->group[group] = (struct event_group){.first = EVENT_NONE, .last = EVENT_NONE};
    events->free = 0;
    events->life = life;
    for (uint32_t component = 0; component < EVENT_COMPONENTS; component++)
        events->groups_of[component] = events->events_of[component] = 0;
}

static long event_id(const struct events *events, uint32_t place)
{
    return (long)(events->event[place].generation + 1) << PLACE_BITS | place;
}

static struct event *event_of(struct events *events, long id)
{
    uint32_t place = (uint32_t)id & (EVENTS - 1);
    struct event *event = &events->event[place];

    return event->group != EVENT_NONE && event_id(events, place) == id ? event : 0;
}

/* The group's place, or SHOJI_ENOENT. */
static long group_place(const struct events *events, long id)
{
    long place = id - ((long)events->life << EVENT_LIFE_SHIFT) - 1;

    return place < 0 || place >= EVENT_GROUPS || events->group[place].owner == 0 ? SHOJI_ENOENT : place;
}

/* Likewise; SHOJI_EPERM: it is another's. */
static long group_owned(const struct events *events, long id, component_t owner)
{
    long place = group_place(events, id);

    return place < 0 || events->group[place].owner == owner ? place : SHOJI_EPERM;
}

static void queue_append(struct events *events, struct event_group *group, uint32_t place)
{
    struct event *event = &events->event[place];

    event->triggered = 1;
    event->next = EVENT_NONE;
    event->prev = group->last;
    if (group->last != EVENT_NONE)
        events->event[group->last].next = place;
    else
        group->first = place;
    group->last = place;
}

static void queue_remove(struct events *events, struct event_group *group, uint32_t place)
{
    struct event *event = &events->event[place];

    event->triggered = 0;
    if (event->prev != EVENT_NONE)
        events->event[event->prev].next = event->next;
    else
        group->first = event->next;
    if (event->next != EVENT_NONE)
        events->event[event->next].prev = event->prev;
    else
        group->last = event->prev;
}

long events_group(struct events *events, component_t owner)
{
    if (owner == 0 || owner >= EVENT_COMPONENTS)
        return SHOJI_EINVAL;
    if (events->groups_of[owner] == EVENT_GROUPS_EACH)
        return SHOJI_EMEMORY;
    for (uint32_t group = 0; group < EVENT_GROUPS; group++)
        if (events->group[group].owner == 0) {
            events->group[group].owner = owner;
            events->counts[group][EVENT_OWNER] = owner;
            events->groups_of[owner]++;
            return ((long)events->life << EVENT_LIFE_SHIFT) + (long)group + 1;
        }
    return SHOJI_EMEMORY;
}

uint64_t events_gone(struct events *events, component_t owner)
{
    uint64_t waiters = 0;

    for (uint32_t place = 0; place < EVENTS; place++) {
        const struct event *event = &events->event[place];

        if (event->group != EVENT_NONE && events->group[event->group].owner == owner)
            (void)events_free(events, event_id(events, place), owner);
    }
    for (uint32_t group = 0; group < EVENT_GROUPS; group++) {
        struct event_group *it = &events->group[group];

        if (it->owner != owner)
            continue;
        if (it->waiter != 0)
            waiters |= 1ull << it->waiter;
        *it = (struct event_group){.first = EVENT_NONE, .last = EVENT_NONE};
    }
    events->groups_of[owner] = 0;
    return waiters;
}

long events_create(struct events *events, long id, uint32_t token, component_t owner)
{
    uint32_t place = events->free;
    long group = group_owned(events, id, owner);
    struct event *event;

    if (group < 0)
        return group;
    if (place == EVENT_NONE || events->events_of[owner] == EVENTS_EACH)
        return SHOJI_EMEMORY;
    event = &events->event[place];
    events->free = event->next;
    events->events_of[owner]++;
    event->group = (uint32_t)group;
    event->token = token;
    event->triggered = 0;
    return event_id(events, place);
}

long events_free(struct events *events, long id, component_t owner)
{
    struct event *event = event_of(events, id);
    struct event_group *group;
    uint32_t place;

    if (event == 0)
        return SHOJI_ENOENT;
    group = &events->group[event->group];
    if (group->owner != owner)
        return SHOJI_EPERM;
    place = (uint32_t)(event - events->event);
    if (event->triggered)
        queue_remove(events, group, place);
    event->group = EVENT_NONE;
    event->generation = (event->generation + 1) % GENERATIONS;
    event->next = events->free;
    events->free = place;
    events->events_of[owner]--;
    return SHOJI_OK;
}

long events_trigger(struct events *events, long id, thread_t *wake)
{
    struct event *event = event_of(events, id);

    *wake = 0;
    if (event == 0)
        return SHOJI_ENOENT;
    if (event->triggered)
        return SHOJI_OK;
    queue_append(events, &events->group[event->group], (uint32_t)(event - events->event));
    events->counts[event->group][EVENT_TRIGGERED]++;
    *wake = events->group[event->group].waiter;
    return SHOJI_OK;
}

long events_take(struct events *events, long id, component_t owner, thread_t thread)
{
    long number = group_owned(events, id, owner);
    struct event_group *group;
    uint32_t place;

    if (number < 0)
        return number;
    group = &events->group[number];
    if (group->waiter != 0 && group->waiter != thread)
        return SHOJI_EBUSY;
    if (group->first == EVENT_NONE) {
        events->counts[number][EVENT_WAITS]++;
        group->waiter = thread;
        return SHOJI_EAGAIN;
    }
    events->counts[number][EVENT_TAKEN]++;
    group->waiter = 0;
    place = group->first;
    queue_remove(events, group, place);
    return events->event[place].token;
}

void events_leave(struct events *events, long id, thread_t thread)
{
    long group = group_place(events, id);

    if (group >= 0 && events->group[group].waiter == thread)
        events->group[group].waiter = 0;
}

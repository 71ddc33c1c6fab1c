/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fd_api: one namespace of descriptors. Component 9 is an instance of this program over TCP connections and
 * HTTP streams; components 20 and 22 are others, over an async_invocation and fd_null. Which layers an
 * instance has, and which pools, follows from the manifest: the symbols of the others are 0.
 * It owns the descriptor table. It never looks into a buffer, it only checks whose it is.
 *
 * 1. A descriptor is used by the client that opened it, and by nobody else: `owner` is that client's id, 0
 * while the entry is free.
 * 2. The lower layers see buffer addresses only after the check that the client itself may use them: they
 * could reach more than the client, and must not do so in its name. A client says once where its buffers are;
 * a pool is the first client's that does. Components claim in component_init, so the manifest's order
 * decides.
 * 3. An entry of a connection or stream keeps its event when it is given back; so a token names an entry for
 * ever, and a trigger that comes late at worst makes the entry's next user look once for nothing.
 * 4. When tcp or http_parser has begun anew, what it gave is lost: `handle` is 0. When the event manager has,
 * groups and events are: `events` and `event` are 0, and made again when the group is used next. When a
 * client has, its descriptors are closed.
 * 5. SHOJI_ENOENT for a group means that this fd_api does not know it, and so has begun anew: that the event
 * manager does not know one is never told so. For a descriptor it may be the layer's below: of no more use.
 */
#include "served/fd_api.h"

#include <stdbool.h>

#include "async_invocation.h"
#include "event_manager.h"
#include "export.h"
#include "fd_api/slots.h"
#include "fd_null.h"
#include "http_parser.h"
#include "tcp.h"

#pragma weak tcp_listen_on
#pragma weak tcp_take
#pragma weak tcp_receive
#pragma weak tcp_transmit
#pragma weak tcp_finish
#pragma weak tcp_set_event
#pragma weak http_set_event
#pragma weak http_open
#pragma weak http_write
#pragma weak http_read
#pragma weak http_close
#pragma weak async_serve
#pragma weak async_receive
#pragma weak async_reply
#pragma weak null_open
#pragma weak null_read
#pragma weak null_write
#pragma weak null_close

#define GROUPS 8
#define CONNECTIONS 384 /* TCP: listeners and connections, descriptors 1 to CONNECTIONS */
#define STREAMS 320     /* all others, the descriptors behind them */
_Static_assert(1 + CONNECTIONS + STREAMS <= FD_LIMIT, "descriptors fit below FD_LIMIT");
_Static_assert(CONNECTIONS <= SLOTS_LIMIT && STREAMS <= SLOTS_LIMIT, "tables fit their bitmaps");

/* Bounds of the pools; the loader resolves those that this instance has. It may only read there, and doesn't.
 */
#define POOL(name) extern char name[] __attribute__((weak)), name##_end[] __attribute__((weak))
POOL(pool_stream);
POOL(pool_control);
POOL(pool_cgi_a);
POOL(pool_cgi_b);
static const struct {
    const char *from, *end;
} pools[] = {
    {pool_stream, pool_stream_end},
    {pool_control, pool_control_end},
    {pool_cgi_a, pool_cgi_a_end},
    {pool_cgi_b, pool_cgi_b_end},
};
#define POOLS (sizeof pools / sizeof *pools)

enum kind { LISTENER, CONNECTION, STREAM, SERVICE, EMPTY };

/* Who buffers where, an entry for each pool. */
static struct claim {
    component_t owner;
    uint64_t from, end;
} claims[POOLS];
static struct claim nothing;

static struct group {
    component_t owner;
    long events; /* the event manager's group; 0: none yet. It stays when the group's owner goes */
    bool whole;  /* all of its descriptors have their events in it */
} groups[GROUPS];

static struct descriptor {
    component_t owner;
    enum kind kind;
    const struct claim *buffers; /* its owner's */
    long handle;                 /* the lower layer's; 0: lost */
    long event;                  /* 0: none created yet */
    long event_group;            /* the group, as clients count, that the event is in */
} descriptors[FD_LIMIT];

static struct slots group_slots = {.count = GROUPS};
static struct slots connection_slots = {.count = CONNECTIONS};
static struct slots stream_slots = {.count = STREAMS};

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

static bool buffer_is_clients(const struct descriptor *descriptor, uint64_t buffer, uint64_t bytes)
{
    const struct claim *claim = descriptor->buffers;
    return buffer >= claim->from && buffer <= claim->end && bytes <= claim->end - buffer && claim->owner;
}

static const struct claim *claim_of(component_t client)
{
    for (unsigned i = 0; i < POOLS; i++)
        if (claims[i].owner == client)
            return &claims[i];
    return &nothing;
}

long fd_buffers_badged(uint64_t from, uint64_t end, component_t client)
{
    const struct claim *claimed = claim_of(client);
    if (claimed != &nothing)
        return claimed->from == from && claimed->end == end ? SHOJI_OK : SHOJI_EBUSY;
    for (unsigned i = 0; i < POOLS; i++) {
        if (!pools[i].from || from < (uint64_t)pools[i].from || end > (uint64_t)pools[i].end || from >= end)
            continue;
        if (claims[i].owner)
            return SHOJI_EPERM;
        claims[i] = (struct claim){.owner = client, .from = from, .end = end};
        return SHOJI_OK;
    }
    return SHOJI_EINVAL;
}
SHOJI_EXPORT_BADGED(fd_buffers);

static struct group *group_of(long group, component_t client)
{
    if (group < 1 || group > GROUPS || groups[group - 1].owner != client)
        return 0;
    return &groups[group - 1];
}

static struct descriptor *descriptor_of(long fd, component_t client)
{
    if (fd < 1 || fd >= FD_LIMIT || descriptors[fd].owner != client)
        return 0;
    return &descriptors[fd];
}

long fd_group_badged(component_t client)
{
    long slot = slots_take(&group_slots);
    if (slot < 0)
        return slot;
    long events = groups[slot].events > 0 ? groups[slot].events : evt_group();
    if (events < 0) {
        slots_give(&group_slots, slot);
        return events;
    }
    groups[slot].events = events;
    groups[slot].whole = true;
    groups[slot].owner = client;
    return slot + 1;
}
SHOJI_EXPORT_BADGED(fd_group);

/* The layer below is to trigger the descriptor's event of now. Whether it does not know the handle. */
static bool event_set(const struct descriptor *descriptor)
{
    if (descriptor->kind == STREAM)
        return http_set_event(descriptor->handle, descriptor->event) < 0;
    return tcp_set_event(descriptor->handle, descriptor->event) < 0;
}

/* The event manager has begun anew: the group and the events of its descriptors are made again. Whoever looks
 * at each once, as it is told to, misses nothing. */
static long group_restore(struct group *group)
{
    if (group->events <= 0)
        group->events = evt_group();
    for (long fd = 1; fd < FD_LIMIT && group->events > 0; fd++) {
        struct descriptor *descriptor = &descriptors[fd];
        if (!descriptor->owner || descriptor->event || descriptor->kind == EMPTY ||
            descriptor->event_group != group - groups + 1)
            continue;
        long event = evt_create(group->events, fd);
        if (event < 0)
            return event;
        descriptor->event = event;
        if (descriptor->kind == SERVICE)
            descriptor->handle = async_serve(event);
        else if (!descriptor->handle || event_set(descriptor) || descriptor->kind == STREAM)
            evt_trigger(event);
    }
    group->whole = group->events > 0;
    return group->events;
}

/* What the event manager says of a group or an event of ours: if it knows it no more, it has just begun anew
 * (invariant 5). */
static long events_said(long result)
{
    return result == SHOJI_ENOENT ? SHOJI_EFAULT : result;
}

/* The event manager's group, or a status. */
static long group_events(struct group *group)
{
    return group->whole ? group->events : events_said(group_restore(group));
}

long fd_wait_badged(long group, component_t client)
{
    struct group *waited = group_of(group, client);
    if (!waited)
        return SHOJI_ENOENT;
    long events = group_events(waited);
    return events < 0 ? events : events_said(evt_wait(events));
}
SHOJI_EXPORT_BADGED(fd_wait);

long fd_wait_until_badged(long group, uint64_t tick, component_t client)
{
    struct group *waited = group_of(group, client);
    if (!waited)
        return SHOJI_ENOENT;
    long events = group_events(waited);
    return events < 0 ? events : events_said(evt_wait_until(events, tick));
}
SHOJI_EXPORT_BADGED(fd_wait_until);

/* A free entry of the table whose first descriptor is `first`, with an event in the group; or a status. */
static long entry_take(struct slots *slots, long first, long group, struct group *used)
{
    long events = group_events(used);
    long slot = events < 0 ? events : slots_take(slots);
    if (slot < 0)
        return slot;
    long fd = first + slot;
    struct descriptor *descriptor = &descriptors[fd];
    if (descriptor->event && descriptor->event_group != group) {
        evt_free(descriptor->event);
        descriptor->event = 0;
    }
    if (!descriptor->event) {
        long event = evt_create(events, fd);
        if (event < 0) {
            slots_give(slots, slot);
            return events_said(event);
        }
        descriptor->event = event;
        descriptor->event_group = group;
    }
    return fd;
}

static long connection_take(long group, struct group *events)
{
    return entry_take(&connection_slots, 1, group, events);
}

static long stream_take(long group, struct group *events)
{
    return entry_take(&stream_slots, 1 + CONNECTIONS, group, events);
}

static long descriptor_open(long fd, enum kind kind, long handle, component_t client)
{
    descriptors[fd].kind = kind;
    descriptors[fd].buffers = claim_of(client);
    descriptors[fd].handle = handle;
    descriptors[fd].owner = client;
    return fd;
}

/* The lower layer has said what the entry's handle is, or a status. */
static long stream_open(long fd, enum kind kind, long handle, component_t client)
{
    if (handle < 0) {
        slots_give(&stream_slots, fd - 1 - CONNECTIONS);
        return handle;
    }
    return descriptor_open(fd, kind, handle, client);
}

long fd_listen_badged(long group, uint32_t port, component_t client)
{
    struct group *events = group_of(group, client);
    if (!events || !tcp_listen_on)
        return SHOJI_ENOENT;
    long fd = connection_take(group, events);
    if (fd < 0)
        return fd;
    long handle = tcp_listen_on(port, descriptors[fd].event);
    if (handle < 0) {
        slots_give(&connection_slots, fd - 1);
        return handle;
    }
    return descriptor_open(fd, LISTENER, handle, client);
}
SHOJI_EXPORT_BADGED(fd_listen);

long fd_accept_badged(long group, long listener, component_t client)
{
    struct group *events = group_of(group, client);
    struct descriptor *from = descriptor_of(listener, client);
    if (!events || !from)
        return SHOJI_ENOENT;
    if (from->kind != LISTENER)
        return SHOJI_EINVAL;
    if (!from->handle)
        return SHOJI_ECLOSED;
    long fd = connection_take(group, events);
    if (fd < 0)
        return fd;
    long handle = tcp_take(from->handle, descriptors[fd].event);
    if (handle < 0) {
        slots_give(&connection_slots, fd - 1);
        return handle;
    }
    return descriptor_open(fd, CONNECTION, handle, client);
}
SHOJI_EXPORT_BADGED(fd_accept);

long fd_open_stream_badged(long group, component_t client)
{
    struct group *events = group_of(group, client);
    if (!events || !http_open)
        return SHOJI_ENOENT;
    long fd = stream_take(group, events);
    return fd < 0 ? fd : stream_open(fd, STREAM, http_open(descriptors[fd].event), client);
}
SHOJI_EXPORT_BADGED(fd_open_stream);

long fd_open_service_badged(long group, component_t client)
{
    struct group *events = group_of(group, client);
    if (!events || !async_serve)
        return SHOJI_ENOENT;
    long fd = stream_take(group, events);
    return fd < 0 ? fd : stream_open(fd, SERVICE, async_serve(descriptors[fd].event), client);
}
SHOJI_EXPORT_BADGED(fd_open_service);

long fd_open_null_badged(component_t client)
{
    if (!null_open)
        return SHOJI_ENOENT;
    long slot = slots_take(&stream_slots);
    return slot < 0 ? slot : stream_open(1 + CONNECTIONS + slot, EMPTY, null_open(), client);
}
SHOJI_EXPORT_BADGED(fd_open_null);

long fd_read_badged(long fd, uint64_t buffer, uint64_t bytes, component_t client)
{
    struct descriptor *from = descriptor_of(fd, client);
    if (!from)
        return SHOJI_ENOENT;
    if (!buffer_is_clients(from, buffer, bytes))
        return SHOJI_EPERM;
    if (!from->handle)
        return SHOJI_ECLOSED;
    switch (from->kind) {
    case CONNECTION:
        return tcp_receive(from->handle, buffer, bytes);
    case STREAM:
        return http_read(from->handle, (void *)buffer, bytes);
    case SERVICE:
        return async_receive(buffer, bytes);
    case EMPTY:
        return null_read(from->handle, buffer, bytes);
    default:
        return SHOJI_EINVAL;
    }
}
SHOJI_EXPORT_BADGED(fd_read);

long fd_write_badged(long fd, uint64_t buffer, uint64_t bytes, component_t client)
{
    struct descriptor *to = descriptor_of(fd, client);
    if (!to)
        return SHOJI_ENOENT;
    if (!buffer_is_clients(to, buffer, bytes))
        return SHOJI_EPERM;
    if (!to->handle)
        return SHOJI_ECLOSED;
    switch (to->kind) {
    case CONNECTION:
        return tcp_transmit(to->handle, buffer, bytes);
    case STREAM:
        return http_write(to->handle, (const void *)buffer, bytes);
    case SERVICE:
        return async_reply(buffer, bytes);
    case EMPTY:
        return null_write(to->handle, buffer, bytes);
    default:
        return SHOJI_EINVAL;
    }
}
SHOJI_EXPORT_BADGED(fd_write);

static long descriptor_close(long fd)
{
    struct descriptor *closed = &descriptors[fd];
    long status = SHOJI_OK;
    closed->owner = 0;
    switch (closed->kind) {
    case LISTENER:
    case CONNECTION:
        if (closed->handle)
            status = tcp_finish(closed->handle);
        slots_give(&connection_slots, fd - 1);
        return status;
    case STREAM:
        if (closed->handle)
            status = http_close(closed->handle);
        break;
    case EMPTY:
        if (closed->handle)
            status = null_close(closed->handle);
        break;
    case SERVICE:
        break;
    }
    slots_give(&stream_slots, fd - 1 - CONNECTIONS);
    return status;
}

long fd_close_badged(long fd, component_t client)
{
    return descriptor_of(fd, client) ? descriptor_close(fd) : SHOJI_ENOENT;
}
SHOJI_EXPORT_BADGED(fd_close);

/* ---- When others fail ---- */

static void client_gone(component_t client)
{
    for (long fd = 1; fd < FD_LIMIT; fd++)
        if (descriptors[fd].owner == client)
            descriptor_close(fd);
    for (long slot = 0; slot < GROUPS; slot++)
        if (groups[slot].owner == client) {
            groups[slot].owner = 0;
            slots_give(&group_slots, slot);
        }
}

/* What the lower layer of these kinds gave is gone. Who waits for one of them looks, and learns it. */
static void handles_lost(enum kind from, enum kind to)
{
    for (long fd = 1; fd < FD_LIMIT; fd++) {
        struct descriptor *descriptor = &descriptors[fd];
        if (!descriptor->owner || descriptor->kind < from || descriptor->kind > to)
            continue;
        descriptor->handle = 0;
        if (descriptor->event > 0)
            evt_trigger(descriptor->event);
    }
}

/* Who waits for a reply may wait for one that is lost with a component further down: it looks again, and is
 * told. */
static void streams_look(void)
{
    for (long fd = 1; fd < FD_LIMIT; fd++)
        if (descriptors[fd].owner && descriptors[fd].kind == STREAM && descriptors[fd].event > 0)
            evt_trigger(descriptors[fd].event);
}

static void events_lost(void)
{
    for (long slot = 0; slot < GROUPS; slot++)
        groups[slot] = (struct group){.owner = groups[slot].owner};
    for (long fd = 1; fd < FD_LIMIT; fd++)
        descriptors[fd].event = 0;
}

/* The supervisor calls it: a component has failed. If it is no client, it may be one of those below, whoever
 * they are in this instance: a call that changes nothing tells, because gates to who has failed are closed.
 */
SHOJI_EXPORT long component_gone(component_t component)
{
    client_gone(component);
    if (tcp_finish && tcp_finish(0) == SHOJI_EFAULT)
        handles_lost(LISTENER, CONNECTION);
    if (http_close && http_close(0) == SHOJI_EFAULT)
        handles_lost(STREAM, STREAM);
    if (async_reply && async_reply(0, 0) == SHOJI_EFAULT)
        handles_lost(SERVICE, SERVICE);
    if (evt_free(0) == SHOJI_EFAULT)
        events_lost();
    streams_look();
    return SHOJI_OK;
}

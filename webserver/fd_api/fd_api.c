/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 9, fd_api: one namespace of descriptors over TCP connections and HTTP streams.
 * It owns the descriptor table. It never looks into a buffer, it only checks whose it is.
 *
 * 1. A descriptor is used by the client that opened it, and by nobody else: `owner` is that client's id, 0
 * while the entry is free.
 * 2. tcp and http_parser see buffer addresses only after the check that the client itself may use them: they
 * could reach more than the client, and must not do so in its name.
 * 3. An entry of a TCP connection keeps its event when it is given back; so a token names an entry for ever,
 * and a trigger that comes late at worst makes the entry's next user look once for nothing.
 */
#include "fd_api.h"

#include <stdbool.h>

#include "event_manager.h"
#include "export.h"
#include "fd_api/badged.h"
#include "fd_api/slots.h"
#include "http_parser.h"
#include "tcp.h"

#define GROUPS 8
#define CONNECTIONS 384 /* TCP: listeners and connections, descriptors 1 to CONNECTIONS */
#define STREAMS 320     /* HTTP, the descriptors behind them */
_Static_assert(1 + CONNECTIONS + STREAMS <= FD_LIMIT, "descriptors fit below FD_LIMIT");
_Static_assert(CONNECTIONS <= SLOTS_LIMIT && STREAMS <= SLOTS_LIMIT, "tables fit their bitmaps");

/* Bounds of the pools; the loader resolves them. fd_api may only read there, and doesn't. */
extern char pool_stream[], pool_stream_end[], pool_control[], pool_control_end[];

/* Who buffers in which pool: ids as in the manifest, where these pools are granted. */
static const struct {
    component_t client;
    const char *from, *end;
} pools[] = {
    {10, pool_stream, pool_stream_end},  /* connection_manager */
    {2, pool_control, pool_control_end}, /* mpd_manager */
};

enum kind { LISTENER, CONNECTION, STREAM };

static struct group {
    component_t owner;
    long events; /* the event manager's group */
} groups[GROUPS];

static struct descriptor {
    component_t owner;
    enum kind kind;
    long handle;      /* tcp's or http_parser's */
    long event;       /* 0: none created yet */
    long event_group; /* the group, as clients count, that the event is in */
} descriptors[FD_LIMIT];

static struct slots group_slots = {.count = GROUPS};
static struct slots connection_slots = {.count = CONNECTIONS};
static struct slots stream_slots = {.count = STREAMS};

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

static bool buffer_is_clients(component_t client, uint64_t buffer, uint64_t bytes)
{
    for (unsigned i = 0; i < sizeof pools / sizeof *pools; i++)
        if (pools[i].client == client && buffer >= (uint64_t)pools[i].from &&
            buffer <= (uint64_t)pools[i].end && bytes <= (uint64_t)pools[i].end - buffer)
            return true;
    return false;
}

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

long fd_group_badged(long a, long b, long c, long d, long e, component_t client)
{
    (void)a, (void)b, (void)c, (void)d, (void)e;
    long slot = slots_take(&group_slots);
    if (slot < 0)
        return slot;
    long events = evt_group();
    if (events < 0) {
        slots_give(&group_slots, slot);
        return events;
    }
    groups[slot].events = events;
    groups[slot].owner = client;
    return slot + 1;
}
SHOJI_EXPORT_BADGED(fd_group);

long fd_wait_badged(long group, long b, long c, long d, long e, component_t client)
{
    (void)b, (void)c, (void)d, (void)e;
    struct group *waited = group_of(group, client);
    if (!waited)
        return SHOJI_ENOENT;
    return evt_wait(waited->events);
}
SHOJI_EXPORT_BADGED(fd_wait);

long fd_wait_until_badged(long group, uint64_t tick, long c, long d, long e, component_t client)
{
    (void)c, (void)d, (void)e;
    struct group *waited = group_of(group, client);
    if (!waited)
        return SHOJI_ENOENT;
    return evt_wait_until(waited->events, tick);
}
SHOJI_EXPORT_BADGED(fd_wait_until);

/* A free connection entry with an event in the group, or a status. */
static long connection_take(long group, const struct group *events)
{
    long slot = slots_take(&connection_slots);
    if (slot < 0)
        return slot;
    long fd = slot + 1;
    struct descriptor *descriptor = &descriptors[fd];
    if (descriptor->event && descriptor->event_group != group) {
        evt_free(descriptor->event);
        descriptor->event = 0;
    }
    if (!descriptor->event) {
        long event = evt_create(events->events, fd);
        if (event < 0) {
            slots_give(&connection_slots, slot);
            return event;
        }
        descriptor->event = event;
        descriptor->event_group = group;
    }
    return fd;
}

static long descriptor_open(long fd, enum kind kind, long handle, component_t client)
{
    descriptors[fd].kind = kind;
    descriptors[fd].handle = handle;
    descriptors[fd].owner = client;
    return fd;
}

long fd_listen_badged(long group, uint32_t port, long c, long d, long e, component_t client)
{
    (void)c, (void)d, (void)e;
    struct group *events = group_of(group, client);
    if (!events)
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

long fd_accept_badged(long group, long listener, long c, long d, long e, component_t client)
{
    (void)c, (void)d, (void)e;
    struct group *events = group_of(group, client);
    struct descriptor *from = descriptor_of(listener, client);
    if (!events || !from)
        return SHOJI_ENOENT;
    if (from->kind != LISTENER)
        return SHOJI_EINVAL;
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

long fd_open_stream_badged(long a, long b, long c, long d, long e, component_t client)
{
    (void)a, (void)b, (void)c, (void)d, (void)e;
    long slot = slots_take(&stream_slots);
    if (slot < 0)
        return slot;
    long handle = http_open();
    if (handle < 0) {
        slots_give(&stream_slots, slot);
        return handle;
    }
    return descriptor_open(1 + CONNECTIONS + slot, STREAM, handle, client);
}
SHOJI_EXPORT_BADGED(fd_open_stream);

long fd_read_badged(long fd, uint64_t buffer, uint64_t bytes, long d, long e, component_t client)
{
    (void)d, (void)e;
    struct descriptor *from = descriptor_of(fd, client);
    if (!from)
        return SHOJI_ENOENT;
    if (!buffer_is_clients(client, buffer, bytes))
        return SHOJI_EPERM;
    switch (from->kind) {
    case CONNECTION:
        return tcp_receive(from->handle, buffer, bytes);
    case STREAM:
        return http_read(from->handle, (void *)buffer, bytes);
    default:
        return SHOJI_EINVAL;
    }
}
SHOJI_EXPORT_BADGED(fd_read);

long fd_write_badged(long fd, uint64_t buffer, uint64_t bytes, long d, long e, component_t client)
{
    (void)d, (void)e;
    struct descriptor *to = descriptor_of(fd, client);
    if (!to)
        return SHOJI_ENOENT;
    if (!buffer_is_clients(client, buffer, bytes))
        return SHOJI_EPERM;
    switch (to->kind) {
    case CONNECTION:
        return tcp_transmit(to->handle, buffer, bytes);
    case STREAM:
        return http_write(to->handle, (const void *)buffer, bytes);
    default:
        return SHOJI_EINVAL;
    }
}
SHOJI_EXPORT_BADGED(fd_write);

long fd_close_badged(long fd, long b, long c, long d, long e, component_t client)
{
    (void)b, (void)c, (void)d, (void)e;
    struct descriptor *closed = descriptor_of(fd, client);
    if (!closed)
        return SHOJI_ENOENT;
    closed->owner = 0;
    long status = closed->kind == STREAM ? http_close(closed->handle) : tcp_finish(closed->handle);
    if (closed->kind == STREAM)
        slots_give(&stream_slots, fd - 1 - CONNECTIONS);
    else
        slots_give(&connection_slots, fd - 1);
    return status;
}
SHOJI_EXPORT_BADGED(fd_close);

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Components 18 and 25, instances of async_invocation: requests of one component to a thread of another, and
 * its replies. Owns the slots' states and the queue of requests; the bytes are in the instance's pool.
 * Neither side waits for the other: the client is told by an event, and so is the server.
 *
 *     FREE --async_call--> QUEUED --async_receive--> WORKING --async_reply--> REPLIED --async_collect--> FREE
 *
 * 1. A slot is in the queue exactly if it is QUEUED. The client may write a slot in FREE and REPLIED, the
 * server sees none but through async_receive and async_reply.
 * 2. `dropped`: the client does not wait any more. Such a slot becomes FREE where it would become WORKING or
 * REPLIED; until then async_call for it is SHOJI_EBUSY. So a reply never answers another request. Who calls
 * with a slot that is not free has forgotten what was in it, and that is dropped.
 * 3. A slot that is not FREE is its client's, who asked; requests and replies go through the hands of one
 * server, the component that called async_serve last. When a client fails all of its own is dropped; when the
 * server does, its clients get an error for what it worked on, and what is queued waits for the next. It waits
 * for the first likewise, after a reboot of ours, too.
 * 4. There are as many slots as requests at a time: nothing is queued beyond them, and who has no free slot
 * is told at once.
 * 5. No other component is invoked while the mutex is held.
 */
#include "served/async_invocation.h"

#include <stdbool.h>
#include <string.h>

#include "event_manager.h"
#include "export.h"
#include "mutex.h"
#include "scheduler.h"

/* An instance has one of them. */
#define POOL(name) extern char name[] __attribute__((weak)), name##_end[] __attribute__((weak))
POOL(pool_cgi_a);
POOL(pool_cgi_b);

enum state { FREE, QUEUED, WORKING, REPLIED };

static struct slot {
    uint8_t state;
    bool dropped;
    bool tell; /* the client waits for the event */
    uint16_t next;
    int32_t status;
    uint32_t bytes; /* of the request, then of the reply */
    component_t client;
    long event;
} slots[ASYNC_SLOTS];

static struct mutex mutex = MUTEX_FREE;
static uint16_t first, last; /* of the queue, number + 1; 0: none */
static component_t server;   /* 0: nobody has served yet */
static long server_event;
static bool server_waits;
static char *pool;
static uint64_t pool_bytes;

long component_init(component_t self)
{
    (void)self;
    pool = pool_cgi_a ? pool_cgi_a : pool_cgi_b;
    pool_bytes = pool_cgi_a ? pool_cgi_a_end - pool_cgi_a : pool_cgi_b_end - pool_cgi_b;
    return pool && pool_bytes >= ASYNC_SLOTS * ASYNC_SLOT_BYTES + ASYNC_SERVER_BYTES ? SHOJI_OK
                                                                                     : SHOJI_EMEMORY;
}

static char *bytes_of(const struct slot *slot)
{
    return pool + (uint64_t)(slot - slots) * ASYNC_SLOT_BYTES;
}

static void queue_append(struct slot *slot)
{
    uint16_t number = (uint16_t)(slot - slots + 1);

    slot->next = 0;
    if (last)
        slots[last - 1].next = number;
    else
        first = number;
    last = number;
}

/* The first request that somebody still wants the reply of, or NULL. */
static struct slot *queue_first(void)
{
    while (first) {
        struct slot *slot = &slots[first - 1];

        if (!slot->dropped)
            return slot;
        slot->state = FREE;
        first = slot->next;
    }
    last = 0;
    return 0;
}

/* The reply of a slot in REPLIED. */
static long reply_take(struct slot *slot)
{
    slot->state = FREE;
    return slot->status < 0 ? slot->status : (long)slot->bytes;
}

/* ---- The client ---- */

static long call_begin(struct slot *slot, uint64_t bytes, long event, component_t client, bool *wake)
{
    *wake = false;
    if (slot->state != FREE && slot->client != client)
        return SHOJI_EPERM;
    if (slot->state == QUEUED || slot->state == WORKING) {
        slot->dropped = true;
        return SHOJI_EBUSY;
    }
    *slot = (struct slot){.state = QUEUED, .bytes = (uint32_t)bytes, .client = client, .event = event};
    queue_append(slot);
    *wake = server_waits;
    server_waits = false;
    return SHOJI_OK;
}

static long collect(struct slot *slot, long event, component_t client)
{
    if (slot->dropped || slot->state == FREE)
        return SHOJI_EINVAL;
    if (slot->client != client)
        return SHOJI_EPERM;
    if (slot->state == REPLIED)
        return reply_take(slot);
    slot->tell = true;
    slot->event = event;
    return SHOJI_EAGAIN;
}

static void drop(struct slot *slot)
{
    if (slot->state == REPLIED)
        slot->state = FREE;
    else if (slot->state != FREE)
        slot->dropped = true;
}

SHOJI_EXPORT_BADGED(async_call);
long async_call_badged(uint32_t number, uint64_t bytes, long event, component_t client)
{
    long status, tell;
    bool wake;

    if (number >= ASYNC_SLOTS || bytes > ASYNC_SLOT_BYTES)
        return SHOJI_EINVAL;
    mutex_lock(&mutex);
    status = call_begin(&slots[number], bytes, event, client, &wake);
    tell = server_event;
    mutex_unlock(&mutex);
    if (status != SHOJI_OK)
        return status;
    if (wake) { /* it may well be done by the time that it is our turn again */
        (void)evt_trigger(tell);
        (void)sched_yield();
    }
    mutex_lock(&mutex);
    status = collect(&slots[number], event, client);
    mutex_unlock(&mutex);
    return status;
}

SHOJI_EXPORT_BADGED(async_collect);
long async_collect_badged(uint32_t number, long event, component_t client)
{
    long status;

    if (number >= ASYNC_SLOTS)
        return SHOJI_EINVAL;
    mutex_lock(&mutex);
    status = collect(&slots[number], event, client);
    mutex_unlock(&mutex);
    return status;
}

SHOJI_EXPORT_BADGED(async_drop);
long async_drop_badged(uint32_t number, component_t client)
{
    long status = SHOJI_OK;

    if (number >= ASYNC_SLOTS)
        return SHOJI_EINVAL;
    mutex_lock(&mutex);
    if (slots[number].state != FREE && slots[number].client != client)
        status = SHOJI_EPERM;
    else
        drop(&slots[number]);
    mutex_unlock(&mutex);
    return status;
}

/* ---- The server ---- */

static bool buffer_is_servers(uint64_t buffer, uint64_t bytes)
{
    uint64_t from = (uint64_t)pool + ASYNC_SLOTS * ASYNC_SLOT_BYTES, end = (uint64_t)pool + pool_bytes;

    return buffer >= from && buffer <= end && bytes <= end - buffer && bytes >= sizeof(struct async_record);
}

/* The server has forgotten what it worked on: the clients get an error. */
static void work_lost(void)
{
    for (struct slot *slot = slots; slot < slots + ASYNC_SLOTS; slot++) {
        if (slot->state != WORKING)
            continue;
        slot->state = slot->dropped ? FREE : REPLIED;
        slot->status = SHOJI_EFAULT;
        if (slot->tell && !slot->dropped)
            (void)evt_trigger(slot->event);
    }
}

SHOJI_EXPORT_BADGED(async_serve);
long async_serve_badged(long event, component_t client)
{
    bool waiting;

    if (event <= 0)
        return SHOJI_EINVAL;
    mutex_lock(&mutex);
    server = client;
    server_event = event;
    waiting = queue_first() != 0;
    server_waits = !waiting;
    mutex_unlock(&mutex);
    work_lost();
    if (waiting)
        (void)evt_trigger(event);
    return 1;
}

static long receive(char *to, uint64_t bytes)
{
    struct slot *slot = queue_first();
    struct async_record record;

    if (!slot) {
        server_waits = true;
        return SHOJI_EAGAIN;
    }
    if (bytes < sizeof record + slot->bytes)
        return SHOJI_ETOOBIG;
    record = (struct async_record){.slot = (uint32_t)(slot - slots), .bytes = slot->bytes};
    memcpy(to, &record, sizeof record);
    memcpy(to + sizeof record, bytes_of(slot), slot->bytes);
    slot->state = WORKING;
    first = slot->next;
    if (queue_first())
        return (long)(sizeof record + slot->bytes) | ASYNC_MORE;
    server_waits = true;
    return (long)(sizeof record + slot->bytes);
}

SHOJI_EXPORT_BADGED(async_receive);
long async_receive_badged(uint64_t buffer, uint64_t bytes, component_t client)
{
    long result;

    if (!buffer_is_servers(buffer, bytes))
        return SHOJI_EINVAL;
    mutex_lock(&mutex);
    result = client == server ? receive((char *)buffer, bytes) : SHOJI_EPERM;
    mutex_unlock(&mutex);
    return result;
}

/* The event to trigger, or 0, through `event`. */
static long reply(const char *from, uint64_t bytes, long *event)
{
    struct async_record record;
    struct slot *slot;

    *event = 0;
    memcpy(&record, from, sizeof record);
    if (record.slot >= ASYNC_SLOTS || slots[record.slot].state != WORKING)
        return SHOJI_ENOENT;
    if (record.bytes > bytes - sizeof record || record.bytes > ASYNC_SLOT_BYTES || record.status > 0)
        return SHOJI_EINVAL;
    slot = &slots[record.slot];
    if (slot->dropped) {
        slot->state = FREE;
        return (long)bytes;
    }
    memcpy(bytes_of(slot), from + sizeof record, record.bytes);
    slot->bytes = (uint32_t)record.bytes;
    slot->status = record.status;
    slot->state = REPLIED;
    if (slot->tell)
        *event = slot->event;
    return (long)bytes;
}

SHOJI_EXPORT_BADGED(async_reply);
long async_reply_badged(uint64_t buffer, uint64_t bytes, component_t client)
{
    long result = SHOJI_EPERM, event = 0;

    if (!buffer_is_servers(buffer, bytes))
        return SHOJI_EINVAL;
    mutex_lock(&mutex);
    if (client == server)
        result = reply((const char *)buffer, bytes, &event);
    mutex_unlock(&mutex);
    if (event)
        (void)evt_trigger(event);
    return result;
}

/* The supervisor calls it: the component has failed. */
SHOJI_EXPORT long component_gone(component_t component)
{
    mutex_lock(&mutex);
    for (struct slot *slot = slots; slot < slots + ASYNC_SLOTS; slot++)
        if (slot->state != FREE && slot->client == component)
            drop(slot);
    mutex_unlock(&mutex);
    if (component == server)
        work_lost();
    return SHOJI_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Listeners and connections. Owns the records, their receive rings, and their share of lwIP's memory; lwIP
 * owns the pcbs.
 *
 *     FREE --accept--> WAITING --take--> OPEN --finish--> LINGERING --FIN, reset, time--> FREE
 *
 * 1. A record has a pcb and the pcb points back to it, or pcb is NULL and lwIP knows nothing of it (WAITING
 * and OPEN: the peer has gone). The record's port is in use at port_manager as long as it is not FREE.
 * 2. Received bytes are copied into the ring at once, which is as large as the window that we offer, so they
 * always fit; the window opens again when the client has taken them. So nobody holds the device's buffers.
 * 3. A listener or an OPEN record is the client's that asked for it; a listener without one is an orphan. A
 * handle names a record by number and generation; finishing makes it stale.
 * 4. `blocks` is how many blocks of memory lwIP holds for what a record's peer has not acknowledged;
 * blocks_total is the sum. A record may have a quarter of those that are left, and if that is none, a small
 * one (of which there are more): peers that do not read leave something for everybody else.
 * 5. LINGERING: our FIN follows the last byte, what the peer still sends is thrown away. It ends with the
 * peer's FIN, a reset, too much thrown away, or CLOSING_POLLS without progress.
 * 6. What comes in small segments is acknowledged with what is answered to it; alone, if nothing is: after
 * ACK_SEGMENTS of them, after ACK_BYTES, as every second full segment is, or by lwIP's timer. More than that
 * would be more work than the requests themselves.
 * 7. pcbs are freed only by lwIP or by tcp_abort, and a callback that aborted its own pcb returns ERR_ABRT.
 */
#include "connection.h"

#include <stdbool.h>
#include <string.h>

#include "event_manager.h"
#include "fast.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "peers.h"
#include "port_manager.h"

#define LISTENERS MEMP_NUM_TCP_PCB_LISTEN
#define RING_BYTES TCP_WND
#define ROOM_WORTH_TELLING (2 * TCP_MSS)
#define DISCARD_MAX (256 * 1024)

#define ACK_SEGMENTS                                                                                         \
    8 /* fewer than a sender may have on the way before it has heard anything (RFC 6928: ten) */
#define ACK_BYTES (2 * TCP_MSS)

/* lwIP polls each pcb every 500 ms. */
#define CLOSING_POLLS 20  /* 10 s */
#define STALLED_POLLS 120 /* 60 s with bytes that the peer does not acknowledge */
#define IDLE_POLLS 10     /* 5 s: may be ended if somebody else needs the record */

_Static_assert((RING_BYTES & (RING_BYTES - 1)) == 0, "ring positions are masked");

/* Handles: generation, kind and number. */
#define HANDLE_LISTENER (1l << 12)
#define HANDLE_NUMBER 0xfff
#define HANDLE_GENERATION 16
#define GENERATION_MASK 0x7fffffffu

enum state { FREE, WAITING, OPEN, LINGERING };

struct listener {
    struct tcp_pcb *pcb;
    struct connection *first, *last; /* WAITING, oldest first */
    long event;
    component_t owner; /* 0: an orphan */
    uint16_t port;
    bool want; /* the client has been told of no connection since it knew of none */
};

struct connection {
    struct tcp_pcb *pcb;
    struct connection *next; /* in the free list or a listener's queue */
    long event;
    component_t owner; /* OPEN */
    uint32_t generation;
    uint32_t put, taken; /* bytes ever put into the ring and taken from it */
    uint32_t blocks;
    uint32_t discarded;
    uint16_t port;
    uint16_t polls; /* since something happened */
    uint16_t unacked_segments, unacked_bytes;
    uint8_t state;
    bool finished; /* the peer's FIN has come */
    bool want_read, want_room;
};

static struct listener listeners[LISTENERS];
static struct connection connections[TCP_CONNECTIONS];
static uint8_t rings[TCP_CONNECTIONS][RING_BYTES];
static struct connection *free_first;
static uint32_t used, blocks_total;
static uint32_t life; /* the first generation; a listener's for ever */

/* ---- Records ---- */

static long handle_of(const struct connection *c)
{
    return (long)c->generation << HANDLE_GENERATION | (c - connections);
}

static inline __attribute__((always_inline)) struct connection *connection_of(long handle)
{
    unsigned long number = (unsigned long)handle & 0xffff;
    struct connection *c;

    if (handle <= 0 || number >= TCP_CONNECTIONS)
        return NULL;
    c = &connections[number];
    return c->state == OPEN && handle_of(c) == handle ? c : NULL;
}

static uint32_t readable(const struct connection *c)
{
    return c->put - c->taken;
}

static void blocks_count(struct connection *c, uint32_t blocks)
{
    blocks_total += blocks - c->blocks;
    c->blocks = blocks;
}

/* How many bytes a record may hand to lwIP. */
static uint32_t room(const struct connection *c)
{
    uint32_t share = blocks_total < TX_FULL_BLOCKS ? (TX_FULL_BLOCKS - blocks_total) / 4 : 0;
    uint32_t bytes = 0;

    if (tcp_sndqueuelen(c->pcb) >= TCP_SND_QUEUELEN)
        return 0;
    if (share > c->blocks)
        bytes = (share - c->blocks) * TCP_MSS;
    else if (c->blocks == 0)
        bytes = TX_SMALL_BYTES;
    return bytes < tcp_sndbuf(c->pcb) ? bytes : tcp_sndbuf(c->pcb);
}

static void trigger(long *event)
{
    /* An event that is gone belongs to a client that does not wait any more. */
    if (*event > 0 && evt_trigger(*event) == SHOJI_ENOENT)
        *event = 0;
}

/* Tells the client what it wanted to hear of. */
static void signal(struct connection *c)
{
    bool tell = false;

    if (c->state != OPEN)
        return;
    if (c->want_read && (c->pcb == NULL || c->finished || readable(c) > 0)) {
        c->want_read = false;
        tell = true;
    }
    if (c->want_room && (c->pcb == NULL || c->blocks == 0 || room(c) >= ROOM_WORTH_TELLING)) {
        c->want_room = false;
        tell = true;
    }
    if (tell)
        trigger(&c->event);
}

/* Forgets the pcb, which lives on without us or not at all. */
static void pcb_forget(struct connection *c)
{
    c->pcb = NULL;
    blocks_count(c, 0);
}

static void pcb_detach(struct connection *c)
{
    tcp_arg(c->pcb, NULL);
    tcp_recv(c->pcb, NULL);
    tcp_sent(c->pcb, NULL);
    tcp_err(c->pcb, NULL);
    tcp_poll(c->pcb, NULL, 0);
    pcb_forget(c);
}

/* The pcb is forgotten already. */
static void record_free(struct connection *c)
{
    (void)port_leave(c->port); /* it was counted when the record was filled */
    peer_left((unsigned)(c - connections));
    c->state = FREE;
    c->generation = (c->generation + 1) & GENERATION_MASK;
    if (c->generation == 0)
        c->generation = 1;
    c->next = free_first;
    free_first = c;
    used--;
}

/* The peer has got everything, our FIN too: only its own is missing. */
static bool delivered(const struct connection *c)
{
    return c->pcb->state == FIN_WAIT_2;
}

static const struct connection *longest(const struct connection *a, const struct connection *b)
{
    return a == NULL || b->polls > a->polls ? b : a;
}

/* Makes room by ending a connection: of those that are closing and whose peer has everything the longest,
 * else of those that are idle, and of those whose peer has not acknowledged everything for as long. The
 * record of an idle one comes free only when its client has finished it. */
static void record_evict(void)
{
    const struct connection *closed = NULL, *idle = NULL, *stalled = NULL;

    for (const struct connection *c = connections; c < connections + TCP_CONNECTIONS; c++) {
        if (c->state == LINGERING && delivered(c))
            closed = longest(closed, c);
        else if (c->state == LINGERING && c->polls >= IDLE_POLLS)
            stalled = longest(stalled, c);
        else if (c->state == OPEN && c->pcb != NULL && c->polls >= IDLE_POLLS)
            idle = longest(idle, c);
    }
    if (closed != NULL)
        tcp_abandon(closed->pcb, 0); /* no reset: the client may not have read what its end has got */
    else if (idle != NULL || stalled != NULL)
        tcp_abort((idle != NULL ? idle : stalled)->pcb);
}

bool connections_admit(void)
{
    uint32_t opening = 0;

    for (const struct listener *l = listeners; l < listeners + LISTENERS && l->pcb != NULL; l++)
        opening +=
            ((const struct tcp_pcb_listen *)l->pcb)->accepts_pending; /* SYN received, not accepted yet */
    if (used + opening >= TCP_CONNECTIONS)
        record_evict();
    return used + opening < TCP_CONNECTIONS;
}

/* ---- What lwIP calls ---- */

/* lwIP has noted that data in order is to be acknowledged: later, or if something was already, at once. */
static void acknowledge_later(struct connection *c, struct tcp_pcb *pcb, uint32_t bytes)
{
    if (!(pcb->flags & TF_ACK_NOW))
        c->unacked_segments = c->unacked_bytes = 0;
    c->unacked_segments++;
    c->unacked_bytes += bytes;
    if ((pcb->flags & TF_ACK_NOW) && pcb->state == ESTABLISHED && c->unacked_segments < ACK_SEGMENTS &&
        c->unacked_bytes < ACK_BYTES) {
        tcp_clear_flags(pcb, TF_ACK_NOW);
        tcp_set_flags(pcb, TF_ACK_DELAY);
    }
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    struct connection *c = arg;

    (void)error;
    c->polls = 0;
    if (data == NULL) {
        c->finished = true;
        if (c->state == LINGERING) {
            pcb_detach(c);
            record_free(c);
        } else {
            signal(c);
        }
        return ERR_OK;
    }
    if (c->state == LINGERING) {
        c->discarded += data->tot_len;
        tcp_recved(pcb, data->tot_len);
        pbuf_free(data);
        if (c->discarded <= DISCARD_MAX)
            return ERR_OK;
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    if (data->tot_len >
        RING_BYTES - readable(c)) { /* more than the window: cannot be, and is not worth a panic */
        pbuf_free(data);
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    for (const struct pbuf *part = data; part != NULL; part = part->next) {
        uint8_t *ring = rings[c - connections];
        uint32_t at = c->put % RING_BYTES;
        uint32_t first = part->len < RING_BYTES - at ? part->len : RING_BYTES - at;

        fast_copy(ring + at, part->payload, first);
        if (part->len > first)
            fast_copy(ring, (const char *)part->payload + first, part->len - first);
        c->put += part->len;
    }
    acknowledge_later(c, pcb, data->tot_len);
    pbuf_free(data);
    signal(c);
    return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t bytes)
{
    struct connection *c = arg;

    (void)bytes;
    c->polls = 0;
    blocks_count(c, tcp_sndqueuelen(pcb));
    if (c->want_room)
        signal(c);
    return ERR_OK;
}

static void on_error(void *arg, err_t error)
{
    struct connection *c = arg;

    (void)error;
    pcb_forget(c);
    if (c->state == LINGERING)
        record_free(c);
    else
        signal(c);
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
    struct connection *c = arg;

    if (c->polls < UINT16_MAX)
        c->polls++;
    if ((c->state == LINGERING && c->polls >= CLOSING_POLLS) ||
        (c->blocks > 0 && c->polls >= STALLED_POLLS)) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    if (c->want_room) /* memory that others have given back since */
        signal(c);
    return ERR_OK;
}

/* One connection more on a listener's port. A port_manager that has begun anew does not know the port any
 * more. */
static bool port_count(uint16_t port)
{
    return port_use(port) >= 0 || (port_take(port) == SHOJI_OK && port_use(port) >= 0);
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
    struct listener *l = arg;
    struct connection *c;

    if (error != ERR_OK || pcb == NULL) /* lwIP has no pcb left: it drops the SYN, and the peer tries again */
        return ERR_VAL;
    if (free_first == NULL)
        record_evict();
    c = free_first;
    if (c == NULL || !port_count(l->port))
        return ERR_MEM; /* lwIP resets the connection */
    free_first = c->next;
    used++;
    *c = (struct connection){.pcb = pcb, .generation = c->generation, .port = l->port, .state = WAITING};
    peer_met((unsigned)(c - connections), pcb);
    tcp_arg(pcb, c);
    tcp_recv(pcb, on_received);
    tcp_sent(pcb, on_sent);
    tcp_err(pcb, on_error);
    tcp_poll(pcb, on_poll, 1);
    tcp_nagle_disable(pcb); /* replies are written in as large pieces as there are */
    if (l->first == NULL)
        l->first = c;
    else
        l->last->next = c;
    l->last = c;
    if (l->want) {
        l->want = false;
        trigger(&l->event);
    }
    return ERR_OK;
}

/* ---- What clients call ---- */

static long listener_handle(const struct listener *l)
{
    return (long)life << HANDLE_GENERATION | HANDLE_LISTENER | (l - listeners);
}

/* A listener whose client has failed, on this port. */
static struct listener *listener_orphan(uint32_t port)
{
    for (struct listener *l = listeners; l < listeners + LISTENERS; l++)
        if (l->pcb != NULL && l->owner == 0 && l->port == port)
            return l;
    return NULL;
}

static struct listener *listener_new(void)
{
    for (struct listener *l = listeners; l < listeners + LISTENERS; l++)
        if (l->pcb == NULL)
            return l;
    return NULL;
}

long connection_listen(uint32_t port, long event, component_t client)
{
    struct listener *l = listener_new();
    struct tcp_pcb *bound, *listening;
    long status;

    if (port == 0 || port > UINT16_MAX || event < 0)
        return SHOJI_EINVAL;
    if (listener_orphan(port) != NULL) {
        l = listener_orphan(port);
        l->event = event;
        l->owner = client;
        l->want = l->first == NULL;
        if (!l->want)
            trigger(&l->event);
        return listener_handle(l);
    }
    if (l == NULL)
        return SHOJI_EMEMORY;
    bound = tcp_new();
    if (bound == NULL)
        return SHOJI_EMEMORY;
    status = port_take(port);
    if (status != SHOJI_OK) {
        tcp_abort(bound);
        return status;
    }
    /* Nothing below can fail: the port is ours alone, and there is a listening pcb for each listener. */
    if (tcp_bind(bound, IP4_ADDR_ANY, (u16_t)port) != ERR_OK) {
        tcp_abort(bound);
        return SHOJI_EBUSY;
    }
    listening = tcp_listen_with_backlog(bound, TCP_DEFAULT_LISTEN_BACKLOG);
    if (listening == NULL) {
        tcp_abort(bound);
        return SHOJI_EMEMORY;
    }
    *l = (struct listener){
        .pcb = listening, .event = event, .owner = client, .port = (uint16_t)port, .want = client != 0};
    port_met((unsigned)(l - listeners), (uint16_t)port);
    tcp_arg(listening, l);
    tcp_accept(listening, on_accept);
    return listener_handle(l);
}

static struct listener *listener_of(long handle)
{
    unsigned long number = (unsigned long)handle & HANDLE_NUMBER;

    if (number >= LISTENERS || handle != listener_handle(&listeners[number]))
        return NULL;
    return listeners[number].pcb != NULL ? &listeners[number] : NULL;
}

long connection_take(long listener, long event, component_t client)
{
    struct listener *l = listener_of(listener);
    struct connection *c;

    if (event < 0)
        return SHOJI_EINVAL;
    if (l == NULL)
        return SHOJI_ENOENT;
    while ((c = l->first) != NULL) {
        l->first = c->next;
        c->next = NULL;
        if (c->pcb != NULL)
            break;
        record_free(c); /* gone before anybody knew it */
    }
    if (l->first == NULL)
        l->want = true;
    if (c == NULL)
        return SHOJI_EAGAIN;
    c->state = OPEN;
    c->event = event;
    c->owner = client;
    return handle_of(c);
}

long connection_set_event(long connection, long event)
{
    struct connection *c = connection_of(connection);
    struct listener *l = listener_of(connection);

    if (event < 0)
        return SHOJI_EINVAL;
    if (l != NULL) {
        l->event = event;
        l->want = l->first == NULL;
        if (!l->want)
            trigger(&l->event);
        return SHOJI_OK;
    }
    if (c == NULL)
        return SHOJI_ENOENT;
    c->event = event;
    c->want_read = true;
    signal(c);
    return SHOJI_OK;
}

long connection_receive(long connection, component_t client, void *to, uint64_t bytes)
{
    struct connection *c = connection_of(connection);
    const uint8_t *ring;
    uint32_t at, count, first;

    if (c == NULL || c->owner != client)
        return SHOJI_ENOENT;
    if (bytes == 0)
        return SHOJI_EINVAL;
    if (c->pcb == NULL)
        return SHOJI_ECLOSED;
    count = readable(c);
    if (count == 0) {
        if (c->finished)
            return 0;
        c->want_read = true;
        return SHOJI_EAGAIN;
    }
    if (count > bytes)
        count = (uint32_t)bytes;
    ring = rings[c - connections];
    at = c->taken % RING_BYTES;
    first = count < RING_BYTES - at ? count : RING_BYTES - at;
    fast_copy(to, ring + at, first);
    if (count > first)
        fast_copy((char *)to + first, ring, count - first);
    c->taken += count;
    c->polls = 0;
    tcp_recved(c->pcb, (u16_t)count);
    if (readable(c) == 0) {
        c->want_read = true;
        if (c->finished || c->pcb == NULL) /* the end has come already */
            signal(c);
    }
    return (long)count;
}

long connection_transmit(long connection, component_t client, const void *from, uint64_t bytes)
{
    struct connection *c = connection_of(connection);
    uint32_t count;
    err_t error;

    if (c == NULL || c->owner != client)
        return SHOJI_ENOENT;
    if (bytes == 0)
        return SHOJI_EINVAL;
    if (c->pcb == NULL)
        return SHOJI_ECLOSED;
    count = room(c);
    if (count > bytes)
        count = (uint32_t)bytes;
    error = count > 0 ? tcp_write(c->pcb, from, (u16_t)count, TCP_WRITE_FLAG_COPY) : ERR_MEM;
    if (error == ERR_MEM &&
        count > TX_SMALL_BYTES) { /* lwIP takes all or nothing; perhaps there is memory for a little */
        count = TX_SMALL_BYTES;
        error = tcp_write(c->pcb, from, (u16_t)count, TCP_WRITE_FLAG_COPY);
    }
    if (error == ERR_MEM) {
        c->want_room = true;
        return SHOJI_EAGAIN;
    }
    if (error != ERR_OK)
        return SHOJI_ECLOSED;
    c->polls = 0;
    blocks_count(c, tcp_sndqueuelen(c->pcb));
    if (count < bytes)
        c->want_room = true;
    (void)tcp_output(c->pcb); /* what cannot go now goes with the timer */
    return (long)count;
}

static void listener_leave(struct listener *l)
{
    l->owner = 0;
    l->want = false; /* nobody is to be told */
}

long connection_finish(long connection)
{
    struct connection *c = connection_of(connection);

    if (listener_of(connection) != NULL) {
        listener_leave(listener_of(connection));
        return SHOJI_OK;
    }
    if (c == NULL)
        return SHOJI_ENOENT;
    c->state = LINGERING;
    c->polls = 0;
    if (c->pcb == NULL) {
        record_free(c);
        return SHOJI_OK;
    }
    if (readable(c) > 0)
        tcp_recved(c->pcb, (u16_t)readable(c));
    c->taken = c->put;
    if (tcp_shutdown(c->pcb, 0, 1) != ERR_OK)
        tcp_abort(c->pcb); /* on_error frees the record */
    return SHOJI_OK;
}

bool connection_owned(long connection, component_t client)
{
    const struct connection *c = connection_of(connection);
    const struct listener *l = c == NULL ? listener_of(connection) : NULL;

    return c != NULL ? c->owner == client : l != NULL && l->owner == client;
}

void connections_gone(component_t client)
{
    for (struct connection *c = connections; c < connections + TCP_CONNECTIONS; c++)
        if (c->state == OPEN && c->owner == client)
            (void)connection_finish(handle_of(c));
    for (struct listener *l = listeners; l < listeners + LISTENERS; l++)
        if (l->pcb != NULL && l->owner == client)
            listener_leave(l);
}

/* Those that are being opened too, which have no record yet. No peer is slow because of this: it does not
 * count among the tries that lwIP gives one. */
void connections_resend(void)
{
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        u8_t tries = pcb->nrtx;

        tcp_rexmit_rto(pcb);
        pcb->nrtx = tries;
    }
}

uint32_t connections_used(void)
{
    return used;
}

void connections_init(uint32_t number)
{
    life = number & GENERATION_MASK;
    if (life == 0)
        life = 1;
    free_first = NULL;
    for (struct connection *c = connections + TCP_CONNECTIONS; c-- > connections;) {
        *c = (struct connection){.generation = life, .next = free_first};
        free_first = c;
    }
    used = blocks_total = 0;
    peers_inherit();
    for (unsigned number = 0; number < LISTENERS; number++)
        if (port_inherited(number) != 0)
            (void)connection_listen(port_inherited(number), 0,
                                    0); /* an orphan; or else the next client makes it */
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * connection_manager over a fake fd_api: clients that send, stop reading, end early, say nothing, or are too
 * many. The fake streams take lines; a line's first letter says how it is answered.
 */
// links: webserver/connection_manager/connection_manager.c webserver/connection_manager/connections.c
// links: webserver/http_parser/reply.c tests/host/pools.c tests/host/seeded.c
// includes: tests/host webserver components/interface components/runtime kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connection_manager/connections.h"
#include "export.h"
#include "runtime.h"
#include "scheduler.h"
#include "seeded.h"

void web_thread(void);

/* ---- The world: time, clients, streams ---- */

#define GROUP 3
#define LISTENER 1
#define FIRST_CLIENT 2
#define CLIENTS 600
#define FIRST_STREAM 700
#define STREAMS 256
#define BIG 9000

struct shoji_global fake_global = {.ticks = 1000, .tick_us = 1000};
extern const struct shoji_global shoji_global __attribute__((alias("fake_global")));
extern char pool_stream[], pool_stream_end[];

static struct client {
    bool waiting, open; /* to be accepted; accepted and not closed */
    bool ready;         /* in the queue of events */
    bool ended, gone;   /* half-closed; reset */
    bool want_read, want_room;
    char in[4096], out[65536];
    unsigned in_bytes, in_taken, out_bytes, window;
} clients[CLIENTS];

static struct stream {
    bool open, closed;
    bool lost; /* http_parser has begun anew since */
    char line[64];
    unsigned line_bytes;
    bool complete;
    bool due; /* a slow reply is there */
    unsigned sent;
} streams[STREAMS];

static unsigned queue[4 * CLIENTS], queue_first, queue_end, listener_ready, now_open, waits;
static bool stream_limit_reached;
static bool unknown;         /* fd_api has begun anew, and does not know us yet */
static bool anew_at_accept;  /* it will, before the next fd_accept */
static unsigned streams_down; /* http_parser begins anew: for so many ticks */

static void client_wake(unsigned client)
{
    if (clients[client].ready)
        return;
    clients[client].ready = true;
    queue[queue_end++ % (4 * CLIENTS)] = FIRST_CLIENT + client;
}

/* An edge, as tcp.h promises it and no oftener. */
static void client_signal(unsigned client)
{
    struct client *c = &clients[client];
    bool read = c->want_read && (c->in_taken < c->in_bytes || c->ended || c->gone);
    bool room = c->want_room && (c->window || c->gone);
    c->want_read &= !read;
    c->want_room &= !room;
    if (c->open && (read || room))
        client_wake(client);
}

void print_line(const char *format, ...)
{
    (void)format;
}
long sched_block_until(uint64_t tick)
{
    streams_down -= streams_down > 0;
    return (void)tick, SHOJI_ETIMEDOUT;
}
long fd_group(void)
{
    unknown = false;
    return GROUP;
}

long fd_listen(long group, uint32_t port)
{
    fake_global.moves++;
    assert_int_equal(group, GROUP);
    assert_int_equal(port, 80);
    if (unknown)
        return SHOJI_ENOENT;
    return LISTENER;
}

long fd_wait_until(long group, uint64_t tick)
{
    assert_int_equal(group, GROUP);
    waits++;
    fake_global.moves++; /* so the thread returns after each wakeup */
    if (unknown)
        return SHOJI_ENOENT;
    if (listener_ready) {
        listener_ready = 0;
        return LISTENER;
    }
    if (queue_first == queue_end) {
        if (fake_global.ticks < tick)
            fake_global.ticks = tick;
        return SHOJI_ETIMEDOUT;
    }
    unsigned fd = queue[queue_first++ % (4 * CLIENTS)];
    if (fd < FIRST_STREAM)
        clients[fd - FIRST_CLIENT].ready = false;
    return fd;
}

long fd_wait(long group)
{
    assert_true(listener_ready ||
                queue_first != queue_end); /* else it would block for ever: a wakeup was lost */
    return fd_wait_until(group, 0);
}

/* Who was connected is not any more; their descriptors are free. */
static void fd_api_anew(void)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i].open = false;
    for (unsigned i = 0; i < STREAMS; i++)
        streams[i].open = false;
    now_open = 0;
    unknown = true;
    anew_at_accept = false;
}

long fd_accept(long group, long listener)
{
    assert_int_equal(group, GROUP);
    assert_int_equal(listener, LISTENER);
    if (anew_at_accept)
        fd_api_anew();
    if (unknown)
        return SHOJI_ENOENT;
    for (unsigned i = 0; i < CLIENTS; i++)
        if (clients[i].waiting) {
            clients[i].waiting = false;
            clients[i].open = true;
            now_open++;
            return FIRST_CLIENT + i;
        }
    return SHOJI_EAGAIN;
}

long fd_buffers(const void *from, const void *end)
{
    return from == pool_stream && end == pool_stream_end ? SHOJI_OK : SHOJI_EINVAL;
}

long fd_open_stream(long group)
{
    assert_int_equal(group, GROUP);
    if (streams_down)
        return SHOJI_EFAULT;
    for (unsigned i = 0; i < STREAMS && !stream_limit_reached; i++)
        if (!streams[i].open) {
            streams[i] = (struct stream){.open = true};
            return FIRST_STREAM + i;
        }
    return SHOJI_EMEMORY;
}

static void assert_in_pool(const void *buffer, uint64_t bytes)
{
    const char *from = buffer;
    assert_true(from >= pool_stream && from + bytes <= pool_stream_end);
}

#define DRIBBLED 20

static long stream_read_fake(struct stream *stream, char *out, uint64_t room)
{
    assert_true(stream->open && !stream->closed && room >= HTTP_READ_LEAST);
    if (stream->lost)
        return SHOJI_ECLOSED;
    if (!stream->complete)
        return SHOJI_EAGAIN;
    if (stream->line[0] == 'e')
        return SHOJI_EFAULT;
    if (stream->line[0] == 's' && !stream->due)
        return SHOJI_EBUSY;
    if (stream->line[0] == 'd') { /* bit by bit, each as it is due */
        if (!stream->due)
            return SHOJI_EBUSY;
        stream->due = false;
        memset(out, 'd', 5);
        stream->sent += 5;
        if (stream->sent < DRIBBLED)
            return HTTP_MORE | 5;
        stream->complete = false;
        stream->line_bytes = stream->sent = 0;
        return 5;
    }
    unsigned total = stream->line[0] == 'b' ? BIG : stream->line[0] == 'p' ? 3 * HTTP_READ_LEAST : 5;
    unsigned left = total - stream->sent, bytes = left < room ? left : room;
    if (stream->line[0] == 'm' && stream->sent)
        return SHOJI_EFAULT;
    if (stream->line[0] == 'm')
        bytes = room;
    memset(out, stream->line[0], bytes);
    stream->sent += bytes;
    if (stream->sent < total || stream->line[0] == 'm')
        return bytes;
    stream->complete = stream->due = false;
    stream->line_bytes = stream->sent = 0;
    stream->closed = stream->line[0] == 'c';
    return bytes | (stream->line[0] == 'c' ? HTTP_CLOSE : 0);
}

long fd_read(long fd, void *buffer, uint64_t bytes)
{
    assert_in_pool(buffer, bytes);
    if (fd >= FIRST_STREAM)
        return stream_read_fake(&streams[fd - FIRST_STREAM], buffer, bytes);
    struct client *client = &clients[fd - FIRST_CLIENT];
    assert_true(client->open);
    if (client->gone)
        return SHOJI_ECLOSED;
    unsigned left = client->in_bytes - client->in_taken;
    if (!left) {
        client->want_read = !client->ended;
        return client->ended ? 0 : SHOJI_EAGAIN;
    }
    if (bytes > left)
        bytes = left;
    memcpy(buffer, client->in + client->in_taken, bytes);
    client->in_taken += bytes;
    if (client->in_taken == client->in_bytes) {
        client->want_read = true;
        client_signal(fd - FIRST_CLIENT);
    }
    return bytes;
}

long fd_write(long fd, const void *buffer, uint64_t bytes)
{
    assert_in_pool(buffer, bytes);
    assert_true(bytes > 0);
    if (fd < FIRST_STREAM) {
        struct client *client = &clients[fd - FIRST_CLIENT];
        assert_true(client->open);
        if (client->gone)
            return SHOJI_ECLOSED;
        client->want_room = client->window < bytes;
        if (!client->window)
            return SHOJI_EAGAIN;
        if (bytes > client->window)
            bytes = client->window;
        assert_true(client->out_bytes + bytes < sizeof client->out);
        memcpy(client->out + client->out_bytes, buffer, bytes);
        client->out_bytes += bytes;
        client->window -= bytes;
        return bytes;
    }
    struct stream *stream = &streams[fd - FIRST_STREAM];
    assert_true(stream->open && !stream->closed);
    if (streams_down)
        return SHOJI_EFAULT;
    if (stream->lost)
        return SHOJI_ECLOSED;
    if (stream->complete)
        return SHOJI_EAGAIN;
    const char *from = buffer;
    for (uint64_t i = 0; i < bytes; i++) {
        assert_true(stream->line_bytes < sizeof stream->line);
        stream->line[stream->line_bytes++] = from[i];
        if (from[i] == '\n') {
            stream->complete = true;
            return i + 1;
        }
    }
    return bytes;
}

long fd_close(long fd)
{
    if (unknown)
        return SHOJI_ENOENT;
    if (fd >= FIRST_STREAM) {
        assert_true(streams[fd - FIRST_STREAM].open);
        streams[fd - FIRST_STREAM].open = false;
        return 0;
    }
    assert_true(clients[fd - FIRST_CLIENT].open);
    clients[fd - FIRST_CLIENT].open = false;
    now_open--;
    return 0;
}

/* The slow replies are there. */
static void streams_wake(void)
{
    for (unsigned i = 0; i < STREAMS; i++)
        if (streams[i].open && streams[i].complete && (streams[i].line[0] == 's' || streams[i].line[0] == 'd')) {
            streams[i].due = true;
            queue[queue_end++ % (4 * CLIENTS)] = FIRST_STREAM + i;
        }
}

/* ---- Clients' side ---- */

static void settle(void)
{
    while (listener_ready || queue_first != queue_end)
        web_thread();
}

static unsigned client_connect(void)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        if (!clients[i].waiting && !clients[i].open && !clients[i].ready) {
            clients[i] = (struct client){.waiting = true, .window = 1u << 30};
            listener_ready = 1;
            return i;
        }
    fail();
    return 0;
}

static void client_send(unsigned client, const char *text)
{
    struct client *to = &clients[client];
    if (to->in_taken == to->in_bytes)
        to->in_bytes = to->in_taken = 0;
    size_t bytes = strlen(text);
    assert_true(to->in_bytes + bytes <= sizeof to->in);
    memcpy(to->in + to->in_bytes, text, bytes);
    to->in_bytes += bytes;
    client_signal(client);
}

static void pass(uint64_t milliseconds)
{
    uint64_t until = fake_global.ticks + milliseconds;
    settle();
    while (fake_global.ticks < until && now_open)
        web_thread();
    if (fake_global.ticks < until)
        fake_global.ticks = until;
}

static void assert_out(unsigned client, const char *text)
{
    clients[client].out[clients[client].out_bytes] = 0;
    assert_string_equal(clients[client].out, text);
}

static void assert_refused(unsigned client, const char *status)
{
    clients[client].out[clients[client].out_bytes] = 0;
    if (strncmp(clients[client].out, status, strlen(status)) != 0)
        fail_msg("expected %s, got %.100s", status, clients[client].out);
    assert_non_null(strstr(clients[client].out, "Connection: close"));
}

static void all_gone(void)
{
    pass(40000);
    assert_int_equal(now_open, 0);
    for (unsigned i = 0; i < STREAMS; i++)
        assert_false(streams[i].open);
}

/* ---- Tests ---- */

static void requests_on_one_connection(void **state)
{
    (void)state;
    unsigned client = client_connect();
    client_send(client, "h\n");
    settle();
    assert_out(client, "hhhhh");
    client_send(client, "x\ny\nz\n");
    settle();
    assert_out(client, "hhhhhxxxxxyyyyyzzzzz");
    client_send(client, "c\nh\n");
    settle();
    assert_out(client, "hhhhhxxxxxyyyyyzzzzzccccc");
    assert_false(clients[client].open);
    all_gone();
}

static void request_in_pieces(void **state)
{
    (void)state;
    unsigned client = client_connect();
    settle();
    client_send(client, "h");
    settle();
    client_send(client, "ello");
    settle();
    assert_int_equal(clients[client].out_bytes, 0);
    client_send(client, "\n");
    settle();
    assert_out(client, "hhhhh");
    all_gone();
}

static void client_that_reads_slowly(void **state)
{
    (void)state;
    unsigned client = client_connect(), other = client_connect();
    clients[client].window = 100;
    client_send(client, "b\nh\nb\n");
    settle();
    assert_int_equal(clients[client].out_bytes, 100);
    client_send(other, "h\n");
    settle();
    assert_out(other, "hhhhh");
    while (clients[client].out_bytes < 2 * BIG + 5) {
        clients[client].window = 777;
        client_signal(client);
        settle();
    }
    settle();
    assert_int_equal(clients[client].out_bytes, 2 * BIG + 5);
    assert_int_equal(clients[client].out[BIG - 1], 'b');
    assert_int_equal(clients[client].out[BIG], 'h');
    assert_int_equal(clients[client].out[BIG + 5], 'b');
    all_gone();
}

static void client_that_never_reads(void **state)
{
    (void)state;
    unsigned client = client_connect();
    clients[client].window = 10;
    client_send(client, "b\n");
    pass(14000);
    assert_true(clients[client].open);
    pass(2000);
    assert_false(clients[client].open);
    assert_int_equal(clients[client].out_bytes, 10);
    all_gone();
}

static void half_closed(void **state)
{
    (void)state;
    unsigned whole = client_connect(), part = client_connect(), nothing = client_connect();
    client_send(whole, "h\nb\n");
    client_send(part, "h\nhel");
    clients[whole].ended = clients[part].ended = clients[nothing].ended = true;
    settle();
    assert_int_equal(clients[whole].out_bytes, 5 + BIG);
    assert_int_equal(strncmp(clients[part].out, "hhhhhHTTP/1.1 400 ", 18), 0);
    assert_int_equal(clients[nothing].out_bytes, 0);
    assert_int_equal(now_open, 0);
    all_gone();
}

/* The end comes together with the bytes, so that one wakeup stands for both; and it comes while a reply waits
 * to be sent. */
static void half_closed_while_blocked(void **state)
{
    (void)state;
    unsigned client = client_connect();
    clients[client].window = 50;
    client_send(client, "b\n");
    clients[client].ended = true;
    settle();
    assert_true(clients[client].open);
    clients[client].window = 1 << 20;
    client_signal(client);
    settle();
    assert_int_equal(clients[client].out_bytes, BIG);
    assert_false(clients[client].open);
    all_gone();
}

/* All are taken: who has been idle for seconds goes, never who is in a request or has a reply to read. */
static void idle_ones_make_room(void **state)
{
    unsigned crowd[256];
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        crowd[i] = client_connect();
        settle();
    }
    client_send(crowd[0], "h");   /* in a request */
    clients[crowd[1]].window = 1; /* has a reply to read */
    client_send(crowd[1], "h\n");
    settle();
    unsigned early = client_connect();
    settle();
    assert_refused(early, "HTTP/1.1 503 ");
    pass(6000);
    client_send(crowd[3], "h\n"); /* not idle any more */
    settle();
    for (unsigned i = 0; i < 253; i++) {
        unsigned late = client_connect();
        client_send(late, "h\n");
        settle();
        assert_out(late, "hhhhh");
    }
    assert_true(clients[crowd[0]].open && clients[crowd[1]].open && clients[crowd[3]].open);
    unsigned last = client_connect();
    settle();
    assert_refused(last, "HTTP/1.1 503 ");
    all_gone();
}

/* A reply that a service makes: the client's next requests wait in order, other clients do not wait. */
static void slow_replies(void **state)
{
    (void)state;
    unsigned client = client_connect(), other = client_connect(), half = client_connect();
    client_send(client, "s\nh\n");
    client_send(half, "s\n");
    clients[half].ended = true;
    client_send(other, "h\n");
    settle();
    assert_out(client, "");
    assert_out(other, "hhhhh");
    client_send(client, "x\n");
    settle();
    assert_out(client, "");
    streams_wake();
    settle();
    assert_out(client, "ssssshhhhhxxxxx");
    assert_out(half, "sssss");
    assert_false(clients[half].open);
    client_send(client, "s\n");
    settle();
    pass(16000);
    assert_false(clients[client].open); /* 504 in its place, see the end of what it got */
    clients[client].out[clients[client].out_bytes] = 0;
    assert_non_null(strstr(clients[client].out, "HTTP/1.1 504 "));
    all_gone();
}

static void client_end(unsigned client)
{
    clients[client].ended = true;
    client_signal(client);
}

/* A reply that comes bit by bit: nobody waits for it, who goes in the middle of it is seen to have gone, and the next request waits. */
static void replies_bit_by_bit(void **state)
{
    (void)state;
    unsigned patient = client_connect(), gone = client_connect();
    settle();
    client_send(patient, "d\nx\n");
    client_send(gone, "d\n");
    settle();
    for (unsigned part = 1; part <= 3; part++) {
        streams_wake();
        settle();
        assert_int_equal(clients[patient].out_bytes, 5 * part);
        unsigned other = client_connect();
        client_send(other, "x\n");
        settle();
        assert_int_equal(clients[other].out_bytes, 5);
        client_end(other);
        settle();
        if (part == 2) {
            assert_true(clients[gone].open);
            client_end(gone);
            settle();
            assert_false(clients[gone].open);
        }
    }
    streams_wake();
    settle();
    assert_int_equal(clients[patient].out_bytes, DRIBBLED + 5); /* and the next one's answer */
    client_end(patient);
    settle();
    assert_int_equal(now_open, 0);
}

static void slow_requests(void **state)
{
    (void)state;
    unsigned drip = client_connect(), silent = client_connect(), kept = client_connect();
    settle();
    client_send(kept, "h\n");
    for (int second = 0; second < 14; second++) {
        client_send(drip, "d");
        pass(1000);
    }
    assert_int_equal(clients[drip].out_bytes, 0);
    assert_true(clients[silent].open && clients[kept].open);
    pass(2000);
    assert_refused(drip, "HTTP/1.1 408 ");
    assert_int_equal(clients[silent].out_bytes, 0);
    assert_int_equal(clients[kept].out_bytes, 5);
    pass(2000);
    assert_int_equal(now_open, 0);
    all_gone();
}

static void faulting_stream(void **state)
{
    (void)state;
    unsigned client = client_connect(), half = client_connect();
    client_send(client, "h\ne\nh\n");
    client_send(half, "m\n");
    settle();
    assert_int_equal(strncmp(clients[client].out, "hhhhhHTTP/1.1 502 ", 18), 0);
    for (unsigned i = 0; i < clients[half].out_bytes; i++)
        assert_int_equal(clients[half].out[i], 'm'); /* no refusal inside a body */
    all_gone();
}

static void reset_by_the_peer(void **state)
{
    (void)state;
    unsigned client = client_connect();
    client_send(client, "h\n");
    clients[client].gone = true;
    settle();
    assert_int_equal(now_open, 0);
    all_gone();
}

static void too_many(void **state)
{
    (void)state;
    unsigned fds[300];
    for (int i = 0; i < 256; i++)
        fds[i] = client_connect();
    settle();
    for (int i = 256; i < 300; i++) {
        fds[i] = client_connect();
        client_send(fds[i], "h\n");
    }
    settle();
    for (int i = 256; i < 300; i++) {
        assert_refused(fds[i], "HTTP/1.1 503 ");
        assert_false(clients[fds[i]].open);
    }
    for (int i = 0; i < 256; i++)
        client_send(fds[i], "c\n");
    settle();
    for (int i = 0; i < 256; i++)
        assert_out(fds[i], "ccccc");
    assert_int_equal(now_open, 0);

    stream_limit_reached = true;
    unsigned client = client_connect();
    settle();
    stream_limit_reached = false;
    assert_refused(client, "HTTP/1.1 503 ");
    all_gone();
}

/* fd_api has begun anew, wherever that is noticed: nothing of before is taken for what there is now. */
static void nothing_of_an_earlier_fd_api_is_used(void **state)
{
    (void)state;
    for (int at_accept = 0; at_accept < 2; at_accept++) {
        unsigned old = client_connect(), other = client_connect();
        client_send(old, "h\n");
        settle();
        assert_int_equal(now_open, 2);
        (void)client_connect();
        anew_at_accept = at_accept;
        if (!at_accept)
            fd_api_anew();
        for (int i = 0; i < 3; i++) /* learns it, takes another group, listens */
            web_thread();
        listener_ready = 1;
        clients[other].ready = false;
        settle();
        unsigned new = client_connect(); /* by the same descriptor as one of then */
        assert_true(new == old || new == other);
        for (int i = 0; i < 8; i++) { /* beyond the deadlines of then */
            client_send(new, "h\n");
            settle();
            pass(4000);
            assert_true(clients[new].open);
        }
        assert_out(new, "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh");
        all_gone();
    }
}

static void streams_lost(unsigned ticks)
{
    streams_down = ticks;
    for (unsigned i = 0; i < STREAMS; i++)
        if (streams[i].open)
            streams[i].lost = true;
}

/* http_parser has begun anew: who waits for a reply, or has sent half a request, learns it. Others notice nothing,
 * who come meanwhile least of all. */
static void streams_lost_between_requests_are_replaced(void **state)
{
    (void)state;
    unsigned idle = client_connect(), half = client_connect(), waiting = client_connect();
    client_send(idle, "h\n");
    client_send(half, "h\nh");
    client_send(waiting, "s\n");
    settle();
    streams_lost(3);
    client_send(half, "\n");
    settle();
    assert_int_equal(strncmp(clients[half].out, "hhhhhHTTP/1.1 502 ", 18), 0);
    assert_int_equal(streams_down, 3); /* nothing to wait for */
    unsigned new = client_connect();
    client_send(new, "x\n");
    settle();
    assert_out(new, "xxxxx");
    client_send(idle, "h\nh\n");
    settle();
    assert_out(idle, "hhhhhhhhhhhhhhh");
    streams_lost(3);
    client_send(idle, "x\n");
    settle();
    assert_out(idle, "hhhhhhhhhhhhhhhxxxxx");
    pass(600);
    assert_refused(waiting, "HTTP/1.1 502 ");

    /* One that never comes back is waited for once. */
    streams_lost(1000);
    client_send(new, "h\n");
    settle();
    unsigned left = streams_down;
    assert_true(left < 1000 && left >= 970);
    client_send(idle, "h\n");
    new = client_connect();
    settle();
    assert_refused(new, "HTTP/1.1 503 ");
    assert_int_equal(streams_down, left);
    streams_down = 0;
    all_gone();
    new = client_connect();
    client_send(new, "h\n");
    settle();
    assert_out(new, "hhhhh");
    streams_lost(3);
    client_send(new, "h\n"); /* and there is patience again */
    settle();
    assert_out(new, "hhhhhhhhhh");
    all_gone();
}

/* One client pipelines without end; the other's answer doesn't wait for that. */
static void nobody_keeps_the_thread(void **state)
{
    (void)state;
    unsigned greedy = client_connect(), other = client_connect();
    settle();
    for (int i = 0; i < 1000; i++)
        client_send(greedy, "h\n");
    client_send(other, "x\n");
    settle();
    assert_int_equal(clients[greedy].out_bytes, 5000);
    assert_out(other, "xxxxx");
    all_gone();
}

static void random_clients(void **state)
{
    (void)state;
    static const char letters[] = "hxbclephs";
    random_start(__func__);
    for (int round = 0; round < 200000; round++) {
        unsigned i = random_below(40);
        switch (random_below(8)) {
        case 0:
            if (!clients[i].open && !clients[i].waiting && !clients[i].ready) {
                clients[i] = (struct client){.waiting = true, .window = random_below(8000)};
                listener_ready = 1;
            }
            break;
        case 1:
        case 2:
            if (clients[i].open && clients[i].in_bytes < sizeof clients[i].in - 2) {
                char text[3] = {letters[random_below(9)], '\n', 0};
                if (random_one_in(5))
                    text[1] = 0;
                if (clients[i].in_taken + 10 < clients[i].in_bytes || !random_one_in(3))
                    text[0] = '\n';
                client_send(i, text);
            }
            break;
        case 3:
            clients[i].ended |= random_one_in(10);
            clients[i].gone |= random_one_in(20);
            client_signal(i);
            break;
        case 4:
            clients[i].window += random_below(3000);
            if (clients[i].out_bytes > sizeof clients[i].out / 2)
                clients[i].out_bytes = 0;
            client_signal(i);
            break;
        case 5:
            if (random_one_in(3) && queue_end - queue_first < CLIENTS)
                streams_wake();
            if (random_one_in(50))
                pass(random_below(4000));
            break;
        default:
            if (now_open || listener_ready || queue_first != queue_end)
                web_thread();
        }
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i].waiting = false;
    all_gone();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_on_one_connection),
        cmocka_unit_test(request_in_pieces),
        cmocka_unit_test(client_that_reads_slowly),
        cmocka_unit_test(client_that_never_reads),
        cmocka_unit_test(half_closed),
        cmocka_unit_test(half_closed_while_blocked),
        cmocka_unit_test(idle_ones_make_room),
        cmocka_unit_test(slow_replies),
        cmocka_unit_test(replies_bit_by_bit),
        cmocka_unit_test(slow_requests),
        cmocka_unit_test(faulting_stream),
        cmocka_unit_test(reset_by_the_peer),
        cmocka_unit_test(too_many),
        cmocka_unit_test(nothing_of_an_earlier_fd_api_is_used),
        cmocka_unit_test(streams_lost_between_requests_are_replaced),
        cmocka_unit_test(nobody_keeps_the_thread),
        cmocka_unit_test(random_clients),
    };
    component_init(10);
    web_thread(); /* listens */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

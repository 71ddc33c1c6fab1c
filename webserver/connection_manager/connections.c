/* SPDX-License-Identifier: BSD-2-Clause */
#include "connections.h"

#include "runtime.h"
#include "scheduler.h"

#define RETRY_MS 20     /* when something below has failed and will come back */
#define STREAM_TICKS 20 /* how long a stream is waited for */
/* Likewise one with a long reply; and its entry returns, because all of one entry is one invocation's time.
 */
#define TURN_PARTS 8
#define TURN_READS 16 /* a connection that always has more to read lets the others go first after so many */

static uint64_t ticks_in(uint64_t milliseconds)
{
    return shoji_global.ticks + milliseconds * 1000 / shoji_global.tick_us + 1;
}

static void deadline_set(struct connection *c, uint64_t milliseconds)
{
    c->deadline = ticks_in(milliseconds);
}

static void connection_free(struct connections *all, struct connection *c)
{
    long fd = c->fd;
    if (c->again)
        all->again_count--;
    c->again = false;
    stream_close(c->stream);
    if (all->streams_wake)
        all->by_fd[c->stream] = 0;
    all->by_fd[fd] = 0;
    c->fd = 0;
    all->open--;
    all->free_hint = c - all->table;
    fd_close(fd); /* whatever it says, the descriptor is gone */
}

/* The stream is of no more use: the client gets a refusal instead, unless a reply is half sent. */
static void connection_refuse(struct connection *c, int status)
{
    if (!c->mid_reply && c->out_end + HTTP_READ_LEAST <= CONNECTION_OUT_BYTES)
        c->out_end += stream_refusal(c->out + c->out_end, status);
    c->closing = true;
    c->reply_due = c->waiting = false;
    c->in_from = c->in_end = 0;
}

/* Sends what is in `out`. False: the network takes no more for now, or the connection is gone. */
static bool connection_flush(struct connections *all, struct connection *c)
{
    if (c->out_from == c->out_end)
        return true;
    while (c->out_from < c->out_end) {
        long sent = fd_write(c->fd, c->out + c->out_from, c->out_end - c->out_from);
        if (sent == SHOJI_EAGAIN || sent == 0)
            return false;
        if (sent < 0 || sent > c->out_end - c->out_from) {
            connection_free(all, c);
            return false;
        }
        c->out_from += sent;
        deadline_set(c, CONNECTION_TIMEOUT_MS);
    }
    c->out_from = c->out_end = 0;
    return true;
}

/* HTTP_MORE. */
static void connection_part(struct connection *c, long result)
{
    c->out_end += HTTP_BYTES(result);
    c->mid_reply = true;
    c->reply_due = result & HTTP_ROOM;
    c->waiting = !c->reply_due;
}

/* Takes reply bytes from the stream. */
static void connection_take_reply(struct connection *c)
{
    uint64_t room = CONNECTION_OUT_BYTES - c->out_end;
    long result = stream_read(c->stream, c->out + c->out_end, room);
    if (result == SHOJI_EBUSY) {
        c->waiting = true;
        c->reply_due = false;
        return;
    }
    if (result == SHOJI_EAGAIN) { /* not complete yet; or a reply ended just where the room did */
        c->reply_due = false;
        if (c->mid_reply)
            c->mid_reply = c->in_request = false;
        return;
    }
    if (result < 0 || (uint64_t)HTTP_BYTES(result) > room) {
        if (HTTP_IS_MORE(result) && (uint64_t)HTTP_BYTES(result) <= room)
            connection_part(c, result);
        else
            connection_refuse(c, 502);
        return;
    }
    uint64_t bytes = HTTP_BYTES(result);
    c->out_end += bytes;
    if (result & HTTP_CLOSE) {
        c->closing = true;
        c->reply_due = c->in_request = c->mid_reply = false;
        c->in_from = c->in_end = 0;
    } else if (bytes < room) {
        c->reply_due = c->in_request = c->mid_reply = false;
        deadline_set(c, CONNECTION_TIMEOUT_MS);
    } else {
        c->mid_reply = true;
    }
}

/* A new stream. Who makes them may be beginning anew: that takes some ticks, and nobody here can do without.
 * Once it has taken too long there is no more patience, until there is a stream again. */
static long connections_stream(struct connections *all)
{
    long stream = stream_open(all->group);
    for (int ticks = all->hopeless ? 0 : STREAM_TICKS; stream == SHOJI_EFAULT && ticks > 0; ticks--) {
        sched_block_until(shoji_global.ticks + 1);
        stream = stream_open(all->group);
    }
    all->hopeless = stream == SHOJI_EFAULT;
    return stream;
}

/* The stream was lost between two requests: another one is as good, and the client need not know. */
static __attribute__((cold, noinline)) long connection_feed_anew(struct connections *all,
                                                                 struct connection *c)
{
    long stream = connections_stream(all);
    if (stream <= 0 || stream >= FD_LIMIT)
        return SHOJI_ECLOSED;
    stream_close(c->stream);
    if (all->streams_wake) {
        all->by_fd[c->stream] = 0;
        all->by_fd[stream] = c;
    }
    c->stream = stream;
    return stream_write(c->stream, c->in + c->in_from, c->in_end - c->in_from);
}

static void connection_feed(struct connections *all, struct connection *c)
{
    long taken = stream_write(c->stream, c->in + c->in_from, c->in_end - c->in_from);
    if ((taken == SHOJI_ECLOSED || taken == SHOJI_EFAULT || taken == SHOJI_ENOENT) && !c->in_request)
        taken = connection_feed_anew(all, c);
    if (taken <= 0 || taken > c->in_end - c->in_from) {
        connection_refuse(c, 502);
        return;
    }
    if (!c->in_request) {
        c->in_request = true;
        deadline_set(c, CONNECTION_TIMEOUT_MS);
    }
    c->in_from += taken;
    c->reply_due = true;
}

/* Feeds the stream what was read and gathers its replies, until there is nothing to feed or no room in `out`.
 */
static void connection_work(struct connections *all, struct connection *c)
{
    while (!c->closing && c->out_end + HTTP_READ_LEAST <= CONNECTION_OUT_BYTES) {
        if (c->reply_due)
            connection_take_reply(c);
        else if (c->in_from < c->in_end && !c->waiting)
            connection_feed(all, c);
        else
            return;
    }
}

/* Reads from the network. False: nothing there for now, or the connection is gone. */
static inline __attribute__((always_inline)) bool connection_fill(struct connections *all,
                                                                  struct connection *c)
{
    if (!c->readable)
        return false;
    c->in_from = c->in_end = 0;
    long got = fd_read(c->fd, c->in, CONNECTION_IN_BYTES);
    if (got == SHOJI_EAGAIN) {
        c->readable = false;
        return false;
    }
    if (got < 0 || got > CONNECTION_IN_BYTES) {
        connection_free(all, c);
        return false;
    }
    if (got == 0) {
        c->peer_ended = true;
        c->readable = false;
        return false;
    }
    c->in_end = got;
    c->readable =
        got ==
        CONNECTION_IN_BYTES; /* less was all there was; an event tells of more, or of the end (tcp.h) */
    return true;
}

/* Whoever ends his side in the middle of a reply that comes bit by bit has gone. */
static __attribute__((cold, noinline)) void connection_look(struct connections *all, struct connection *c)
{
    if (!c->mid_reply || c->in_from < c->in_end || connection_fill(all, c) || !c->fd || !c->peer_ended)
        return;
    connection_free(all, c);
}

static void connection_later(struct connections *all, struct connection *c)
{
    all->again_count += !c->again;
    c->again = true;
}

static void connection_turn(struct connections *all, struct connection *c)
{
    int parts = 0;
    for (int reads = 0;; reads++) {
        if (c->reply_due || c->in_from < c->in_end)
            connection_work(all, c);
        if (!connection_flush(all, c))
            return;
        if (c->closing) {
            connection_free(all, c);
            return;
        }
        if (c->waiting) {
            connection_look(all, c);
            return;
        }
        if (c->reply_due || c->in_from < c->in_end) {
            if (!c->mid_reply || ++parts < TURN_PARTS)
                continue;
            connection_later(all, c);
            return;
        }
        if (reads == TURN_READS) {
            connection_later(all, c);
            return;
        }
        if (connection_fill(all, c))
            continue;
        if (!c->fd || !c->peer_ended)
            return;
        if (c->in_request)
            connection_refuse(c, 400);
        c->closing = true;
    }
}

static void connection_run(struct connections *all, struct connection *c)
{
    all->running = c;
    connection_turn(all, c);
    all->running = 0;
}

/* Ends the connection that has said nothing for longest, if that is long: who comes now may have something to
 * say. */
static void connection_evict(struct connections *all)
{
    const uint64_t latest = ticks_in(CONNECTION_TIMEOUT_MS - CONNECTION_IDLE_MS);
    struct connection *idle = 0;

    for (struct connection *c = all->table; c < all->table + all->limit; c++)
        if (c->fd && !c->in_request && !c->closing && c->out_from == c->out_end && c->deadline <= latest &&
            (!idle || c->deadline < idle->deadline))
            idle = c;
    if (idle)
        connection_free(all, idle);
}

static struct connection *connection_find_free(struct connections *all)
{
    if (all->open == all->limit)
        connection_evict(all);
    if (all->open == all->limit)
        return 0;
    for (uint32_t i = all->free_hint;; i = (i + 1) % all->limit)
        if (!all->table[i].fd)
            return &all->table[i];
}

/* One connection too many is told so; a fresh one has room for that. */
static void connection_turn_away(struct connections *all, long fd)
{
    char *out = all->pool + (uint64_t)all->limit * CONNECTION_BYTES;
    fd_write(fd, out, stream_refusal(out, 503));
    fd_close(fd);
}

static bool connection_accept(struct connections *all)
{
    long fd = fd_accept(all->group, all->listener);
    if (fd == SHOJI_ECLOSED || fd == SHOJI_ENOENT) { /* whoever listened for us has failed */
        fd_close(all->listener);
        all->listener = 0;
    }
    if (fd <= 0 || fd >= FD_LIMIT)
        return false;
    struct connection *c = connection_find_free(all);
    long stream = c ? connections_stream(all) : SHOJI_EMEMORY;
    if (stream <= 0 || stream >= FD_LIMIT) {
        connection_turn_away(all, fd);
        return true;
    }
    char *buffers = all->pool + (uint64_t)(c - all->table) * CONNECTION_BYTES;
    *c = (struct connection){
        .fd = fd,
        .stream = stream,
        .in = buffers,
        .out = buffers + CONNECTION_IN_BYTES,
        .readable = true,
    };
    deadline_set(c, CONNECTION_TIMEOUT_MS);
    if (all->open++ == 0)
        all->sweep = ticks_in(CONNECTION_SWEEP_MS);
    all->by_fd[fd] = c;
    if (all->streams_wake)
        all->by_fd[stream] = c;
    connection_run(all, c);
    return true;
}

static void connection_expire(struct connections *all, struct connection *c)
{
    if (c->closing || !c->in_request || c->out_from < c->out_end) {
        connection_free(all, c);
        return;
    }
    connection_refuse(c, c->waiting ? 504 : 408);
    connection_run(all, c);
}

/* Deadlines; and whoever waits for a reply asks for it: who should tell may have begun anew, and forgotten.
 */
static void connections_sweep(struct connections *all)
{
    all->sweep = ticks_in(CONNECTION_SWEEP_MS);
    for (struct connection *c = all->table; c < all->table + all->limit; c++) {
        if (!c->fd)
            continue;
        if (c->deadline <= shoji_global.ticks) {
            connection_expire(all, c);
        } else if (c->waiting) {
            c->waiting = false;
            c->reply_due = true;
            connection_run(all, c);
        }
    }
}

static void connections_run_again(struct connections *all)
{
    for (uint32_t i = 0; i < all->limit && all->again_count; i++) {
        struct connection *c = &all->table[i];
        if (!c->fd || !c->again)
            continue;
        c->again = false;
        all->again_count--;
        connection_run(all, c);
    }
}

/* fd_api knows nothing of us any more: it has begun anew, and so do we. */
static void connections_forget(struct connections *all)
{
    for (uint32_t i = 0; i < all->limit; i++) {
        if (all->table[i].fd)
            stream_close(all->table[i].stream);
        all->table[i].fd = 0;
    }
    for (uint32_t fd = 0; fd < FD_LIMIT; fd++)
        all->by_fd[fd] = 0;
    all->group = all->listener = 0;
    all->open = all->free_hint = all->again_count = 0;
    all->running = 0;
}

static void connections_start(struct connections *all)
{
    long buffers = fd_buffers(all->pool, all->pool_end);
    long group = all->group > 0 ? all->group : buffers < 0 ? buffers : fd_group();
    long listener = group > 0 ? fd_listen(group, all->port) : group;
    if (listener > 0 &&
        (uint64_t)(all->pool_end - all->pool) < (uint64_t)all->limit * CONNECTION_BYTES + HTTP_READ_LEAST)
        listener = SHOJI_EMEMORY;
    all->group = group;
    if (listener > 0 && listener < FD_LIMIT) {
        all->listener = listener;
        return;
    }
    if (listener == SHOJI_EFAULT || listener == SHOJI_ENOENT) {
        if (listener == SHOJI_ENOENT)
            connections_forget(all);
        sched_block_until(ticks_in(RETRY_MS));
        return;
    }
    print_line("cannot listen on port %u: status %ld", (unsigned)all->port, listener);
    sched_block_until(ticks_in(CONNECTION_TIMEOUT_MS));
}

/* The connection in which a fault ended the thread. Its stream may be in any state. */
static void connections_recover(struct connections *all)
{
    struct connection *c = all->running;
    all->running = 0;
    if (!c || !c->fd)
        return;
    if (c->out_from >= c->out_end)
        c->out_from = c->out_end = 0;
    connection_refuse(c, 502);
    connection_run(all, c);
}

void connections_run(struct connections *all)
{
    if (all->listener <= 0) {
        connections_start(all);
        return;
    }
    if (all->running)
        connections_recover(all);
    long fd = all->again_count ? fd_wait_until(all->group, shoji_global.ticks)
              : all->open      ? fd_wait_until(all->group, all->sweep)
                               : fd_wait(all->group);
    if (fd == SHOJI_ENOENT) {
        connections_forget(all);
        return;
    }
    if (fd < 0 && fd != SHOJI_ETIMEDOUT)
        sched_block_until(ticks_in(RETRY_MS));
    if (fd == all->listener) {
        while (connection_accept(all))
            ;
    } else if (fd > 0 && fd < FD_LIMIT && all->by_fd[fd]) {
        struct connection *c = all->by_fd[fd];
        if (fd == c->fd) {
            c->readable = true;
        } else {
            c->reply_due |= c->waiting;
            c->waiting = false;
        }
        connection_run(all, c);
    }
    if (all->again_count)
        connections_run_again(all);
    if (all->open && all->sweep <= shoji_global.ticks)
        connections_sweep(all);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connections: each network descriptor of a listening port is paired with one stream, bytes go to the stream,
 * replies come back. Linked into connection_manager, whose streams are fd_api's HTTP streams, and into
 * mpd_manager, whose streams are its own (control_stream.c). One thread calls in; nothing here blocks but
 * connections_run's wait, and no connection waits for another.
 *
 * 1. A connection's `in` bytes are fed to its stream in order, its `out` bytes go to the network in order;
 * new request bytes are read only while all replies so far fit `out`: a client that doesn't read isn't read
 * from.
 * 2. Every connection has a deadline. It moves when a reply ends or reply bytes are taken, not when request
 * bytes trickle in.
 * 3. There are at most `limit`; one more is told so and closed, unless another has been idle for
 * CONNECTION_IDLE_MS: that one is closed.
 * 4. An unanswered wakeup can't be lost: a descriptor is read until SHOJI_EAGAIN before its connection waits
 * again.
 */
#ifndef CONNECTION_MANAGER_CONNECTIONS_H
#define CONNECTION_MANAGER_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "fd_api.h"
#include "http_parser.h"

/* Twenty pipelined requests of the usual length, and twenty short answers: they are read, and sent, at once.
 */
#define CONNECTION_IN_BYTES 2048
#define CONNECTION_OUT_BYTES 5120
#define CONNECTION_BYTES (CONNECTION_IN_BYTES + CONNECTION_OUT_BYTES) /* of the pool, for each connection */
#define CONNECTION_TIMEOUT_MS 15000
#define CONNECTION_SWEEP_MS 500
#define CONNECTION_IDLE_MS 5000 /* after which it may have to go for another one */
_Static_assert(CONNECTION_OUT_BYTES >= HTTP_READ_LEAST, "a reply's head fits");

struct connection {
    long fd; /* 0: free */
    long stream;
    uint64_t deadline; /* tick */
    char *in, *out;
    uint16_t in_from, in_end, out_from, out_end;
    bool readable;   /* there may be bytes to read, or an end */
    bool reply_due;  /* the stream may have reply bytes */
    bool in_request; /* the stream has got bytes of a request that isn't answered yet */
    bool mid_reply;  /* of the reply that the stream gives, some bytes are in `out` or sent */
    bool peer_ended; /* nothing more will come */
    bool closing;    /* to be closed once `out` is sent */
    bool again;      /* has had its turn, wants more */
    bool waiting;    /* the stream works on a reply: it gets no more bytes until it says so */
};

struct connections {
    /* set by the owner */
    uint32_t port;
    uint32_t limit;           /* connections at a time */
    struct connection *table; /* limit entries */
    bool streams_wake;        /* streams are descriptors of the group */
    char *pool, *pool_end;    /* buffers: limit * CONNECTION_BYTES, and HTTP_READ_LEAST for refusals */
    /* the rest starts as zero */
    long group, listener;
    bool hopeless; /* there has been no stream for long */
    uint32_t open;
    uint32_t free_hint;
    uint32_t again_count;
    uint64_t sweep;             /* tick of the next look at the deadlines */
    struct connection *running; /* not NULL at entry: a fault ended the thread in this connection */
    struct connection *by_fd[FD_LIMIT];
};

/* Waits for one wakeup and handles it. The thread's entry calls it once and returns. */
void connections_run(struct connections *connections);

/* ---- What the owner brings: the streams. Meanings and results as in http_parser.h ---- */
/* A stream that says SHOJI_EBUSY to stream_read, or HTTP_MORE, is one of the group's descriptors and becomes
 * ready, or it is asked again within CONNECTION_SWEEP_MS. */
long stream_open(long group);
long stream_write(long stream, const void *buffer, uint64_t bytes);
long stream_read(long stream, void *buffer, uint64_t bytes);
void stream_close(long stream);
/* A whole reply that refuses a request with `status`, at most HTTP_READ_LEAST bytes, and closes. */
uint64_t stream_refusal(void *buffer, int status);

#endif

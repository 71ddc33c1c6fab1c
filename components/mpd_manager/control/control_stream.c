/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The streams behind the control port's connections: request bytes in, the answer's bytes out. One request of
 * a stream at a time; an answer is kept until it has been read.
 *
 * 1. A source is ended once, whatever becomes of its reader.
 * 2. A reply whose source fails is cut short with its connection, so that nobody takes a part for the whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection_manager/connections.h"
#include "control.h"
#include "control_body.h"
#include "control_stream.h"
#include "http_parser/reply.h"

static struct stream {
    bool open;
    bool due;     /* the request is complete or refused, and nothing of the reply is read */
    bool ended;   /* has said HTTP_CLOSE */
    bool chunked; /* the source's bytes, that is */
    char *body;   /* of the reply in progress, or NULL */
    const struct answer_source *source; /* likewise */
    long state;
    size_t bytes, sent; /* SIZE_MAX: nobody knows how many */
    struct request_wish wish;
    struct request_header_value far[REQUEST_FAR_HEADERS];
    struct request request;
    char request_body[CONTROL_BODY_BYTES];
} streams[CONTROL_CONNECTIONS];

static struct stream *stream_of(long stream)
{
    if (stream < 1 || stream > CONTROL_CONNECTIONS || !streams[stream - 1].open)
        return 0;
    return &streams[stream - 1];
}

long stream_open(long group)
{
    (void)group;
    for (long i = 0; i < CONTROL_CONNECTIONS; i++) {
        struct stream *stream = &streams[i];
        if (stream->open)
            continue;
        stream->open = true;
        stream->due = stream->ended = false;
        stream->wish.wanted = 1u << REQUEST_AUTHORIZATION | 1u << REQUEST_IF_NONE_MATCH;
        stream->wish.far = stream->far;
        stream->wish.head = control_body_begin;
        control_body_end(&stream->wish, stream->request_body);
        request_init(&stream->request, &stream->wish);
        request_want_far(&stream->request);
        return i + 1;
    }
    return SHOJI_EMEMORY;
}

/* Nothing is left of the reply. */
static void reply_forget(struct stream *stream)
{
    const struct answer_source *source = stream->source;
    free(stream->body);
    stream->body = 0;
    stream->source = 0;
    if (source)
        source->end(stream->state);
}

void stream_close(long id)
{
    struct stream *stream = stream_of(id);
    if (!stream)
        return;
    reply_forget(stream);
    control_body_end(&stream->wish, stream->request_body);
    stream->open = false;
}

long stream_write(long id, const void *buffer, uint64_t bytes)
{
    struct stream *stream = stream_of(id);
    if (!stream)
        return SHOJI_ENOENT;
    if (stream->ended)
        return SHOJI_ECLOSED;
    if (stream->due || stream->body || stream->source)
        return SHOJI_EAGAIN;
    const char *from = buffer;
    uint64_t taken = 0;
    while (taken < bytes && !stream->request.complete && !stream->request.status)
        taken += request_feed(&stream->request, from + taken, bytes - taken);
    stream->due = stream->request.complete || stream->request.status;
    return stream->request.status ? bytes : taken;
}

static long reply_end(struct stream *stream, uint64_t bytes, bool keep)
{
    reply_forget(stream);
    if (!keep) {
        stream->ended = true;
        return bytes | HTTP_CLOSE;
    }
    request_next(&stream->request);
    return bytes;
}

/* ---- Bodies ---- */

static long reply_body(struct stream *stream, char *out, uint64_t used, uint64_t room)
{
    size_t left = stream->bytes - stream->sent;
    size_t copied = left < room - used ? left : room - used;
    memcpy(out + used, stream->body + stream->sent, copied);
    stream->sent += copied;
    used += copied;
    return stream->sent == stream->bytes ? reply_end(stream, used, stream->request.keep_alive) : (long)used;
}

/* A chunk is its length in four hexadecimal digits, its bytes, and line ends; the last one is empty. */
#define CHUNK_HEAD 6u
#define CHUNK_ROOM (CHUNK_HEAD + 2)
#define SOURCE_LEAST 512u
static const char last_chunk[] = "0\r\n\r\n";

static uint64_t chunk_close(char *chunk, uint64_t bytes)
{
    char digits[CHUNK_HEAD + 1];
    snprintf(digits, sizeof digits, "%04x\r\n", (unsigned)bytes);
    memcpy(chunk, digits, CHUNK_HEAD);
    memcpy(chunk + CHUNK_HEAD + bytes, "\r\n", 2);
    return bytes + CHUNK_ROOM;
}

/* The source has said `result` at `out + used`: what stream_read says if that is all there is for now, 0 if
 * it may go on. */
static long source_said(struct stream *stream, long result, char *out, uint64_t used)
{
    bool sized = stream->bytes != SIZE_MAX;
    if (result == SHOJI_EBUSY)
        return used ? (long)(HTTP_MORE | used) : SHOJI_EBUSY;
    if (sized && stream->sent == stream->bytes)
        return reply_end(stream, used, stream->request.keep_alive);
    if (result > 0)
        return 0;
    if (result < 0 || sized)
        return reply_end(stream, used, false);
    if (!stream->chunked)
        return reply_end(stream, used, false);
    memcpy(out + used, last_chunk, sizeof last_chunk - 1);
    return reply_end(stream, used + sizeof last_chunk - 1, stream->request.keep_alive);
}

static long reply_source(struct stream *stream, char *out, uint64_t used, uint64_t room)
{
    uint64_t head = stream->chunked ? CHUNK_HEAD : 0,
             around = stream->chunked ? CHUNK_ROOM + sizeof last_chunk - 1 : 0;
    while (room - used >= SOURCE_LEAST + around) {
        uint64_t most = room - used - around;
        if (most > stream->bytes - stream->sent)
            most = stream->bytes - stream->sent;
        long result = stream->source->read(stream->state, out + used + head, most);
        if (result > (long)most)
            result = SHOJI_EINVAL;
        if (result > 0) {
            stream->sent += stream->bytes == SIZE_MAX ? 0 : (uint64_t)result;
            used += stream->chunked ? chunk_close(out + used, (uint64_t)result) : (uint64_t)result;
        }
        long said = source_said(stream, result, out, used);
        if (said)
            return said;
    }
    return (long)(HTTP_MORE | HTTP_ROOM | used);
}

/* ---- Heads ---- */

static const char uncached[] = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";

/* Of a body whose length nobody knows. */
static uint64_t head_unsized(char *out, const struct control_answer *answer, bool chunked, bool keep)
{
    return (uint64_t)snprintf(
        out, REPLY_ROOM, "HTTP/1.1 200 OK\r\nServer: Shoji\r\nContent-Type: %s\r\n%s%s%s\r\n", answer->type,
        answer->header ? answer->header : uncached, chunked ? "Transfer-Encoding: chunked\r\n" : "",
        keep ? "" : "Connection: close\r\n");
}

static uint64_t head_sized(char *out, const struct control_answer *answer, enum reply_connection connection)
{
    const struct reply reply = {
        .status = answer->status,
        .type = answer->type,
        .header = answer->header ? answer->header : uncached,
        .length = answer->bytes,
        .connection = connection,
        .tag = answer->tag,
    };
    return reply_head(out, &reply);
}

static enum reply_connection connection_of(const struct request *request)
{
    if (!request->keep_alive)
        return REPLY_CLOSE;
    return request->minor ? REPLY_KEEP_1_1 : REPLY_KEEP_1_0;
}

static long reply_refused(struct stream *stream, char *out)
{
    char room[REQUEST_SENTENCE_BYTES];
    const char *sentence = request_sentence(&stream->request, room);
    stream->ended = true;
    control_body_end(&stream->wish, stream->request_body);
    return reply_refusal(out, REPLY_JSON, stream->request.status, sentence, 0, REPLY_CLOSE, false) |
           HTTP_CLOSE;
}

static long reply_begin(struct stream *stream, char *out, uint64_t out_room)
{
    const struct request *request = &stream->request;
    bool head_only = request->method == HTTP_HEAD;
    struct control_answer answer;
    stream->due = false;
    if (request->status)
        return reply_refused(stream, out);
    control_answer(request, &answer);
    control_body_end(&stream->wish, stream->request_body);
    if (!answer.body && !answer.source && answer.status != 304)
        return reply_end(stream,
                         reply_refusal(out, REPLY_JSON, answer.status,
                                       answer.sentence[0] ? answer.sentence : 0, answer.header,
                                       connection_of(request), head_only),
                         request->keep_alive);
    stream->body = answer.body;
    stream->source = answer.source;
    stream->state = answer.state;
    stream->sent = 0;
    stream->bytes = answer.source && !answer.sized ? SIZE_MAX : answer.bytes;
    stream->chunked = stream->bytes == SIZE_MAX && request->minor;
    bool keep = request->keep_alive && (stream->bytes != SIZE_MAX || stream->chunked);
    uint64_t used = stream->bytes == SIZE_MAX ? head_unsized(out, &answer, stream->chunked, keep)
                                              : head_sized(out, &answer, connection_of(request));
    if (head_only || answer.status == 304)
        return reply_end(stream, used, keep);
    return stream->source ? reply_source(stream, out, used, out_room)
                          : reply_body(stream, out, used, out_room);
}

long stream_read(long id, void *buffer, uint64_t bytes)
{
    struct stream *stream = stream_of(id);
    if (!stream)
        return SHOJI_ENOENT;
    if (stream->body)
        return reply_body(stream, buffer, 0, bytes);
    if (stream->source)
        return reply_source(stream, buffer, 0, bytes);
    if (stream->due)
        return bytes < HTTP_READ_LEAST ? SHOJI_EINVAL : reply_begin(stream, buffer, bytes);
    return stream->ended ? SHOJI_ECLOSED : SHOJI_EAGAIN;
}

uint64_t stream_refusal(void *buffer, int status)
{
    return reply_refusal(buffer, REPLY_JSON, status, status == 400 ? "The request ended too early." : 0, 0,
                         REPLY_CLOSE, false);
}

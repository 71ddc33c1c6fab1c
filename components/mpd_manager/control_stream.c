/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The streams behind the control port's connections: request bytes in, the answer's bytes out. One request of
 * a stream at a time; an answer is kept until it has been read.
 */
#include <stdlib.h>
#include <string.h>

#include "connection_manager/connections.h"
#include "control.h"
#include "control_stream.h"
#include "http_parser/reply.h"

static struct stream {
    bool open;
    bool due;   /* the request is complete or refused, and nothing of the reply is read */
    bool ended; /* has said HTTP_CLOSE */
    char *body; /* of the reply in progress, or NULL */
    size_t bytes, sent;
    struct request_wish wish;
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
        stream->wish.wanted = 1u << REQUEST_AUTHORIZATION;
        stream->wish.body = stream->request_body;
        stream->wish.body_room = sizeof stream->request_body;
        request_init(&stream->request, &stream->wish);
        return i + 1;
    }
    return SHOJI_EMEMORY;
}

void stream_close(long id)
{
    struct stream *stream = stream_of(id);
    if (!stream)
        return;
    free(stream->body);
    stream->body = 0;
    stream->open = false;
}

long stream_write(long id, const void *buffer, uint64_t bytes)
{
    struct stream *stream = stream_of(id);
    if (!stream)
        return SHOJI_ENOENT;
    if (stream->ended)
        return SHOJI_ECLOSED;
    if (stream->due || stream->body)
        return SHOJI_EAGAIN;
    const char *from = buffer;
    uint64_t taken = 0;
    while (taken < bytes && !stream->request.complete && !stream->request.status)
        taken += request_feed(&stream->request, from + taken, bytes - taken);
    stream->due = stream->request.complete || stream->request.status;
    return stream->request.status ? bytes : taken;
}

static long reply_end(struct stream *stream, uint64_t bytes)
{
    free(stream->body);
    stream->body = 0;
    if (!stream->request.keep_alive) {
        stream->ended = true;
        return bytes | HTTP_CLOSE;
    }
    request_next(&stream->request);
    return bytes;
}

static long reply_body(struct stream *stream, char *out, uint64_t used, uint64_t room)
{
    size_t left = stream->bytes - stream->sent;
    size_t copied = left < room - used ? left : room - used;
    memcpy(out + used, stream->body + stream->sent, copied);
    stream->sent += copied;
    used += copied;
    return stream->sent == stream->bytes ? reply_end(stream, used) : (long)used;
}

static long reply_begin(struct stream *stream, char *out, uint64_t out_room)
{
    const struct request *request = &stream->request;
    stream->due = false;
    if (request->status) {
        char room[REQUEST_SENTENCE_BYTES];
        const char *sentence = request_sentence(request, room);
        stream->ended = true;
        return reply_refusal(out, REPLY_JSON, request->status, sentence, 0, REPLY_CLOSE, false) | HTTP_CLOSE;
    }
    enum reply_connection connection = !request->keep_alive ? REPLY_CLOSE
                                       : request->minor     ? REPLY_KEEP_1_1
                                                            : REPLY_KEEP_1_0;
    bool head_only = request->method == HTTP_HEAD;
    struct control_answer answer;
    control_answer(request, &answer);
    if (!answer.body)
        return reply_end(stream, reply_refusal(out, REPLY_JSON, answer.status,
                                               answer.sentence[0] ? answer.sentence : 0, answer.header,
                                               connection, head_only));
    const struct reply reply = {
        .status = answer.status,
        .type = answer.type,
        .header = "Cache-Control: no-store\r\n",
        .length = answer.bytes,
        .connection = connection,
    };
    stream->body = answer.body;
    stream->bytes = answer.bytes;
    stream->sent = 0;
    uint64_t used = reply_head(out, &reply);
    if (head_only)
        return reply_end(stream, used);
    return reply_body(stream, out, used, out_room);
}

long stream_read(long id, void *buffer, uint64_t bytes)
{
    struct stream *stream = stream_of(id);
    if (!stream)
        return SHOJI_ENOENT;
    if (stream->body)
        return reply_body(stream, buffer, 0, bytes);
    if (stream->due)
        return bytes < HTTP_READ_LEAST ? SHOJI_EINVAL : reply_begin(stream, buffer, bytes);
    return stream->ended ? SHOJI_ECLOSED : SHOJI_EAGAIN;
}

uint64_t stream_refusal(void *buffer, int status)
{
    return reply_refusal(buffer, REPLY_JSON, status, status == 400 ? "The request ended too early." : 0, 0,
                         REPLY_CLOSE, false);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 11, http_parser: a stream of bytes in, requests out of it, content_manager's answers to them
 * back, with their heads. It owns the streams. It never waits, and it never trusts what lies in a pool beyond
 * its being bytes.
 *
 *     FREE --http_open--> READING --request complete or refused--> DUE --first http_read--> SENDING
 *                            ^                                      |                          |
 *                            |                        a service makes the answer               | the reply's
 *                            |                                      v                          | end
 *                            |                                   WAITING --http_read, it is there--> SENDING
 *                            +-------- kept ----------------------------------------------------+
 *     ENDED <-- the reply's end, not kept. http_close: FREE, from everywhere
 *
 * 1. At most one request of a stream is in work; the next one's bytes are taken only after its reply has been
 * read.
 * 2. A stream's piece of pool `content` holds, in READING, the body of the request as it comes; from
 * content_get on what content_manager writes.
 * 3. A reply's head is written once its length is known; an error after that can only end the connection.
 * 4. Ids of one life name nothing in the next: a client may have opened a stream just before all began anew.
 */
#include "served/http_parser.h"

#include <string.h>

#include "content.h"
#include "export.h"
#include "fd_api/slots.h"
#include "http_parser/heads.h"
#include "http_parser/range.h"
#include "http_parser/reply.h"
#include "http_parser/request.h"

#define STREAMS 288
#define LIFE_SHIFT 10 /* an id is life << LIFE_SHIFT | number, from 1 */
_Static_assert(STREAMS < 1 << LIFE_SHIFT, "a number fits its bits");
#define PIECE_BYTES CONTENT_PIECE_BYTES /* of pool `content`, for each stream */
_Static_assert(REQUEST_TARGET_BYTES <= CONTENT_BODY_AT, "a path fits before the body");
_Static_assert(CONTENT_BODY_AT + CONTENT_BODY_BYTES <= PIECE_BYTES, "a body fits a piece");
_Static_assert(REPLY_ROOM <= HTTP_READ_LEAST, "a head fits what http_read asks for");

extern char pool_stream[], pool_stream_end[], pool_content[], pool_content_end[];

enum state { FREE, READING, DUE, WAITING, SENDING, ENDED };

static struct stream {
    component_t owner; /* 0: free */
    enum state state;
    long event;                     /* the client's, for WAITING */
    long ticket;                    /* WAITING: content_manager's */
    uint64_t total;                 /* of the content */
    uint64_t asked;                 /* SENDING: where content_manager goes on */
    uint64_t left;                  /* SENDING: bytes of the body still to be read */
    char *piece;                    /* of the pool, its own */
    uint32_t piece_from, piece_end; /* what of the piece is still to be read */
    struct request_wish wish;
    struct request request;
} streams[STREAMS];

static struct slots stream_slots = {.count = STREAMS};
static long before_first; /* the first stream's id is one more */

long component_init(component_t self)
{
    (void)self;
    before_first = (long)(__builtin_ia32_rdtsc() >> 8 & 0x7fffffff) << LIFE_SHIFT;
    uint64_t pieces = (pool_content_end - pool_content) / PIECE_BYTES;
    if (pieces < stream_slots.count)
        stream_slots.count = pieces;
    return SHOJI_OK;
}

static char *piece_of(const struct stream *stream)
{
    return stream->piece;
}

static struct stream *stream_of(long stream, component_t client)
{
    unsigned long number = (unsigned long)(stream - before_first - 1);
    if (number >= STREAMS || streams[number].owner != client)
        return 0;
    return &streams[number];
}

static bool buffer_in_pool(uint64_t buffer, uint64_t bytes)
{
    return buffer >= (uint64_t)pool_stream && buffer <= (uint64_t)pool_stream_end &&
           bytes <= (uint64_t)pool_stream_end - buffer;
}

long http_open_badged(long event, component_t client)
{
    long slot = slots_take(&stream_slots);
    if (slot < 0)
        return slot;
    struct stream *stream = &streams[slot];
    stream->piece = pool_content + slot * PIECE_BYTES;
    stream->wish.body = piece_of(stream) + CONTENT_BODY_AT;
    stream->wish.body_room = CONTENT_BODY_BYTES;
    stream->wish.wanted = 1u << REQUEST_IF_NONE_MATCH | 1u << REQUEST_RANGE | 1u << REQUEST_IF_RANGE;
    request_init(&stream->request, &stream->wish);
    stream->event = event;
    stream->state = READING;
    stream->owner = client;
    return before_first + slot + 1;
}
SHOJI_EXPORT_BADGED(http_open);

long http_write_badged(long id, uint64_t buffer, uint64_t bytes, component_t client)
{
    struct stream *stream = stream_of(id, client);
    if (!stream)
        return SHOJI_ENOENT;
    if (!buffer_in_pool(buffer, bytes))
        return SHOJI_EPERM;
    if (stream->state == ENDED)
        return SHOJI_ECLOSED;
    if (stream->state != READING)
        return SHOJI_EAGAIN;
    const char *from = (const char *)buffer;
    uint64_t taken = 0;
    while (taken < bytes && !stream->request.complete && !stream->request.status)
        taken += request_feed(&stream->request, from + taken, bytes - taken);
    if (stream->request.complete || stream->request.status)
        stream->state = DUE;
    return stream->request.status ? bytes : taken; /* what follows a refused request is nothing to anybody */
}
SHOJI_EXPORT_BADGED(http_write);

/* Content-Type by the path's ending; what has none is text. */
static const char *content_type(const char *path, uint32_t bytes)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {"html", "text/html; charset=utf-8"},
        {"css", "text/css"},
        {"js", "text/javascript"},
        {"json", "application/json"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"gif", "image/gif"},
        {"ico", "image/x-icon"},
        {"webp", "image/webp"},
        {"woff2", "font/woff2"},
        {"txt", "text/plain; charset=utf-8"},
        {"md", "text/markdown; charset=utf-8"},
        {"xml", "application/xml"},
        {"pdf", "application/pdf"},
        {"wasm", "application/wasm"},
    };
    const char *end = path + bytes, *at = end;
    if (bytes && end[-1] == '/')
        return types[0].type;
    while (at > path && at[-1] != '.' && at[-1] != '/')
        at--;
    if (at == path || at[-1] == '/')
        return "text/plain";
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++)
        if (strlen(types[i].ending) == (size_t)(end - at) && memcmp(at, types[i].ending, end - at) == 0)
            return types[i].type;
    return "application/octet-stream";
}

static enum content_method content_method(const struct request *request)
{
    switch (request->method) {
    case HTTP_GET:
    case HTTP_HEAD:
        return CONTENT_GET;
    case HTTP_POST:
        return CONTENT_POST;
    default:
        return CONTENT_OTHER;
    }
}

/* What content_manager says of the content, from `asked` on: its whole length, or a status. */
static long content_came(struct stream *stream, long result)
{
    if (result < 0)
        return result;
    uint64_t total = CONTENT_TOTAL(result), copied = CONTENT_COPIED(result);
    if (copied > CONTENT_META_AT || stream->asked > total || copied > total - stream->asked)
        return SHOJI_EINVAL;
    stream->asked += copied;
    stream->piece_from = 0;
    stream->piece_end = copied;
    return total;
}

/* Puts the request's path and query into its piece; the request's shape, 0: it has no path. */
static inline __attribute__((always_inline)) uint64_t content_put(struct stream *stream)
{
    const struct request *request = &stream->request;
    const char *path = 0, *query = 0;
    uint32_t path_bytes = request_path(request, &path), query_bytes = request_query(request, &query);
    char *piece = piece_of(stream);
    if (!path_bytes)
        return 0;
    memcpy(piece, path, path_bytes);
    if (query_bytes)
        memcpy(piece + path_bytes, query, query_bytes);
    return CONTENT_SHAPE(content_method(request), path_bytes, query_bytes, request->body_bytes);
}

/* Asks for the content. Its length, a status, or SHOJI_EAGAIN: the stream is WAITING. */
static long content_ask(struct stream *stream)
{
    uint64_t shape = content_put(stream);
    if (!shape)
        return content_method(&stream->request) == CONTENT_OTHER ? SHOJI_EPERM : SHOJI_ENOENT;
    long result = content_get(piece_of(stream), shape, stream->asked, stream->event);
    if (result < 0 || !(result & CONTENT_LATER))
        return content_came(stream, result);
    stream->ticket = result;
    stream->state = WAITING;
    return SHOJI_EAGAIN;
}

/* Asks for it from `asked` on. Its length, or a status. */
static __attribute__((cold, noinline)) long content_go_on(struct stream *stream)
{
    return content_came(stream, content_more(piece_of(stream), content_put(stream), stream->asked));
}

static enum reply_connection reply_connection(const struct request *request)
{
    if (!request->keep_alive)
        return REPLY_CLOSE;
    return request->minor ? REPLY_KEEP_1_1 : REPLY_KEEP_1_0;
}

/* A reply of `bytes` bytes is at its end; what http_read says of it. */
static long reply_end(struct stream *stream, uint64_t bytes, bool keep)
{
    if (!keep) {
        stream->state = ENDED;
        return bytes | HTTP_CLOSE;
    }
    request_next(&stream->request);
    stream->state = READING;
    return bytes;
}

static long reply_malformed(struct stream *stream, char *out)
{
    char room[REQUEST_SENTENCE_BYTES];
    const char *sentence = request_sentence(&stream->request, room);
    stream->state = ENDED;
    long bytes = reply_refusal(out, REPLY_TEXT, stream->request.status, sentence, 0, REPLY_CLOSE, false);
    return bytes | HTTP_CLOSE;
}

static long reply_status(struct stream *stream, char *out, int status, const char *header)
{
    const struct request *request = &stream->request;
    bool bodiless = request->method == HTTP_HEAD;
    long bytes = reply_refusal(out, REPLY_TEXT, status, 0, header, reply_connection(request), bodiless);
    return reply_end(stream, bytes, request->keep_alive);
}

/* Copies what there is of the body behind `used` bytes of head. */
static long reply_body(struct stream *stream, char *out, uint64_t used, uint64_t room)
{
    const struct request *request = &stream->request;
    for (;;) {
        uint64_t copied = stream->piece_end - stream->piece_from;
        if (copied > stream->left)
            copied = stream->left;
        if (copied > room - used)
            copied = room - used;
        memcpy(out + used, piece_of(stream) + stream->piece_from, copied);
        stream->piece_from += copied;
        stream->left -= copied;
        used += copied;
        if (stream->left == 0)
            return reply_end(stream, used, request->keep_alive);
        if (used == room)
            return used;
        long total = content_go_on(stream);
        if (total != (long)stream->total || stream->piece_end == 0) /* invariant 3 */
            return reply_end(stream, used, false);
    }
}

/* What the request's conditions make of content that is there: a status, and which part of it. */
static int reply_conditions(const struct stream *stream, struct reply *reply)
{
    const struct request_header_value *values = stream->wish.values;
    const struct request_header_value *none = &values[REQUEST_IF_NONE_MATCH], *range = &values[REQUEST_RANGE];
    if (none->bytes && tag_listed(none->text, none->bytes, reply->tag))
        return 304;
    if (!range->bytes || stream->request.method != HTTP_GET)
        return 200;
    const struct request_header_value *condition = &values[REQUEST_IF_RANGE];
    if (condition->bytes && !tag_listed(condition->text, condition->bytes, reply->tag))
        return 200;
    switch (range_parse(range->text, range->bytes, reply->total, &reply->from, &reply->length)) {
    case RANGE_PART:
        return 206;
    case RANGE_UNSATISFIABLE:
        return 416;
    default:
        return 200;
    }
}

/* The part's first byte is in the piece, or to be asked for. */
static void body_seek(struct stream *stream, uint64_t from)
{
    if (from < stream->piece_end) {
        stream->piece_from = from;
    } else {
        stream->piece_from = stream->piece_end = 0;
        stream->asked = from;
    }
}

/* The content's length is known, or why there is none. */
static long reply_start(struct stream *stream, char *out, uint64_t room, long total)
{
    const struct request *request = &stream->request;
    switch (total) {
    case SHOJI_EAGAIN:
        return SHOJI_EBUSY;
    case SHOJI_ENOENT:
        return reply_status(stream, out, 404, 0);
    case SHOJI_EPERM:
        return reply_status(stream, out, 405, "Allow: GET, HEAD\r\n");
    case SHOJI_EBUSY:
        return reply_status(stream, out, 503, 0);
    default:
        if (total < 0)
            return reply_status(stream, out, total <= CONTENT_REFUSED(0) ? (int)CONTENT_REFUSED(total) : 502,
                                0);
    }
    const char *path;
    uint32_t path_bytes = request_path(request, &path);
    struct reply reply = {
        .status = 200,
        .type = content_type(path, path_bytes),
        .length = total,
        .connection = reply_connection(request),
        .tag = ((const struct content_meta *)(piece_of(stream) + CONTENT_META_AT))->tag,
        .total = total,
    };
    if (reply.tag)
        reply.status = reply_conditions(stream, &reply);
    bool bodiless = request->method == HTTP_HEAD || reply.status == 304;
    if (reply.status == 416)
        reply.length = 0;
    uint64_t used = heads_write(out, &reply);
    if (bodiless || reply.length == 0)
        return reply_end(stream, used, request->keep_alive);
    if (reply.from)
        body_seek(stream, reply.from);
    stream->state = SENDING;
    stream->total = total;
    stream->left = reply.length;
    return reply_body(stream, out, used, room);
}

static long reply_begin(struct stream *stream, char *out, uint64_t room)
{
    if (stream->request.status)
        return reply_malformed(stream, out);
    stream->asked = 0;
    return reply_start(stream, out, room, content_ask(stream));
}

/* The answer of a service is there, or not yet. */
static long reply_collect(struct stream *stream, char *out, uint64_t room)
{
    long result = content_collect(stream->ticket, piece_of(stream), stream->event);
    return reply_start(stream, out, room, content_came(stream, result));
}

long http_read_badged(long id, uint64_t buffer, uint64_t bytes, component_t client)
{
    struct stream *stream = stream_of(id, client);
    if (!stream)
        return SHOJI_ENOENT;
    if (!buffer_in_pool(buffer, bytes))
        return SHOJI_EPERM;
    switch (stream->state) {
    case READING:
        return SHOJI_EAGAIN;
    case DUE:
        if (bytes < HTTP_READ_LEAST)
            return SHOJI_EINVAL;
        return reply_begin(stream, (char *)buffer, bytes);
    case WAITING:
        if (bytes < HTTP_READ_LEAST)
            return SHOJI_EINVAL;
        return reply_collect(stream, (char *)buffer, bytes);
    case SENDING:
        if (!bytes)
            return SHOJI_EINVAL;
        return reply_body(stream, (char *)buffer, 0, bytes);
    default:
        return SHOJI_ECLOSED;
    }
}
SHOJI_EXPORT_BADGED(http_read);

long http_set_event_badged(long id, long event, component_t client)
{
    struct stream *stream = stream_of(id, client);
    if (!stream)
        return SHOJI_ENOENT;
    stream->event = event;
    return SHOJI_OK;
}
SHOJI_EXPORT_BADGED(http_set_event);

long http_close_badged(long id, component_t client)
{
    struct stream *stream = stream_of(id, client);
    if (!stream)
        return SHOJI_ENOENT;
    if (stream->state == WAITING)
        content_drop(stream->ticket); /* whatever it says, we don't come back */
    stream->owner = 0;
    stream->state = FREE;
    slots_give(&stream_slots, stream - streams);
    return SHOJI_OK;
}
SHOJI_EXPORT_BADGED(http_close);

/* The supervisor calls it: the component has failed. */
SHOJI_EXPORT long component_gone(component_t component)
{
    for (long number = 0; number < STREAMS; number++)
        if (streams[number].owner == component)
            (void)http_close_badged(before_first + number + 1, component);
    return SHOJI_OK;
}

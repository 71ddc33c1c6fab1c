/* SPDX-License-Identifier: BSD-2-Clause */
#include "request.h"

#include <string.h>
#include <strings.h>

/* A body in chunks may be this much longer on the wire than its content; small chunks and chunk extensions
 * cost. */
#define RAW_BODY_FACTOR 4

/* By enum request_header. */
static const struct {
    const char *name;
    uint32_t bytes;
} headers[REQUEST_HEADERS] = {{"authorization", 13}, {"if-none-match", 13}, {"range", 5}, {"if-range", 8}};

static struct request *request_of(llhttp_t *parser)
{
    return parser->data;
}

static int refuse(struct request *request, int status)
{
    request->status = status;
    return HPE_USER;
}

static int on_target(llhttp_t *parser, const char *at, size_t length)
{
    struct request *request = request_of(parser);
    if (length > REQUEST_TARGET_BYTES - request->target_bytes)
        return refuse(request, 414);
    memcpy(request->target + request->target_bytes, at, length);
    request->target_bytes += length;
    return HPE_OK;
}

/* A name in pieces; what is longer than all those that are wanted is none of them. */
static int on_field(llhttp_t *parser, const char *at, size_t length)
{
    struct request_wish *wish = request_of(parser)->wish;
    if (wish->in_value) {
        wish->in_value = false;
        wish->field_bytes = 0;
    }
    if (length <= sizeof wish->field - wish->field_bytes)
        memcpy(wish->field + wish->field_bytes, at, length);
    else
        length = sizeof wish->field - wish->field_bytes;
    wish->field_bytes += length;
    return HPE_OK;
}

static enum request_header header_find(const struct request_wish *wish)
{
    char first = wish->field[0] | 0x20;
    if (first != 'a' && first != 'i' && first != 'r')
        return REQUEST_HEADERS;
    for (unsigned i = 0; i < REQUEST_HEADERS; i++)
        if (headers[i].bytes == wish->field_bytes &&
            strncasecmp(wish->field, headers[i].name, headers[i].bytes) == 0)
            return wish->wanted >> i & 1 ? i : REQUEST_HEADERS;
    return REQUEST_HEADERS;
}

static int on_value(llhttp_t *parser, const char *at, size_t length)
{
    struct request_wish *wish = request_of(parser)->wish;
    if (!wish->in_value) {
        wish->in_value = true;
        wish->header = header_find(wish);
        if (wish->header != REQUEST_HEADERS)
            wish->values[wish->header].bytes = 0;
    }
    if (wish->header == REQUEST_HEADERS)
        return HPE_OK;
    struct request_header_value *value = &wish->values[wish->header];
    if (length > sizeof value->text - value->bytes)
        length = sizeof value->text - value->bytes;
    memcpy(value->text + value->bytes, at, length);
    value->bytes += length;
    return HPE_OK;
}

static uint32_t body_limit(const struct request *request)
{
    return request->wish ? request->wish->body_room : REQUEST_BODY_BYTES;
}

static int on_head_end(llhttp_t *parser)
{
    struct request *request = request_of(parser);
    request->in_body = true;
    request->keep_alive = llhttp_should_keep_alive(parser);
    request->method = parser->method;
    request->minor = parser->http_minor;
    parser->upgrade = 0; /* we speak nothing else: an offer to upgrade is not taken up */
    if (parser->http_major != 1) {
        request->status = 505;
        return -1;
    }
    if ((parser->flags & F_CONTENT_LENGTH) && parser->content_length > body_limit(request)) {
        request->status = 413;
        return -1;
    }
    return HPE_OK;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
    struct request *request = request_of(parser);
    if (length > body_limit(request) - request->body_bytes)
        return refuse(request, 413);
    if (request->wish) {
        memcpy(request->wish->body + request->body_bytes, at, length);
        request->wish->body_bytes += length;
    }
    request->body_bytes += length;
    return HPE_OK;
}

static int on_complete(llhttp_t *parser)
{
    request_of(parser)->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t lean_settings = {
    .on_url = on_target,
    .on_headers_complete = on_head_end,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

static const llhttp_settings_t wish_settings = {
    .on_url = on_target,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_head_end,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

static void request_clear(struct request *request)
{
    request->why = NULL;
    request->head_bytes = request->body_bytes = request->body_raw = request->target_bytes = 0;
    request->status = 0;
    request->begun = request->in_body = request->complete = request->keep_alive = false;
    if (request->wish) {
        request->wish->body_bytes = request->wish->field_bytes = 0;
        request->wish->in_value = false;
        for (unsigned i = 0; i < REQUEST_HEADERS; i++)
            request->wish->values[i].bytes = 0;
    }
}

void request_init(struct request *request, struct request_wish *wish)
{
    request->wish = wish;
    llhttp_init(&request->parser, HTTP_REQUEST, wish && wish->wanted ? &wish_settings : &lean_settings);
    request->parser.data = request;
    request_clear(request);
}

void request_next(struct request *request)
{
    llhttp_resume(&request->parser);
    request_clear(request);
}

uint64_t request_feed(struct request *request, const char *bytes, uint64_t count)
{
    if (request->status || request->complete || !count)
        return 0;
    request->begun = true;
    bool in_head = !request->in_body;
    if (in_head && count > REQUEST_HEAD_BYTES - request->head_bytes)
        count = REQUEST_HEAD_BYTES - request->head_bytes;

    llhttp_errno_t error = llhttp_execute(&request->parser, bytes, count);
    uint64_t taken = error == HPE_OK ? count : (uint64_t)(llhttp_get_error_pos(&request->parser) - bytes);
    if (error != HPE_OK && error != HPE_PAUSED) {
        if (!request->status) {
            request->status = error == HPE_INVALID_VERSION ? 505 : 400;
            request->why = llhttp_get_error_reason(&request->parser);
        }
        return taken;
    }
    if (in_head)
        request->head_bytes += taken;
    else
        request->body_raw += taken;
    if (!request->in_body && request->head_bytes == REQUEST_HEAD_BYTES)
        request->status = 431;
    if (!request->complete && request->body_raw > RAW_BODY_FACTOR * body_limit(request))
        request->status = 413;
    return taken;
}

const char *request_sentence(const struct request *request, char *room)
{
    static const char start[] = "The request is malformed: ";
    if (request->status != 400 || !request->why)
        return NULL;
    size_t bytes = strnlen(request->why, REQUEST_SENTENCE_BYTES - sizeof start - 1);
    memcpy(room, start, sizeof start - 1);
    memcpy(room + sizeof start - 1, request->why, bytes);
    strcpy(room + sizeof start - 1 + bytes, ".");
    return room;
}

uint32_t request_path(const struct request *request, const char **path)
{
    const char *from = request->target, *end = from + request->target_bytes;
    if (from < end && *from != '/') { /* absolute form: scheme://authority/path */
        const char *slashes = memchr(from, '/', end - from);
        if (!slashes || end - slashes < 2 || slashes[1] != '/')
            return 0;
        from = memchr(slashes + 2, '/', end - slashes - 2);
        if (!from)
            return 0;
    }
    const char *stop = from;
    while (stop < end && *stop != '?' && *stop != '#')
        stop++;
    *path = from;
    return stop - from;
}

uint32_t request_query(const struct request *request, const char **query)
{
    const char *end = request->target + request->target_bytes;
    const char *mark = memchr(request->target, '?', request->target_bytes);
    if (!mark)
        return 0;
    *query = mark + 1;
    return end - mark - 1;
}

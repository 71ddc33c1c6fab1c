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

/* By enum request_far_header. */
static const char *const far_headers[REQUEST_FAR_HEADERS] = {"accept-encoding", "last-event-id"};

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

/* Whether a name that begins so may be one of `headers`: they begin with au, if, ra. */
static bool may_be_wanted(const char *at, size_t length)
{
    if (length < 2)
        return true;
    char first = at[0] | 0x20, second = at[1] | 0x20;
    return first == 'a' ? second == 'u' : first == 'i' ? second == 'f' : first == 'r' && second == 'a';
}

static __attribute__((noinline)) void name_append(struct request_wish *wish, const char *at, size_t length)
{
    if (length <= sizeof wish->field - wish->field_bytes)
        memcpy(wish->field + wish->field_bytes, at, length);
    else
        length = sizeof wish->field - wish->field_bytes;
    wish->field_bytes += length;
}

/* A name in pieces; what is longer than all those that are wanted is none of them. */
static int on_field(llhttp_t *parser, const char *at, size_t length)
{
    struct request_wish *wish = request_of(parser)->wish;
    if (wish->reading != READING_NAME && wish->reading != READING_OTHER_NAME) {
        wish->reading = may_be_wanted(at, length) ? READING_NAME : READING_OTHER_NAME;
        wish->field_bytes = 0;
    }
    if (wish->reading == READING_NAME)
        name_append(wish, at, length);
    return HPE_OK;
}

/* Whether the value of the header whose name was read is wanted. */
static __attribute__((noinline)) bool value_begins(struct request_wish *wish)
{
    for (unsigned i = 0; i < REQUEST_HEADERS; i++) {
        if (headers[i].bytes != wish->field_bytes ||
            strncasecmp(wish->field, headers[i].name, headers[i].bytes) != 0)
            continue;
        wish->header = i;
        wish->values[i].bytes = 0;
        return wish->wanted >> i & 1;
    }
    return false;
}

static __attribute__((noinline)) void value_append(struct request_header_value *value, const char *at,
                                                   size_t length)
{
    if (length > sizeof value->text - value->bytes)
        length = sizeof value->text - value->bytes;
    memcpy(value->text + value->bytes, at, length);
    value->bytes += length;
}

static int on_value(llhttp_t *parser, const char *at, size_t length)
{
    struct request_wish *wish = request_of(parser)->wish;
    if (wish->reading == READING_NAME)
        wish->reading = value_begins(wish) ? READING_VALUE : READING_OTHER_VALUE;
    else if (wish->reading == READING_OTHER_NAME)
        wish->reading = READING_OTHER_VALUE;
    if (wish->reading == READING_VALUE)
        value_append(&wish->values[wish->header], at, length);
    return HPE_OK;
}

/* ---- The same where far headers are wanted ---- */

static int on_far_begin(llhttp_t *parser)
{
    struct request_wish *wish = request_of(parser)->wish;
    for (unsigned i = 0; i < REQUEST_FAR_HEADERS; i++)
        wish->far[i].bytes = 0;
    return HPE_OK;
}

static int on_far_field(llhttp_t *parser, const char *at, size_t length)
{
    struct request_wish *wish = request_of(parser)->wish;
    if (wish->reading != READING_NAME)
        wish->field_bytes = 0;
    wish->reading = READING_NAME;
    name_append(wish, at, length);
    return HPE_OK;
}

/* Where the value of the header whose name was read goes, or NULL. */
static struct request_header_value *far_value_begins(struct request_wish *wish)
{
    for (unsigned i = 0; i < REQUEST_FAR_HEADERS; i++)
        if (strlen(far_headers[i]) == wish->field_bytes &&
            strncasecmp(wish->field, far_headers[i], wish->field_bytes) == 0)
            return &wish->far[i];
    return value_begins(wish) ? &wish->values[wish->header] : NULL;
}

static int on_far_value(llhttp_t *parser, const char *at, size_t length)
{
    struct request_wish *wish = request_of(parser)->wish;
    if (wish->reading == READING_NAME) {
        wish->far_value = far_value_begins(wish);
        wish->reading = wish->far_value ? READING_VALUE : READING_OTHER_VALUE;
        if (wish->far_value)
            wish->far_value->bytes = 0;
    }
    if (wish->reading == READING_VALUE)
        value_append(wish->far_value, at, length);
    return HPE_OK;
}

/* ---- The target, and the rest ---- */

/* Where the target's path begins; its end if it has none. */
static const char *path_start(const char *from, const char *end)
{
    if (from == end || *from == '/')
        return from;
    const char *slashes = memchr(from, '/', end - from); /* absolute form: scheme://authority/path */
    if (!slashes || end - slashes < 2 || slashes[1] != '/')
        return end;
    const char *path = memchr(slashes + 2, '/', end - slashes - 2);
    return path ? path : end;
}

static void target_split(struct request *request)
{
    const char *target = request->target, *end = target + request->target_bytes;
    const char *path = path_start(target, end), *stop = path;
    while (stop < end && *stop != '?' && *stop != '#')
        stop++;
    const char *query = stop < end && *stop == '?' && path == target ? stop : NULL;
    if (!query && (stop < end || path != target))
        query = memchr(target, '?', request->target_bytes);
    query = query ? query + 1 : end;
    request->path_from = path - target;
    request->path_bytes = stop - path;
    request->query_from = query - target;
    request->query_bytes = end - query;
}

static uint32_t body_limit(const struct request *request)
{
    return request->wish ? request->wish->body_room : REQUEST_BODY_BYTES;
}

static int on_head_end(llhttp_t *parser)
{
    struct request *request = request_of(parser);
    request->in_body = true;
    target_split(request);
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

static int on_far_head_end(llhttp_t *parser)
{
    struct request *request = request_of(parser);
    target_split(request);
    request->method = parser->method;
    request->in_body = true;
    if (request->wish->head)
        request->status = request->wish->head(request);
    return request->status ? -1 : on_head_end(parser);
}

static const llhttp_settings_t far_settings = {
    .on_message_begin = on_far_begin,
    .on_url = on_target,
    .on_header_field = on_far_field,
    .on_header_value = on_far_value,
    .on_headers_complete = on_far_head_end,
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
        request->wish->body_bytes = 0;
        request->wish->reading = READING_OTHER_VALUE;
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

void request_want_far(struct request *request)
{
    request->parser.settings = (void *)&far_settings;
}

uint64_t request_length(const struct request *request)
{
    if (request->parser.flags & F_CHUNKED)
        return REQUEST_LENGTH_UNKNOWN;
    return request->parser.flags & F_CONTENT_LENGTH ? request->parser.content_length : 0;
}

const struct request_header_value *request_far(const struct request *request, enum request_far_header header)
{
    static const struct request_header_value none;
    return request->wish && request->wish->far ? &request->wish->far[header] : &none;
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

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One HTTP/1 request out of a stream of bytes: llhttp parses, this keeps what is wanted and the limits.
 * It owns nothing beyond the struct; it never allocates, never blocks and never answers.
 *
 * 1. Bytes are taken up to the end of one request and not beyond it; the next request starts at request_next.
 * 2. Once `status` is set the request is refused with that status, and no more bytes are taken for ever: what
 * follows in the stream can't be told from garbage.
 */
#ifndef HTTP_PARSER_REQUEST_H
#define HTTP_PARSER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "llhttp.h"

#define REQUEST_TARGET_BYTES 2048 /* longer: 414 */
#define REQUEST_HEAD_BYTES 8192   /* request line and headers together; more: 431 */
#define REQUEST_BODY_BYTES 65536  /* more: 413, unless the wish below allows less */
#define REQUEST_HEADER_BYTES 128  /* of the headers that are kept; a longer one is kept cut */

#define REQUEST_SENTENCE_BYTES 128

/* Headers that a reader may want, as bits, and their values of the present request; one that is longer than
 * its room is kept cut. */
enum request_header {
    REQUEST_AUTHORIZATION,
    REQUEST_IF_NONE_MATCH,
    REQUEST_RANGE,
    REQUEST_IF_RANGE,
    REQUEST_HEADERS
};
/* More of them, for who says so with request_want_far: it costs a look at every header's name. */
enum request_far_header { REQUEST_ACCEPT_ENCODING, REQUEST_LAST_EVENT_ID, REQUEST_FAR_HEADERS };
enum request_reading { READING_OTHER_NAME, READING_NAME, READING_OTHER_VALUE, READING_VALUE };
struct request_header_value {
    uint32_t bytes;
    char text[REQUEST_HEADER_BYTES];
};

struct request;

/* What a reader wants besides method and target. All counts are of the present request. */
struct request_wish {
    uint32_t wanted; /* bits of enum request_header */
    char *body;
    uint32_t body_room; /* more: 413 */
    uint32_t body_bytes;
    uint32_t field_bytes;
    uint8_t reading; /* enum request_reading: where in the headers the last piece was */
    uint8_t header;  /* whose value is being read */
    char field[16];  /* start of the header name that is being read, if it may be wanted */
    struct request_header_value values[REQUEST_HEADERS];
    struct request_header_value *far;       /* REQUEST_FAR_HEADERS of them, or NULL */
    struct request_header_value *far_value; /* that is being read */
    /* Or NULL: the head has come. It may give another body and body_room; not 0: the request is refused with
     * that. */
    int (*head)(struct request *request);
};

struct request {
    llhttp_t parser;
    struct request_wish *wish; /* or NULL: bodies are skipped, headers not kept */
    const char *why;           /* llhttp's words for a malformed request, or NULL */
    uint32_t head_bytes;
    uint32_t body_bytes; /* content of the body */
    uint32_t body_raw;   /* the same as transferred, with what chunking adds */
    uint32_t target_bytes;
    uint16_t path_from, path_bytes; /* within the target, once its headers are complete */
    uint16_t query_from, query_bytes;
    uint8_t method; /* llhttp's number */
    uint8_t minor;  /* of the version, HTTP/1.minor */
    int status;     /* 0, or the status to refuse it with */
    bool begun, in_body, complete, keep_alive;
    char target[REQUEST_TARGET_BYTES];
};

void request_init(struct request *request, struct request_wish *wish);
/* Of the present request's body, as its head says. */
#define REQUEST_LENGTH_UNKNOWN UINT64_MAX /* it comes in chunks */
uint64_t request_length(const struct request *request);
/* After request_init: the wish's `far` is filled, and its `head` called, too. */
void request_want_far(struct request *request);
/* Takes up to `count` bytes; returns how many. Afterwards `complete` or `status` may be set. */
uint64_t request_feed(struct request *request, const char *bytes, uint64_t count);
/* Forgets a complete request. */
void request_next(struct request *request);
/* What is wrong with a refused request, a sentence, or NULL: the status says it all. `room` has
 * REQUEST_SENTENCE_BYTES. */
const char *request_sentence(const struct request *request, char *room);
/* A far header's value: empty if there was none, or nobody wanted it. */
const struct request_header_value *request_far(const struct request *request, enum request_far_header header);
/* The path within the target of a complete request: without scheme and authority, without the query. Returns
 * its length, 0 if there is none. */
static inline uint32_t request_path(const struct request *request, const char **path)
{
    *path = request->target + request->path_from;
    return request->path_bytes;
}
/* The query behind the path, without its question mark. */
static inline uint32_t request_query(const struct request *request, const char **query)
{
    *query = request->target + request->query_from;
    return request->query_bytes;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * http_parser alone, with a content manager that is a table: what it answers to which bytes, however they are
 * cut.
 */
// clang-format off
// links: webserver/http_parser/http_parser.c webserver/http_parser/heads.c webserver/http_parser/request.c webserver/http_parser/reply.c
// links: webserver/http_parser/range.c webserver/fd_api/slots.c tests/host/pools.c tests/host/seeded.c
// links: build/src/llhttp/src/api.c build/src/llhttp/src/http.c build/src/llhttp/src/llhttp.c
// includes: tests/host webserver build/src/llhttp/include components/interface build/interface components/runtime
// includes: kernel/include
// flags: -Wno-unused-parameter -Wno-unused-variable -Wno-unused-but-set-variable
// clang-format on
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "content.h"
#include "export.h"
#include "served/http_parser.h"
#include "http_parser/request.h"
#include "seeded.h"

#define CLIENT 9
#define LARGE 10000

extern char pool_stream[], pool_stream_end[], pool_content[];

/* ---- The neighbour: content by path ---- */

static unsigned content_gets; /* by which requests are counted */
static long content_failure;  /* a status that the next calls return, or 0 */

static char large_byte(uint64_t at)
{
    return 'a' + at % 23;
}

/* A service's answer: it comes when the test says so. */
#define TICKET (CONTENT_LATER | 5l << 32 | 3)
static bool service_done;
static unsigned service_collects, service_drops;
static char service_request[8192];
static size_t service_bytes;
static uint64_t service_shape;
static long service_event, service_status;

/* Of one content; `asked` counts requests, `offset` is 0 for them. */
static long content(void *buffer, uint64_t shape, uint64_t offset, long event)
{
    char *out = buffer;
    ((struct content_meta *)(out + CONTENT_META_AT))->tag = 0;
    uint64_t path_bytes = CONTENT_PATH(shape);
    assert_true(out >= pool_content && (out - pool_content) % CONTENT_PIECE_BYTES == 0);
    if (content_failure)
        return content_failure;
    if (path_bytes > 5 && memcmp(out, "/cgi/", 5) == 0) {
        assert_int_equal(offset, 0);
        service_shape = shape;
        service_event = event;
        service_bytes = path_bytes + CONTENT_QUERY(shape);
        memcpy(service_request, out, service_bytes);
        memcpy(service_request + service_bytes, out + CONTENT_BODY_AT, CONTENT_BODY(shape));
        service_bytes += CONTENT_BODY(shape);
        return TICKET;
    }
    if (CONTENT_METHOD(shape) != CONTENT_GET)
        return SHOJI_EPERM;
    if (path_bytes == 3 && memcmp(out, "/hw", 3) == 0) {
        assert_int_equal(offset, 0);
        memcpy(out, "hello world", 11);
        return 11l << 32 | 11;
    }
    if (path_bytes == 11 && memcmp(out, "/large.html", 11) == 0) {
        uint64_t copied = LARGE - offset < CONTENT_META_AT ? LARGE - offset : CONTENT_META_AT;
        for (uint64_t i = 0; i < copied; i++)
            out[i] = large_byte(offset + i);
        return (uint64_t)LARGE << 32 | copied;
    }
    if (path_bytes == 8 && memcmp(out, "/tag.svg", 8) == 0) {
        ((struct content_meta *)(out + CONTENT_META_AT))->tag = 0x0123456789abcdef;
        uint64_t copied = LARGE - offset < 100 ? LARGE - offset : 100;
        for (uint64_t i = 0; i < copied; i++)
            out[i] = large_byte(offset + i);
        return (uint64_t)LARGE << 32 | copied;
    }
    if (path_bytes == 8 && memcmp(out, "/shrinks", 8) == 0)
        return offset ? (9000l << 32 | 4096) : (10000l << 32 | 4096);
    if (path_bytes == 5 && memcmp(out, "/ends", 5) == 0)
        return offset ? 10000l << 32 : (10000l << 32 | 4096);
    if (path_bytes == 6 && memcmp(out, "/empty", 6) == 0)
        return 0;
    return SHOJI_ENOENT;
}

/* Once a request; its continuations are the other's. */
long content_get(void *buffer, uint64_t shape, uint64_t offset, long event)
{
    assert_int_equal(offset, 0);
    content_gets++;
    return content(buffer, shape, offset, event);
}

long content_more(void *buffer, uint64_t shape, uint64_t offset)
{
    assert_true(offset > 0);
    return content(buffer, shape, offset, 0);
}

long content_collect(long ticket, void *piece, long event)
{
    assert_int_equal(ticket, TICKET);
    service_event = event;
    service_collects++;
    if (!service_done)
        return SHOJI_EAGAIN;
    if (service_status)
        return service_status;
    memcpy(piece, service_request, service_bytes);
    return (long)(service_bytes << 32 | service_bytes);
}

long content_drop(long ticket)
{
    assert_int_equal(ticket, TICKET);
    service_drops++;
    return SHOJI_OK;
}

/* ---- Driving a stream ---- */

static char replies[1 << 20]; /* what the streams of a test have answered, a string */
static size_t replies_bytes;
static long closed; /* HTTP_CLOSE bit of the last reply */

static long stream_open(void)
{
    replies_bytes = closed = 0;
    replies[0] = 0;
    return http_open_badged(4711, CLIENT);
}

static void stream_close(long stream)
{
    assert_int_equal(http_close_badged(stream, CLIENT), 0);
}

/* Reads all there is, in pieces of `room` bytes. */
static void read_all(long stream, uint64_t room)
{
    char *out = pool_stream + 65536;
    for (;;) {
        long result = http_read_badged(stream, (uint64_t)out, room, CLIENT);
        if (result == SHOJI_EAGAIN || result == SHOJI_ECLOSED || result == SHOJI_EBUSY)
            return;
        assert_true(result >= 0);
        uint64_t bytes = HTTP_BYTES(result);
        assert_true(bytes <= room && replies_bytes + bytes < sizeof replies);
        memcpy(replies + replies_bytes, out, bytes);
        replies_bytes += bytes;
        replies[replies_bytes] = 0;
        closed = result & HTTP_CLOSE;
        if (closed)
            assert_int_equal(http_write_badged(stream, (uint64_t)pool_stream, 1, CLIENT), SHOJI_ECLOSED);
    }
}

static void feed(long stream, const char *bytes, uint64_t count)
{
    while (count && !closed) {
        uint64_t piece = count < 4096 ? count : 4096;
        memcpy(pool_stream, bytes, piece);
        long taken = http_write_badged(stream, (uint64_t)pool_stream, piece, CLIENT);
        assert_true(taken > 0 && (uint64_t)taken <= piece);
        bytes += taken;
        count -= taken;
        read_all(stream, 2048);
    }
}

static void converse(const char *request)
{
    long stream = stream_open();
    assert_true(stream > 0);
    feed(stream, request, strlen(request));
    stream_close(stream);
}

static unsigned count_of(const char *needle)
{
    unsigned count = 0;
    for (const char *at = replies; (at = strstr(at, needle)); at += strlen(needle))
        count++;
    return count;
}

static void assert_status(int status)
{
    char line[32];
    snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    if (strncmp(replies, line, strlen(line)) != 0)
        fail_msg("expected %d, got: %.200s", status, replies);
}

static void assert_has(const char *text)
{
    if (!strstr(replies, text))
        fail_msg("\"%s\" is missing in: %.400s", text, replies);
}

/* ---- Tests ---- */

static const char hello_head[] =
    "HTTP/1.1 200 OK\r\nServer: Shoji\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n";
static const char hello_kept[] =
    "HTTP/1.1 200 OK\r\nServer: Shoji\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\n"
    "hello world";

static void plain_request(void **state)
{
    (void)state;
    converse("GET /hw HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_string_equal(replies, hello_kept);
    assert_int_equal(closed, 0);
}

static void keep_alive_as_each_version_says(void **state)
{
    (void)state;
    converse("GET /hw HTTP/1.0\r\n\r\n");
    assert_has("\r\nConnection: close\r\n");
    assert_int_equal(closed, HTTP_CLOSE);
    converse("GET /hw HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    assert_has("\r\nConnection: keep-alive\r\n");
    assert_int_equal(closed, 0);
    converse("GET /hw HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_has("\r\nConnection: close\r\n");
    assert_int_equal(closed, HTTP_CLOSE);
}

static void head_has_no_body(void **state)
{
    (void)state;
    converse("HEAD /hw HTTP/1.1\r\n\r\n");
    assert_int_equal(replies_bytes, strlen(hello_head) + 2);
    converse("HEAD /none HTTP/1.1\r\n\r\nGET /hw HTTP/1.1\r\n\r\n");
    assert_status(404);
    assert_string_equal(replies + replies_bytes - strlen(hello_kept), hello_kept);
    assert_int_equal(count_of("HTTP/1.1 "), 2);
}

static void targets(void **state)
{
    (void)state;
    converse("GET /hw?x=/y HTTP/1.1\r\n\r\n");
    assert_string_equal(replies, hello_kept);
    converse("GET http://h:80/hw HTTP/1.1\r\n\r\n");
    assert_string_equal(replies, hello_kept);
    converse("GET http://h HTTP/1.1\r\n\r\n");
    assert_status(404);
    converse("GET /none HTTP/1.1\r\n\r\n");
    assert_status(404);
    assert_has("There is nothing at this path.\n");
    assert_int_equal(closed, 0);
    converse("GET /empty HTTP/1.1\r\n\r\n");
    assert_status(200);
    assert_has("Content-Length: 0\r\n");
}

static void upgrades_are_not_taken_up(void **state)
{
    (void)state;
    converse("GET /hw HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /hw HTTP/1.1\r\n\r\n");
    assert_int_equal(count_of("200 OK"), 2);
    converse("CONNECT h:1 HTTP/1.1\r\n\r\nGET /hw HTTP/1.1\r\n\r\n");
    assert_status(405);
    assert_int_equal(count_of("200 OK"), 1);
}

static void other_methods(void **state)
{
    (void)state;
    converse("POST /hw HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcdeGET /hw HTTP/1.1\r\n\r\n");
    assert_status(405);
    assert_has("\r\nAllow: GET, HEAD\r\n");
    assert_int_equal(count_of("200 OK"), 1);
    converse("PUT /hw HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /hw "
             "HTTP/1.1\r\n\r\n");
    assert_status(405);
    assert_int_equal(count_of("200 OK"), 1);
}

static void malformed(void **state)
{
    static const struct {
        const char *bytes;
        int status;
    } cases[] = {
        {"\x16\x03\x01\x02", 400},
        {"GET\r\n\r\n", 400},
        {"GET  HTTP/1.1\r\n\r\n", 400},
        {"get /hw HTTP/1.1\r\n\r\n", 400},
        {"GET /hw HTTX/1.1\r\n\r\n", 400},
        {"GET /hw HTTP/3.1\r\n\r\n", 505},
        {"GET /hw HTTP/2.0\r\n\r\n", 505},
        {"GET /hw HTTP/0.9\r\n\r\n", 505},
        {"GET /h w HTTP/1.1\r\n\r\n", 400},
        {"GET /hw HTTP/1.1\r\nno colon\r\n\r\n", 400},
        {"GET /hw HTTP/1.1\r\nA: b\nB: c\r\n\r\n", 400},
        {"GET /hw HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
        {"GET /hw HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
        {"GET /hw HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
        {"GET /hw HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"GET /hw HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
        {"GET /hw HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        {"GET /hw HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        converse(cases[i].bytes);
        if (cases[i].status != 505 || strncmp(replies, "HTTP/1.1 400", 12) != 0)
            assert_status(cases[i].status);
        assert_has("Connection: close\r\n");
        assert_int_equal(closed, HTTP_CLOSE);
        assert_int_equal(replies[replies_bytes - 1], '\n');
    }
}

static void limits_to_the_byte(void **state)
{
    static char bytes[80000];
    (void)state;
    for (int over = 0; over <= 1; over++) {
        unsigned used = sprintf(bytes, "GET /");
        memset(bytes + used, 'x', REQUEST_TARGET_BYTES - 1 + over);
        strcpy(bytes + used + REQUEST_TARGET_BYTES - 1 + over, " HTTP/1.1\r\n\r\n");
        converse(bytes);
        assert_status(over ? 414 : 404);

        used = sprintf(bytes, "GET /hw HTTP/1.1\r\nA: ");
        unsigned fill = REQUEST_HEAD_BYTES - used - 4 + over;
        memset(bytes + used, 'x', fill);
        strcpy(bytes + used + fill, "\r\n\r\n");
        converse(bytes);
        assert_status(over ? 431 : 200);

        used = sprintf(bytes, "GET /hw HTTP/1.1\r\nContent-Length: %u\r\n\r\n", CONTENT_BODY_BYTES + over);
        memset(bytes + used, 'x', CONTENT_BODY_BYTES + over);
        bytes[used + CONTENT_BODY_BYTES + over] = 0;
        converse(bytes);
        assert_status(over ? 413 : 200);

        used = sprintf(bytes, "GET /hw HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n",
                       CONTENT_BODY_BYTES + over);
        memset(bytes + used, 'x', CONTENT_BODY_BYTES + over);
        strcpy(bytes + used + CONTENT_BODY_BYTES + over, "\r\n0\r\n\r\n");
        converse(bytes);
        assert_status(over ? 413 : 200);
    }
}

static void endless_input_is_refused(void **state)
{
    static const struct {
        const char *start, *more;
        int status;
    } cases[] = {
        {"", "\r\n", 431}, /* empty lines before a request */
        {"GET /hw HTTP/1.1\r\n", "A: b\r\n", 431},
        {"GET /hw HTTP/1.1\r\nA: ", " ", 431},
        {"GET /", "y", 414},
        {"GET /hw HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", 413},
        {"GET /hw HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", "e", 413},
        {"GET /hw HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "T: u\r\n", 413},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        long stream = stream_open();
        feed(stream, cases[i].start, strlen(cases[i].start));
        for (unsigned round = 0; round < 400000 && !closed; round++)
            feed(stream, cases[i].more, strlen(cases[i].more));
        assert_status(cases[i].status);
        stream_close(stream);
    }
}

/* Each cut of two pipelined requests gives the same answers. */
static void split_at_every_byte(void **state)
{
    static const char bytes[] =
        "GET /hw HTTP/1.1\r\nHost: example\r\nAccept: */*\r\n\r\n"
        "POST /hw HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"
        "\r\nHEAD /hw HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyz"
        "GET /large.html HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        "GET /none HTTP/1.0\r\n\r\n";
    static char whole[1 << 16];
    (void)state;
    converse(bytes);
    assert_int_equal(count_of("HTTP/1.1 "), 5);
    assert_int_equal(closed, HTTP_CLOSE);
    strcpy(whole, replies);
    for (size_t cut = 1; cut < sizeof bytes - 1; cut++) {
        long stream = stream_open();
        feed(stream, bytes, cut);
        feed(stream, bytes + cut, sizeof bytes - 1 - cut);
        stream_close(stream);
        assert_string_equal(replies, whole);
    }
    long stream = stream_open();
    for (size_t i = 0; i < sizeof bytes - 1; i++)
        feed(stream, bytes + i, 1);
    stream_close(stream);
    assert_string_equal(replies, whole);
}

static void pipelined_in_order(void **state)
{
    char bytes[4096] = "";
    (void)state;
    for (int i = 0; i < 20; i++)
        strcat(bytes, i % 2 ? "GET /hw HTTP/1.1\r\n\r\n" : "GET /none HTTP/1.1\r\n\r\n");
    converse(bytes);
    const char *at = replies;
    for (int i = 0; i < 20; i++) {
        assert_true(strncmp(at, i % 2 ? "HTTP/1.1 200" : "HTTP/1.1 404", 12) == 0);
        at = strstr(at + 1, "HTTP/1.1 ");
        assert_true(at || i == 19);
    }
}

static void next_request_waits_for_the_reply(void **state)
{
    static const char bytes[] = "GET /hw HTTP/1.1\r\n\r\nGET /hw HTTP/1.1\r\n\r\n";
    (void)state;
    long stream = stream_open();
    memcpy(pool_stream, bytes, sizeof bytes);
    uint64_t at = (uint64_t)pool_stream;
    assert_int_equal(http_read_badged(stream, at, 2048, CLIENT), SHOJI_EAGAIN);
    long taken = http_write_badged(stream, at, sizeof bytes - 1, CLIENT);
    assert_int_equal(taken, (sizeof bytes - 1) / 2);
    assert_int_equal(http_write_badged(stream, at + taken, taken, CLIENT), SHOJI_EAGAIN);
    assert_int_equal(http_read_badged(stream, at, 100, CLIENT), SHOJI_EINVAL);
    read_all(stream, 2048);
    stream_close(stream);
}

static void large_body_in_pieces(void **state)
{
    (void)state;
    for (uint64_t room = HTTP_READ_LEAST; room < 6000; room += 37) {
        long stream = stream_open();
        static const char bytes[] = "GET /large.html HTTP/1.1\r\n\r\n";
        memcpy(pool_stream, bytes, sizeof bytes);
        content_gets = 0;
        http_write_badged(stream, (uint64_t)pool_stream, sizeof bytes - 1, CLIENT);
        read_all(stream, room);
        stream_close(stream);
        assert_status(200);
        assert_int_equal(content_gets, 1);
        assert_has("Content-Type: text/html");
        const char *body = strstr(replies, "\r\n\r\n") + 4;
        assert_int_equal(replies_bytes - (body - replies), LARGE);
        for (uint64_t i = 0; i < LARGE; i++)
            assert_int_equal(body[i], large_byte(i));
    }
}

static void content_failures(void **state)
{
    (void)state;
    static const long failures[] = {SHOJI_EFAULT, SHOJI_EMEMORY, SHOJI_EINVAL};
    for (size_t i = 0; i < 3; i++) {
        long stream = stream_open();
        content_failure = failures[i];
        feed(stream, "GET /hw HTTP/1.1\r\n\r\n", 20);
        content_failure = 0;
        assert_status(502);
        assert_int_equal(closed, 0);
        feed(stream, "GET /hw HTTP/1.1\r\n\r\n", 20);
        stream_close(stream);
        assert_int_equal(count_of("200 OK"), 1);
    }
    content_failure = 1l << 32 | (CONTENT_META_AT + 1); /* says that it copied more than there is */
    converse("GET /hw HTTP/1.1\r\n\r\n");
    content_failure = 0;
    assert_status(502);
}

/* The head has promised 10,000 bytes: what can't be kept ends the connection, so the client knows. */
static void content_that_breaks_its_promise(void **state)
{
    (void)state;
    static const char *const requests[] = {"GET /shrinks HTTP/1.1\r\n\r\n", "GET /ends HTTP/1.1\r\n\r\n"};
    for (int i = 0; i < 2; i++) {
        converse(requests[i]);
        assert_status(200);
        assert_has("Content-Length: 10000\r\n");
        assert_true(replies_bytes < 5000);
        assert_int_equal(closed, HTTP_CLOSE);
    }
    content_failure = 80000l << 32 | (CONTENT_META_AT + 1); /* more than a piece has room for */
    converse("GET /hw HTTP/1.1\r\n\r\n");
    content_failure = 0;
    assert_status(502);
}

static void streams_belong_to_their_client(void **state)
{
    (void)state;
    long stream = stream_open();
    uint64_t at = (uint64_t)pool_stream, end = (uint64_t)pool_stream_end;
    assert_int_equal(http_write_badged(stream, at, 1, CLIENT + 1), SHOJI_ENOENT);
    assert_int_equal(http_read_badged(stream, at, 1, CLIENT + 1), SHOJI_ENOENT);
    assert_int_equal(http_close_badged(stream, CLIENT + 1), SHOJI_ENOENT);
    assert_int_equal(http_write_badged(-1, at, 1, CLIENT), SHOJI_ENOENT);
    assert_int_equal(http_write_badged(1 << 20, at, 1, CLIENT), SHOJI_ENOENT);
    assert_int_equal(http_write_badged(stream, at - 1, 1, CLIENT), SHOJI_EPERM);
    assert_int_equal(http_write_badged(stream, end, 1, CLIENT), SHOJI_EPERM);
    assert_int_equal(http_read_badged(stream, end - 4, 5, CLIENT), SHOJI_EPERM);
    assert_int_equal(http_read_badged(stream, at, UINT64_MAX, CLIENT), SHOJI_EPERM);
    assert_int_equal(http_read_badged(stream, 0, 8, CLIENT), SHOJI_EPERM);
    stream_close(stream);
}

static void ids_of_an_earlier_life_name_nothing(void **state)
{
    (void)state;
    long stream = stream_open();
    uint64_t at = (uint64_t)pool_stream;
    assert_int_equal(component_gone(CLIENT), SHOJI_OK);
    component_init(11);
    long next = stream_open();
    assert_int_not_equal(stream, next);
    assert_int_equal(http_write_badged(stream, at, 1, CLIENT), SHOJI_ENOENT);
    assert_int_equal(http_read_badged(stream, at, 1024, CLIENT), SHOJI_ENOENT);
    assert_int_equal(http_close_badged(stream, CLIENT), SHOJI_ENOENT);
    assert_int_equal(http_read_badged(next, at, 1024, CLIENT), SHOJI_EAGAIN);
    stream_close(next);
}

static void streams_run_out_and_come_back(void **state)
{
    (void)state;
    long opened[300], count = 0, stream;
    while (count < 300 && (stream = stream_open()) > 0)
        opened[count++] = stream;
    assert_int_equal(count, 288);
    assert_int_equal(stream_open(), SHOJI_EMEMORY);
    while (count)
        stream_close(opened[--count]);
    converse("GET /hw HTTP/1.1\r\n\r\n");
    assert_status(200);
}

static void tags(void **state)
{
    static const char tag[] = "ETag: \"0123456789abcdef\"\r\n";
    static const struct {
        const char *value;
        int status;
    } cases[] = {
        {"\"0123456789abcdef\"", 304},
        {"W/\"0123456789abcdef\"", 304},
        {"\"x\", \"0123456789abcdef\"", 304},
        {"*", 304},
        {"\"0123456789abcdee\"", 200},
        {"0123456789abcdef", 200},
        {"\"", 200},
        {"", 200},
    };
    (void)state;
    converse("GET /tag.svg HTTP/1.1\r\n\r\n");
    assert_status(200);
    assert_has(tag);
    assert_has("Content-Type: image/svg+xml\r\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int head = 0; head < 2; head++) {
            char request[256];
            snprintf(request, sizeof request,
                     "%s /tag.svg HTTP/1.1\r\nif-none-MATCH: %s\r\nA: b\r\n\r\nGET /none HTTP/1.1\r\n\r\n",
                     head ? "HEAD" : "GET", cases[i].value);
            converse(request);
            assert_status(cases[i].status);
            assert_has(tag);
            if (cases[i].status == 304) {
                const char *end = strstr(replies, "\r\n\r\n") + 4;
                assert_int_equal(strncmp(end, "HTTP/1.1 404", 12), 0);
            }
        }
    converse("GET /hw HTTP/1.1\r\nIf-None-Match: *\r\n\r\n"); /* has no tag */
    assert_status(200);
}

static void ranges(void **state)
{
    static const struct {
        const char *value;
        int status;
        unsigned from, length;
    } cases[] = {
        {"bytes=0-0", 206, 0, 1},
        {"bytes=0-", 206, 0, LARGE},
        {"bytes=10-19", 206, 10, 10},
        {"bytes=99-100", 206, 99, 2},
        {"bytes=100-299", 206, 100, 200},
        {"bytes=9999-", 206, 9999, 1},
        {"bytes=9000-99999999999999999999999999", 206, 9000, 1000},
        {"bytes=-1", 206, 9999, 1},
        {"bytes=-10", 206, 9990, 10},
        {"bytes=-20000", 206, 0, LARGE},
        {"bytes=10000-", 416, 0, 0},
        {"bytes=99999999999999999999999999-", 416, 0, 0},
        {"bytes=-0", 416, 0, 0},
        {"bytes=5-4", 200, 0, LARGE},
        {"bytes=0-0,5-6", 200, 0, LARGE},
        {"bytes=", 200, 0, LARGE},
        {"bytes=-", 200, 0, LARGE},
        {"bytes=x-1", 200, 0, LARGE},
        {"lines=0-1", 200, 0, LARGE},
        {"bytes=0", 200, 0, LARGE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "GET /tag.svg HTTP/1.1\r\nRange: %s\r\nConnection: close\r\n\r\n",
                 cases[i].value);
        converse(text);
        assert_status(cases[i].status);
        if (cases[i].status == 206) {
            snprintf(text, sizeof text, "Content-Range: bytes %u-%u/%u\r\n", cases[i].from,
                     cases[i].from + cases[i].length - 1, LARGE);
            assert_has(text);
        } else if (cases[i].status == 416) {
            assert_has("Content-Range: bytes */10000\r\n");
        }
        snprintf(text, sizeof text, "Content-Length: %u\r\n", cases[i].length);
        assert_has(text);
        const char *body = strstr(replies, "\r\n\r\n") + 4;
        assert_int_equal(replies + replies_bytes - body, cases[i].length);
        for (unsigned k = 0; k < cases[i].length; k++)
            assert_int_equal(body[k], large_byte(cases[i].from + k));
    }
    converse("GET /tag.svg HTTP/1.1\r\nRange: bytes=1-2\r\nIf-Range: \"other\"\r\n\r\n");
    assert_status(200);
    converse("GET /tag.svg HTTP/1.1\r\nRange: bytes=1-2\r\nIf-Range: \"0123456789abcdef\"\r\n\r\n");
    assert_status(206);
    converse("HEAD /tag.svg HTTP/1.1\r\nRange: bytes=1-2\r\n\r\n");
    assert_status(200);
    converse("GET /hw HTTP/1.1\r\nRange: bytes=1-2\r\n\r\n"); /* has no tag */
    assert_status(200);
}

/* A service's answer is waited for: the stream says so, takes nothing meanwhile, and asks again when told. */
static void answers_that_come_later(void **state)
{
    static const char request[] = "POST /cgi/a?q=1&r HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
    uint64_t at = (uint64_t)pool_stream;
    (void)state;
    service_done = false;
    service_status = service_collects = service_drops = 0;
    long stream = stream_open();
    feed(stream, request, sizeof request - 1);
    assert_int_equal(replies_bytes, 0);
    assert_int_equal(service_event, 4711);
    assert_int_equal(CONTENT_METHOD(service_shape), CONTENT_POST);
    assert_int_equal(CONTENT_PATH(service_shape), 6);
    assert_int_equal(CONTENT_QUERY(service_shape), 5);
    assert_int_equal(service_bytes, 15);
    assert_memory_equal(service_request, "/cgi/aq=1&rbody", 15);
    assert_int_equal(http_set_event_badged(stream, 4712, CLIENT + 1), SHOJI_ENOENT);
    assert_int_equal(http_set_event_badged(stream, 4712, CLIENT), SHOJI_OK);
    assert_int_equal(http_read_badged(stream, at, 2048, CLIENT), SHOJI_EBUSY);
    assert_int_equal(service_event, 4712);
    assert_int_equal(http_write_badged(stream, at, 8, CLIENT), SHOJI_EAGAIN);
    assert_int_equal(http_read_badged(stream, at, 100, CLIENT), SHOJI_EINVAL);
    service_done = true;
    read_all(stream, 2048);
    assert_status(200);
    assert_has("/cgi/aq=1&rbody");
    assert_int_equal(closed, 0);
    feed(stream, "GET /hw HTTP/1.1\r\n\r\n", 20);
    assert_int_equal(count_of("200 OK"), 2);
    stream_close(stream);
    assert_int_equal(service_drops, 0);

    static const struct {
        long status;
        int reply;
    } cases[] = {{SHOJI_ENOENT, 404}, {SHOJI_EPERM, 405}, {SHOJI_EBUSY, 503}, {SHOJI_EFAULT, 502}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        service_status = cases[i].status;
        stream = stream_open();
        feed(stream, "GET /cgi/a HTTP/1.1\r\n\r\n", 23);
        read_all(stream, 2048);
        service_status = 0;
        assert_status(cases[i].reply);
        feed(stream, "GET /hw HTTP/1.1\r\n\r\n", 20);
        assert_int_equal(count_of("200 OK"), 1);
        stream_close(stream);
    }
}

static void who_goes_away_drops_the_answer(void **state)
{
    (void)state;
    service_done = false;
    service_drops = 0;
    long stream = stream_open();
    feed(stream, "GET /cgi/a HTTP/1.1\r\n\r\n", 23);
    stream_close(stream);
    assert_int_equal(service_drops, 1);
    service_done = true;
}

/* Whatever comes, the stream says something sensible or waits. */
static void random_bytes(void **state)
{
    static const char *const words[] = {
        "GET ",
        "HEAD ",
        "POST ",
        "/hw",
        "/",
        " HTTP/1.1",
        " HTTP/1.0",
        "\r\n",
        "\r\n\r\n",
        "\n",
        ": ",
        "Content-Length",
        "Transfer-Encoding",
        "chunked",
        "Connection",
        "close",
        "keep-alive",
        "Upgrade",
        "1",
        "0",
        "ffffffff",
        "Host",
        "\0",
        "\xff",
        ",",
        "GET /hw HTTP/1.1\r\n\r\n",
        "http://",
    };
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 20000; round++) {
        char bytes[512];
        size_t used = 0;
        for (int i = 0; i < 12; i++) {
            if (random_below(4) == 0) {
                bytes[used++] = random_below(256);
            } else {
                const char *word = words[random_below(sizeof words / sizeof *words)];
                size_t length = strlen(word);
                memcpy(bytes + used, word, length);
                used += length;
            }
        }
        long stream = stream_open();
        feed(stream, bytes, used);
        if (replies_bytes)
            assert_true(strncmp(replies, "HTTP/1.1 ", 9) == 0);
        stream_close(stream);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_request),
        cmocka_unit_test(keep_alive_as_each_version_says),
        cmocka_unit_test(head_has_no_body),
        cmocka_unit_test(targets),
        cmocka_unit_test(upgrades_are_not_taken_up),
        cmocka_unit_test(other_methods),
        cmocka_unit_test(malformed),
        cmocka_unit_test(limits_to_the_byte),
        cmocka_unit_test(endless_input_is_refused),
        cmocka_unit_test(split_at_every_byte),
        cmocka_unit_test(pipelined_in_order),
        cmocka_unit_test(next_request_waits_for_the_reply),
        cmocka_unit_test(large_body_in_pieces),
        cmocka_unit_test(content_failures),
        cmocka_unit_test(content_that_breaks_its_promise),
        cmocka_unit_test(streams_belong_to_their_client),
        cmocka_unit_test(ids_of_an_earlier_life_name_nothing),
        cmocka_unit_test(streams_run_out_and_come_back),
        cmocka_unit_test(tags),
        cmocka_unit_test(ranges),
        cmocka_unit_test(answers_that_come_later),
        cmocka_unit_test(who_goes_away_drops_the_answer),
        cmocka_unit_test(random_bytes),
    };
    component_init(11);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

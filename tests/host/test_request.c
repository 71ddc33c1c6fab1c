/* SPDX-License-Identifier: BSD-2-Clause
 *
 * However a request is cut into pieces, it is the same request: whole and byte by byte must come to the same.
 */
// links: webserver/http_parser/request.c tests/host/seeded.c
// links: build/src/llhttp/src/api.c build/src/llhttp/src/http.c build/src/llhttp/src/llhttp.c
// includes: tests/host webserver build/src/llhttp/include components/interface components/runtime
// includes: kernel/include
// flags: -Wno-unused-parameter -Wno-unused-variable -Wno-unused-but-set-variable
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http_parser/request.h"
#include "seeded.h"

static char bodies[2][256];
static struct request_wish wishes[2];
static struct request requests[2];

static void begin(uint32_t wanted)
{
    for (int i = 0; i < 2; i++) {
        wishes[i] = (struct request_wish){.wanted = wanted, .body = bodies[i], .body_room = sizeof bodies[i]};
        request_init(&requests[i], &wishes[i]);
    }
}

static uint64_t feed(struct request *request, const char *bytes, uint64_t count, uint64_t piece)
{
    uint64_t taken = 0;
    while (taken < count && !request->complete && !request->status) {
        /* In a copy of its own size, so that the sanitizer sees who reads beyond it. */
        uint64_t some = piece < count - taken ? piece : count - taken;
        char *copy = malloc(some);
        memcpy(copy, bytes + taken, some);
        taken += request_feed(request, copy, some);
        free(copy);
    }
    return taken;
}

/* The next requests of both readers; returns how many bytes one had, 0 at the end. */
static uint64_t compare(const char *bytes, uint64_t count)
{
    uint64_t whole = feed(&requests[0], bytes, count, count), single = feed(&requests[1], bytes, count, 1);
    const struct request *a = &requests[0], *b = &requests[1];
    assert_int_equal(a->complete, b->complete);
    assert_int_equal(a->status != 0, b->status != 0);
    if (!a->complete || a->status)
        return 0;
    assert_int_equal(whole, single);
    assert_int_equal(a->method, b->method);
    assert_int_equal(a->minor, b->minor);
    assert_int_equal(a->keep_alive, b->keep_alive);
    assert_int_equal(a->target_bytes, b->target_bytes);
    assert_memory_equal(a->target, b->target, a->target_bytes);
    assert_int_equal(a->body_bytes, b->body_bytes);
    assert_memory_equal(bodies[0], bodies[1], a->body_bytes);
    for (int i = 0; i < REQUEST_HEADERS; i++) {
        assert_int_equal(wishes[0].values[i].bytes, wishes[1].values[i].bytes);
        assert_memory_equal(wishes[0].values[i].text, wishes[1].values[i].text, wishes[0].values[i].bytes);
    }
    if (!a->keep_alive)
        return 0;
    request_next(&requests[0]);
    request_next(&requests[1]);
    return whole;
}

static void compare_all(const char *bytes, uint64_t count)
{
    uint64_t taken;
    while (count && (taken = compare(bytes, count)) != 0)
        bytes += taken, count -= taken;
}

static void common_requests(void **state)
{
    static const char *const bytes[] = {
        "GET /hw HTTP/1.1\r\n\r\n",
        "GET /hw HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: a:1\r\nUser-Agent: ApacheBench/2.3\r\nAccept: "
        "*/*\r\n\r\n",
        "HEAD /a/b?c=d HTTP/1.1\r\nhost: a\r\nCONNECTION: close\r\n\r\n",
    };
    (void)state;
    for (int i = 0; i < 3; i++) {
        begin(~0u);
        assert_int_equal(compare(bytes[i], strlen(bytes[i])), i < 2 ? strlen(bytes[i]) : 0);
        assert_true(requests[0].complete == (i == 2)); /* the last one closes, so no next request is begun */
    }
}

/* One byte of a good request is any other byte, or a second one of it is there, or it is gone. */
static void each_byte_wrong(void **state)
{
    static const char good[] =
        "GET /hw?a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Y: a long enough value\r\n\r\n";
    const size_t count = sizeof good - 1;
    (void)state;
    for (size_t at = 0; at < count; at++)
        for (int byte = 0; byte < 256; byte++) {
            char bytes[2 * sizeof good];
            memcpy(bytes, good, count);
            bytes[at] = (char)byte;
            begin(~0u);
            compare(bytes, count);
            memcpy(bytes, good, at);
            bytes[at] = (char)byte;
            memcpy(bytes + at + 1, good + at, count - at);
            begin(~0u);
            compare(bytes, count + 1);
            memcpy(bytes + at, good + at + 1, count - at - 1);
            begin(~0u);
            compare(bytes, count - 1);
        }
}

static void random_requests(void **state)
{
    static const char *const words[] = {
        "GET ",
        "HEAD ",
        "POST ",
        "/",
        "/hw",
        "/a?b=c",
        "*",
        "http://h/x",
        " ",
        " HTTP/1.1\r\n",
        " HTTP/1.0\r\n",
        " HTTP/1.2\r\n",
        "HTTP/1.1",
        "\r\n",
        "\r\n",
        "\r\n\r\n",
        "\n",
        "\r",
        "Host: a\r\n",
        "Connection: close\r\n",
        "Connection: keep-alive\r\n",
        "connection: Keep-Alive, x\r\n",
        "Connection:close\r\n",
        "Connection : close\r\n",
        "Content-Length: 3\r\n",
        "Content-Length: 0\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Upgrade: x\r\n",
        "Connection: upgrade\r\n",
        "Range: bytes=1-2\r\n",
        "If-None-Match: \"x\"\r\n",
        "If-Range: y\r\n",
        "Authorization: Bearer z\r\n",
        "A: \t\r\n",
        "A:\r\n",
        "A:  b \r\n",
        " folded\r\n",
        "Proxy-Connection: close\r\n",
        "Keep-Alive: 3\r\n",
        "X_Y: z\r\n",
        "X: \xc3\xa4\r\n",
        "3\r\nabc\r\n0\r\n\r\n",
        "abc",
        "Cookie: a=b; c=d\r\n",
    };
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 30000; round++) {
        char bytes[2048];
        size_t used = 0;
        for (unsigned requests_left = 1 + random_below(3); requests_left; requests_left--) {
            used += (size_t)(stpcpy(bytes + used, random_one_in(8) ? words[random_below(9)] : "GET /hw") -
                             (bytes + used));
            used +=
                (size_t)(stpcpy(bytes + used, random_one_in(8) ? words[random_below(15)] : " HTTP/1.1\r\n") -
                         (bytes + used));
            for (unsigned lines = random_below(6); lines; lines--)
                used += (size_t)(stpcpy(bytes + used,
                                        words[random_one_in(10) ? random_below(sizeof words / sizeof *words)
                                                                : 18 + random_below(26)]) -
                                 (bytes + used));
            used += (size_t)(stpcpy(bytes + used, "\r\n") - (bytes + used));
        }
        begin(random_one_in(2) ? ~0u : 0);
        compare_all(bytes, used);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_requests),
        cmocka_unit_test(each_byte_wrong),
        cmocka_unit_test(random_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The request loop: what the web server computes for one request of /hw on a kept connection, in the
 * components' own code (llhttp, http_parser's request and reply) and with the copies and checksums around it,
 * but with no network device, no threads and no invocations: those that are compared here have no gates.
 */
#include <string.h>

#include "http_parser/reply.h"
#include "http_parser/request.h"
#include "layout.h"

/* As ApacheBench sends it. */
static const char asked[] = "GET /hw HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: 127.0.0.1:8080\r\n"
                            "User-Agent: ApacheBench/2.3\r\nAccept: */*\r\n\r\n";
static const char body[] = "hello world";

/* Where the bytes go: from the packet to the stream, from the content to the stream, and into a packet. */
struct buffers {
    char packet[2048], stream[2048], reply[REPLY_ROOM + 64];
    struct request request;
};
#define BUFFERS ((struct buffers *)(LOOPS_DATA + 0x100000))

void loop_request(uint64_t iterations);
void abort(void); /* for llhttp: newlib's would want an operating system */

void abort(void)
{
    __builtin_trap();
}

/* The Internet's checksum (RFC 1071). */
static uint16_t checksum(const char *bytes, uint64_t count)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i + 1 < count; i += 2) {
        uint16_t word;
        memcpy(&word, bytes + i, sizeof word);
        sum += word;
    }
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static uint64_t answer(struct buffers *b)
{
    const struct reply reply = {.status = 200,
                                .type = "text/plain",
                                .length = sizeof body - 1,
                                .connection = REPLY_KEEP_1_0,
                                .tag = 0x1234};
    const char *path;
    uint64_t bytes;

    request_feed(&b->request, b->stream, sizeof asked - 1);
    if (!b->request.complete || request_path(&b->request, &path) != 3 || memcmp(path, "/hw", 3) != 0)
        __builtin_trap();
    request_next(&b->request);
    bytes = reply_head(b->reply, &reply);
    memcpy(b->reply + bytes, body, sizeof body - 1);
    return bytes + sizeof body - 1;
}

/* One request and its reply. */
void loop_request(uint64_t iterations)
{
    struct buffers *b = BUFFERS;

    request_init(&b->request, NULL);
    memcpy(b->packet, asked, sizeof asked - 1);
    for (; iterations != 0; iterations--) {
        uint64_t bytes;

        b->packet[1500] = (char)checksum(b->packet, sizeof asked - 1);
        memcpy(b->stream, b->packet, sizeof asked - 1);
        bytes = answer(b);
        memcpy(b->stream, b->reply, bytes);
        memcpy(b->packet + 1000, b->stream, bytes);
        b->packet[1501] = (char)checksum(b->packet + 1000, bytes);
    }
}

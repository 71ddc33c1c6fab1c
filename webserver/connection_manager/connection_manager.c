/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 10, connection_manager: pairs each network descriptor of port 80 with one application descriptor,
 * an HTTP stream. It owns the main application thread, `web`. Both kinds of descriptor are fd_api's;
 * connections.c does the rest.
 */
#include "connections.h"

#include "export.h"
#include "fd_api.h"
#include "http_parser/reply.h"
#include "turns.h"

#define WEB_PORT 80
#define WEB_CONNECTIONS 256

extern char pool_stream[], pool_stream_end[];

static struct connection table[WEB_CONNECTIONS];
static struct connections web = {
    .port = WEB_PORT, .limit = WEB_CONNECTIONS, .table = table, .streams_wake = true};

long component_init(component_t self)
{
    (void)self;
    web.pool = pool_stream;
    web.pool_end = pool_stream_end;
    return fd_buffers(pool_stream, pool_stream_end);
}

SHOJI_EXPORT void web_thread(void)
{
    struct turns turns = turns_begin();
    do
        connections_run(&web);
    while (turns_another(&turns));
}

long stream_open(long group)
{
    return fd_open_stream(group);
}

long stream_write(long stream, const void *buffer, uint64_t bytes)
{
    return fd_write(stream, buffer, bytes);
}

long stream_read(long stream, void *buffer, uint64_t bytes)
{
    return fd_read(stream, buffer, bytes);
}

void stream_close(long stream)
{
    fd_close(stream);
}

uint64_t stream_refusal(void *buffer, int status)
{
    return reply_refusal(buffer, REPLY_TEXT, status, status == 400 ? "The request ended too early." : 0, 0,
                         REPLY_CLOSE, false);
}

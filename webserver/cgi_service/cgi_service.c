/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Components 21 and 23, instances of cgi_service: dynamic content, made by a thread of their own. Each reads
 * requests from a descriptor of its fd_api and writes replies to it; what the replies say is service.c's. It
 * owns the two buffers at the end of the instance's pool.
 */
#include "service.h"

#include <stdbool.h>
#include <string.h>

#include "async_invocation.h"
#include "content.h"
#include "export.h"
#include "fd_api.h"
#include "runtime.h"
#include "scheduler.h"
#include "turns.h"

#define RETRY_TICKS 2    /* when something below has failed and will come back */
#define REFUSED_TICKS 20 /* when it refuses */
#define BUFFER_BYTES (ASYNC_SLOT_BYTES + sizeof(struct async_record))

/* An instance has one of them. */
#define POOL(name) extern char name[] __attribute__((weak)), name##_end[] __attribute__((weak))
POOL(pool_cgi_a);
POOL(pool_cgi_b);

static char *in, *out; /* BUFFER_BYTES each */
static long group, service;
static unsigned unknown; /* how often in a row a group was none */
static bool working;     /* true at entry: a fault ended the thread in a request */

static long buffers_claim(void)
{
    char *pool = pool_cgi_a ? pool_cgi_a : pool_cgi_b, *end = pool_cgi_a ? pool_cgi_a_end : pool_cgi_b_end;

    in = pool + ASYNC_SLOTS * ASYNC_SLOT_BYTES;
    out = in + BUFFER_BYTES;
    if (!pool || end - in < (long)(2 * BUFFER_BYTES))
        return SHOJI_EMEMORY;
    return fd_buffers(in, end);
}

long component_init(component_t self)
{
    (void)self;
    return buffers_claim();
}

static void service_start(void)
{
    static const char greeting[] = "serving\n";

    if (group <= 0)
        group = buffers_claim();
    if (group == 0)
        group = fd_group();
    if (service > 0)
        (void)fd_close(service); /* the requests that were in work get an error */
    service = group > 0 ? fd_open_service(group) : group;
    if (service == SHOJI_ENOENT && unknown++ < 3) { /* fd_api has begun anew since it gave us that group */
        group = 0;
        return;
    }
    if (service <= 0) {
        if (service != SHOJI_EFAULT)
            print_line("cannot serve: status %ld", service);
        (void)sched_block_until(shoji_global.ticks + (service == SHOJI_EFAULT ? RETRY_TICKS : REFUSED_TICKS));
        return;
    }
    unknown = 0;
    long log = fd_open_null(); /* as a CGI program's standard output of old: nobody reads it */
    memcpy(out, greeting, sizeof greeting - 1);
    if (log > 0) {
        (void)fd_write(log, out, sizeof greeting - 1);
        (void)fd_close(log);
    }
}

/* The reply to the request in `in`, all of it in `out`. */
static uint64_t reply_make(uint64_t bytes)
{
    const struct async_record *record = (const void *)in;
    struct async_record *reply = (void *)out;
    const struct cgi_request *head = (const void *)(record + 1);
    struct service_request request = {.head = head, .path = (const char *)(head + 1)};
    long result = SHOJI_EINVAL;

    if (bytes >= sizeof *record + sizeof *head &&
        (uint64_t)head->path_bytes + head->query_bytes + head->body_bytes <=
            bytes - sizeof *record - sizeof *head) {
        request.query = request.path + head->path_bytes;
        request.body = request.query + head->query_bytes;
        result = service_answer(&request, (char *)(reply + 1), CONTENT_META_AT);
    }
    reply->slot = record->slot;
    reply->status = result < 0 ? (int32_t)result : SHOJI_OK;
    reply->bytes = result < 0 ? 0 : (uint64_t)result;
    return sizeof *reply + reply->bytes;
}

static void requests_serve(void)
{
    long result;

    do {
        result = fd_read(service, in, BUFFER_BYTES);
        if (result == SHOJI_EAGAIN)
            return;
        if (result <= 0) { /* async_invocation has begun anew, and knows nothing of us */
            (void)fd_close(service);
            service = 0;
            return;
        }
        (void)fd_write(service, out, reply_make(ASYNC_BYTES(result))); /* a client that has gone needs none */
    } while (result & ASYNC_MORE);
}

/* False: the service has to begin anew, or there was trouble. */
static bool wakeup_serve(void)
{
    long ready = fd_wait(group);
    if (ready == SHOJI_ENOENT) { /* fd_api has begun anew */
        group = service = 0;
        return false;
    }
    if (ready < 0) {
        (void)sched_block_until(shoji_global.ticks + RETRY_TICKS);
        return false;
    }
    working = true;
    requests_serve();
    working = false;
    return service > 0;
}

SHOJI_EXPORT void cgi_thread(void)
{
    struct turns turns = turns_begin();

    if (service <= 0 || working)
        service_start();
    working = false;
    if (service <= 0)
        return;
    while (wakeup_serve() && turns_another(&turns))
        ;
}

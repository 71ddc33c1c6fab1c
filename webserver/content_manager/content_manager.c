/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 14, content_manager: routes a request to whoever makes its content: static_content, a CGI
 * service, or a program (programs.c). A request is in the caller's piece of pool `content`, and on its way to
 * a service in the slot of the same number of that service's pool. So a ticket says it all: which service,
 * which piece. It owns the list of who waits for what.
 *
 * 1. A piece that a service works for has a client; only that one may collect or drop what it asked for. When
 * the client fails, its requests are dropped in the instances that have them.
 */
#include "served/content.h"

#include <stdbool.h>
#include <string.h>

#include "cgi.h"
#include "export.h"
#include "instances/async_invocation.h"
#include "programs.h"

ASYNC_INVOCATION_INSTANCE(a_);
ASYNC_INVOCATION_INSTANCE(b_);

extern char pool_content[], pool_content_end[];
extern char pool_cgi_a[], pool_cgi_b[];

static const struct service {
    char *slots;
    long (*call)(uint32_t slot, uint64_t bytes, long event);
    long (*collect)(uint32_t slot, long event);
    long (*drop)(uint32_t slot);
} services[] = {
    {pool_cgi_a, a_async_call, a_async_collect, a_async_drop},
    {pool_cgi_b, b_async_call, b_async_collect, b_async_drop},
};
#define SERVICES (sizeof services / sizeof *services)

/* By piece: for whom a service works on it, and which. */
static struct asked {
    component_t client; /* 0: none */
    uint32_t service;
} asked[ASYNC_SLOTS];

/* Below /cgi/ : a path, or if it ends in / all below it. What is none of these is a program's name. */
static const struct route {
    const char *path;
    uint32_t bytes, service;
} routes[] = {
    {"hw", 2, 0},
    {"HW", 2, 1},
    {"a/", 2, 0},
    {"b/", 2, 1},
};

long component_init(component_t self)
{
    return programs_begin(self);
}

/* The piece's number, or SHOJI_EINVAL. */
static long piece_number(const char *piece)
{
    uint64_t offset = (uint64_t)piece - (uint64_t)pool_content;

    if (piece < pool_content || offset % CONTENT_PIECE_BYTES ||
        offset + CONTENT_PIECE_BYTES > (uint64_t)(pool_content_end - pool_content) ||
        offset / CONTENT_PIECE_BYTES >= ASYNC_SLOTS)
        return SHOJI_EINVAL;
    return (long)(offset / CONTENT_PIECE_BYTES);
}

static const struct service *service_find(const char *path, uint64_t bytes)
{
    for (unsigned i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct route *route = &routes[i];
        bool below = route->path[route->bytes - 1] == '/';

        if ((below ? bytes > route->bytes : bytes == route->bytes) &&
            memcmp(path, route->path, route->bytes) == 0)
            return &services[route->service];
    }
    return 0;
}

/* A service's answer lies in its slot. */
static long answer_copy(const struct service *service, long number, char *piece, long bytes)
{
    if (bytes > CONTENT_META_AT)
        return SHOJI_EINVAL;
    ((struct content_meta *)(piece + CONTENT_META_AT))->tag = 0;
    memcpy(piece, service->slots + number * ASYNC_SLOT_BYTES, bytes);
    return (long)((uint64_t)bytes << 32 | (uint64_t)bytes);
}

static long service_ask(const struct service *service, long number, char *piece, uint64_t shape, long event,
                        component_t client)
{
    struct cgi_request head = {
        .method = CONTENT_METHOD(shape),
        .path_bytes = CONTENT_PATH(shape),
        .query_bytes = CONTENT_QUERY(shape),
        .body_bytes = CONTENT_BODY(shape),
    };
    char *slot = service->slots + number * ASYNC_SLOT_BYTES;
    uint64_t target = head.path_bytes + head.query_bytes;

    if (head.method == CONTENT_OTHER)
        return SHOJI_EPERM;
    memcpy(slot, &head, sizeof head);
    memcpy(slot + sizeof head, piece, target);
    if (head.body_bytes)
        memcpy(slot + sizeof head + target, piece + CONTENT_BODY_AT, head.body_bytes);
    long result = service->call((uint32_t)number, sizeof head + target + head.body_bytes, event);
    if (result >= 0)
        return answer_copy(service, number, piece, result);
    if (result != SHOJI_EAGAIN)
        return result;
    asked[number] = (struct asked){.client = client, .service = (uint32_t)(service - services)};
    return CONTENT_LATER | (service - services) << 32 | number;
}

SHOJI_EXPORT_BADGED(content_get);
long content_get_badged(uint64_t address, uint64_t shape, uint64_t offset, long event, component_t client)
{
    static const char cgi[] = "/cgi/";
    const uint64_t start = sizeof cgi - 1;
    uint64_t path_bytes = CONTENT_PATH(shape);
    char *piece = (char *)address;
    long number = piece_number(piece);
    const char *path = piece;

    if (number < 0 || path_bytes + CONTENT_QUERY(shape) > CONTENT_BODY_AT ||
        CONTENT_BODY(shape) > CONTENT_BODY_BYTES)
        return SHOJI_EINVAL;
    if (path_bytes > start && memcmp(path, cgi, start) == 0) {
        const struct service *service = service_find(path + start, path_bytes - start);
        return service ? service_ask(service, number, piece, shape, event, client)
                       : programs_answer(piece, path + start, path_bytes - start, shape);
    }
    if (CONTENT_METHOD(shape) != CONTENT_GET)
        return SHOJI_EPERM;
    return static_get(piece, path_bytes, offset);
}

SHOJI_EXPORT long content_more(void *piece, uint64_t shape, uint64_t offset)
{
    if (piece_number(piece) < 0 || CONTENT_PATH(shape) > CONTENT_BODY_AT ||
        CONTENT_METHOD(shape) != CONTENT_GET)
        return SHOJI_EINVAL;
    return static_get(piece, CONTENT_PATH(shape), offset);
}

/* The service that works on it for this client, or NULL. */
static const struct service *service_of(long ticket, component_t client, long *number)
{
    uint64_t index = (uint64_t)(ticket & ~CONTENT_LATER) >> 32;

    *number = ticket & 0xffffffff;
    if (*number >= ASYNC_SLOTS || asked[*number].client != client || asked[*number].service != index)
        return 0;
    return &services[index];
}

SHOJI_EXPORT_BADGED(content_collect);
long content_collect_badged(long ticket, uint64_t address, long event, component_t client)
{
    char *piece = (char *)address;
    long number;
    const struct service *service = service_of(ticket, client, &number);

    if (!service || piece_number(piece) != number)
        return SHOJI_EINVAL;
    long result = service->collect((uint32_t)number, event);
    if (result != SHOJI_EAGAIN)
        asked[number].client = 0;
    return result < 0 ? result : answer_copy(service, number, piece, result);
}

SHOJI_EXPORT_BADGED(content_drop);
long content_drop_badged(long ticket, component_t client)
{
    long number;
    const struct service *service = service_of(ticket, client, &number);

    if (!service)
        return SHOJI_EINVAL;
    asked[number].client = 0;
    return service->drop((uint32_t)number);
}

SHOJI_EXPORT long content_program(uint64_t gate)
{
    return programs_add(gate);
}

SHOJI_EXPORT long content_program_hold(uint64_t gate, uint32_t hold)
{
    return programs_hold(gate, hold != 0);
}

SHOJI_EXPORT long content_program_end(uint64_t gate)
{
    return programs_end(gate);
}

/* The supervisor calls it: the component has failed, or is no more. */
SHOJI_EXPORT long component_gone(component_t component)
{
    programs_gone(component);
    for (uint32_t number = 0; number < ASYNC_SLOTS; number++) {
        if (asked[number].client != component)
            continue;
        asked[number].client = 0;
        (void)services[asked[number].service].drop(number);
    }
    return SHOJI_OK;
}

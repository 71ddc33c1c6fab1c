/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A program for tests: what it does follows from the path below its name.
 *
 *     count      how often it was asked for this
 *     echo       what has come: method, path, query and body
 *     heap       as many bytes from malloc as the query says, written and read; 503 if there are not so many
 *     id         its component id
 *     status     returns the status that the query says
 *     store      stores to the address that the query says
 *     load       reads there
 *     wall       stores into the request
 *     fault      executes an undefined instruction
 *     loop       goes on for ever
 *     slow       goes on for as many milliseconds as the query says
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "program.h"
#include "runtime.h"

static component_t self;
static uint64_t count = 41;

SHOJI_EXPORT long component_init(component_t id)
{
    self = id;
    print_line("begins, component %u", id);
    return SHOJI_OK;
}

static bool is(const struct program_request *request, const char *path)
{
    return request->path_bytes == strlen(path) && memcmp(program_path(request), path, strlen(path)) == 0;
}

static long number(const struct program_request *request)
{
    char text[24] = "";

    memcpy(text, program_query(request),
           request->query_bytes < sizeof text ? request->query_bytes : sizeof text - 1);
    return strtol(text, NULL, 0);
}

static long answer_echo(const struct program_request *request, char *reply)
{
    return snprintf(reply, PROGRAM_REPLY_BYTES, "%s\n%.*s\n%.*s\n%.*s\n",
                    request->method == PROGRAM_POST ? "POST" : "GET", (int)request->path_bytes,
                    program_path(request), (int)request->query_bytes, program_query(request),
                    (int)request->body_bytes, program_body(request));
}

static long answer_heap(const struct program_request *request, char *reply)
{
    size_t bytes = (size_t)number(request);
    unsigned char *object = malloc(bytes);
    size_t wrong = 0;

    if (!object)
        return SHOJI_EBUSY;
    memset(object, 0x5a, bytes);
    for (size_t i = 0; i < bytes; i++)
        wrong += object[i] != 0x5a;
    free(object);
    return snprintf(reply, PROGRAM_REPLY_BYTES, "%u wrong\n", (unsigned)wrong);
}

static long answer_slow(const struct program_request *request, char *reply)
{
    uint64_t until = shoji_global.ticks + (uint64_t)number(request) * 1000 / shoji_global.tick_us;

    while (shoji_global.ticks < until)
        ;
    return snprintf(reply, PROGRAM_REPLY_BYTES, "slow\n");
}

SHOJI_EXPORT long program_answer(const struct program_request *request, char *reply)
{
    if (is(request, "/count"))
        return snprintf(reply, PROGRAM_REPLY_BYTES, "%u\n", (unsigned)++count);
    if (is(request, "/id"))
        return snprintf(reply, PROGRAM_REPLY_BYTES, "%u\n", (unsigned)self);
    if (is(request, "/heap"))
        return answer_heap(request, reply);
    if (is(request, "/status"))
        return number(request);
    if (is(request, "/store"))
        *(volatile uint32_t *)number(request) = 1;
    if (is(request, "/load"))
        return *(volatile uint32_t *)number(request) & 0;
    if (is(request, "/wall"))
        *(volatile char *)program_path(request) = '!';
    if (is(request, "/fault"))
        runtime_fault();
    while (is(request, "/loop"))
        ;
    if (is(request, "/slow"))
        return answer_slow(request, reply);
    return request->path_bytes >= 5 && memcmp(program_path(request), "/echo", 5) == 0
               ? answer_echo(request, reply)
           : request->path_bytes == 0 ? snprintf(reply, PROGRAM_REPLY_BYTES, "probe\n")
                                      : SHOJI_ENOENT;
}

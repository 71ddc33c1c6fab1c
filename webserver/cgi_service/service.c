/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The programs of a CGI service, by the last part of the path:
 *
 *     hw, HW     eleven bytes, as the benchmark asks for them
 *     echo       what has come: method, path, query and body
 *     sum        the sum of the query's numbers, which + or & separate
 *     upper      the body of a POST in capitals
 *     count      how often this was asked for: the service is persistent
 */
#include "service.h"

#include <stdbool.h>
#include <string.h>

#include "content.h"

struct text {
    char *at, *end;
};

static void put(struct text *text, const char *from, uint64_t bytes)
{
    uint64_t room = text->end - text->at;

    if (bytes > room)
        bytes = room;
    memcpy(text->at, from, bytes);
    text->at += bytes;
}
#define PUT(text, literal) put(text, literal, sizeof literal - 1)

static void put_number(struct text *text, uint64_t number)
{
    char digits[20];
    unsigned from = sizeof digits;

    do
        digits[--from] = (char)('0' + number % 10);
    while (number /= 10);
    put(text, digits + from, sizeof digits - from);
}

static void answer_hello(const struct service_request *request, struct text *out)
{
    (void)request;
    PUT(out, "hello world");
}

static void answer_loud_hello(const struct service_request *request, struct text *out)
{
    (void)request;
    PUT(out, "HELLO WORLD");
}

static void answer_echo(const struct service_request *request, struct text *out)
{
    if (request->head->method == CONTENT_POST)
        PUT(out, "method POST\npath ");
    else
        PUT(out, "method GET\npath ");
    put(out, request->path, request->head->path_bytes);
    PUT(out, "\nquery ");
    put(out, request->query, request->head->query_bytes);
    PUT(out, "\nbody ");
    put(out, request->body, request->head->body_bytes);
    PUT(out, "\n");
}

static void answer_sum(const struct service_request *request, struct text *out)
{
    uint64_t sum = 0, number = 0;

    for (uint32_t i = 0; i < request->head->query_bytes; i++) {
        char c = request->query[i];

        if (c >= '0' && c <= '9') {
            number = number * 10 + (uint64_t)(c - '0');
        } else {
            sum += number;
            number = 0;
        }
    }
    put_number(out, sum + number);
    PUT(out, "\n");
}

static void answer_upper(const struct service_request *request, struct text *out)
{
    char *from = out->at;

    put(out, request->body, request->head->body_bytes);
    for (; from < out->at; from++)
        if (*from >= 'a' && *from <= 'z')
            *from = (char)(*from - 'a' + 'A');
}

static void answer_count(const struct service_request *request, struct text *out)
{
    static uint64_t count;

    (void)request;
    put_number(out, ++count);
    PUT(out, "\n");
}

static const struct {
    const char *name;
    uint32_t methods; /* a bit for each */
    void (*answer)(const struct service_request *request, struct text *out);
} programs[] = {
    {"hw", 1u << CONTENT_GET, answer_hello},
    {"HW", 1u << CONTENT_GET, answer_loud_hello},
    {"echo", 1u << CONTENT_GET | 1u << CONTENT_POST, answer_echo},
    {"sum", 1u << CONTENT_GET, answer_sum},
    {"upper", 1u << CONTENT_POST, answer_upper},
    {"count", 1u << CONTENT_GET, answer_count},
};

static bool is_last_part(const struct service_request *request, const char *name)
{
    uint64_t bytes = strlen(name), path = request->head->path_bytes;

    return path > bytes && request->path[path - bytes - 1] == '/' &&
           memcmp(request->path + path - bytes, name, bytes) == 0;
}

long service_answer(const struct service_request *request, char *out, uint64_t room)
{
    struct text text = {out, out + room};

    for (unsigned i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (!is_last_part(request, programs[i].name))
            continue;
        if (request->head->method > 31 || !(programs[i].methods >> request->head->method & 1))
            return SHOJI_EPERM;
        programs[i].answer(request, &text);
        return text.at - out;
    }
    return SHOJI_ENOENT;
}

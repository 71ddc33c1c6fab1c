/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"

#include <stdio.h>
#include <string.h>

#include "handlers.h"
#include "text.h"
#include "token.h"

/* Methods are llhttp's numbers; GET also answers HEAD. A path that ends with a slash is that of everything
 * below it, but for /: what is below that and has no line is a file of the dashboard, or nothing. Of one path
 * all lines are together. */
static control_handler get_paths;

static const struct route {
    const char *path;
    uint8_t method;
    control_handler *answer;
} routes[] = {
    {"/", HTTP_GET, get_page},
    {"/metrics", HTTP_GET, get_metrics},
    {"/v1", HTTP_GET, get_paths},
    {"/v1/components", HTTP_GET, get_components},
    {"/v1/components/", HTTP_PUT, put_component},
    {"/v1/components/", HTTP_DELETE, delete_component},
    {"/v1/decisions", HTTP_GET, get_decisions},
    {"/v1/domains", HTTP_GET, get_domains},
    {"/v1/edges", HTTP_GET, get_edges},
    {"/v1/events", HTTP_GET, get_events},
    {"/v1/faults", HTTP_GET, get_faults},
    {"/v1/history", HTTP_GET, get_history},
    {"/v1/graph", HTTP_GET, get_graph},
    {"/v1/graph.dot", HTTP_GET, get_dot},
    {"/v1/merge", HTTP_POST, post_merge},
    {"/v1/move", HTTP_POST, post_move},
    {"/v1/partition", HTTP_GET, get_partition},
    {"/v1/partition", HTTP_PUT, put_partition},
    {"/v1/policy", HTTP_GET, get_policy},
    {"/v1/policy", HTTP_PUT, put_policy},
    {"/v1/policy/code", HTTP_PUT, put_policy_code},
    {"/v1/rules", HTTP_GET, get_rules},
    {"/v1/rules", HTTP_POST, post_rules},
    {"/v1/rules/", HTTP_DELETE, delete_rule},
    {"/v1/split", HTTP_POST, post_split},
    {"/v1/statistics", HTTP_GET, get_statistics},
    {"/v1/statistics", HTTP_POST, post_statistics},
    {"/v1/threads", HTTP_GET, get_threads},
    {"/v1/trace", HTTP_GET, get_trace},
    {"/v1/trace", HTTP_POST, post_trace},
    {"/v1/trace/state", HTTP_GET, get_trace_state},
};
#define ROUTES (sizeof routes / sizeof *routes)

/* Those whose bodies may be larger than a stream's buffer (control_body.h); ends with NULL. */
static control_handler *const large[] = {put_component, put_policy_code, NULL};

static bool route_fits(const struct route *route, const char *path, uint32_t bytes)
{
    size_t length = strlen(route->path);
    if (route->path[length - 1] == '/' && length > 1)
        return bytes > length && memcmp(path, route->path, length) == 0;
    return bytes == length && memcmp(path, route->path, length) == 0;
}

static const char *method_name(const struct route *route)
{
    return route->method == HTTP_GET ? "GET, HEAD" : llhttp_method_name((llhttp_method_t)route->method);
}

static bool same_path(unsigned a, unsigned b)
{
    return strcmp(routes[a].path, routes[b].path) == 0;
}

static void get_paths(const struct request *request, struct control_answer *answer)
{
    struct text text = {0};
    (void)request;
    text_add(&text, "{\n  \"paths\": {");
    for (unsigned i = 0; i < ROUTES; i++)
        if (i > 0 && same_path(i, i - 1))
            text_add(&text, ", %s", method_name(&routes[i]));
        else
            text_add(&text, "%s\n    \"%s\": \"%s", i ? "\"," : "", routes[i].path, method_name(&routes[i]));
    text_add(&text, "\"\n  }\n}\n");
    answer_body(answer, answer_json, text_take(&text, &answer->bytes));
}

static void refuse_path(struct control_answer *answer)
{
    answer_refuse(answer, 404, "There is nothing at this path; /v1 lists all paths, /v1/graph among them.");
}

/* `first`: the path's first route. */
static void refuse_method(unsigned first, struct control_answer *answer)
{
    static char allow[64]; /* until the answer has been written: there is one thread */
    size_t used = (size_t)snprintf(allow, sizeof allow, "Allow: ");
    for (unsigned i = first; i < ROUTES && same_path(i, first); i++)
        used += (size_t)snprintf(allow + used, sizeof allow - used, "%s%s", i == first ? "" : ", ",
                                 method_name(&routes[i]));
    snprintf(allow + used, sizeof allow - used, "\r\n");
    answer->status = 405;
    answer->header = allow;
}

static bool is_allowed(const struct route *route, const struct request *request)
{
    const struct request_header_value *token = &request->wish->values[REQUEST_AUTHORIZATION];
    return route->method == HTTP_GET || token_matches(token->text, token->bytes);
}

static bool is_large(const struct route *route)
{
    unsigned i = 0;
    while (large[i] && large[i] != route->answer)
        i++;
    return large[i];
}

int control_large(const struct request *request)
{
    const char *path;
    uint32_t bytes = request_path(request, &path);
    for (unsigned i = 0; i < ROUTES; i++)
        if (is_large(&routes[i]) && routes[i].method == request->method &&
            route_fits(&routes[i], path, bytes))
            return is_allowed(&routes[i], request) ? 0 : 401;
    return 200;
}

static void route_answer(const struct route *route, const struct request *request,
                         struct control_answer *answer)
{
    layout_lock();
    route->answer(request, answer);
    layout_unlock();
}

/* The same for who has no stream to read parts from. */
static void route_answer_whole(const struct route *route, const struct request *request,
                               struct control_answer *answer)
{
    route_answer(route, request, answer);
    if (answer->source) {
        answer->source->end(answer->state);
        *answer = (struct control_answer){0};
        answer_refuse(answer, 406, "This comes in parts and goes on: ask for it over the network.");
    }
}

static void route_take(const struct route *route, const struct request *request,
                       struct control_answer *answer)
{
    if (!is_allowed(route, request)) {
        answer->status = 401;
        answer->header = "WWW-Authenticate: Bearer\r\n";
        return;
    }
    route_answer(route, request, answer);
}

/* The request's route; if there is none, *first is the path's first one, ROUTES if it has none. */
static const struct route *route_find(const struct request *request, unsigned *first)
{
    const char *path;
    uint32_t bytes = request_path(request, &path);
    uint8_t method = request->method == HTTP_HEAD ? HTTP_GET : request->method;
    *first = ROUTES;
    for (unsigned i = 0; i < ROUTES; i++) {
        if (!route_fits(&routes[i], path, bytes))
            continue;
        if (routes[i].method == method)
            return &routes[i];
        *first = *first == ROUTES ? i : *first;
    }
    return NULL;
}

static bool answered_by_page(const struct request *request, struct control_answer *answer)
{
    bool found = false;
    if (request->method != HTTP_GET && request->method != HTTP_HEAD)
        return false;
    layout_lock();
    found = page_answer(request, answer);
    layout_unlock();
    return found;
}

void control_answer(const struct request *request, struct control_answer *answer)
{
    unsigned first;
    const struct route *route = route_find(request, &first);
    *answer = (struct control_answer){0};
    if (route)
        route_take(route, request, answer);
    else if (first != ROUTES)
        refuse_method(first, answer);
    else if (!answered_by_page(request, answer))
        refuse_path(answer);
}

void control_answer_local(const struct request *request, struct control_answer *answer)
{
    unsigned first;
    const struct route *route = route_find(request, &first);
    *answer = (struct control_answer){0};
    if (!route && first == ROUTES)
        refuse_path(answer);
    else if (!route)
        answer_refuse(answer, 405, "This path cannot be asked for in this way.");
    else
        route_answer_whole(route, request, answer);
}

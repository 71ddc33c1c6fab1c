/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"

#include <stdio.h>
#include <string.h>

#include "handlers.h"
#include "token.h"

/* Methods are llhttp's numbers; GET also answers HEAD. A path that ends with a slash is that of everything
 * below it. Of one path all lines are together. */
static const struct route {
    const char *path;
    uint8_t method;
    control_handler *answer;
} routes[] = {
    {"/v1/graph", HTTP_GET, get_graph},           {"/v1/edges", HTTP_GET, get_edges},
    {"/v1/graph.dot", HTTP_GET, get_dot},         {"/v1/policy", HTTP_GET, get_policy},
    {"/v1/policy", HTTP_PUT, put_policy},         {"/v1/decisions", HTTP_GET, get_decisions},
    {"/v1/rules", HTTP_GET, get_rules},           {"/v1/rules", HTTP_POST, post_rules},
    {"/v1/rules/", HTTP_DELETE, delete_rule},     {"/v1/merge", HTTP_POST, post_merge},
    {"/v1/statistics", HTTP_GET, get_statistics}, {"/v1/statistics", HTTP_POST, post_statistics},
    {"/v1/threads", HTTP_GET, get_threads},       {"/v1/split", HTTP_POST, post_split},
    {"/v1/move", HTTP_POST, post_move},           {"/v1/partition", HTTP_GET, get_partition},
    {"/v1/partition", HTTP_PUT, put_partition},
};
#define ROUTES (sizeof routes / sizeof *routes)

static bool route_fits(const struct route *route, const char *path, uint32_t bytes)
{
    size_t length = strlen(route->path);
    if (route->path[length - 1] == '/')
        return bytes > length && memcmp(path, route->path, length) == 0;
    return bytes == length && memcmp(path, route->path, length) == 0;
}

static void refuse_path(struct control_answer *answer)
{
    char list[256] = "";
    size_t used = 0;
    for (unsigned i = 0; i < ROUTES && used < sizeof list; i++)
        if (i == 0 || routes[i].path != routes[i - 1].path)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", routes[i].path);
    answer_refuse(answer, 404, "There is nothing at this path; there are %s.", list);
}

/* `first`: the path's first route. */
static void refuse_method(unsigned first, struct control_answer *answer)
{
    static char allow[64]; /* until the answer has been written: there is one thread */
    size_t used = (size_t)snprintf(allow, sizeof allow, "Allow: ");
    for (unsigned i = first; i < ROUTES && strcmp(routes[i].path, routes[first].path) == 0; i++)
        used += (size_t)snprintf(allow + used, sizeof allow - used, "%s%s", i == first ? "" : ", ",
                                 routes[i].method == HTTP_GET
                                     ? "GET, HEAD"
                                     : llhttp_method_name((llhttp_method_t)routes[i].method));
    snprintf(allow + used, sizeof allow - used, "\r\n");
    answer->status = 405;
    answer->header = allow;
}

static void route_take(const struct route *route, const struct request *request,
                       struct control_answer *answer)
{
    const struct request_header_value *token = &request->wish->values[REQUEST_AUTHORIZATION];
    if (route->method != HTTP_GET && !token_matches(token->text, token->bytes)) {
        answer->status = 401;
        answer->header = "WWW-Authenticate: Bearer\r\n";
        return;
    }
    layout_lock();
    route->answer(request, answer);
    layout_unlock();
}

void control_answer(const struct request *request, struct control_answer *answer)
{
    const char *path;
    uint32_t bytes = request_path(request, &path);
    uint8_t method = request->method == HTTP_HEAD ? HTTP_GET : request->method;
    unsigned first = ROUTES;
    *answer = (struct control_answer){0};
    for (unsigned i = 0; i < ROUTES; i++) {
        if (!route_fits(&routes[i], path, bytes))
            continue;
        if (routes[i].method == method) {
            route_take(&routes[i], request, answer);
            return;
        }
        first = first == ROUTES ? i : first;
    }
    if (first == ROUTES)
        refuse_path(answer);
    else
        refuse_method(first, answer);
}

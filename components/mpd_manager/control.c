/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "layout.h"
#include "partition.h"
#include "render.h"
#include "token.h"
#include "yyjson.h"

static const char json_type[] = "application/json";
static const char csv_type[] = "text/csv";
static const char dot_type[] = "text/vnd.graphviz";

static void refuse(struct control_answer *answer, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void refuse(struct control_answer *answer, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(answer->sentence, sizeof answer->sentence, format, arguments);
    va_end(arguments);
    answer->status = status;
}

static void answer_body(struct control_answer *answer, const char *type, char *body)
{
    if (!body) {
        refuse(answer, 503, "Memory is short.");
        return;
    }
    answer->status = 200;
    answer->type = type;
    answer->body = body;
}

/* ---- Reading ---- */

static const struct layout *layout_now(struct control_answer *answer)
{
    const struct layout *layout = layout_read();
    if (!layout)
        refuse(answer, 500, "The supervisor does not tell the layout.");
    return layout;
}

static void get_graph(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = layout_now(answer);
    if (layout)
        answer_body(answer, json_type, render_graph(layout, &answer->bytes));
}

static void get_dot(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = layout_now(answer);
    if (layout)
        answer_body(answer, dot_type, render_dot(layout, &answer->bytes));
}

static void get_policy(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = layout_now(answer);
    if (layout)
        answer_body(answer, json_type, render_policy(layout, &answer->bytes));
}

static void get_partition(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = layout_now(answer);
    if (layout)
        answer_body(answer, json_type, render_partition(layout, &answer->bytes));
}

static bool is(const char *text, uint32_t bytes, const char *literal)
{
    return bytes == strlen(literal) && memcmp(text, literal, bytes) == 0;
}

static void get_edges(const struct request *request, struct control_answer *answer)
{
    const char *query = "";
    uint32_t bytes = request_query(request, &query);
    bool csv = is(query, bytes, "format=csv");
    if (bytes && !csv && !is(query, bytes, "format=json")) {
        refuse(answer, 400, "The query may be format=csv or format=json.");
        return;
    }
    const struct layout *layout = layout_now(answer);
    if (!layout)
        return;
    if (csv)
        answer_body(answer, csv_type, render_edges_csv(layout, &answer->bytes));
    else
        answer_body(answer, json_type, render_edges(layout, &answer->bytes));
}

/* ---- Changing ---- */

/* The string that member `key` of the request's JSON object is, or NULL after a refusal. `example` says what
 * was expected. */
static const char *json_string(yyjson_val *root, const char *key, const char *example,
                               struct control_answer *answer)
{
    const char *value = yyjson_get_str(yyjson_obj_get(root, key));
    if (!value)
        refuse(answer, 400, "The body needs a member \"%s\" that is a string, as in %s.", key, example);
    return value;
}

static yyjson_doc *json_read(const struct request *request, const char *example,
                             struct control_answer *answer)
{
    yyjson_read_err error;
    yyjson_doc *document = 0;
    if (!request->wish->body_bytes) {
        refuse(answer, 400, "The body is empty; expected is JSON, as in %s.", example);
        return 0;
    }
    document =
        yyjson_read_opts(request->wish->body, request->wish->body_bytes, YYJSON_READ_NOFLAG, 0, &error);
    if (!document && error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        refuse(answer, 503, "Memory is short.");
    else if (!document)
        refuse(answer, 400, "The body is not JSON: %s at byte %u; expected is something like %s.", error.msg,
               (unsigned)error.pos, example);
    else if (!yyjson_is_obj(yyjson_doc_get_root(document))) {
        refuse(answer, 400, "The body is not a JSON object; expected is something like %s.", example);
        yyjson_doc_free(document);
        return 0;
    }
    return document;
}

/* The id of the component that member `key` names, or a negative status after a refusal. */
static long json_component(yyjson_val *root, const char *key, const char *example,
                           struct control_answer *answer)
{
    const char *name = json_string(root, key, example, answer);
    if (!name)
        return SHOJI_EINVAL;
    const struct layout *layout = layout_now(answer);
    if (!layout)
        return SHOJI_EMEMORY;
    long id = layout_find(layout, name);
    if (id < 0)
        refuse(answer, 404, "There is no component \"%.64s\"; /v1/graph lists them.", name);
    return id;
}

static void answer_change(struct control_answer *answer, const char *sentence, long steps)
{
    const struct layout *layout = layout_now(answer);
    if (layout)
        answer_body(answer, json_type, render_change(layout, sentence, steps, &answer->bytes));
}

static void refuse_change(struct control_answer *answer, long status, const char *same)
{
    switch (status) {
    case SHOJI_ESAME:
        refuse(answer, 409, "%s", same);
        break;
    case SHOJI_ENOENT:
        refuse(answer, 404, "The supervisor knows no such component.");
        break;
    case SHOJI_EPERM:
        refuse(answer, 403, "The supervisor does not allow this change.");
        break;
    case SHOJI_EMEMORY:
        refuse(answer, 503,
               "No domain is free for this: too many stale ones are still in use; try again later.");
        break;
    default:
        refuse(answer, 500, "The supervisor failed with status %ld.", status);
    }
}

static void put_policy(const struct request *request, struct control_answer *answer)
{
    static const char example[] = "{\"mode\":\"merged\"}";
    yyjson_doc *document = json_read(request, example, answer);
    if (!document)
        return;
    const char *name = json_string(yyjson_doc_get_root(document), "mode", example, answer);
    enum policy_mode mode;
    if (name && (!policy_mode_parse(name, &mode) || policy_mode_counts(mode))) {
        refuse(answer, 400, "There is no mode \"%.64s\"; modes are isolated, merged and manual.", name);
        name = 0;
    }
    yyjson_doc_free(document);
    if (!name)
        return;
    long steps = layout_mode_set(mode);
    if (steps < 0)
        refuse_change(answer, steps, "The layout is so already.");
    else
        answer_change(answer,
                      mode == POLICY_MANUAL ? "The layout stays as it is until it is changed by hand."
                                            : "The layout is as the mode wants it.",
                      steps);
}

static void post_merge(const struct request *request, struct control_answer *answer)
{
    static const char example[] = "{\"into\":\"tcp\",\"from\":\"ip\"}";
    yyjson_doc *document = json_read(request, example, answer);
    if (!document)
        return;
    yyjson_val *root = yyjson_doc_get_root(document);
    long into = json_component(root, "into", example, answer);
    long from = into < 0 ? into : json_component(root, "from", example, answer);
    yyjson_doc_free(document);
    if (from < 0)
        return;
    if (into == from) {
        refuse(answer, 409, "A component cannot be merged with itself.");
        return;
    }
    long status = layout_merge(into, from);
    if (status < 0)
        refuse_change(answer, status, "The two are in one domain already.");
    else
        answer_change(answer, "The domains are merged; the policy's mode is manual now.", 1);
}

static void post_split(const struct request *request, struct control_answer *answer)
{
    static const char example[] = "{\"component\":\"tcp\"}";
    yyjson_doc *document = json_read(request, example, answer);
    if (!document)
        return;
    long component = json_component(yyjson_doc_get_root(document), "component", example, answer);
    yyjson_doc_free(document);
    if (component < 0)
        return;
    long status = layout_split(component);
    if (status < 0)
        refuse_change(answer, status, "The component is alone in its domain already.");
    else
        answer_change(answer, "The component has a domain of its own; the policy's mode is manual now.", 1);
}

static void post_move(const struct request *request, struct control_answer *answer)
{
    static const char example[] = "{\"component\":\"ip\",\"into\":\"tcp\"}";
    yyjson_doc *document = json_read(request, example, answer);
    if (!document)
        return;
    yyjson_val *root = yyjson_doc_get_root(document);
    long component = json_component(root, "component", example, answer);
    long into = component < 0 ? component : json_component(root, "into", example, answer);
    yyjson_doc_free(document);
    if (into < 0)
        return;
    if (component == into) {
        refuse(answer, 409, "A component cannot be moved to itself; a split gives it a domain of its own.");
        return;
    }
    long status = layout_move(component, into);
    if (status < 0)
        refuse_change(answer, status, "The two are in one domain already.");
    else
        answer_change(answer, "The component is in the other's domain; the policy's mode is manual now.", 1);
}

static void put_partition(const struct request *request, struct control_answer *answer)
{
    uint32_t sets[LAYOUT_COMPONENTS];
    const struct layout *layout = layout_now(answer);
    yyjson_doc *document =
        layout ? json_read(request, "{\"domains\":[[\"tcp\",\"ip\"],[\"fd_api\"]]}", answer) : 0;
    if (!document)
        return;
    uint32_t count = layout->components_count;
    answer->status = partition_read(yyjson_doc_get_root(document), layout, sets, answer->sentence,
                                    sizeof answer->sentence);
    yyjson_doc_free(document);
    if (answer->status)
        return;
    long steps = layout_partition(sets, count);
    if (steps < 0)
        refuse_change(answer, steps, "The layout is so already.");
    else
        answer_change(answer, "The layout is as the partition says; the policy's mode is manual now.", steps);
}

/* ---- Routing ---- */

static const struct route {
    const char *path;
    void (*get)(const struct request *, struct control_answer *);
    uint8_t change_method; /* llhttp's number, with `change` */
    void (*change)(const struct request *, struct control_answer *);
    const char *allow;
} routes[] = {
    {"/v1/graph", get_graph, 0, 0, "Allow: GET, HEAD\r\n"},
    {"/v1/edges", get_edges, 0, 0, "Allow: GET, HEAD\r\n"},
    {"/v1/graph.dot", get_dot, 0, 0, "Allow: GET, HEAD\r\n"},
    {"/v1/policy", get_policy, HTTP_PUT, put_policy, "Allow: GET, HEAD, PUT\r\n"},
    {"/v1/merge", 0, HTTP_POST, post_merge, "Allow: POST\r\n"},
    {"/v1/split", 0, HTTP_POST, post_split, "Allow: POST\r\n"},
    {"/v1/move", 0, HTTP_POST, post_move, "Allow: POST\r\n"},
    {"/v1/partition", get_partition, HTTP_PUT, put_partition, "Allow: GET, HEAD, PUT\r\n"},
};

static const struct route *route_find(const struct request *request)
{
    const char *path;
    uint32_t bytes = request_path(request, &path);
    for (unsigned i = 0; i < sizeof routes / sizeof *routes; i++)
        if (is(path, bytes, routes[i].path))
            return &routes[i];
    return 0;
}

void control_answer(const struct request *request, struct control_answer *answer)
{
    *answer = (struct control_answer){0};
    const struct route *route = route_find(request);
    uint8_t method = request->method;
    if (!route) {
        refuse(answer, 404,
               "There is nothing at this path; there are /v1/graph, /v1/edges, /v1/graph.dot, /v1/policy, "
               "/v1/merge, /v1/split, /v1/move and /v1/partition.");
    } else if (route->get && (method == HTTP_GET || method == HTTP_HEAD)) {
        route->get(request, answer);
    } else if (!route->change || method != route->change_method) {
        answer->status = 405;
        answer->header = route->allow;
    } else if (!token_matches(request->wish->values[REQUEST_AUTHORIZATION].text,
                              request->wish->values[REQUEST_AUTHORIZATION].bytes)) {
        answer->status = 401;
        answer->header = "WWW-Authenticate: Bearer\r\n";
    } else {
        route->change(request, answer);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What can be read of the layout: the graph, its edges, and its partition.
 */
#include <string.h>

#include "handlers.h"
#include "render.h"

void get_graph(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = answer_layout(answer);
    if (layout)
        answer_body(answer, answer_json, render_graph(layout, &answer->bytes));
}

void get_dot(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = answer_layout(answer);
    if (layout)
        answer_body(answer, answer_dot, render_dot(layout, &answer->bytes));
}

void get_partition(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = answer_layout(answer);
    if (layout)
        answer_body(answer, answer_json, render_partition(layout, &answer->bytes));
}

void get_domains(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = answer_layout(answer);
    if (layout)
        answer_body(answer, answer_json, render_domains(layout, &answer->bytes));
}

void get_faults(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = answer_layout(answer);
    if (layout)
        answer_body(answer, answer_json, render_faults(layout, &answer->bytes));
}

void get_metrics(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = answer_layout(answer);
    if (layout)
        answer_body(answer, answer_metrics, render_metrics(layout, &answer->bytes));
}

static bool is(const char *text, uint32_t bytes, const char *literal)
{
    return bytes == strlen(literal) && memcmp(text, literal, bytes) == 0;
}

void get_edges(const struct request *request, struct control_answer *answer)
{
    const char *query = "";
    uint32_t bytes = request_query(request, &query);
    bool csv = is(query, bytes, "format=csv");
    if (bytes && !csv && !is(query, bytes, "format=json")) {
        answer_refuse(answer, 400, "The query may be format=csv or format=json.");
        return;
    }
    const struct layout *layout = answer_layout(answer);
    if (!layout)
        return;
    if (csv)
        answer_body(answer, answer_csv, render_edges_csv(layout, &answer->bytes));
    else
        answer_body(answer, answer_json, render_edges(layout, &answer->bytes));
}

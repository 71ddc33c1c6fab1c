/* SPDX-License-Identifier: BSD-2-Clause */
#include "answer.h"

#include <stdarg.h>
#include <stdio.h>

#include "render.h"
#include "walls.h"

const char answer_json[] = "application/json";
const char answer_csv[] = "text/csv";
const char answer_dot[] = "text/vnd.graphviz";
const char answer_metrics[] = "text/plain; version=0.0.4; charset=utf-8";

void answer_refuse(struct control_answer *answer, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(answer->sentence, sizeof answer->sentence, format, arguments);
    va_end(arguments);
    answer->status = status;
}

void answer_body(struct control_answer *answer, const char *type, char *body)
{
    if (!body) {
        answer_refuse(answer, 503, "Memory is short.");
        return;
    }
    answer->status = 200;
    answer->type = type;
    answer->body = body;
}

const struct layout *answer_layout(struct control_answer *answer)
{
    const struct layout *layout = layout_read();
    if (!layout)
        answer_refuse(answer, 500, "The supervisor does not tell the layout.");
    else if (!walls_fit(layout)) {
        answer_refuse(answer, 503, "Memory is short.");
        return 0;
    }
    return layout;
}

void answer_change(struct control_answer *answer, const char *sentence, long steps)
{
    const struct layout *layout = answer_layout(answer);
    if (layout)
        answer_body(answer, answer_json, render_change(layout, sentence, steps, &answer->bytes));
}

void answer_refuse_change(struct control_answer *answer, long status, const char *same, const char *why)
{
    switch (status) {
    case SHOJI_ESAME:
        answer_refuse(answer, 409, "%s", same);
        break;
    case SHOJI_ENOENT:
        answer_refuse(answer, 404, "The supervisor knows no such component.");
        break;
    case SHOJI_EPERM:
        answer_refuse(answer, 409, "%s", *why ? why : "The supervisor does not allow this change.");
        break;
    case SHOJI_EMEMORY:
        answer_refuse(answer, 503,
                      "No domain is free for this: too many stale ones are still in use; try again later.");
        break;
    default:
        answer_refuse(answer, 500, "The supervisor failed with status %ld.", status);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What others count, and where threads are.
 */
#include "handlers.h"
#include "observe.h"
#include "stack_trace.h"
#include "statistics_gatherer.h"

void get_statistics(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = answer_layout(answer);
    if (layout)
        answer_body(answer, answer_json, observe_statistics(layout, &answer->bytes));
}

void post_statistics(const struct request *request, struct control_answer *answer)
{
    (void)request;
    if (statistics_print() < 0)
        answer_refuse(answer, 503, "Component statistics_gatherer is down; try again.");
    else
        answer_change(answer, "The counters are on the console.", 0);
}

void get_threads(const struct request *request, struct control_answer *answer)
{
    (void)request;
    const struct layout *layout = answer_layout(answer);
    long threads = layout ? stack_trace_threads() : 0;
    if (threads < 0)
        answer_refuse(answer, 503, "Component stack_trace is down; try again.");
    else if (layout)
        answer_body(answer, answer_json, observe_threads(layout, threads, &answer->bytes));
}

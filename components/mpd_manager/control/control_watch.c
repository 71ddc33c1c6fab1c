/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What happens, to those who watch: events as they come, and the last windows.
 */
#include "governor.h"
#include "handlers.h"
#include "viewers.h"
#include "watch.h"

static const char event_stream[] = "text/event-stream";

/* What the viewer has seen, as it says itself; who says nothing wants to see what comes. */
static struct event_seen seen_by(const struct request *request, struct event_seen now)
{
    const struct request_header_value *last = request_far(request, REQUEST_LAST_EVENT_ID);
    struct event_seen seen;
    if (!last->bytes)
        return now;
    if (!events_id_read(last->text, last->bytes, &seen))
        return (struct event_seen){0};
    if (seen.decisions > now.decisions)
        seen.decisions = now.decisions;
    if (seen.faults > now.faults)
        seen.faults = now.faults;
    return seen;
}

void get_events(const struct request *request, struct control_answer *answer)
{
    if (viewers_count() == VIEWERS) {
        answer_refuse(answer, 503, "There are %d viewers already; close one, or try again later.", VIEWERS);
        return;
    }
    bool ready = watch_graph();
    struct event_seen now = watch_seen();
    long viewer = ready ? viewers_open(seen_by(request, now), now) : SHOJI_EMEMORY;
    if (viewer < 0) {
        answer_refuse(answer, 503, "Memory is short.");
        return;
    }
    answer->status = 200;
    answer->type = event_stream;
    answer->source = &viewers_source;
    answer->state = viewer;
}

void get_history(const struct request *request, struct control_answer *answer)
{
    (void)request;
    answer_body(answer, answer_json, watch_history(&answer->bytes));
}

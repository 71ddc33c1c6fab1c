/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Recording what crosses the walls, and handing it out (docs/tracing.md).
 *
 * 1. While somebody fetches a recording no other one is begun: its place is the old one's.
 */
#include <stdio.h>

#include "handlers.h"
#include "json_body.h"
#include "text.h"
#include "trace.h"

#define DURATION_MAX 60000 /* milliseconds */

static unsigned readers;

static const char example[] = "{\"duration_ms\":500}";

static bool recording_read(struct sup_recording *recording, struct control_answer *answer)
{
    if (sup_recording(recording) >= 0)
        return true;
    answer_refuse(answer, 503, "The supervisor does not answer.");
    return false;
}

static void state_answer(struct control_answer *answer, const char *done)
{
    static const char *const names[] = {
        [SUP_RECORD_OFF] = "off", [SUP_RECORDING] = "recording", [SUP_RECORDED] = "recorded"};
    struct sup_recording r;
    struct text text = {0};
    if (!recording_read(&r, answer))
        return;
    text_add(&text, "{\n");
    if (done)
        text_add(&text, "  \"done\": \"%s\",\n", done);
    text_add(&text, "  \"state\": \"%s\",\n  \"recording\": %lu,\n", names[r.state % 3],
             (unsigned long)r.number);
    text_add(&text, "  \"records\": %lu,\n  \"lost\": %lu,\n  \"room\": %u,\n", (unsigned long)r.records,
             (unsigned long)trace_lost(&r), SUP_RECORDS);
    text_add(&text, "  \"duration_us\": %lu,\n  \"clock_hz\": %lu\n}\n",
             (unsigned long)trace_nanoseconds(&r, r.end) / 1000, (unsigned long)r.per_second);
    answer_body(answer, answer_json, text_take(&text, &answer->bytes));
}

void get_trace_state(const struct request *request, struct control_answer *answer)
{
    (void)request;
    state_answer(answer, 0);
}

/* ---- Begin and end ---- */

static void begin(uint64_t milliseconds, struct control_answer *answer)
{
    char done[64] = "Recording until it is switched off.";
    if (readers) {
        answer_refuse(answer, 409,
                      "The last recording is being fetched, and a new one would take its place; try again "
                      "when that is over.");
        return;
    }
    if (sup_record_start(milliseconds * 1000) < 0) {
        answer_refuse(answer, 409, "A recording is being made; {\"on\":false} ends it.");
        return;
    }
    if (milliseconds)
        snprintf(done, sizeof done, "Recording for %u ms.", (unsigned)milliseconds);
    state_answer(answer, done);
}

static void end(struct control_answer *answer)
{
    if (sup_record_stop() < 0)
        answer_refuse(answer, 409, "No recording is being made; %s begins one.", example);
    else
        state_answer(answer, "The recording has ended; GET /v1/trace fetches it.");
}

/* What the body asks for: -1 is wrong and refused, 0 the end, 1 a beginning, *milliseconds long (0: until
 * told). */
static int wish_read(yyjson_val *root, uint64_t *milliseconds, struct control_answer *answer)
{
    yyjson_val *on = yyjson_obj_get(root, "on"), *duration = yyjson_obj_get(root, "duration_ms");
    size_t known = (on != 0) + (duration != 0);
    *milliseconds = 0;
    if (yyjson_obj_size(root) != known || known == 0) {
        answer_refuse(answer, 400,
                      "The body's members are \"duration_ms\" or \"on\", as in %s or {\"on\":false}.",
                      example);
        return -1;
    }
    if (on && !yyjson_is_bool(on)) {
        answer_refuse(answer, 400, "The member \"on\" is true or false.");
        return -1;
    }
    if (duration && (!yyjson_is_uint(duration) || yyjson_get_uint(duration) < 1 ||
                     yyjson_get_uint(duration) > DURATION_MAX)) {
        answer_refuse(answer, 400,
                      "The member \"duration_ms\" is a whole number of milliseconds, from 1 to %u.",
                      DURATION_MAX);
        return -1;
    }
    if (duration && on && !yyjson_get_bool(on)) {
        answer_refuse(answer, 400, "A recording that is switched off has no \"duration_ms\".");
        return -1;
    }
    *milliseconds = duration ? yyjson_get_uint(duration) : 0;
    return duration || yyjson_get_bool(on);
}

void post_trace(const struct request *request, struct control_answer *answer)
{
    uint64_t milliseconds;
    yyjson_doc *document = json_body_read(request, example, answer);
    if (!document)
        return;
    int wish = wish_read(yyjson_doc_get_root(document), &milliseconds, answer);
    yyjson_doc_free(document);
    if (wish > 0)
        begin(milliseconds, answer);
    else if (wish == 0)
        end(answer);
}

/* ---- Fetching ---- */

static long source_read(long state, char *out, uint64_t room)
{
    return trace_read((struct trace *)state, out, room);
}

static void source_end(long state)
{
    trace_close((struct trace *)state);
    readers--;
}

void get_trace(const struct request *request, struct control_answer *answer)
{
    static const struct answer_source source = {.read = source_read, .end = source_end};
    struct sup_recording recording;
    (void)request;
    const struct layout *layout = answer_layout(answer);
    if (!layout || !recording_read(&recording, answer))
        return;
    if (recording.state == SUP_RECORDING) {
        answer_refuse(
            answer, 409,
            "The recording is still being made; {\"on\":false} ends it, and /v1/trace/state tells.");
        return;
    }
    if (recording.state == SUP_RECORD_OFF) {
        answer_refuse(answer, 409,
                      "Nothing has been recorded since boot; POST %s here, with the token, begins.", example);
        return;
    }
    struct trace *trace = trace_open(&recording, layout);
    if (!trace) {
        answer_refuse(answer, 503, "Memory is short.");
        return;
    }
    readers++;
    answer->status = 200;
    answer->type = answer_json;
    answer->header = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Disposition: "
                     "attachment; filename=\"shoji-trace.json\"\r\n";
    answer->source = &source;
    answer->state = (long)trace;
}

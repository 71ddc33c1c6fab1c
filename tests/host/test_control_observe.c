/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The control interface on what others count and where threads are; those who know are tables here.
 */
// links: components/mpd_manager/control_observe.c components/mpd_manager/observe.c
// links: tests/host/control_known.c
// links: components/mpd_manager/answer.c components/mpd_manager/calibration.c
// links: components/mpd_manager/control.c components/mpd_manager/control_layout.c
// links: components/mpd_manager/control_policy.c components/mpd_manager/control_read.c
// links: components/mpd_manager/control_rules.c components/mpd_manager/control_stream.c
// links: components/mpd_manager/decision_log.c components/mpd_manager/governor.c
// links: components/mpd_manager/json_body.c components/mpd_manager/layout.c
// links: components/mpd_manager/partition.c components/mpd_manager/render.c
// links: components/mpd_manager/render_policy.c components/mpd_manager/text.c
// links: components/mpd_manager/token.c components/mpd_manager/walls.c webserver/http_parser/request.c
// links: webserver/http_parser/reply.c policy/adapt.c policy/adapt_cuts.c policy/decisions.c
// links: policy/graph.c policy/heap.c policy/history.c policy/memory.c policy/mincut.c policy/mode.c
// links: policy/overlay.c policy/partition.c policy/policy.c policy/policy_obey.c policy/policy_period.c
// links: policy/policy_record.c policy/rule_text.c policy/rules.c policy/rules_allowed.c
// links: policy/rules_compiled.c policy/sentence.c policy/settings.c tests/host/control_rig.c
// links: tests/host/seeded.c build/src/yyjson/src/yyjson.c build/src/llhttp/src/api.c
// links: build/src/llhttp/src/http.c build/src/llhttp/src/llhttp.c
// includes: . tests/host webserver components/mpd_manager components/interface components/runtime
// includes: components/atomic build/src/llhttp/include build/src/yyjson/src kernel/include
// flags: -Wno-unused-parameter -Wno-unused-variable -Wno-unused-but-set-variable -Wno-unused-function
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control_rig.h"
#include "stack_trace.h"
#include "statistics_gatherer.h"
#include "token.h"
#include "yyjson.h"

extern long traces;     /* what stack_trace_threads says */
extern unsigned prints; /* of the counters */

static void counters_as_json(void **state)
{
    const char *body = ask("GET", "/v1/statistics", 0, "");
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);

    (void)state;
    assert_int_equal(status(), 200);
    assert_non_null(document);
    yyjson_val *table = yyjson_arr_get_first(yyjson_obj_get(yyjson_doc_get_root(document), "tables"));
    assert_string_equal(yyjson_get_str(yyjson_obj_get(table, "component")), "scheduler");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(table, "rows")), "thread");
    yyjson_val *counters = yyjson_obj_get(table, "counters");
    assert_int_equal(yyjson_arr_size(counters), 2); /* the row that is all zero is not there */
    yyjson_val *row = yyjson_arr_get(counters, 1);
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(row, "thread")), 2);
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(row, "turns")), 200);
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(row, "sixteen letters!")), 202);
    yyjson_doc_free(document);
    ask("POST", "/v1/statistics", "wrong", "");
    assert_int_equal(status(), 401);
    assert_int_equal(prints, 0);
    ask("POST", "/v1/statistics", token_text(), "");
    assert_int_equal(status(), 200);
    assert_int_equal(prints, 1);
}

static void threads_as_json(void **state)
{
    const char *body = ask("GET", "/v1/threads", 0, "");
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);

    (void)state;
    assert_int_equal(status(), 200);
    assert_non_null(document);
    yyjson_val *threads = yyjson_obj_get(yyjson_doc_get_root(document), "threads");
    assert_int_equal(yyjson_arr_size(threads), 2);
    yyjson_val *thread = yyjson_arr_get_first(threads), *chain = yyjson_obj_get(thread, "chain");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(thread, "name")), "input");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(thread, "component")), "tcp");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(thread, "state")), "waits");
    assert_int_equal(yyjson_arr_size(chain), 2);
    yyjson_val *frame = yyjson_arr_get_first(chain);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(frame, "component")), "tcp");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(frame, "function")), "take");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(frame, "at")), "wait+0x10");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(frame, "in")), "ip");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(yyjson_arr_get(chain, 1), "component")), "supervisor");
    /* the second is rubbish, and shown within its bounds */
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(yyjson_arr_get(threads, 1), "chain")), SUP_FRAMES);
    yyjson_doc_free(document);
    traces = SHOJI_EBUSY;
    ask("GET", "/v1/threads", 0, "");
    assert_int_equal(status(), 503);
    traces = 2;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(counters_as_json, rig_start),
        cmocka_unit_test_setup(threads_as_json, rig_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

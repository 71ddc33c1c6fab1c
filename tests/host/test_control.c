/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The control interface from request bytes to answer bytes, over a supervisor that is a table
 * (control_rig.h).
 */
// with: tests/host/control_rig.links
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connection_manager/connections.h"
#include "control_rig.h"
#include "control_stream.h"
#include "http_parser/request.h"
#include "layout.h"
#include "seeded.h"
#include "stack_trace.h"
#include "statistics_gatherer.h"
#include "token.h"
#include "yyjson.h"

/* ---- Tests ---- */

static void graph_as_json(void **state)
{
    (void)state;
    domains[3] = domains[2];
    const char *body = ask("GET", "/v1/graph", 0, "");
    assert_int_equal(status(), 200);
    assert_has("Content-Type: application/json\r\n");
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);
    assert_non_null(document);
    yyjson_val *root = yyjson_doc_get_root(document);
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(root, "components")), COMPONENTS);
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(root, "domains")), COMPONENTS - 1);
    yyjson_val *tcp = yyjson_arr_get(yyjson_obj_get(root, "components"), 2);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(tcp, "name")), "tcp");
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(tcp, "domain")), 3);
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(yyjson_obj_get(tcp, "memory"), "budget")), 8192);
    yyjson_val *edge = yyjson_arr_get_first(yyjson_obj_get(root, "edges"));
    assert_string_equal(yyjson_get_str(yyjson_obj_get(edge, "client")), "tcp");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(edge, "server")), "ip");
    assert_true(yyjson_get_uint(yyjson_obj_get(edge, "invocations")) == 1ull << 40);
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(edge, "gated")), 17);
    assert_true(yyjson_is_false(yyjson_obj_get(edge, "crossing")));
    yyjson_val *counters = yyjson_obj_get(root, "counters");
    assert_true(yyjson_get_uint(yyjson_obj_get(counters, "instructions")) == 12345678901234ull);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(yyjson_obj_get(root, "policy"), "mode")), "isolated");
    yyjson_doc_free(document);
}

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

static void edges_as_csv(void **state)
{
    (void)state;
    const char *body = ask("GET", "/v1/edges?format=csv", 0, "");
    assert_string_equal(body, "client,server,invocations,gated\ntcp,ip,1099511627776,17\nip,vnic,3,3\n"
                              "mpd_manager,supervisor,0,0\n");
    assert_has("Content-Type: text/csv\r\n");
    body = ask("GET", "/v1/edges?format=json", 0, "");
    assert_int_equal(body[0], '[');
    assert_int_equal(ask("GET", "/v1/edges", 0, "")[0], '[');
    ask("GET", "/v1/edges?format=xml", 0, "");
    assert_refused(400, "format=csv");
}

static void graph_as_dot(void **state)
{
    (void)state;
    const char *body = ask("GET", "/v1/graph.dot", 0, "");
    assert_int_equal(strncmp(body, "digraph ", 8), 0);
    assert_has("subgraph cluster_3 {");
    assert_has("\"tcp\" -> \"ip\" [label=\"1099511627776\", penwidth=7.0, color=firebrick]");
    assert_has("\"mpd_manager\" -> \"supervisor\" [penwidth=0.3, color=firebrick, style=dotted]");
    assert_int_equal(body[strlen(body) - 2], '}');
}

static void head_is_answered(void **state)
{
    (void)state;
    assert_string_equal(ask("HEAD", "/v1/graph", 0, ""), "");
    assert_int_equal(status(), 200);
    assert_string_equal(ask("HEAD", "/v1/none", 0, ""), "");
    assert_int_equal(status(), 404);
}

static void policy_modes(void **state)
{
    (void)state;
    ask("GET", "/v1/policy", 0, "");
    assert_has("\"mode\": \"isolated\"");
    ask("PUT", "/v1/policy", token_text(), "{\"mode\":\"merged\"}");
    assert_int_equal(status(), 200);
    assert_has("\"mode\": \"merged\"");
    assert_has("\"domains\": 1");
    assert_has("\"steps\": 4");
    ask("PUT", "/v1/policy", token_text(), "{\"mode\":\"merged\"}");
    assert_has("\"steps\": 0");
    ask("PUT", "/v1/policy", token_text(), "{\"mode\":\"manual\"}");
    assert_has("\"domains\": 1");
    ask("PUT", "/v1/policy", token_text(), "{\"mode\":\"isolated\"}");
    assert_has("\"domains\": 5");
    ask("PUT", "/v1/policy", token_text(), "{\"mode\":\"fast\"}");
    assert_refused(400, "one of isolated");
    ask("PUT", "/v1/policy", token_text(), "{\"mode\":1}");
    assert_refused(400, "\"mode\"");
    supervisor_failure = SHOJI_EMEMORY;
    ask("PUT", "/v1/policy", token_text(), "{\"mode\":\"merged\"}");
    assert_refused(503, "");
    ask("GET", "/v1/graph", 0, "");
    assert_refused(500, "");
}

static void merge_and_split(void **state)
{
    (void)state;
    ask("POST", "/v1/merge", token_text(), "{\"into\":\"tcp\",\"from\":\"ip\"}");
    assert_int_equal(status(), 200);
    assert_has("\"mode\": \"manual\"");
    assert_has("\"domains\": 4");
    ask("POST", "/v1/merge", token_text(), "{\"into\":\"ip\",\"from\":\"tcp\"}");
    assert_refused(409, "one domain already");
    ask("POST", "/v1/merge", token_text(), "{\"into\":\"tcp\",\"from\":\"tcp\"}");
    assert_refused(409, "itself");
    ask("POST", "/v1/merge", token_text(), "{\"into\":\"tcp\",\"from\":\"udp\"}");
    assert_refused(404, "\"udp\"");
    ask("POST", "/v1/merge", token_text(), "{\"into\":\"supervisor\",\"from\":\"tcp\"}");
    assert_refused(404, "\"supervisor\"");
    ask("POST", "/v1/merge", token_text(), "{\"into\":\"tcp\"}");
    assert_refused(400, "\"from\"");
    ask("POST", "/v1/split", token_text(), "{\"component\":\"ip\"}");
    assert_int_equal(status(), 200);
    assert_has("\"domains\": 5");
    ask("POST", "/v1/split", token_text(), "{\"component\":\"ip\"}");
    assert_refused(409, "alone");
    ask("POST", "/v1/split", token_text(), "{\"component\":\"\"}");
    assert_refused(404, "");
    supervisor_failure = SHOJI_EPERM;
    ask("POST", "/v1/merge", token_text(), "{\"into\":\"tcp\",\"from\":\"ip\"}");
    assert_int_equal(status(), 500); /* components can't be read */
    assert_int_equal(changes, 2);
}

static void move(void **state)
{
    (void)state;
    ask("POST", "/v1/move", token_text(), "{\"component\":\"ip\",\"into\":\"tcp\"}");
    assert_int_equal(status(), 200);
    assert_has("\"mode\": \"manual\"");
    assert_has("\"domains\": 4");
    ask("POST", "/v1/move", token_text(), "{\"component\":\"ip\",\"into\":\"tcp\"}");
    assert_refused(409, "one domain already");
    ask("POST", "/v1/move", token_text(), "{\"component\":\"ip\",\"into\":\"ip\"}");
    assert_refused(409, "itself");
    ask("POST", "/v1/move", token_text(), "{\"component\":\"ip\",\"into\":\"vnic\"}");
    assert_has("\"domains\": 4");
    ask("POST", "/v1/move", token_text(), "{\"component\":\"ip\"}");
    assert_refused(400, "\"into\"");
    ask("POST", "/v1/move", token_text(), "{\"component\":\"udp\",\"into\":\"ip\"}");
    assert_refused(404, "\"udp\"");
    ask("POST", "/v1/move", 0, "{\"component\":\"ip\",\"into\":\"tcp\"}");
    assert_refused(401, "token");
    ask("GET", "/v1/move", 0, "");
    assert_has("Allow: POST\r\n");
    assert_int_equal(changes, 2);
}

static void partition(void **state)
{
    static const char *const wrong[][3] = {
        {"{}", "400", "\"domains\""},
        {"{\"domains\":{}}", "400", "list"},
        {"{\"domains\":[\"tcp\"]}", "400", "list of components"},
        {"{\"domains\":[[]]}", "400", "list of components"},
        {"{\"domains\":[[1]]}", "400", "string"},
        {"{\"domains\":[[\"tcp\",\"udp\"]]}", "404", "\"udp\""},
        {"{\"domains\":[[\"tcp\",\"supervisor\"]]}", "404", "\"supervisor\""},
        {"{\"domains\":[[\"tcp\",\"ip\"],[\"tcp\"]]}", "400", "twice"},
        {"{\"domains\":[[\"tcp\",\"tcp\"]]}", "400", "twice"},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ask("PUT", "/v1/partition", token_text(), wrong[i][0]);
        assert_refused(atoi(wrong[i][1]), wrong[i][2]);
    }
    assert_int_equal(changes, 0);
    ask("PUT", "/v1/partition", token_text(), "{\"domains\":[[\"vnic\",\"tcp\"],[\"ip\",\"mpd_manager\"]]}");
    assert_int_equal(status(), 200);
    assert_has("\"mode\": \"manual\"");
    assert_has("\"domains\": 3");
    assert_has("\"steps\": 2");
    assert_true(domains[2] == domains[4] && domains[1] == domains[3]);
    /* What GET says can be PUT again, and is so already. */
    char body[1024];
    strcpy(body, ask("GET", "/v1/partition", 0, ""));
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);
    assert_non_null(document);
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(yyjson_doc_get_root(document), "domains")), 3);
    yyjson_doc_free(document);
    ask("PUT", "/v1/partition", token_text(), body);
    assert_has("\"steps\": 0");
    /* Who is not named is alone. */
    ask("PUT", "/v1/partition", token_text(), "{\"domains\":[]}");
    assert_has("\"domains\": 5");
    supervisor_failure = SHOJI_EMEMORY;
    ask("PUT", "/v1/partition", token_text(), "{\"domains\":[]}");
    assert_refused(500, "");
    ask("PUT", "/v1/partition", 0, "{\"domains\":[]}");
    assert_refused(401, "token");
    ask("POST", "/v1/partition", 0, "{\"domains\":[]}");
    assert_has("Allow: GET, HEAD, PUT\r\n");
}

static void json_that_is_none(void **state)
{
    static const char *const bodies[] = {"",
                                         "{",
                                         "merged",
                                         "{\"mode\"}",
                                         "{\"mode\":\"merged\"",
                                         "{\"mode\":\"merged\"}x",
                                         "{'mode':'merged'}",
                                         "\xff\xfe",
                                         "[1,]",
                                         "{\"mode\":\"\\ud800\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        ask("PUT", "/v1/policy", token_text(), bodies[i]);
        assert_refused(400, i ? "at byte" : "empty");
    }
    ask("PUT", "/v1/policy", token_text(), "[]");
    assert_refused(400, "not a JSON object");
    ask("PUT", "/v1/policy", token_text(), "\"mode\"");
    assert_refused(400, "not a JSON object");
    ask("PUT", "/v1/policy", token_text(), "{\"mode\":\"a\\u0000\\\"\\\\\\n\\u0001\"}");
    assert_int_equal(status(), 400);
    char deep[4000];
    memset(deep, '[', sizeof deep);
    deep[sizeof deep - 1] = 0;
    ask("PUT", "/v1/policy", token_text(), deep);
    assert_refused(400, "at byte");
    assert_int_equal(changes, 0);
}

static void changing_needs_the_token(void **state)
{
    (void)state;
    char token[2 * TOKEN_HEX];
    static const char body[] = "{\"mode\":\"merged\"}";
    ask("PUT", "/v1/policy", 0, body);
    assert_refused(401, "token");
    assert_has("WWW-Authenticate: Bearer\r\n");
    ask("PUT", "/v1/policy", "", body);
    assert_refused(401, "token");
    for (unsigned i = 0; i < TOKEN_HEX; i++) {
        strcpy(token, token_text());
        token[i] = token[i] == '0' ? '1' : '0';
        ask("PUT", "/v1/policy", token, body);
        assert_int_equal(status(), 401);
    }
    strcpy(token, token_text());
    token[TOKEN_HEX - 1] = 0;
    ask("POST", "/v1/merge", token, "{\"into\":\"tcp\",\"from\":\"ip\"}");
    assert_int_equal(status(), 401);
    strcat(strcpy(token, token_text()), "0");
    ask("POST", "/v1/split", token, "{\"component\":\"ip\"}");
    assert_int_equal(status(), 401);
    assert_int_equal(changes, 0);

    /* of several headers the last counts; another request's isn't remembered */
    char bytes[2048];
    int used = snprintf(bytes, sizeof bytes,
                        "PUT /v1/policy HTTP/1.1\r\nauthorization: bearer %s\r\nContent-Length: 17\r\n\r\n%s"
                        "PUT /v1/policy HTTP/1.1\r\nContent-Length: 17\r\n\r\n%s",
                        token_text(), body, body);
    converse(bytes, used);
    assert_int_equal(status(), 200);
    assert_has("HTTP/1.1 401 ");

    strcpy(token, token_text());
    assert_int_equal(token_draw(), 0);
    assert_string_not_equal(token, token_text());
    ask("PUT", "/v1/policy", token, body);
    assert_int_equal(status(), 401);
}

static void no_random_numbers_no_token(void **state)
{
    (void)state;
    assert_false(token_matches("Bearer ", 7));
    assert_false(token_matches("", 0));
}

static void paths_and_methods(void **state)
{
    static const char *const paths[] = {"/none",        "/v2",       "/v1/",       "/v1/graph/",
                                        "/v1/graph.do", "/V1/graph", "/v1/graphs", "*"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ask(paths[i][0] == '*' ? "OPTIONS" : "GET", paths[i], 0, "");
        assert_refused(404, "/v1/graph");
    }
    ask("POST", "/v1/graph", token_text(), "{}");
    assert_refused(405, "");
    assert_has("Allow: GET, HEAD\r\n");
    ask("DELETE", "/v1/policy", token_text(), "{}");
    assert_has("Allow: GET, HEAD, PUT\r\n");
    ask("GET", "/v1/merge", token_text(), "");
    assert_has("Allow: POST\r\n");
    assert_int_equal(closed, 0);
}

static void malformed_and_oversized(void **state)
{
    (void)state;
    static const char rubbish[] = "rubbish\r\n\r\n";
    converse(rubbish, sizeof rubbish - 1);
    assert_refused(400, "");
    static const char large[] = "PUT /v1/policy HTTP/1.1\r\nContent-Length: 4097\r\n\r\n";
    converse(large, sizeof large - 1);
    assert_refused(413, "body");
    assert_int_equal(closed, HTTP_CLOSE);
    static char head[REQUEST_HEAD_BYTES + 100];
    memset(head, 'a', sizeof head);
    memcpy(head, "GET /v1/graph HTTP/1.1\r\nA: ", 27);
    converse(head, sizeof head);
    assert_refused(431, "8192");
    memcpy(head, "GET /", 5);
    memset(head + 5, 'a', 40);
    converse(head, sizeof head);
    assert_refused(414, "2048");
    char out[HTTP_READ_LEAST];
    static const int statuses[] = {400, 408, 500, 503};
    for (int i = 0; i < 4; i++) {
        reply_bytes = stream_refusal(out, statuses[i]);
        memcpy(reply, out, reply_bytes);
        reply[reply_bytes] = 0;
        assert_refused(statuses[i], "");
        assert_has("Connection: close\r\n");
    }
}

static void split_at_every_byte(void **state)
{
    (void)state;
    char bytes[512];
    static char whole[sizeof reply];
    int used = snprintf(bytes, sizeof bytes,
                        "POST /v1/merge HTTP/1.1\r\nAuthorization: Bearer %s\r\nContent-Length: 26\r\n\r\n"
                        "{\"into\":\"tcp\",\"from\":\"ip\"}GET /v1/policy HTTP/1.1\r\n\r\n",
                        token_text());
    for (int cut = 0; cut < used; cut++) {
        for (unsigned i = 0; i < COMPONENTS; i++)
            domains[i] = i + 1;
        reply_bytes = closed = 0;
        long stream = stream_open(1);
        feed(stream, bytes, cut);
        feed(stream, bytes + cut, used - cut);
        stream_close(stream);
        if (cut == 0)
            strcpy(whole, reply);
        assert_string_equal(reply, whole);
    }
    assert_int_equal(status(), 200);
}

static void streams_run_out_and_come_back(void **state)
{
    (void)state;
    long streams[CONTROL_CONNECTIONS];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < CONTROL_CONNECTIONS; i++) {
            streams[i] = stream_open(1);
            assert_true(streams[i] > 0);
            stream_write(streams[i], "GET /v1/graph HTTP/1.1\r\n\r\n", 26);
            stream_read(streams[i], reply,
                        1024); /* a reply is begun and never read to its end: nothing may leak */
        }
        assert_int_equal(stream_open(1), SHOJI_EMEMORY);
        for (int i = 0; i < CONTROL_CONNECTIONS; i++)
            stream_close(streams[i]);
    }
    stream_close(0), stream_close(-1), stream_close(99);
    assert_int_equal(stream_write(1, "x", 1), SHOJI_ENOENT);
    assert_int_equal(stream_read(1, reply, 1024), SHOJI_ENOENT);
}

static void random_bodies(void **state)
{
    static const char *const words[] = {"{",
                                        "}",
                                        "\"into\"",
                                        "\"from\"",
                                        ":",
                                        ",",
                                        "\"tcp\"",
                                        "\"ip\"",
                                        "\"mode\"",
                                        "\"merged\"",
                                        "\"isolated\"",
                                        "\"component\"",
                                        "\"domains\"",
                                        "null",
                                        "1e999",
                                        "[",
                                        "]",
                                        "\"\\u0000\"",
                                        " ",
                                        "\xff"};
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 3000; round++) {
        char body[512] = "";
        for (int i = random_below(12); i >= 0; i--)
            strcat(body, words[random_below(sizeof words / sizeof *words)]);
        unsigned which = random_below(5);
        ask(which != 0 && which != 4 ? "POST" : "PUT",
            which == 0   ? "/v1/policy"
            : which == 1 ? "/v1/merge"
            : which == 2 ? "/v1/move"
            : which == 4 ? "/v1/partition"
                         : "/v1/split",
            token_text(), body);
        assert_true(status() == 200 || status() == 400 || status() == 404 || status() == 409);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_random_numbers_no_token), /* before a token is drawn */
        cmocka_unit_test_setup(graph_as_json, rig_start),
        cmocka_unit_test_setup(counters_as_json, rig_start),
        cmocka_unit_test_setup(threads_as_json, rig_start),
        cmocka_unit_test_setup(edges_as_csv, rig_start),
        cmocka_unit_test_setup(graph_as_dot, rig_start),
        cmocka_unit_test_setup(head_is_answered, rig_start),
        cmocka_unit_test_setup(policy_modes, rig_start),
        cmocka_unit_test_setup(merge_and_split, rig_start),
        cmocka_unit_test_setup(move, rig_start),
        cmocka_unit_test_setup(partition, rig_start),
        cmocka_unit_test_setup(json_that_is_none, rig_start),
        cmocka_unit_test_setup(changing_needs_the_token, rig_start),
        cmocka_unit_test_setup(paths_and_methods, rig_start),
        cmocka_unit_test_setup(malformed_and_oversized, rig_start),
        cmocka_unit_test_setup(split_at_every_byte, rig_start),
        cmocka_unit_test_setup(streams_run_out_and_come_back, rig_start),
        cmocka_unit_test_setup(random_bodies, rig_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy over the control interface: settings, rules, decisions, and the layout that follows the counts;
 * over a supervisor that is a table (control_rig.h).
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

#include "control_rig.h"
#include "governor.h"
#include "http_parser/request.h"
#include "seeded.h"
#include "token.h"
#include "yyjson.h"

static const char *put(const char *path, const char *body)
{
    return ask("PUT", path, token_text(), body);
}

static const char *post(const char *path, const char *body)
{
    return ask("POST", path, token_text(), body);
}

static bool together(unsigned a, unsigned b)
{
    return domains[a - 1] == domains[b - 1];
}

/* A second of 4 periods, at 100 ticks of 10 ms. */
static void seconds(unsigned count, uint64_t cycles, uint64_t first, uint64_t second)
{
    for (unsigned i = 0; i < 4 * count; i++) {
        pass(25, cycles / 4, first / 4, second / 4);
        governor_period();
    }
}

/* No rules but those of the manifest, of which there are none. */
static int begin(void **state)
{
    yyjson_doc *document;
    yyjson_val *rule;
    size_t index, most;
    if (rig_start(state) != 0)
        return -1;
    document = yyjson_read(ask("GET", "/v1/rules", 0, ""), strlen(ask("GET", "/v1/rules", 0, "")), 0);
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(document), "rules"), index, most, rule)
    {
        char path[64];
        snprintf(path, sizeof path, "/v1/rules/%s", yyjson_get_str(yyjson_obj_get(rule, "name")));
        ask("DELETE", path, token_text(), "");
    }
    yyjson_doc_free(document);
    post("/v1/rules", "{\"rule\":\"weight tcp risk 100 lines 0 faults 0\"}");
    changes = 0;
    return 0;
}

/* ---- Settings ---- */

static void settings_are_checked_as_a_whole(void **state)
{
    static const char *const wrong[][2] = {
        {"{}", "empty"},
        {"{\"mode\":\"adaptive\",\"budget\":10}", "no setting \"budget\""},
        {"{\"mode\":\"adaptive\",\"budget_percent\":101}", "\"budget_percent\" must be"},
        {"{\"mode\":\"adaptive\",\"budget_percent\":-1}", "\"budget_percent\" must be"},
        {"{\"mode\":\"adaptive\",\"budget_percent\":\"10\"}", "\"budget_percent\" must be"},
        {"{\"mode\":\"adaptive\",\"period_ms\":9}", "\"period_ms\" must be"},
        {"{\"mode\":\"adaptive\",\"period_ms\":60001}", "\"period_ms\" must be"},
        {"{\"mode\":\"adaptive\",\"threshold\":0}", "\"threshold\" must be"},
        {"{\"mode\":\"adaptive\",\"threshold\":1e300}", "\"threshold\" must be"},
        {"{\"mode\":\"adaptive\",\"crossing_cost\":\"cheap\"}", "\"crossing_cost\" must be"},
        {"{\"mode\":\"adaptive\",\"crossing_cost\":1e12}", "\"crossing_cost\" must be"},
        {"{\"mode\":\"adaptive\",\"hysteresis_percent\":91}", "\"hysteresis_percent\" must be"},
        {"{\"mode\":\"adaptive\",\"log\":1}", "\"log\" must be"},
        {"{\"log\":true,\"mode\":\"wild\"}", "\"mode\" must be"},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        put("/v1/policy", wrong[i][0]);
        assert_refused(400, wrong[i][1]);
    }
    ask("GET", "/v1/policy", 0, "");
    assert_has("\"mode\": \"isolated\"");
    assert_has("\"log\": false");
    assert_int_equal(changes, 0);
}

static void settings_are_told(void **state)
{
    (void)state;
    put("/v1/policy",
        "{\"mode\":\"merge-only\",\"budget_percent\":2.5,\"period_ms\":100,\"crossing_cost\":1680,"
        "\"hysteresis_percent\":5,\"log\":true}");
    assert_int_equal(status(), 200);
    ask("GET", "/v1/policy", 0, "");
    assert_has("\"mode\": \"merge-only\"");
    assert_has("\"budget_percent\": 2.5");
    assert_has("\"period_ms\": 100");
    assert_has("\"hysteresis_percent\": 5.0");
    assert_has("\"cycles\": 1680");
    assert_has("\"measured\": 7"); /* the rig's null call */
    assert_has("\"by_hand\": true");
    assert_has("\"log\": true");
    assert_has("\"threshold\": null");
    put("/v1/policy", "{\"threshold\":5000,\"crossing_cost\":\"measured\",\"log\":false}");
    ask("GET", "/v1/policy", 0, "");
    assert_has("\"mode\": \"merge-only\"");
    assert_has("\"threshold\": 5000");
    assert_has("\"cycles\": 7");
    assert_has("\"by_hand\": false");
    put("/v1/policy", "{\"budget_percent\":10}");
    ask("GET", "/v1/policy", 0, "");
    assert_has("\"threshold\": null");
    ask("PUT", "/v1/policy", 0, "{\"mode\":\"merged\"}");
    assert_refused(401, "token");
}

/* ---- Rules ---- */

static void a_rule_refuses_by_its_name(void **state)
{
    (void)state;
    post("/v1/rules", "{\"rule\":\"rule card apart vnic\"}");
    assert_int_equal(status(), 200);
    post("/v1/merge", "{\"into\":\"tcp\",\"from\":\"vnic\"}");
    assert_refused(409, "`card`");
    post("/v1/move", "{\"component\":\"vnic\",\"into\":\"ip\"}");
    assert_refused(409, "`card`");
    put("/v1/partition", "{\"domains\":[[\"ip\",\"vnic\"]]}");
    assert_refused(409, "`card`");
    assert_int_equal(changes, 0);
    post("/v1/merge", "{\"into\":\"tcp\",\"from\":\"ip\"}");
    assert_int_equal(status(), 200);
    post("/v1/merge", "{\"into\":\"vnic\",\"from\":\"ip\"}");
    assert_refused(409, "`card`");
    put("/v1/policy", "{\"mode\":\"merged\"}");
    assert_int_equal(domains_now(), 2);
    ask("DELETE", "/v1/rules/card", token_text(), "");
    assert_int_equal(status(), 200);
    assert_int_equal(domains_now(), 1); /* merged, as far as rules let it */
    ask("DELETE", "/v1/rules/card", token_text(), "");
    assert_refused(404, "\"card\"");
}

static void a_new_rule_is_obeyed_at_once(void **state)
{
    (void)state;
    put("/v1/policy", "{\"mode\":\"merged\"}");
    put("/v1/policy", "{\"mode\":\"manual\"}");
    post("/v1/rules", "{\"rule\":\"rule wall apart tcp ip\"}");
    assert_int_equal(status(), 200);
    assert_false(together(3, 4));
    assert_has("\"mode\": \"manual\"");
    put("/v1/policy", "{\"mode\":\"isolated\"}");
    post("/v1/rules", "{\"rule\":\"rule pair together scheduler mpd_manager\"}");
    assert_true(together(1, 2));
    post("/v1/split", "{\"component\":\"mpd_manager\"}");
    assert_refused(409, "`pair`");
    ask("GET", "/v1/decisions", 0, "");
    assert_has("\"rule\": \"wall\"");
}

static void rules_are_told_and_refused(void **state)
{
    (void)state;
    post("/v1/rules", "{\"rule\":\"label outside tcp ip\"}");
    assert_int_equal(status(), 200);
    post("/v1/rules", "{\"rule\":\"rule walls apart label:outside mpd_manager\"}");
    assert_int_equal(status(), 200);
    post("/v1/rules", "{\"rule\":\"weight tcp risk 300 lines 5000\"}");
    assert_int_equal(status(), 200);
    const char *body = ask("GET", "/v1/rules", 0, "");
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);
    assert_non_null(document);
    yyjson_val *root = yyjson_doc_get_root(document),
               *rule = yyjson_arr_get_first(yyjson_obj_get(root, "rules"));
    assert_string_equal(yyjson_get_str(yyjson_obj_get(rule, "name")), "walls");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(rule, "kind")), "apart");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(rule, "rule")),
                        "rule walls apart label:outside mpd_manager");
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(rule, "left")), 2);
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(rule, "right")), 1);
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(yyjson_obj_get(root, "labels"), "outside")), 2);
    yyjson_val *tcp = yyjson_arr_get(yyjson_obj_get(root, "weights"), 2);
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(tcp, "weight")), 350);
    yyjson_doc_free(document);

    static const struct {
        const char *body;
        int status;
        const char *word;
    } wrong[] = {
        {"{\"rule\":\"rule walls apart tcp ip\"}", 409, "`walls`"},
        {"{\"rule\":\"rule x apart tcp udp\"}", 404, "`udp`"},
        {"{\"rule\":\"rule both together tcp mpd_manager\"}", 409, "`walls`"},
        {"{\"rule\":\"rule x beside tcp ip\"}", 400, ""},
        {"{\"rule\":\"make it so\"}", 400, "begins with rule"},
        {"{\"rule\":\"\"}", 400, "begins with rule"},
        {"{\"rule\":5}", 400, "\"rule\""},
        {"{\"rule\":\"weight udp risk 3\"}", 404, "`udp`"},
    };
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        post("/v1/rules", wrong[i].body);
        assert_refused(wrong[i].status, wrong[i].word);
    }
    ask("POST", "/v1/rules", 0, "{\"rule\":\"rule x apart tcp ip\"}");
    assert_refused(401, "token");
    ask("DELETE", "/v1/rules/walls", 0, "");
    assert_refused(401, "token");
    ask("PUT", "/v1/rules", token_text(), "{}");
    assert_has("Allow: GET, HEAD, POST\r\n");
    ask("DELETE", "/v1/rules/", token_text(), "");
    assert_refused(404, "/v1 lists");
}

static void faults_weigh(void **state)
{
    (void)state;
    component_faults[3] = 2;
    seconds(1, 100000000, 0, 0);
    ask("GET", "/v1/rules", 0, "");
    assert_has("\"faults\": 2");
    assert_has("\"weight\": 200");
    component_faults[3] = 0;
}

/* ---- The layout follows the counts ---- */

static void walls_fall_and_rise(void **state)
{
    (void)state;
    put("/v1/policy", "{\"mode\":\"adaptive\",\"budget_percent\":10,\"crossing_cost\":1000}");
    assert_int_equal(domains_now(), 5);
    /* 100 million cycles a second; 20,000 crossings at 1,000 cycles, and few on the other edge */
    seconds(2, 100000000, 20000, 100);
    assert_true(together(3, 4));
    assert_false(together(4, 5));
    assert_int_equal(domains_now(), 4);
    /* Then nothing: the wall is free again. */
    seconds(4, 100000000, 0, 0);
    assert_int_equal(domains_now(), 5);

    const char *body = ask("GET", "/v1/decisions", 0, "");
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);
    yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(document), "decisions");
    yyjson_val *merge = yyjson_arr_get(list, yyjson_arr_size(list) - 2), *split = yyjson_arr_get_last(list);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(merge, "action")), "merge");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(merge, "reason")), "over budget");
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(merge, "invocations")), 5000);
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(merge, "crossing_cost")), 1000);
    assert_true(yyjson_get_real(yyjson_obj_get(merge, "expected_percent")) > 10);
    assert_true(yyjson_get_real(yyjson_obj_get(merge, "actual_percent")) > 10);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(split, "action")), "split");
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(split, "left")), 1);
    uint64_t number = yyjson_get_uint(yyjson_obj_get(split, "number"));
    yyjson_doc_free(document);

    char path[64];
    snprintf(path, sizeof path, "/v1/decisions?since=%lu", (unsigned long)number);
    body = ask("GET", path, 0, "");
    document = yyjson_read(body, strlen(body), 0);
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(yyjson_doc_get_root(document), "decisions")), 1);
    yyjson_doc_free(document);
    static const char *const wrong[] = {"since=", "since=x", "from=1", "since=-1",
                                        "since=99999999999999999999"};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(path, sizeof path, "/v1/decisions?%s", wrong[i]);
        ask("GET", path, 0, "");
        assert_refused(400, "since=NUMBER");
    }
}

/* A change of settings ends the window early: it is not by this piece of one that a gain is told. */
static void what_came_is_not_told_by_a_piece_of_a_window(void **state)
{
    (void)state;
    put("/v1/policy", "{\"mode\":\"adaptive\",\"budget_percent\":10,\"crossing_cost\":1000}");
    pass(25, 25000000, 5000, 25);
    governor_period();
    assert_true(together(3, 4));
    post("/v1/rules", "{\"rule\":\"rule far apart scheduler vnic\"}");
    const char *last = strstr(ask("GET", "/v1/decisions", 0, ""), "\"actual_percent\"");
    for (const char *next = last; next; next = strstr(next + 1, "\"actual_percent\""))
        last = next;
    assert_non_null(last);
    assert_true(strncmp(last, "\"actual_percent\": null", 22) == 0);
    pass(25, 25000000, 5000, 25);
    governor_period();
    const char *body = ask("GET", "/v1/decisions", 0, "");
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);
    yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(document), "decisions");
    double actual = yyjson_get_real(yyjson_obj_get(yyjson_arr_get_last(list), "actual_percent"));
    yyjson_doc_free(document);
    assert_true(actual > 10);
}

/* ---- Names ---- */

/* Does the newest decision but `back` know somebody by that name? */
static bool knows(unsigned back, const char *name)
{
    static const char *const sides[] = {"stayed", "joined", "left"};
    const char *body = ask("GET", "/v1/decisions", 0, "");
    yyjson_doc *document = yyjson_read(body, strlen(body), 0);
    yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(document), "decisions");
    yyjson_val *decision = yyjson_arr_get(list, yyjson_arr_size(list) - 1 - back);
    bool found = false;
    for (unsigned i = 0; i < 3; i++)
        found |= yyjson_equals_str(yyjson_arr_get_first(yyjson_obj_get(decision, sides[i])), name);
    yyjson_doc_free(document);
    return found;
}

static void a_decision_keeps_its_names(void **state)
{
    (void)state;
    put("/v1/policy", "{\"mode\":\"adaptive\",\"budget_percent\":10,\"crossing_cost\":1000}");
    seconds(2, 100000000, 20000, 100);
    bool merged = together(3, 4) && knows(0, "tcp") && knows(0, "ip");
    component_names[2] = "other"; /* tcp is gone, and another has its place */
    seconds(4, 100000000, 0, 0);
    bool split = !together(3, 4) && knows(0, "other") && knows(0, "ip");
    bool kept = knows(1, "tcp") && !knows(1, "other");
    component_names[2] = "third"; /* of whom nothing is decided */
    bool later = knows(0, "other");
    seconds(1, 100000000, 0, 0);
    later = later && knows(0, "other") && !knows(0, "third");
    component_names[2] = "tcp";
    seconds(1, 100000000, 0, 0);
    later = later && knows(0, "other") && knows(1, "tcp");
    assert_true(merged);
    assert_true(split);
    assert_true(kept);
    assert_true(later);
}

static void a_decision_keeps_the_name_of_its_rule(void **state)
{
    (void)state;
    put("/v1/policy", "{\"mode\":\"merged\"}");
    put("/v1/policy", "{\"mode\":\"manual\"}");
    post("/v1/rules", "{\"rule\":\"rule wall apart tcp ip\"}");
    ask("DELETE", "/v1/rules/wall", token_text(), "");
    post("/v1/rules", "{\"rule\":\"rule fence apart tcp vnic\"}");
    ask("GET", "/v1/decisions", 0, "");
    assert_has("\"rule\": \"wall\"");
}

static void merge_only_raises_none(void **state)
{
    (void)state;
    put("/v1/policy", "{\"mode\":\"merge-only\",\"budget_percent\":10,\"crossing_cost\":1000}");
    seconds(2, 100000000, 20000, 100);
    assert_int_equal(domains_now(), 4);
    seconds(4, 100000000, 0, 0);
    assert_int_equal(domains_now(), 4);
    put("/v1/policy", "{\"mode\":\"isolated\"}");
    assert_int_equal(domains_now(), 5);
}

static void rules_hold_under_load(void **state)
{
    (void)state;
    post("/v1/rules", "{\"rule\":\"rule never apart tcp ip\"}");
    put("/v1/policy", "{\"mode\":\"adaptive\",\"budget_percent\":1,\"crossing_cost\":10000}");
    seconds(3, 100000000, 50000, 50000);
    assert_false(together(3, 4));
    assert_true(together(4, 5));
}

static void by_hand_ends_the_policy(void **state)
{
    (void)state;
    put("/v1/policy", "{\"mode\":\"adaptive\",\"budget_percent\":10,\"crossing_cost\":1000}");
    seconds(2, 100000000, 20000, 100);
    post("/v1/split", "{\"component\":\"ip\"}");
    assert_has("\"mode\": \"manual\"");
    seconds(2, 100000000, 20000, 100);
    assert_int_equal(domains_now(), 5);
}

static void a_threshold_in_invocations(void **state)
{
    (void)state;
    put("/v1/policy", "{\"mode\":\"adaptive\",\"threshold\":1000}");
    seconds(2, 100000000, 900, 0);
    assert_int_equal(domains_now(), 5);
    seconds(2, 100000000, 1200, 0);
    assert_true(together(3, 4));
}

static void the_log_is_at_will(void **state)
{
    (void)state;
    put("/v1/policy", "{\"mode\":\"adaptive\",\"crossing_cost\":1000}");
    seconds(2, 100000000, 20000, 100);
    assert_string_equal(printed, "");
    seconds(4, 100000000, 0, 0);
    put("/v1/policy", "{\"log\":true}");
    seconds(2, 100000000, 20000, 100);
    assert_non_null(strstr(printed, "merge ip into tcp: over budget"));
}

static void the_window_is_told(void **state)
{
    (void)state;
    put("/v1/policy", "{\"mode\":\"manual\",\"crossing_cost\":1007}");
    seconds(1, 100000000, 0, 0); /* whatever was faster before, is the processor's speed */
    uint64_t speed = governor_state()->cycles_per_second;
    pass(25, 1000000, 4000, 500);
    governor_period();
    const struct governor_window *window = &governor_state()->window;
    assert_int_equal(window->microseconds, 250000);
    assert_int_equal(window->crossings, 4500);
    assert_int_equal(window->invocations, 4500);
    /* with idle time, and 1,000 cycles more for each crossing than the 7 that it takes */
    assert_int_equal(window->cycles, speed / 4 + 4500 * 1000);
    assert_int_equal(window->share, 4500ull * 1007 * 1000000 / window->cycles);
}

static void a_flood_of_rubbish(void **state)
{
    static const char *const words[] = {"{",
                                        "}",
                                        ":",
                                        ",",
                                        "\"mode\"",
                                        "\"adaptive\"",
                                        "\"merged\"",
                                        "\"budget_percent\"",
                                        "\"crossing_cost\"",
                                        "\"period_ms\"",
                                        "\"threshold\"",
                                        "1",
                                        "-7",
                                        "1e308",
                                        "null",
                                        "true",
                                        "\"rule\"",
                                        "\"rule a apart tcp ip\"",
                                        "\"rule a together tcp ip\"",
                                        "\"label x vnic\"",
                                        "\"weight ip risk 9\"",
                                        "\"rule b apart label:x\"",
                                        "\"measured\"",
                                        "[",
                                        "]",
                                        "\"\\u0000\"",
                                        "\xff"};
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 3000; round++) {
        char body[512] = "{";
        unsigned good = random_below(3);
        for (int i = random_below(10); i >= 0; i--) {
            strcat(body, words[random_below(sizeof words / sizeof *words)]);
            if (good == 0)
                strcat(body, ":"), strcat(body, words[4 + random_below(19)]), strcat(body, i ? "," : "}");
        }
        if (good == 1)
            snprintf(body, sizeof body, "{\"rule\":%s}", words[17 + random_below(5)]);
        if (random_below(2) == 0)
            put("/v1/policy", body);
        else
            post("/v1/rules", body);
        assert_true(status() == 200 || status() == 400 || status() == 404 || status() == 409);
        if (random_below(10) == 0)
            ask("DELETE", random_below(2) ? "/v1/rules/a" : "/v1/rules/b", token_text(), "");
        if (random_below(10) == 0)
            seconds(1, 1000000 * (1 + random_below(100)), random_below(100000), random_below(100000));
        /* Whatever was said, what is in force is obeyed. */
        const char *rules = ask("GET", "/v1/rules", 0, "");
        if (strstr(rules, "rule a apart tcp ip"))
            assert_false(together(3, 4));
        if (strstr(rules, "rule a together tcp ip"))
            assert_true(together(3, 4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(settings_are_checked_as_a_whole, begin),
        cmocka_unit_test_setup(settings_are_told, begin),
        cmocka_unit_test_setup(a_rule_refuses_by_its_name, begin),
        cmocka_unit_test_setup(a_new_rule_is_obeyed_at_once, begin),
        cmocka_unit_test_setup(rules_are_told_and_refused, begin),
        cmocka_unit_test_setup(faults_weigh, begin),
        cmocka_unit_test_setup(walls_fall_and_rise, begin),
        cmocka_unit_test_setup(a_decision_keeps_its_names, begin),
        cmocka_unit_test_setup(a_decision_keeps_the_name_of_its_rule, begin),
        cmocka_unit_test_setup(what_came_is_not_told_by_a_piece_of_a_window, begin),
        cmocka_unit_test_setup(merge_only_raises_none, begin),
        cmocka_unit_test_setup(rules_hold_under_load, begin),
        cmocka_unit_test_setup(by_hand_ends_the_policy, begin),
        cmocka_unit_test_setup(a_threshold_in_invocations, begin),
        cmocka_unit_test_setup(the_log_is_at_will, begin),
        cmocka_unit_test_setup(the_window_is_told, begin),
        cmocka_unit_test_setup(a_flood_of_rubbish, begin),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The shell over the control interface of the other tests: its verbs do what the same request over the
 * network does, in the same words; and nothing that is typed keeps it busy, or makes it print more than its
 * budget.
 */
// with: tests/host/control_rig.links
// links: tests/host/shell_rig.c components/mpd_manager/shell/*.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control_rig.h"
#include "plain.h"
#include "seeded.h"
#include "shell_output.h"
#include "shell_rig.h"
#include "token.h"
#include "yyjson.h"

static void assert_said(const char *said, const char *part)
{
    if (!strstr(said, part))
        fail_msg("\"%s\" is missing in: %.600s", part, said);
}

/* What the shell says to a line, without the line. */
static const char *says(const char *line)
{
    static char text[300];
    snprintf(text, sizeof text, "\x15%s\r", line);
    const char *said = typed(text), *end = strchr(said, '\n');
    char wanted[300];
    snprintf(wanted, sizeof wanted, "shoji> %s", line);
    if (strncmp(said, "Shoji's shell", 13) == 0) {
        said = end + 1;
        end = strchr(said, '\n');
    }
    assert_non_null(end);
    assert_int_equal(strncmp(said, wanted, strlen(wanted)), 0);
    return end + 1;
}

/* The same over the network; its refusal. */
static const char *refusal(const char *method, const char *path, const char *body)
{
    static char sentence[400];
    const char *said = ask(method, path, token_text(), body);
    assert_true(status() >= 400);
    yyjson_doc *document = yyjson_read(said, strlen(said), 0);
    const char *error = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(document), "error"));
    assert_non_null(error);
    snprintf(sentence, sizeof sentence, "error: %s\n", error ? error : "");
    yyjson_doc_free(document);
    return sentence;
}

static void refusals_are_those_of_the_network(void **state)
{
    static const struct {
        const char *line, *method, *path, *body;
    } same[] = {
        {"merge tcp tcp", "POST", "/v1/merge", "{\"into\":\"tcp\",\"from\":\"tcp\"}"},
        {"merge nobody tcp", "POST", "/v1/merge", "{\"into\":\"nobody\",\"from\":\"tcp\"}"},
        {"merge tcp \"x", "POST", "/v1/merge", "{\"into\":\"tcp\",\"from\":\"\\\"x\"}"},
        {"split ip", "POST", "/v1/split", "{\"component\":\"ip\"}"},
        {"move ip ip", "POST", "/v1/move", "{\"component\":\"ip\",\"into\":\"ip\"}"},
        {"partition tcp,tcp", "PUT", "/v1/partition", "{\"domains\":[[\"tcp\",\"tcp\"]]}"},
        {"partition tcp,what", "PUT", "/v1/partition", "{\"domains\":[[\"tcp\",\"what\"]]}"},
        {"policy somehow", "PUT", "/v1/policy", "{\"mode\":\"somehow\"}"},
        {"policy adaptive 101", "PUT", "/v1/policy", "{\"mode\":\"adaptive\",\"budget_percent\":101}"},
        {"policy period_ms 1", "PUT", "/v1/policy", "{\"period_ms\":1}"},
        {"policy log perhaps", "PUT", "/v1/policy", "{\"log\":\"perhaps\"}"},
        {"policy log on color red", "PUT", "/v1/policy", "{\"log\":true,\"color\":\"red\"}"},
        {"rule", "POST", "/v1/rules", "{\"rule\":\"rule\"}"},
        {"rule a apart tcp nobody", "POST", "/v1/rules", "{\"rule\":\"rule a apart tcp nobody\"}"},
        {"weight tcp risk x", "POST", "/v1/rules", "{\"rule\":\"weight tcp risk x\"}"},
        {"unrule none", "DELETE", "/v1/rules/none", ""},
        {"decisions x", "GET", "/v1/decisions?since=x", ""},
        {"get /v1/nothing", "GET", "/v1/nothing", ""},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof same / sizeof *same; i++) {
        char wanted[400];
        strcpy(wanted, refusal(same[i].method, same[i].path, same[i].body));
        assert_string_equal(says(same[i].line), wanted);
    }
    assert_int_equal(changes, 0);
}

static void a_rule_refuses_by_its_name(void **state)
{
    (void)state;
    assert_said(says("rule card apart tcp vnic"), "done: The rule is in force.\n");
    const char *said = says("merge tcp vnic");
    assert_said(said, "error: ");
    assert_said(said, "`card`");
    char local[400];
    strcpy(local, said);
    assert_string_equal(local, refusal("POST", "/v1/merge", "{\"into\":\"tcp\",\"from\":\"vnic\"}"));
    assert_said(says("rules"), "card  rule card apart tcp vnic\n");
    assert_said(says("unrule card"), "done: The rule is gone.\n");
    assert_said(says("merge tcp vnic"), "done: ");
    assert_int_equal(domains[2], domains[4]);
}

static void verbs_change_the_layout(void **state)
{
    (void)state;
    assert_said(says("merge tcp ip"), "done: The domains are merged; the policy's mode is manual now.\nmode: "
                                      "manual\ndomains: 4\nsteps: 1\n");
    assert_int_equal(domains[2], domains[3]);
    assert_said(says("split ip"), "done: ");
    assert_int_not_equal(domains[2], domains[3]);
    assert_said(says("merge tcp ip"), "done: ");
    assert_said(says("move ip vnic"), "done: ");
    assert_int_equal(domains[3], domains[4]);
    assert_int_not_equal(domains[2], domains[3]);
    assert_said(says("partition tcp,ip,vnic scheduler,mpd_manager"), "domains: 2\n");
    assert_true(domains[2] == domains[3] && domains[3] == domains[4] && domains[0] == domains[1] &&
                domains[0] != domains[2]);
    assert_said(says("policy merged"), "domains: 1\n");
    assert_int_equal(domains_now(), 1);
    assert_said(says("policy isolated 12.5 period_ms 100 crossing_cost 900"), "done: ");
    const char *body = ask("GET", "/v1/policy", 0, "");
    assert_non_null(strstr(body, "\"budget_percent\": 12.5"));
    assert_non_null(strstr(body, "\"period_ms\": 100"));
    assert_non_null(strstr(body, "\"cycles\": 900"));
    assert_said(says("policy threshold 500"), "done: ");
    assert_said(says("policy threshold none crossing_cost measured"), "done: ");
    assert_non_null(strstr(ask("GET", "/v1/policy", 0, ""), "\"threshold\": null"));
}

/* Every string and number of the answer over the network is in what is shown. */
static void assert_all_shown(yyjson_val *value, const char *shown)
{
    size_t index, count;
    yyjson_val *key, *inner;
    if (yyjson_is_arr(value)) {
        yyjson_arr_foreach(value, index, count, inner) assert_all_shown(inner, shown);
    } else if (yyjson_is_obj(value)) {
        yyjson_obj_foreach(value, index, count, key, inner) assert_all_shown(inner, shown);
    } else if (yyjson_is_str(value)) {
        assert_said(shown, yyjson_get_str(value));
    } else if (yyjson_is_num(value)) {
        char *number = yyjson_val_write(value, 0, 0);
        assert_said(shown, number);
        free(number);
    }
}

static void answers_are_shown_whole(void **state)
{
    static const char *const paths[] = {"/v1/graph",     "/v1/edges", "/v1/domains", "/v1/policy",
                                        "/v1/partition", "/v1/rules", "/v1/faults",  "/v1/statistics"};
    (void)state;
    says("rule a apart tcp vnic");
    says("label core tcp ip");
    component_faults[2] = 4;
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
        char line[64], answer[1 << 15];
        snprintf(line, sizeof line, "get %s", paths[i]);
        snprintf(answer, sizeof answer, "%s", ask("GET", paths[i], 0, ""));
        yyjson_doc *document = yyjson_read(answer, strlen(answer), 0);
        assert_all_shown(yyjson_doc_get_root(document), says(line));
        yyjson_doc_free(document);
    }
    component_faults[2] = 0;
    says("unrule a");
    assert_said(says("graph"), "client       server        invocations  gated  crossing\n"
                               "tcp          ip          1099511627776     17  yes\n");
    assert_said(says("mem"),
                "name         memory.used  memory.budget\nscheduler           4096           8192\n");
    assert_said(says("domains"), "     3  tcp\n");
    assert_said(says("threads"), "waits  tcp.take > supervisor.sup_switch\n");
    assert_said(says("metrics"), "# TYPE ");
}

static void what_is_no_verb(void **state)
{
    (void)state;
    assert_string_equal(says("frobnicate tcp"),
                        "error: There is no verb \"frobnicate\"; `help` lists them.\n");
    assert_string_equal(says("graph tcp"), "error: graph takes nothing behind it.\n");
    assert_string_equal(says("merge tcp"), "error: merge needs two components: merge INTO FROM.\n");
    assert_string_equal(says("merge a b c"), "error: merge needs two components: merge INTO FROM.\n");
    assert_string_equal(says("policy log"), "error: Setting \"log\" needs a value behind it.\n");
    assert_string_equal(says("help what"), "error: There is no verb \"what\"; `help` lists them.\n");
    assert_string_equal(says(""), "");
    assert_string_equal(says("    "), "");
    assert_said(says("help"), "\nunrule ");
    assert_string_equal(strchr(says("help split"), '\n'), "\n");
    assert_string_equal(says("a b c d e f g h i j k l m n o p q r s"),
                        "error: There is no verb \"a\"; `help` lists them.\n");
    assert_string_equal(says("policy a b c d e f g h i j k l m n o p q r s"),
                        "error: These are too many words.\n");
    assert_int_equal(changes, 0);
}

static void completion_and_history(void **state)
{
    (void)state;
    typed("\x15mer\t");
    assert_string_equal(foot(), "shoji> merge ");
    typed("vn\ti\t\r");
    assert_int_equal(domains[3], domains[4]);
    assert_int_not_equal(domains[2], domains[4]);
    assert_string_equal(foot(), "shoji> ");
    typed("\x1b[A");
    assert_string_equal(foot(), "shoji> merge vnic ip ");
    assert_said(typed("\x15s\t"), "split  statistics\n");
    assert_string_equal(foot(), "shoji> s");
    typed("\x15policy ad\t1\r");
    assert_said(typed("\x15policy\r"), "mode: adaptive\nbudget_percent: 1.0\n");
    assert_said(says("rule one apart tcp vnic"), "done");
    typed("unr\to\t");
    assert_string_equal(foot(), "shoji> unrule one ");
    assert_said(typed("\r"), "done: The rule is gone.\n");
    typed("half a line\x03");
    assert_string_equal(foot(), "shoji> ");
    says("policy isolated 10");
}

/* A long listing, and a person who has seen enough. */
static const char *late_keys;
static unsigned ticks_left;
static void keys_come(void)
{
    if (late_keys && --ticks_left == 0) {
        keys_add(late_keys);
        late_keys = 0;
    }
}

static void listings_can_be_stopped(void **state)
{
    static const char *const stops[] = {"\x03", "q", "xyz\x03"};
    (void)state;
    size_t all = strlen(says("metrics"));
    assert_true(all > 3000);
    for (unsigned i = 0; i < sizeof stops / sizeof *stops; i++) {
        tick_passes = keys_come;
        late_keys = stops[i];
        ticks_left = 2;
        size_t some = strlen(says("metrics"));
        assert_true(some > 0 && some <= 3 * OUTPUT_TICK_BYTES);
        assert_string_equal(foot(), "shoji> ");
    }
    /* What is typed ahead is not lost, and no stop. */
    late_keys = "split tcp\r";
    ticks_left = 2;
    assert_said(typed("metrics\r"), "error: The component is alone in its domain already.");
    tick_passes = 0;
}

static void a_slow_console_gets_no_more_than_it_takes(void **state)
{
    (void)state;
    console_speed = 100;
    assert_true(strlen(says("metrics")) > 3000);
    assert_true(console_kept_bytes <= OUTPUT_KEPT_BYTES + 256);
    console_speed = UINT64_MAX;
    console_kept_bytes = 0;
}

static unsigned ticks_passed;
static void count_ticks(void)
{
    ticks_passed++;
}

static void a_flood_keeps_to_the_budget(void **state)
{
    static char flood[1 << 20];
    (void)state;
    random_start("flood of the shell");
    for (size_t i = 0; i < sizeof flood; i++)
        flood[i] = (char)random_bits();
    console_bytes_per_tick = 0;
    const char *said = typed_bytes(flood, sizeof flood);
    assert_in_range(console_bytes_per_tick, 1, OUTPUT_TICK_BYTES);
    for (; *said; said++)
        assert_true((*said >= ' ' && *said < 127) || *said == '\n');
    assert_int_equal(changes, 0);
    /* A command a tick, and a completion is one. */
    static char tabs[] = "\x15merge zz\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\x15\r\r\r\r\r\r\r\r\r\r";
    ticks_passed = 0;
    tick_passes = count_ticks;
    typed(tabs);
    tick_passes = 0;
    assert_true(ticks_passed >= 30);
    /* Long lines; the same command over and over; and it is all there. */
    memset(flood, 'a', sizeof flood);
    for (size_t i = 0; i + 8 < sizeof flood / 2; i += 8)
        memcpy(flood + i, "metrics\r", 8);
    assert_said(typed_bytes(flood, sizeof flood), "bytes that were typed were lost");
    assert_true(console_bytes_per_tick <= OUTPUT_TICK_BYTES);
    assert_said(says("split tcp"), "error: The component is alone in its domain already.\n");
}

static int start(void **state)
{
    int failed = rig_start(state);
    tick_passes = 0;
    typed("\x03");
    return failed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(refusals_are_those_of_the_network, start),
        cmocka_unit_test_setup(a_rule_refuses_by_its_name, start),
        cmocka_unit_test_setup(verbs_change_the_layout, start),
        cmocka_unit_test_setup(answers_are_shown_whole, start),
        cmocka_unit_test_setup(what_is_no_verb, start),
        cmocka_unit_test_setup(completion_and_history, start),
        cmocka_unit_test_setup(listings_can_be_stopped, start),
        cmocka_unit_test_setup(a_slow_console_gets_no_more_than_it_takes, start),
        cmocka_unit_test_setup(a_flood_keeps_to_the_budget, start),
    };
    return cmocka_run_group_tests_name("shell", tests, 0, 0);
}

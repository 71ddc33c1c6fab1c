/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules about uploaded components: what is a line, what it allows, and, at random, that exactly what some
 * line says is allowed, against a plain table.
 */
// links: components/mpd_manager/upload/upload_rules.c tests/host/seeded.c build/src/yyjson/src/yyjson.c
// includes: . components/mpd_manager/* tests/host build/src/yyjson/src kernel/include components/image
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seeded.h"
#include "upload_rules.h"
#include "walls.h"

/* ---- The system: five servers, and one rule of another kind ---- */

#define SERVERS 5
static const char *const servers[SERVERS] = {"tcp", "lock", "timed_block", "vnic", "printer"};
static struct rule walls[1] = {{.name = "taken"}};

const struct layout *layout_last(void)
{
    return NULL;
}

long layout_find(const struct layout *layout, const char *name)
{
    (void)layout;
    for (long i = 0; i < SERVERS; i++)
        if (strcmp(servers[i], name) == 0)
            return i + 1;
    return SHOJI_ENOENT;
}

const struct rules *walls_rules(void)
{
    static const struct rules rules = {.list = walls, .count = 1};
    return &rules;
}

static char sentence[256];

static enum policy_status add(const char *line)
{
    memset(sentence, 0, sizeof sentence);
    return upload_rule_add(line, sentence, sizeof sentence);
}

static void lines(void **state)
{
    (void)state;
    assert_true(upload_rule_is("rule a upload b may tcp"));
    assert_true(upload_rule_is("\trule  a\tupload"));
    assert_false(upload_rule_is("rule upload apart tcp"));
    assert_false(upload_rule_is("label a upload"));
    assert_false(upload_rule_is("rule a # upload"));
    assert_false(upload_rule_is(""));
}

static void refused(void **state)
{
    static const struct {
        const char *line;
        enum policy_status status;
        const char *words;
    } table[] = {
        {"rule a upload", POLICY_EINVAL, "Expected `rule NAME upload"},
        {"rule a upload x", POLICY_EINVAL, "Expected"},
        {"rule a upload x may", POLICY_EINVAL, "Expected"},
        {"rule a upload x may # tcp", POLICY_EINVAL, "Expected"},
        {"rule a upload x might tcp", POLICY_EINVAL, "Expected"},
        {"rule a.b upload x may tcp", POLICY_EINVAL, "Expected"},
        {"rule a2345678901234567890123456789012 upload x may tcp", POLICY_EINVAL, "Expected"},
        {"rule a upload x may tcp nobody", POLICY_ENOENT, "no component `nobody`"},
        {"rule a upload x may tc", POLICY_ENOENT, "no component `tc`"},
        {"rule taken upload x may tcp", POLICY_EEXISTS, "a rule `taken` already"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(add(table[i].line), table[i].status);
        assert_non_null(strstr(sentence, table[i].words));
        assert_int_equal(sentence[strlen(sentence) - 1], '.');
    }
    for (unsigned i = 0; i < SERVERS; i++)
        assert_false(upload_rule_allows("x", servers[i]));
}

static void allowed(void **state)
{
    (void)state;
    assert_int_equal(add("  rule  one\tupload clock may  lock timed_block # not tcp"), POLICY_OK);
    assert_int_equal(add("rule one upload other may tcp"), POLICY_EEXISTS);
    assert_int_equal(add("rule all upload any may printer"), POLICY_OK);
    assert_true(upload_rule_allows("clock", "lock") && upload_rule_allows("clock", "timed_block"));
    assert_true(upload_rule_allows("clock", "printer") && upload_rule_allows("other", "printer"));
    assert_false(upload_rule_allows("clock", "tcp") || upload_rule_allows("other", "lock"));
    assert_false(upload_rule_allows("clock", "timed") || upload_rule_allows("cloc", "lock") ||
                 upload_rule_allows("clocks", "lock"));
    assert_int_equal(upload_rule_remove("on"), POLICY_ENOENT);
    assert_int_equal(upload_rule_remove("one"), POLICY_OK);
    assert_int_equal(upload_rule_remove("one"), POLICY_ENOENT);
    assert_false(upload_rule_allows("clock", "lock"));
    assert_int_equal(upload_rule_remove("all"), POLICY_OK);
}

static void listed(void **state)
{
    yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(document);
    char *text;

    (void)state;
    yyjson_mut_doc_set_root(document, root);
    assert_int_equal(add(" rule  one upload clock\tmay lock  # why"), POLICY_OK);
    upload_rules_add(document, root);
    text = yyjson_mut_write(document, 0, NULL);
    assert_string_equal(text,
                        "{\"uploads\":[{\"name\":\"one\",\"rule\":\"rule one upload clock may lock\"}]}");
    free(text);
    yyjson_mut_doc_free(document);
    assert_int_equal(upload_rule_remove("one"), POLICY_OK);
}

/* Rules r0 to r39, of which at most UPLOAD_RULES are there; components c0 to c3 and `any`. */
#define RULES 40
#define SUBJECTS 5

static void random_rules(void **state)
{
    static bool there[RULES], may[RULES][SERVERS];
    static unsigned subject[RULES];
    unsigned count = 0;

    (void)state;
    random_start(__func__);
    for (int round = 0; round < 3000; round++) {
        unsigned rule = (unsigned)random_below(RULES), asker = (unsigned)random_below(SUBJECTS - 1),
                 server = (unsigned)random_below(SERVERS);
        char line[SUP_POLICY_LINE_BYTES], name[8];
        bool expected = false;

        snprintf(name, sizeof name, "r%u", rule);
        if (random_one_in(2)) {
            assert_int_equal(upload_rule_remove(name), there[rule] ? POLICY_OK : POLICY_ENOENT);
            count -= there[rule];
            there[rule] = false;
        } else {
            unsigned whom = (unsigned)random_below(SUBJECTS);
            int used = whom == 4 ? snprintf(line, sizeof line, "rule %s upload any may", name)
                                 : snprintf(line, sizeof line, "rule %s upload c%u may", name, whom);
            bool said[SERVERS] = {false};

            do {
                unsigned next = (unsigned)random_below(SERVERS);

                said[next] = true;
                used += snprintf(line + used, sizeof line - (size_t)used, " %s", servers[next]);
            } while (!random_one_in(3) && used < 150);
            assert_int_equal(add(line), there[rule]             ? POLICY_EEXISTS
                                        : count == UPLOAD_RULES ? POLICY_EMEMORY
                                                                : POLICY_OK);
            if (!there[rule] && count < UPLOAD_RULES) {
                there[rule] = true;
                count++;
                subject[rule] = whom;
                memcpy(may[rule], said, sizeof said);
            }
        }
        for (unsigned i = 0; i < RULES; i++)
            expected |= there[i] && may[i][server] && (subject[i] == 4 || subject[i] == asker);
        snprintf(name, sizeof name, "c%u", asker);
        assert_int_equal(upload_rule_allows(name, servers[server]), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),  cmocka_unit_test(refused),      cmocka_unit_test(allowed),
        cmocka_unit_test(listed), cmocka_unit_test(random_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

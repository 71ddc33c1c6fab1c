/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rules: random sets of them against a naive reading of each rule over all pairs of components, and their
 * text.
 */
// links: policy/graph.c policy/memory.c policy/mode.c policy/partition.c policy/rules.c
// links: policy/rules_allowed.c policy/rules_compiled.c policy/rule_text.c policy/sentence.c
// links: tests/host/seeded.c
// includes: . tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/mode.h"
#include "policy/rule_text.h"
#include "seeded.h"

#define MOST 12u
#define RULES 130u /* more than two words of bits */

static struct rules rules;
static struct rules_conflict conflict;
static void *rules_memory;

static void rules_make(uint32_t components, uint32_t limit)
{
    size_t bytes = rules_bytes(components, limit);
    free(rules_memory);
    rules_memory = malloc(bytes);
    assert_int_equal(rules_place(&rules, rules_memory, bytes, components, limit), POLICY_OK);
}

static int rules_end(void **state)
{
    (void)state;
    free(rules_memory);
    rules_memory = NULL;
    return 0;
}

/* ---- The naive reading: each rule over all pairs ---- */

static bool naive_side(const struct rule *rule, bool right, uint32_t component)
{
    const struct rule_side *side = right ? &rule->right : &rule->left;
    if (side->kind == RULE_COMPONENT)
        return side->value == component;
    if (side->kind == RULE_LABEL)
        return (rules.labelled[component] & (UINT64_C(1) << side->value)) != 0;
    return rule->kind == RULE_APART && !naive_side(rule, false, component);
}

/* -1: wants them apart, 1: together, 0: says nothing */
static int naive_wish(const struct rule *rule, uint32_t a, uint32_t b)
{
    bool pair = (naive_side(rule, false, a) && naive_side(rule, true, b)) ||
                (naive_side(rule, false, b) && naive_side(rule, true, a));
    if (rule->kind == RULE_APART)
        return pair ? -1 : 0;
    bool a_in = naive_side(rule, false, a) || naive_side(rule, true, a);
    bool b_in = naive_side(rule, false, b) || naive_side(rule, true, b);
    return a_in && b_in ? 1 : 0;
}

/* The first rule that a layout breaks, or the number of rules. */
static uint32_t naive_broken(const uint32_t *domains)
{
    for (uint32_t r = 0; r < rules.count; r++)
        for (uint32_t a = 0; a < rules.components_count; a++)
            for (uint32_t b = 0; b < a; b++) {
                int wish = naive_wish(&rules.list[r], a, b);
                if ((wish < 0 && domains[a] == domains[b]) || (wish > 0 && domains[a] != domains[b]))
                    return r;
            }
    return rules.count;
}

/* Together by the rules, and what that brings together in turn. */
static void naive_units(bool together[MOST][MOST])
{
    for (uint32_t a = 0; a < rules.components_count; a++)
        for (uint32_t b = 0; b < rules.components_count; b++) {
            together[a][b] = a == b;
            for (uint32_t r = 0; r < rules.count; r++)
                together[a][b] |= naive_wish(&rules.list[r], a, b) > 0;
        }
    for (uint32_t k = 0; k < rules.components_count; k++)
        for (uint32_t a = 0; a < rules.components_count; a++)
            for (uint32_t b = 0; b < rules.components_count; b++)
                together[a][b] |= together[a][k] && together[k][b];
}

static bool naive_contradiction(void)
{
    static bool together[MOST][MOST];
    naive_units(together);
    for (uint32_t r = 0; r < rules.count; r++)
        for (uint32_t a = 0; a < rules.components_count; a++)
            for (uint32_t b = 0; b < a; b++)
                if (together[a][b] && naive_wish(&rules.list[r], a, b) < 0)
                    return true;
    return false;
}

/* ---- Random rules ---- */

static struct rule_side side_draw(void)
{
    if (rules.labels_count && random_below(2))
        return (struct rule_side){RULE_LABEL, random_below(rules.labels_count)};
    return (struct rule_side){RULE_COMPONENT, random_below(rules.components_count)};
}

/* Whether the rule, added for a moment without asking, would contradict. */
static bool would_contradict(const struct rule *rule)
{
    rules.list[rules.count++] = *rule;
    bool contradicts = naive_contradiction();
    rules.count--;
    return contradicts;
}

static void conflict_holds(void)
{
    assert_true(strlen(conflict.apart) > 0 && strlen(conflict.together) > 0);
    assert_int_not_equal(conflict.left, conflict.right);
    assert_true(conflict.left < rules.components_count && conflict.right < rules.components_count);
}

static void rule_draw(uint32_t number)
{
    char name[RULE_NAME_BYTES];
    struct rule rule = {.kind = random_below(3) ? RULE_APART : RULE_TOGETHER, .left = side_draw()};
    bool two = random_below(4) != 0;
    rule.right = two ? side_draw() : (struct rule_side){RULE_OTHERS, 0};
    bool same = two && rule.left.kind == RULE_COMPONENT && rule.right.kind == RULE_COMPONENT &&
                rule.left.value == rule.right.value;
    snprintf(name, sizeof name, "rule-%u", number);
    enum policy_status expected = same                      ? POLICY_EINVAL
                                  : would_contradict(&rule) ? POLICY_ECONTRADICTION
                                                            : POLICY_OK;
    uint32_t before = rules.count;
    assert_int_equal(rules_add(&rules, name, rule.kind, rule.left, two ? &rule.right : NULL, &conflict),
                     expected);
    assert_int_equal(rules.count, before + (expected == POLICY_OK));
    if (expected == POLICY_ECONTRADICTION) {
        conflict_holds();
        assert_true(strcmp(conflict.apart, name) == 0 || strcmp(conflict.together, name) == 0);
    }
}

static void label_draw(void)
{
    char name[RULE_NAME_BYTES];
    uint32_t label;
    snprintf(name, sizeof name, "label_%u", rules.labels_count);
    if (rules.labels_count < 5)
        assert_int_equal(rules_label_add(&rules, name, &label), POLICY_OK);
    uint32_t component = random_below(rules.components_count);
    label = random_below(rules.labels_count);
    uint64_t had = rules.labelled[component];
    bool has = random_below(3) != 0;
    enum policy_status status = rules_label_set(&rules, component, label, has, &conflict);
    if (status == POLICY_ECONTRADICTION) {
        conflict_holds();
        assert_true(rules.labelled[component] == had);
        rules.labelled[component] ^= UINT64_C(1) << label;
        assert_true(naive_contradiction());
        rules.labelled[component] = had;
    } else {
        assert_int_equal(status, POLICY_OK);
        assert_int_equal(rules.labelled[component] >> label & 1, has);
    }
}

static void layouts_are_judged(void)
{
    static uint32_t domains[MOST];
    struct rule_violation violation;
    uint32_t count = rules.components_count, number = random_from(1, count);
    for (uint32_t i = 0; i < count; i++)
        domains[i] = random_below(number);
    uint32_t broken = naive_broken(domains);
    enum policy_status status = rules_partition_allowed(&rules, domains, &violation);
    assert_int_equal(status, broken == rules.count ? POLICY_OK : POLICY_ERULE);
    if (status == POLICY_ERULE)
        assert_int_equal(violation.rule, broken);
    uint32_t into = random_below(count), from = random_below(count);
    bool allowed = true;
    for (uint32_t r = 0; r < rules.count; r++)
        for (uint32_t a = 0; a < count; a++)
            for (uint32_t b = 0; b < count; b++)
                if (domains[into] != domains[from] && domains[a] == domains[into] &&
                    domains[b] == domains[from])
                    allowed &= naive_wish(&rules.list[r], a, b) >= 0;
    status = rules_merge_allowed(&rules, domains, into, from, &violation);
    assert_int_equal(status, allowed ? POLICY_OK : POLICY_ERULE);
    if (!allowed)
        assert_true(naive_wish(&rules.list[violation.rule], violation.left, violation.right) < 0);
    allowed = true;
    for (uint32_t r = 0; r < rules.count; r++)
        for (uint32_t a = 0; a < count; a++)
            if (a != into && domains[a] == domains[into])
                allowed &= naive_wish(&rules.list[r], a, into) <= 0;
    assert_int_equal(rules_split_allowed(&rules, domains, into, &violation),
                     allowed ? POLICY_OK : POLICY_ERULE);
}

static void units_are_right(void)
{
    static bool together[MOST][MOST];
    naive_units(together);
    for (uint32_t a = 0; a < rules.components_count; a++)
        for (uint32_t b = 0; b < rules.components_count; b++)
            assert_int_equal(rules.unit[a] == rules.unit[b], together[a][b]);
}

static void modes_obey(void)
{
    static uint32_t wanted[MOST], scratch[MODE_SCRATCH(MOST)];
    struct rule_violation violation;
    struct graph graph;
    size_t bytes = graph_bytes(MOST, 0);
    void *memory = malloc(bytes);
    assert_int_equal(graph_place(&graph, memory, bytes, MOST, 0), POLICY_OK);
    for (uint32_t i = 0; i < rules.components_count; i++)
        graph_add_component(&graph, i + 1, i);
    uint32_t most = mode_partition(POLICY_ISOLATED, &graph, &rules, wanted, scratch);
    assert_int_equal(rules_partition_allowed(&rules, wanted, &violation), POLICY_OK);
    uint32_t domains = mode_partition(POLICY_MERGED, &graph, &rules, wanted, scratch);
    assert_int_equal(rules_partition_allowed(&rules, wanted, &violation), POLICY_OK);
    assert_true(domains <= most);
    for (uint32_t a = 0; a < rules.components_count; a++) /* and nothing more can be merged */
        for (uint32_t b = 0; b < a; b++)
            if (wanted[a] != wanted[b])
                assert_int_equal(rules_merge_allowed(&rules, wanted, a, b, &violation), POLICY_ERULE);
    free(memory);
}

static void random_rules(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 400; round++) {
        rules_make(random_from(2, MOST), RULES);
        uint32_t changes = random_from(1, random_one_in(20) ? RULES : 12);
        for (uint32_t i = 0; i < changes; i++) {
            if (random_below(3) == 0)
                label_draw();
            else if (random_one_in(8) && rules.count)
                assert_int_equal(rules_remove(&rules, rules.list[random_below(rules.count)].name), POLICY_OK);
            else
                rule_draw(i);
        }
        assert_false(naive_contradiction());
        units_are_right();
        modes_obey();
        for (int layout = 0; layout < 20; layout++)
            layouts_are_judged();
    }
}

/* Units that meet in the reverse order of their first components. */
static void units_in_any_order(void **state)
{
    (void)state;
    static const uint32_t pairs[][2] = {{3, 5}, {1, 6}, {0, 7}};
    char name[RULE_NAME_BYTES];
    uint32_t label;
    rules_make(8, 8);
    for (uint32_t i = 0; i < 3; i++) {
        struct rule_side right = {RULE_COMPONENT, pairs[i][1]};
        snprintf(name, sizeof name, "pair-%u", i);
        assert_int_equal(rules_add(&rules, name, RULE_TOGETHER,
                                   (struct rule_side){RULE_COMPONENT, pairs[i][0]}, &right, &conflict),
                         POLICY_OK);
    }
    assert_int_equal(rules_label_add(&rules, "all", &label), POLICY_OK);
    for (uint32_t i = 4; i < 8; i++)
        assert_int_equal(rules_label_set(&rules, i, label, true, &conflict), POLICY_OK);
    assert_int_equal(
        rules_add(&rules, "one", RULE_TOGETHER, (struct rule_side){RULE_LABEL, label}, NULL, &conflict),
        POLICY_OK);
    units_are_right();
    assert_int_equal(rules.unit[3], 0);
}

static void rules_beyond_a_word(void **state)
{
    (void)state;
    char name[RULE_NAME_BYTES];
    uint32_t domains[] = {0, 0, 1};
    struct rule_violation violation;
    rules_make(3, RULES);
    for (uint32_t i = 0; i < RULES; i++) {
        struct rule_side right = {RULE_COMPONENT, i + 1 < RULES ? 1 : 2};
        snprintf(name, sizeof name, "r%u", i);
        assert_int_equal(
            rules_add(&rules, name, RULE_APART, (struct rule_side){RULE_COMPONENT, 0}, &right, NULL),
            POLICY_OK);
    }
    assert_int_equal(rules_merge_allowed(&rules, domains, 1, 2, &violation), POLICY_ERULE);
    assert_int_equal(violation.rule, RULES - 1);
    assert_int_equal(rules.right[2 * rules.words + (RULES - 1) / 64], UINT64_C(1) << (RULES - 1) % 64);
    assert_int_equal(
        rules_add(&rules, "more", RULE_APART, (struct rule_side){RULE_COMPONENT, 0}, NULL, &conflict),
        POLICY_EMEMORY);
}

static void weights(void **state)
{
    (void)state;
    rules_make(2, 1);
    assert_int_equal(rules_weight(&rules, 0), 100);
    assert_int_equal(rules_traits_set(&rules, 0, (struct rule_traits){200, 12000, 3}), POLICY_OK);
    assert_int_equal(rules_weight(&rules, 0), 200 + 120 + 150);
    rules_traits_set(&rules, 0, (struct rule_traits){0, 0, 0});
    assert_int_equal(rules_weight(&rules, 0), 1);
    rules_traits_set(&rules, 0, (struct rule_traits){UINT32_MAX, UINT32_MAX, UINT32_MAX});
    rules.factors = (struct rule_factors){UINT32_MAX, UINT32_MAX};
    assert_int_equal(rules_weight(&rules, 0), RULES_WEIGHT_LIMIT);
    assert_int_equal(rules_traits_set(&rules, 2, (struct rule_traits){0, 0, 0}), POLICY_ENOENT);
}

/* ---- Text ---- */

static const char *const component_names[] = {"tcp", "ip", "vnic", "cgi_a", "cgi_b", "mpd_manager"};
#define NAMED (sizeof component_names / sizeof *component_names)

static uint32_t find(const void *context, const char *name)
{
    (void)context;
    for (uint32_t i = 0; i < NAMED; i++)
        if (strcmp(component_names[i], name) == 0)
            return i;
    return UINT32_MAX;
}

static const char *name_of(const void *context, uint32_t component)
{
    (void)context;
    return component_names[component];
}

static const struct rule_names names = {NULL, find, name_of};
static char sentence[RULE_TEXT_BYTES];

static enum policy_status read_line(const char *line)
{
    return rule_text_read(&rules, &names, line, sentence, sizeof sentence);
}

static void lines_are_read(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "label untrusted cgi_a\tcgi_b  # programs of others",
        "rule alone apart mpd_manager",
        "rule net together tcp ip",
        "rule cgi apart label:untrusted",
        "rule each apart label:untrusted label:untrusted",
        "rule split apart cgi_a vnic",
        "weight tcp lines 12000 risk 150",
        "weight tcp faults 2",
        "",
        "  # nothing",
    };
    uint32_t merged[] = {0, 0, 0, 0, 0, 0}, apart[] = {0, 0, 0, 1, 2, 3};
    struct rule_violation violation;
    rules_make(NAMED, 8);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_int_equal(read_line(lines[i]), POLICY_OK);
        assert_string_equal(sentence, "");
    }
    assert_int_equal(rules.count, 5);
    assert_int_equal(rules.traits[0].lines, 12000);
    assert_int_equal(rules.traits[0].risk, 150);
    assert_int_equal(rules.traits[0].faults, 2);
    assert_int_equal(rules_partition_allowed(&rules, apart, &violation), POLICY_OK);
    assert_int_equal(rules_partition_allowed(&rules, merged, &violation), POLICY_ERULE);
    rule_text_violation(&rules, &names, &violation, sentence, sizeof sentence);
    assert_string_equal(sentence, "Rule `alone` keeps `mpd_manager` and `tcp` apart.");
    assert_int_equal(rules_split_allowed(&rules, apart, 1, &violation), POLICY_ERULE);
    rule_text_violation(&rules, &names, &violation, sentence, sizeof sentence);
    assert_string_equal(sentence, "Rule `net` keeps `ip` and `tcp` together.");
}

static void what_is_written_can_be_read(void **state)
{
    (void)state;
    char lines[5][RULE_TEXT_BYTES], again[RULE_TEXT_BYTES];
    lines_are_read(state);
    for (uint32_t i = 0; i < 5; i++)
        rule_text_write(&rules, &names, i, lines[i], sizeof lines[i]);
    assert_string_equal(lines[4], "rule split apart cgi_a vnic");
    assert_string_equal(lines[2], "rule cgi apart label:untrusted");
    rules_make(NAMED, 8);
    assert_int_equal(read_line("label untrusted cgi_a cgi_b"), POLICY_OK);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(read_line(lines[i]), POLICY_OK);
        rule_text_write(&rules, &names, i, again, sizeof again);
        assert_string_equal(again, lines[i]);
    }
}

static void bad_lines_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *line, *sentence;
        enum policy_status status;
    } bad[] = {
        {"walls are good", "Expected `label`, `rule` or `weight`; there is `walls`.", POLICY_EINVAL},
        {"rule", "Expected the rule's name.", POLICY_EINVAL},
        {"rule x", "Expected `apart` or `together` after the rule's name.", POLICY_EINVAL},
        {"rule x near tcp", "Expected `apart` or `together` after the rule's name.", POLICY_EINVAL},
        {"rule x apart", "Expected a component or `label:NAME`.", POLICY_EINVAL},
        {"rule x apart tpc", "There is no component `tpc`.", POLICY_ENOENT},
        {"rule x apart label:foreign tcp", "There is no label `foreign`.", POLICY_ENOENT},
        {"rule x apart tcp ip vnic",
         "Expected one or two sides; there is `vnic` too: give the components a label.", POLICY_EINVAL},
        {"rule x apart tcp tcp", "Rule `x` has the same component on both sides.", POLICY_EINVAL},
        {"rule a/b apart tcp", "`a/b` is no name: expected up to 31 letters, digits, `_` or `-`.",
         POLICY_EINVAL},
        {"rule net apart tcp", "There is a rule `net` already.", POLICY_EEXISTS},
        {"rule x apart ip tcp", "Rule `x` wants `tcp` and `ip` apart, rule `net` together.",
         POLICY_ECONTRADICTION},
        {"rule x together mpd_manager vnic",
         "Rule `alone` wants `vnic` and `mpd_manager` apart, rule `x` together.", POLICY_ECONTRADICTION},
        {"label", "Expected the label's name and components.", POLICY_EINVAL},
        {"label new", "Expected the components that have the label.", POLICY_EINVAL},
        {"label new tcp tpc", "There is no component `tpc`.", POLICY_ENOENT},
        {"label new tcp tcp", "Component `tcp` has this label already.", POLICY_EEXISTS},
        {"label untrusted vnic ip", "Rule `cgi` wants `tcp` and `ip` apart, rule `net` together.",
         POLICY_ECONTRADICTION},
        {"label one-label-with-a-name-that-is-too-long tcp",
         "`one-label-with-a-name-that-is-too-long` is no name: expected up to 31 letters, digits, `_` or "
         "`-`.",
         POLICY_EINVAL},
        {"weight", "Expected a component.", POLICY_EINVAL},
        {"weight tpc risk 1", "There is no component `tpc`.", POLICY_ENOENT},
        {"weight tcp size 1", "Expected `risk`, `lines` or `faults`; there is `size`.", POLICY_EINVAL},
        {"weight tcp risk 1 lines", "Expected a number from 0 to 4294967295; there is ``.", POLICY_EINVAL},
        {"weight tcp risk 4294967296", "Expected a number from 0 to 4294967295; there is `4294967296`.",
         POLICY_EINVAL},
        {"weight tcp risk 99999999999999999999999",
         "Expected a number from 0 to 4294967295; there is `99999999999999999999999`.", POLICY_EINVAL},
        {"weight tcp risk -1", "Expected a number from 0 to 4294967295; there is `-1`.", POLICY_EINVAL},
    };
    lines_are_read(state);
    struct rules before = rules;
    uint64_t labelled[NAMED];
    struct rule_traits traits[NAMED];
    memcpy(labelled, rules.labelled, sizeof labelled);
    memcpy(traits, rules.traits, sizeof traits);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read_line(bad[i].line), bad[i].status);
        assert_string_equal(sentence, bad[i].sentence);
        assert_int_equal(rules.count, before.count);
        assert_int_equal(rules.labels_count, before.labels_count);
        assert_memory_equal(rules.labelled, labelled, sizeof labelled);
        assert_memory_equal(rules.traits, traits, sizeof traits);
    }
    char small[10];
    assert_int_equal(rule_text_read(&rules, &names, "rule x apart tpc", small, sizeof small), POLICY_ENOENT);
    assert_string_equal(small, "There is ");
}

/* Bytes of all kinds, words of the language among them: a status, a sentence, and rules that agree. */
static void random_lines(void **state)
{
    (void)state;
    static const char *const words[] = {"rule",    "label", "weight", "apart", "together", "tcp", "ip",
                                        "label:a", "a",     "b",      "risk",  "7",        "#",   "cgi_a"};
    char line[200];
    random_start(__func__);
    rules_make(NAMED, 40);
    for (int round = 0; round < 30000; round++) {
        size_t used = 0;
        for (uint32_t i = random_below(7); i > 0; i--)
            used += (size_t)snprintf(line + used, sizeof line - used, "%s ",
                                     words[random_below(sizeof words / sizeof *words)]);
        line[used] = 0;
        if (used && random_one_in(10))
            line[random_below(used)] = (char)random_from(1, 255);
        enum policy_status status = read_line(line);
        assert_int_equal(sentence[0] == 0, status == POLICY_OK);
        if (rules.count > 30)
            assert_int_equal(rules_remove(&rules, rules.list[random_below(rules.count)].name), POLICY_OK);
    }
    assert_false(naive_contradiction());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rules),
        cmocka_unit_test(units_in_any_order),
        cmocka_unit_test(rules_beyond_a_word),
        cmocka_unit_test(weights),
        cmocka_unit_test(lines_are_read),
        cmocka_unit_test(what_is_written_can_be_read),
        cmocka_unit_test(bad_lines_change_nothing),
        cmocka_unit_test(random_lines),
    };
    return cmocka_run_group_tests(tests, NULL, rules_end);
}

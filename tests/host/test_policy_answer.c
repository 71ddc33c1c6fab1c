/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What comes of an own policy's answer: random moves, right and wrong ones, against a layout that is moved
 * here component by component, with rules asked of rules_partition_allowed. What is wrong is refused as a
 * whole, and the default decides then as if nobody else had been asked; what is right is made and recorded.
 */
// links: policy/*.c tests/host/seeded.c
// includes: . tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"
#include "seeded.h"

#define COMPONENTS 12u
#define EDGES 40u
#define RULES 6u
#define MOVES 24u

static struct graph graph;
static struct rules rules;
static struct policy policy, other; /* the same, but that nobody's moves are in `other` */
static struct policy_result result;
static uint32_t components;

/* What the own policy answers, and what this file thinks of it. */
static struct policy_move drawn[MOVES];
static uint32_t drawn_count;
static bool careful; /* only moves that can be made */
static bool right;
static uint32_t expected[COMPONENTS]; /* by component: its domain after the moves; numbers of any kind */

static void *memories[4];

static void place(struct policy *it, void **memory, const struct policy_settings *settings)
{
    const struct policy_limits limits = {COMPONENTS, EDGES, RULES, 200};
    size_t bytes = policy_bytes(&limits);
    char sentence[200];
    assert_int_equal(policy_place(it, *memory = malloc(bytes), bytes, &limits), POLICY_OK);
    assert_int_equal(policy_configure(it, settings, sentence, sizeof sentence), POLICY_OK);
    assert_int_equal(policy_shape(it, &graph), POLICY_OK);
}

static void rules_draw(void)
{
    struct rules_conflict conflict;
    for (uint32_t i = random_below(RULES); i > 0; i--) {
        char name[] = {(char)('a' + i), 0};
        struct rule_side left = {RULE_COMPONENT, random_below(components)},
                         right_side = {RULE_COMPONENT, random_below(components)};
        rules_add(&rules, name, random_below(2) ? RULE_APART : RULE_TOGETHER, left, &right_side, &conflict);
    }
}

static void system_draw(void)
{
    struct policy_settings settings = settings_default();
    components = random_from(2, COMPONENTS);
    size_t bytes[2] = {graph_bytes(COMPONENTS, EDGES), rules_bytes(components, RULES)};
    for (int i = 0; i < 2; i++)
        memories[i] = malloc(bytes[i]);
    graph_place(&graph, memories[0], bytes[0], COMPONENTS, EDGES);
    rules_place(&rules, memories[1], bytes[1], components, RULES);
    for (uint32_t i = 0; i < components; i++)
        graph_add_component(&graph, 100 + i, random_below(components));
    for (uint32_t i = 0; i < EDGES; i++)
        graph_add_edge(&graph, 100 + random_below(components), 100 + random_below(components),
                       random_below(500), 0);
    rules_draw();
    settings.mode = POLICY_ADAPTIVE;
    settings.crossing_cost = 100;
    place(&policy, &memories[2], &settings);
    place(&other, &memories[3], &settings);
}

/* ---- The same, naively ---- */

/* A unit's components go together: those whose rules->unit is the same. Nodes are units in the order of their
 * first components. */
static uint32_t component_of(uint32_t node)
{
    for (uint32_t i = 0; i < components; i++)
        if (rules.unit[i] == i && node-- == 0)
            return i;
    return UINT32_MAX;
}

static uint32_t members(uint32_t domain, bool units)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < components; i++)
        count += expected[i] == domain && (!units || rules.unit[i] == i);
    return count;
}

static void unit_put(uint32_t first, uint32_t domain)
{
    for (uint32_t i = 0; i < components; i++)
        if (rules.unit[i] == first)
            expected[i] = domain;
}

static uint32_t fresh = 1000;

/* False: it is no move. */
static bool move_naively(const struct policy_move *move)
{
    uint32_t node = component_of(move->node), to = component_of(move->other);
    struct rule_violation violation;
    if (move->action > POLICY_MOVE || node == UINT32_MAX ||
        (move->action != POLICY_SPLIT && to == UINT32_MAX))
        return false;
    if (move->action == POLICY_SPLIT) {
        if (members(expected[node], true) == 1)
            return false;
        unit_put(node, fresh++);
        return true;
    }
    if (expected[node] == expected[to])
        return false;
    uint32_t gone = expected[to], into = expected[node];
    if (move->action == POLICY_MOVE)
        unit_put(node, gone);
    else
        for (uint32_t i = 0; i < components; i++)
            expected[i] = expected[i] == gone ? into : expected[i];
    return rules_partition_allowed(&rules, expected, &violation) == POLICY_OK;
}

/* ---- The own policy ---- */

static long answer(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    (void)state;
    for (uint32_t node = 0; node < question->nodes; node++) {
        uint32_t first = component_of(node);
        assert_int_equal(question->ids[node], 100 + first);
        for (uint32_t i = 0; i < components; i++)
            if (rules.unit[i] == first)
                expected[i] = question->domain_of[node];
    }
    assert_int_equal(component_of(question->nodes), UINT32_MAX);
    right = true;
    for (uint32_t i = 0; i < drawn_count; i++) {
        if (careful || random_one_in(3)) { /* one that is right, if there is any */
            struct policy_moves one = {.list = &drawn[i], .limit = 1, .domain_of = moves->domain_of};
            for (uint32_t tried = 0; tried < 20 && one.count == 0; tried++) {
                uint32_t a = random_below(question->nodes), b = random_below(question->nodes);
                (void)(random_below(2)   ? policy_merge(question, &one, a, b)
                       : random_below(2) ? policy_split(question, &one, a)
                                         : policy_move(question, &one, a, b));
            }
            if (careful && one.count == 0)
                break;
        }
        moves->list[moves->count++] = drawn[i];
        if (right && !move_naively(&drawn[i]))
            right = false;
        for (uint32_t node = 0; right && node < question->nodes; node++) /* the helpers go on from there */
            moves->domain_of[node] = expected[component_of(node)];
    }
    return 0;
}

static void moves_draw(void)
{
    careful = random_one_in(2);
    drawn_count = random_below(MOVES);
    for (uint32_t i = 0; i < drawn_count; i++)
        drawn[i] = (struct policy_move){random_below(4), random_below(components),
                                        random_below(components + 1), 0, POLICY_EXPECT_COUNTED};
}

static bool same_partition(const uint32_t *a, const uint32_t *b)
{
    for (uint32_t i = 0; i < components; i++)
        for (uint32_t j = 0; j < i; j++)
            if ((a[i] == a[j]) != (b[i] == b[j]))
                return false;
    return true;
}

/* Each recorded merge joins two domains, each split parts one: as many more domains as splits, fewer as
 * merges. */
static void record_adds_up(uint64_t before, uint32_t obeyed_domains)
{
    int32_t domains = (int32_t)obeyed_domains;
    for (uint64_t number = before + 1; number <= policy.decisions.count; number++) {
        const struct policy_decision *decision = decisions_find(&policy.decisions, number);
        if (!decision || decision->reason != POLICY_OWN)
            continue;
        domains += decision->action == POLICY_SPLIT ? 1 : -1;
        for (uint32_t i = 0; i < components; i++)
            assert_false(decision_has(decision->left, i) && decision_has(decision->right, i));
        assert_true(decision->left[0] != 0 && decision->right[0] != 0);
    }
    assert_int_equal(domains, result.domains_count);
}

static uint32_t domains_obeyed(void)
{
    uint32_t count = 0, nodes = policy.question.nodes;
    for (uint32_t i = 0; i < nodes; i++) {
        uint32_t first = 0;
        while (policy.question.domain_of[first] != policy.question.domain_of[i])
            first++;
        count += first == i;
    }
    return count;
}

static void answers_as_the_naive_layout(void **state)
{
    (void)state;
    uint32_t taken = 0, refused = 0;
    struct policy_result by_default;
    struct rule_violation violation;
    random_start(__func__);
    for (int round = 0; round < 3000; round++) {
        system_draw();
        moves_draw();
        policy_choose(&policy, answer, NULL);
        assert_int_equal(policy_period(&other, &graph, &rules, 100000, &by_default), POLICY_OK);
        assert_int_equal(policy_period(&policy, &graph, &rules, 100000, &result), POLICY_OK);
        assert_int_equal(result.refused == NULL, right);
        assert_int_equal(rules_partition_allowed(&rules, result.domains, &violation), POLICY_OK);
        if (right) {
            assert_true(same_partition(result.domains, expected));
            record_adds_up(0, domains_obeyed());
            taken += drawn_count > 0;
        } else {
            assert_memory_equal(result.domains, by_default.domains, components * sizeof *result.domains);
            assert_int_equal(policy.decisions.count, other.decisions.count);
            assert_int_equal(result.merges, by_default.merges);
            assert_true(strlen(result.refused) > 10);
            /* and from now on nobody else is asked */
            assert_int_equal(policy_period(&policy, &graph, &rules, 100000, &result), POLICY_OK);
            assert_null(result.refused);
            refused++;
        }
        for (int i = 0; i < 4; i++)
            free(memories[i]);
    }
    print_message("%u answers taken, %u refused\n", taken, refused);
    assert_true(taken > 1000 && refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_as_the_naive_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy hottest, asked as the system asks it: whatever is drawn, its answers are taken, and rules hold;
 * what is over the budget comes within it; the hottest wall falls first, and comes back when it is calm.
 */
// links: policy/*.c policy/own/hottest.c tests/host/seeded.c
// includes: . tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"
#include "policy/rule_text.h"
#include "seeded.h"

#define COMPONENTS 24u
#define EDGES 80u
#define RULES 4u
#define CYCLES 1000000u
#define COST 100u /* so a tenth of the cycles is 1000 crossings */

static struct graph graph;
static struct rules rules;
static struct policy policy;
static struct policy_result result;
static void *memories[3];
static uint64_t state[POLICY_STATE_BYTES / 8];

static void *memory_of(size_t bytes)
{
    void *memory = malloc(bytes);
    assert_non_null(memory);
    return memory;
}

static void system_begin(uint32_t components)
{
    const struct policy_limits limits = {COMPONENTS, EDGES, RULES, 1000};
    size_t bytes[3] = {graph_bytes(COMPONENTS, EDGES), rules_bytes(components, RULES), policy_bytes(&limits)};
    struct policy_settings settings = settings_default();
    char sentence[200];
    for (int i = 0; i < 3; i++) {
        free(memories[i]);
        memories[i] = memory_of(bytes[i]);
    }
    assert_int_equal(graph_place(&graph, memories[0], bytes[0], COMPONENTS, EDGES), POLICY_OK);
    assert_int_equal(rules_place(&rules, memories[1], bytes[1], components, RULES), POLICY_OK);
    assert_int_equal(policy_place(&policy, memories[2], bytes[2], &limits), POLICY_OK);
    for (uint32_t i = 0; i < components; i++)
        graph_add_component(&graph, i + 1, i);
    settings.mode = POLICY_ADAPTIVE;
    settings.crossing_cost = COST;
    assert_int_equal(policy_configure(&policy, &settings, sentence, sizeof sentence), POLICY_OK);
    memset(state, 0, sizeof state);
    policy_choose(&policy, policy_decide, state);
}

static void period(void)
{
    assert_int_equal(policy_period(&policy, &graph, &rules, CYCLES, &result), POLICY_OK);
    if (result.refused)
        fail_msg("%s", result.refused);
    for (uint32_t i = 0; i < graph.components_count; i++)
        graph.components[i].domain = result.domains[i];
}

static void hottest_falls_first(void **unused)
{
    (void)unused;
    system_begin(4);
    graph_add_edge(&graph, 1, 2, 700, 0);
    graph_add_edge(&graph, 2, 3, 600, 0);
    graph_add_edge(&graph, 3, 4, 100, 0);
    policy_shape(&policy, &graph);
    period();
    assert_int_equal(result.merges, 1);
    assert_true(result.domains[0] == result.domains[1] && result.domains_count == 3);
    const struct policy_decision *decision = decisions_find(&policy.decisions, 1);
    assert_int_equal(decision->reason, POLICY_OWN);
    assert_int_equal(decision->seen, 700);
    for (int i = 0; i < 20; i++)
        period();
    assert_int_equal(result.domains_count, 3); /* there is no room for that wall */
    graph.edges[0].invocations = 10;
    for (int i = 0; i < 20; i++)
        period();
    assert_int_equal(result.domains_count, 4);
}

static void answers_are_always_taken(void **unused)
{
    (void)unused;
    random_start(__func__);
    for (int round = 0; round < 200; round++) {
        struct rules_conflict conflict;
        uint32_t components = random_from(2, COMPONENTS), edges = random_below(EDGES);
        system_begin(components);
        for (uint32_t i = 0; i < edges; i++)
            graph_add_edge(&graph, 1 + random_below(components), 1 + random_below(components), 0, 0);
        for (uint32_t i = 0; i < random_below(RULES); i++) {
            char name[] = {(char)('a' + i), 0};
            struct rule_side left = {RULE_COMPONENT, random_below(components)},
                             right = {RULE_COMPONENT, random_below(components)};
            rules_add(&rules, name, random_below(3) ? RULE_APART : RULE_TOGETHER, left, &right, &conflict);
        }
        policy_shape(&policy, &graph);
        for (int step = 0; step < 30; step++) {
            for (uint32_t i = 0; i < graph.edges_count && step % 10 == 0; i++)
                graph.edges[i].invocations = random_below(3) ? 0 : random_below(1000);
            period();
            struct rule_violation violation;
            assert_int_equal(rules_partition_allowed(&rules, result.domains, &violation), POLICY_OK);
        }
        if (rules.count == 0)
            assert_true(result.crossing <= result.allowed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hottest_falls_first),
        cmocka_unit_test(answers_are_always_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

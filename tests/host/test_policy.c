/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy library: whatever the layout, a plan's steps, done one after the other, lead to the mode's.
 */
// links: policy/graph.c policy/mode.c tests/host/seeded.c
// includes: . tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/mode.h"
#include "seeded.h"

static struct graph graph, before;
static struct policy_step steps[GRAPH_COMPONENTS];

static struct graph_component *component(uint32_t id)
{
    return (struct graph_component *)graph_component(&graph, id);
}

static uint32_t domain_size(uint32_t domain)
{
    uint32_t size = 0;
    for (uint32_t i = 0; i < graph.components_count; i++)
        size += graph.components[i].domain == domain;
    return size;
}

/* The supervisor's merge and split, naively; it refuses what would change nothing. */
static void step_take(const struct policy_step *step, uint32_t fresh_domain)
{
    struct graph_component *one = component(step->component);
    assert_non_null(one);
    if (step->action == POLICY_SPLIT) {
        assert_true(domain_size(one->domain) > 1);
        one->domain = fresh_domain;
        return;
    }
    assert_int_equal(step->action, POLICY_MERGE);
    assert_non_null(component(step->other));
    uint32_t from = component(step->other)->domain;
    assert_int_not_equal(from, one->domain);
    for (uint32_t i = 0; i < graph.components_count; i++)
        if (graph.components[i].domain == from)
            graph.components[i].domain = one->domain;
}

static void layout_draw(uint32_t components)
{
    uint32_t domains = random_from(1, components);
    graph.components_count = components;
    for (uint32_t i = 0; i < components; i++)
        graph.components[i] =
            (struct graph_component){.id = components - i, .domain = 7 + 3 * random_below(domains)};
}

static void plans_lead_there(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 3000; round++) {
        layout_draw(random_one_in(50) ? GRAPH_COMPONENTS : random_from(1, 30));
        enum policy_mode mode = random_below(2) ? POLICY_ISOLATED : POLICY_MERGED;
        uint32_t domains = graph_domains(&graph), count = policy_plan(mode, &graph, steps);
        uint32_t wanted = mode == POLICY_ISOLATED ? graph.components_count : 1;
        assert_int_equal(count,
                         mode == POLICY_ISOLATED ? wanted - domains : domains - 1); /* and no step too many */
        for (uint32_t i = 0; i < count; i++)
            step_take(&steps[i], 100000 + i);
        assert_int_equal(graph_domains(&graph), wanted);
        assert_int_equal(policy_plan(mode, &graph, steps), 0);
        assert_int_equal(policy_plan(POLICY_MANUAL, &graph, steps), 0);
    }
    graph.components_count = 0;
    assert_int_equal(policy_plan(POLICY_MERGED, &graph, steps), 0);
    assert_int_equal(policy_plan(POLICY_ISOLATED, &graph, steps), 0);
}

static void names_of_modes(void **state)
{
    (void)state;
    enum policy_mode mode;
    for (unsigned i = 0; i < POLICY_MODES; i++) {
        assert_true(policy_mode_parse(policy_mode_name(i), &mode));
        assert_int_equal(mode, i);
    }
    assert_false(policy_mode_parse("", &mode));
    assert_false(policy_mode_parse("Merged", &mode));
    assert_false(policy_mode_parse("merged ", &mode));
}

static void counts(void **state)
{
    (void)state;
    graph = (struct graph){
        .components_count = 3,
        .components = {{1, 5}, {2, 5}, {3, 6}},
        .edges_count = 3,
        .edges = {{1, 2, 100, 40}, {2, 3, 7, 7}, {3, 0, 1, 1}},
    };
    assert_int_equal(graph_invocations(&graph), 108);
    assert_int_equal(graph_gated(&graph), 48);
    assert_int_equal(graph_domains(&graph), 2);
    assert_false(graph_edge_crosses(&graph, &graph.edges[0]));
    assert_true(graph_edge_crosses(&graph, &graph.edges[1]));
    assert_true(graph_edge_crosses(&graph, &graph.edges[2]));
    before = graph;
    before.edges[0] = (struct graph_edge){2, 3, 5, 4}; /* in another order, and one edge new since */
    before.edges[1] = (struct graph_edge){1, 2, 90, 40};
    before.edges_count = 2;
    graph_window(&graph, &before);
    assert_int_equal(graph.edges[0].invocations, 10);
    assert_int_equal(graph.edges[0].gated, 0);
    assert_int_equal(graph.edges[1].invocations, 2);
    assert_int_equal(graph.edges[1].gated, 3);
    assert_int_equal(graph.edges[2].invocations, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_lead_there),
        cmocka_unit_test(names_of_modes),
        cmocka_unit_test(counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy library: whatever the layout, a plan's steps, done one after the other, lead to the mode's.
 */
// links: policy/graph.c policy/memory.c policy/mode.c policy/partition.c policy/plan.c policy/rules.c
// links: policy/rules_allowed.c policy/rules_compiled.c tests/host/seeded.c
// includes: . tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/mode.h"
#include "policy/partition.h"
#include "policy/plan.h"
#include "seeded.h"

#define MOST 255u

static struct graph graph, before;
static void *graph_memory, *before_memory;
static struct policy_step steps[PLAN_STEPS(MOST)];
static uint32_t wanted[MOST], scratch[PLAN_SCRATCH(MOST)];

static int graphs_make(void **state)
{
    (void)state;
    size_t bytes = graph_bytes(MOST, 100);
    graph_memory = malloc(bytes);
    before_memory = malloc(bytes);
    assert_int_equal(graph_place(&graph, graph_memory, bytes, MOST, 100), POLICY_OK);
    return graph_place(&before, before_memory, bytes, MOST, 100) == POLICY_OK ? 0 : -1;
}

static int graphs_end(void **state)
{
    (void)state;
    free(graph_memory);
    free(before_memory);
    return 0;
}

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
    graph_clear(&graph);
    for (uint32_t i = 0; i < components; i++)
        assert_int_equal(graph_add_component(&graph, components - i, 7 + 3 * random_below(domains)),
                         POLICY_OK);
}

static void plans_of_modes(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 2000; round++) {
        layout_draw(random_one_in(50) ? MOST : random_from(1, 30));
        enum policy_mode mode = random_below(2) ? POLICY_ISOLATED : POLICY_MERGED;
        uint32_t domains = graph_domains(&graph), all = graph.components_count;
        uint32_t number = mode == POLICY_ISOLATED ? all : 1;
        assert_int_equal(mode_partition(mode, &graph, NULL, wanted, scratch), number);
        uint32_t count = plan_steps(&graph, wanted, steps, scratch);
        assert_int_equal(count, mode == POLICY_ISOLATED ? all - domains : domains - 1); /* no step too many */
        for (uint32_t i = 0; i < count; i++)
            step_take(&steps[i], 100000 + i);
        assert_int_equal(graph_domains(&graph), number);
        assert_int_equal(plan_steps(&graph, wanted, steps, scratch), 0);
    }
}

/* Those who must leave: of each present domain all but the largest part that stays together. */
static uint32_t naive_splits(const uint32_t *first)
{
    uint32_t splits = 0;
    for (uint32_t domain = 0; domain < graph.components_count; domain++) {
        uint32_t size = 0, largest = 0;
        for (uint32_t a = 0; a < graph.components_count; a++) {
            uint32_t part = 0;
            for (uint32_t b = 0; b < graph.components_count; b++)
                part += first[b] == domain && wanted[b] == wanted[a];
            size += first[a] == domain;
            largest = part > largest ? part : largest;
        }
        splits += size - largest;
    }
    return splits;
}

/* Any layout to any other, and no wall that stands before and after is down in between. */
static void plans_lead_anywhere(void **state)
{
    (void)state;
    static uint32_t first[MOST];
    random_start(__func__);
    for (int round = 0; round < 2000; round++) {
        uint32_t all = random_from(1, 24), domains = random_from(1, all);
        layout_draw(all);
        graph_partition(&graph, first);
        for (uint32_t i = 0; i < all; i++)
            wanted[i] = random_below(domains);
        partition_normalise(wanted, all, scratch);
        uint32_t count = plan_steps(&graph, wanted, steps, scratch);
        uint32_t splits = 0;
        for (uint32_t i = 0; i < count; i++)
            splits += steps[i].action == POLICY_SPLIT;
        assert_true(count <= PLAN_STEPS(all));
        assert_int_equal(splits, naive_splits(first));
        for (uint32_t i = 0; i < count; i++) {
            step_take(&steps[i], 100000 + i);
            for (uint32_t a = 0; a < all; a++)
                for (uint32_t b = 0; b < a; b++)
                    if (first[a] != first[b] && wanted[a] != wanted[b])
                        assert_int_not_equal(graph.components[a].domain, graph.components[b].domain);
        }
        uint32_t reached[MOST];
        graph_partition(&graph, reached);
        assert_memory_equal(reached, wanted, all * sizeof *reached);
        assert_int_equal(plan_steps(&graph, wanted, steps, scratch), 0);
    }
}

static void manual_stays(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 200; round++) {
        layout_draw(random_from(1, 30));
        mode_partition(POLICY_MANUAL, &graph, NULL, wanted, scratch);
        assert_int_equal(plan_steps(&graph, wanted, steps, scratch), 0);
    }
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
    graph_clear(&graph);
    graph_clear(&before);
    for (uint32_t id = 1; id <= 3; id++) {
        assert_int_equal(graph_add_component(&graph, id, id == 3 ? 6 : 5), POLICY_OK);
        assert_int_equal(graph_add_component(&before, id, 0), POLICY_OK);
    }
    assert_int_equal(graph_add_edge(&graph, 1, 2, 100, 40), POLICY_OK);
    assert_int_equal(graph_add_edge(&graph, 2, 3, 7, 7), POLICY_OK);
    assert_int_equal(graph_add_edge(&graph, 3, 0, 1, 1), POLICY_OK);
    assert_int_equal(graph_add_edge(&graph, 3, 1, 5, 5), POLICY_OK);
    assert_int_equal(graph_invocations(&graph), 113);
    assert_int_equal(graph_gated(&graph), 53);
    assert_int_equal(graph_domains(&graph), 2);
    assert_false(graph_edge_crosses(&graph, &graph.edges[0]));
    assert_true(graph_edge_crosses(&graph, &graph.edges[1]));
    assert_true(graph_edge_crosses(&graph, &graph.edges[2]));
    /* in another order, one edge new since, one that began anew */
    assert_int_equal(graph_add_edge(&before, 2, 3, 5, 4), POLICY_OK);
    assert_int_equal(graph_add_edge(&before, 1, 2, 90, 40), POLICY_OK);
    assert_int_equal(graph_add_edge(&before, 3, 1, 6, 5), POLICY_OK);
    graph_window(&graph, &before);
    assert_int_equal(graph.edges[0].invocations, 10);
    assert_int_equal(graph.edges[0].gated, 0);
    assert_int_equal(graph.edges[1].invocations, 2);
    assert_int_equal(graph.edges[1].gated, 3);
    assert_int_equal(graph.edges[2].invocations, 1);
    assert_int_equal(graph.edges[3].invocations, 5);
}

static void what_a_graph_refuses(void **state)
{
    (void)state;
    size_t bytes = graph_bytes(3, 1);
    unsigned char *memory = malloc(bytes + 1);
    struct graph small;
    assert_int_equal(graph_place(&small, memory, bytes - 32, 3, 1), POLICY_EMEMORY);
    assert_int_equal(graph_place(&small, NULL, bytes, 3, 1), POLICY_EMEMORY);
    assert_int_equal(graph_place(&small, memory, bytes, UINT32_MAX, UINT32_MAX), POLICY_EMEMORY);
    assert_int_equal(graph_place(&small, memory + 1, bytes, 3, 1), POLICY_OK); /* not aligned */
    assert_int_equal(graph_add_component(&small, 0, 1), POLICY_EINVAL);
    assert_int_equal(graph_add_component(&small, UINT32_MAX, 1), POLICY_EINVAL);
    assert_int_equal(graph_add_component(&small, 1000000, 1), POLICY_OK);
    assert_int_equal(graph_add_component(&small, 1000000, 2), POLICY_EEXISTS);
    assert_int_equal(graph_add_component(&small, 7, 1), POLICY_OK);
    assert_int_equal(graph_add_component(&small, 9, 1), POLICY_OK);
    assert_int_equal(graph_add_component(&small, 8, 1), POLICY_EMEMORY);
    assert_int_equal(graph_index(&small, 8), GRAPH_NONE);
    assert_int_equal(graph_index(&small, 7), 1);
    assert_int_equal(graph_add_edge(&small, 7, 8, 0, 0), POLICY_ENOENT);
    assert_int_equal(graph_add_edge(&small, 0, 7, 0, 0), POLICY_ENOENT);
    assert_int_equal(graph_add_edge(&small, 7, 0, 0, 0), POLICY_OK);
    assert_int_equal(graph_add_edge(&small, 7, 9, 0, 0), POLICY_EMEMORY);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_of_modes), cmocka_unit_test(plans_lead_anywhere),
        cmocka_unit_test(manual_stays),   cmocka_unit_test(names_of_modes),
        cmocka_unit_test(counts),         cmocka_unit_test(what_a_graph_refuses),
    };
    return cmocka_run_group_tests(tests, graphs_make, graphs_end);
}

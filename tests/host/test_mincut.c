/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Minimum cuts: every small graph and random ones against all cuts there are; larger ones against igraph. The
 * heap they are found with, against a list.
 */
// links: policy/heap.c policy/memory.c policy/mincut.c tests/host/seeded.c
// includes: . tests/host /usr/include/igraph
// flags: -ligraph
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <igraph.h>

#include "policy/mincut.h"
#include "seeded.h"

#define NODES 200u
#define EDGES 6000u

static struct mincut cut;
static struct mincut_edge edges[EDGES]; /* the graph, which the search destroys */
static uint32_t edges_count;
static void *cut_memory;

static void carve(struct memory *memory)
{
    mincut_carve(&cut, memory, NODES, EDGES);
}

static int cut_make(void **state)
{
    (void)state;
    struct memory counting = memory_count();
    carve(&counting);
    cut_memory = malloc(memory_wanted(&counting));
    struct memory given = memory_given(cut_memory, memory_wanted(&counting));
    carve(&given);
    assert_true(memory_enough(&given));
    mincut_start(&cut);
    return 0;
}

static int cut_end(void **state)
{
    (void)state;
    free(cut_memory);
    return 0;
}

static void graph_begin(uint32_t nodes)
{
    cut.nodes = nodes;
    edges_count = 0;
}

static void graph_edge(uint32_t a, uint32_t b, uint64_t count)
{
    edges[edges_count++] = (struct mincut_edge){a, b, count};
}

static uint64_t side_cost(const uint8_t *side)
{
    uint64_t cost = 0;
    for (uint32_t i = 0; i < edges_count; i++)
        cost += side[edges[i].a] != side[edges[i].b] ? edges[i].count : 0;
    return cost;
}

/* The search; and that it returns a cut of the cost that it says. */
static void cut_search(uint64_t limit)
{
    uint32_t chosen = 0;
    memcpy(cut.list, edges, edges_count * sizeof *edges);
    cut.edges = edges_count;
    mincut_find(&cut, limit);
    for (uint32_t i = 0; i < cut.nodes; i++)
        chosen += cut.side[i];
    assert_int_equal(chosen, cut.side_nodes);
    assert_true(chosen > 0 && 2 * chosen <= cut.nodes);
    assert_true(side_cost(cut.side) == cut.cost);
}

/* The least of all cuts there are. */
static uint64_t naive_cost(void)
{
    uint64_t least = UINT64_MAX;
    uint8_t side[16] = {0};
    for (uint32_t set = 1; set < 1u << (cut.nodes - 1); set++) {
        for (uint32_t i = 0; i < cut.nodes; i++)
            side[i] = set >> i & 1;
        uint64_t cost = side_cost(side);
        least = cost < least ? cost : least;
    }
    return least;
}

static void cut_is_least(void)
{
    cut_search(UINT64_MAX);
    assert_true(cut.exact);
    assert_true(cut.cost == naive_cost());
}

static void all_small_graphs(void **state)
{
    (void)state;
    static const uint32_t most_count[] = {0, 0, 7, 7, 3, 2, 1}; /* by nodes */
    for (uint32_t nodes = 2; nodes <= 6; nodes++) {
        uint32_t pairs = nodes * (nodes - 1) / 2, base = most_count[nodes] + 1, graphs = 1;
        for (uint32_t i = 0; i < pairs; i++)
            graphs *= base;
        for (uint32_t graph = 0; graph < graphs; graph++) {
            uint32_t rest = graph;
            graph_begin(nodes);
            for (uint32_t a = 0; a < nodes; a++)
                for (uint32_t b = a + 1; b < nodes; b++, rest /= base)
                    if (rest % base)
                        graph_edge(a, b, rest % base);
            cut_is_least();
        }
    }
}

static void graph_draw(uint32_t nodes, uint32_t count, uint64_t most)
{
    graph_begin(nodes);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t a = random_below(nodes), b = random_below(nodes);
        if (a != b)
            graph_edge(a, b, random_from(1, most));
    }
}

/* Few clusters with hardly an edge between them, so that the least cut is rarely a single node. */
static void graph_draw_clusters(uint32_t nodes, uint32_t count, uint64_t most)
{
    uint32_t clusters = random_from(2, 5), bridges = 0;
    graph_begin(nodes);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t a = random_below(nodes), b = random_below(nodes);
        if (a % clusters == b % clusters && a != b)
            graph_edge(a, b, random_from(most, 20 * most));
        else if (a != b && bridges++ < 3 * clusters)
            graph_edge(a, b, random_from(1, most));
    }
}

static void random_small_graphs(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 6000; round++) {
        uint32_t nodes = random_from(2, 10);
        graph_draw(nodes, random_from(0, 40), random_one_in(3) ? UINT64_C(1) << 40 : random_from(1, 9));
        cut_is_least();
    }
}

static uint64_t igraph_cost(void)
{
    igraph_vector_int_t ends;
    igraph_vector_t counts;
    igraph_t graph;
    igraph_real_t value;
    igraph_vector_int_init(&ends, 2 * edges_count);
    igraph_vector_init(&counts, edges_count);
    for (uint32_t i = 0; i < edges_count; i++) {
        VECTOR(ends)[2 * i] = edges[i].a;
        VECTOR(ends)[2 * i + 1] = edges[i].b;
        VECTOR(counts)[i] = (double)edges[i].count;
    }
    assert_int_equal(igraph_create(&graph, &ends, cut.nodes, IGRAPH_UNDIRECTED), IGRAPH_SUCCESS);
    assert_int_equal(igraph_mincut_value(&graph, &value, &counts), IGRAPH_SUCCESS);
    igraph_destroy(&graph);
    igraph_vector_destroy(&counts);
    igraph_vector_int_destroy(&ends);
    return (uint64_t)value;
}

static void random_graphs_as_igraph(void **state)
{
    (void)state;
    uint32_t groups = 0, rounds = 300;
    random_start(__func__);
    for (uint32_t round = 0; round < rounds; round++) {
        uint32_t nodes = random_from(11, NODES), count = random_from(nodes, EDGES);
        if (random_below(2))
            graph_draw(nodes, count, 1000);
        else
            graph_draw_clusters(nodes, count, 10);
        cut_search(UINT64_MAX);
        assert_true(cut.exact);
        assert_true(cut.cost == igraph_cost());
        groups += cut.side_nodes > 1;
    }
    assert_true(groups > rounds / 20); /* single nodes are not all that was found */
}

static void work_is_bounded(void **state)
{
    (void)state;
    uint32_t inexact = 0;
    random_start(__func__);
    for (int round = 0; round < 200; round++) {
        uint32_t nodes = random_from(100, NODES), count = random_from(1000, EDGES);
        uint64_t limit = random_from(0, 40000);
        graph_draw_clusters(nodes, count, 10);
        cut_search(limit);
        assert_true(cut.work <= limit + 2 * (nodes + 6 * (uint64_t)count)); /* to within an order */
        inexact += !cut.exact;
        uint64_t cost = cut.cost;
        cut_search(UINT64_MAX);
        assert_true(cut.cost <= cost);
    }
    assert_true(inexact > 0);
}

/* ---- The heap ---- */

#define ITEMS 40u

static uint32_t naive_first(const struct heap_key *keys, const bool *there, bool least)
{
    uint32_t first = HEAP_NONE;
    for (uint32_t i = 0; i < ITEMS; i++) {
        if (!there[i])
            continue;
        if (first == HEAP_NONE) {
            first = i;
            continue;
        }
        unsigned __int128 this = (unsigned __int128)keys[i].count * keys[first].value;
        unsigned __int128 best = (unsigned __int128)keys[first].count * keys[i].value;
        if (least ? this < best : this > best)
            first = i;
    }
    return first;
}

static void heap_as_a_list(void **state)
{
    (void)state;
    random_start(__func__);
    for (int round = 0; round < 40; round++) {
        struct heap heap;
        struct heap_key keys[ITEMS];
        bool there[ITEMS] = {false}, least = random_below(2);
        struct memory memory = memory_count();
        heap_carve(&heap, &memory, ITEMS, least);
        void *begin = malloc(memory_wanted(&memory));
        memory = memory_given(begin, memory_wanted(&memory));
        heap_carve(&heap, &memory, ITEMS, least);
        heap_clear(&heap);
        for (int step = 0; step < 1000; step++) {
            uint32_t item = random_below(ITEMS);
            if (random_below(3) == 0) {
                heap_remove(&heap, item);
                there[item] = false;
            } else {
                uint64_t count = random_one_in(3) ? random_bits() : random_below(20);
                keys[item] = (struct heap_key){count, random_one_in(3) ? random_from(1, 1000000) : 1};
                heap_set(&heap, item, keys[item]);
                there[item] = true;
            }
            assert_int_equal(heap_first(&heap), naive_first(keys, there, least));
        }
        free(begin);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_small_graphs),        cmocka_unit_test(random_small_graphs),
        cmocka_unit_test(random_graphs_as_igraph), cmocka_unit_test(work_is_bounded),
        cmocka_unit_test(heap_as_a_list),
    };
    return cmocka_run_group_tests(tests, cut_make, cut_end);
}

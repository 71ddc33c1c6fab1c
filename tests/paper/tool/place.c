/* SPDX-License-Identifier: BSD-2-Clause
 *
 * In the manner of SPEC2000's vpr: places blocks on a grid by simulated annealing, then routes each net
 * through the grid by growing a wavefront. As there, blocks and nets are arrays, but the list of pins of each
 * net, that of nets of each block, the names, each grid column and the edges of each routing node are
 * allocations of their own; the wavefront's elements come from larger pieces that are kept.
 */
#include "program.h"

struct block {
    ref name, nets; /* nets: count numbers of nets */
    int32_t count, x, y;
};
struct net {
    ref name, pins; /* pins: count numbers of blocks */
    int32_t count, cost;
};
struct node {
    ref edges; /* count numbers of nodes */
    int32_t count, use;
    int32_t reached; /* by the net of that number + 1 */
    int32_t from;
};
struct wave {
    ref next;
    int32_t node, from;
};

#define PIECE_WAVES 1024

static int32_t side, block_count, net_count;
static ref blocks, nets, nodes, grid;
static ref waves_free;

static struct block *block_at(int32_t i)
{
    return AT(struct block, blocks) + i;
}

static struct net *net_at(int32_t i)
{
    return AT(struct net, nets) + i;
}

static struct node *node_at(int32_t i)
{
    return AT(struct node, nodes) + i;
}

static int32_t *int_at(ref array, int32_t i)
{
    return AT(int32_t, array) + i;
}

/* The number of the block at a place. */
static int32_t *place_at(int32_t x, int32_t y)
{
    return int_at(GET(*(AT(ref, grid) + x)), y);
}

static ref name_make(char kind, int32_t number)
{
    uint32_t length = 3;
    ref name;

    for (int32_t n = number; n > 9; n /= 10)
        length++;
    name = program_alloc(length);
    for (uint32_t i = 0; i + 1 < length; i++, number /= 10)
        PUT(*AT(char, name + i), i == 0 ? kind : (char)('0' + number % 10));
    PUT(*AT(char, name + length - 1), '\0');
    return name;
}

/* ---- The circuit ---- */

static int32_t far_apart(int32_t limit)
{
    /* Blocks that belong together have numbers near each other. */
    int32_t span = limit / 16 + 1;

    return program_random(8) == 0 ? (int32_t)program_random((uint32_t)limit)
                                  : (int32_t)program_random((uint32_t)span);
}

static void circuit_make(void)
{
    grid = program_alloc((uint32_t)side * sizeof(ref));
    for (int32_t x = 0; x < side; x++)
        PUT(*(AT(ref, grid) + x), program_alloc((uint32_t)side * sizeof(int32_t)));
    blocks = program_alloc((uint32_t)block_count * sizeof(struct block));
    nets = program_alloc((uint32_t)net_count * sizeof(struct net));
    for (int32_t i = 0; i < block_count; i++) {
        PUT(block_at(i)->name, name_make('b', i));
        PUT(block_at(i)->count, 0);
        PUT(block_at(i)->x, i / side);
        PUT(block_at(i)->y, i % side);
        PUT(*place_at(i / side, i % side), i);
    }
    for (int32_t i = 0; i < net_count; i++) {
        int32_t pins = 2 + (int32_t)program_random(program_random(4) == 0 ? 9 : 3);
        int32_t driver = (int32_t)program_random((uint32_t)block_count);

        PUT(net_at(i)->name, name_make('n', i));
        PUT(net_at(i)->count, pins);
        PUT(net_at(i)->pins, program_alloc((uint32_t)pins * sizeof(int32_t)));
        for (int32_t k = 0; k < pins; k++) {
            int32_t block = k == 0 ? driver : (driver + far_apart(block_count)) % block_count;

            PUT(*int_at(GET(net_at(i)->pins), k), block);
            PUT(block_at(block)->count, GET(block_at(block)->count) + 1);
        }
    }
    for (int32_t i = 0; i < block_count; i++) {
        PUT(block_at(i)->nets, program_alloc((uint32_t)GET(block_at(i)->count) * sizeof(int32_t)));
        PUT(block_at(i)->count, 0);
    }
    for (int32_t i = 0; i < net_count; i++)
        for (int32_t k = 0; k < GET(net_at(i)->count); k++) {
            struct block *block = block_at(GET(*int_at(GET(net_at(i)->pins), k)));
            int32_t n = GET(block->count);

            PUT(*int_at(GET(block->nets), n), i);
            PUT(block->count, n + 1);
        }
}

/* ---- Placing ---- */

/* Half the perimeter of the net's bounding box. */
static int32_t net_cost(int32_t net)
{
    int32_t left = side, right = 0, low = side, high = 0, count = GET(net_at(net)->count);
    ref pins = GET(net_at(net)->pins);

    for (int32_t i = 0; i < count; i++) {
        int32_t block = GET(*int_at(pins, i)), x = GET(block_at(block)->x), y = GET(block_at(block)->y);

        left = x < left ? x : left;
        right = x > right ? x : right;
        low = y < low ? y : low;
        high = y > high ? y : high;
    }
    return right - left + high - low;
}

static void block_put(int32_t block, int32_t x, int32_t y)
{
    PUT(block_at(block)->x, x);
    PUT(block_at(block)->y, y);
    PUT(*place_at(x, y), block);
}

/* What the nets of a block cost more than is remembered; remembers it if they shall stay. */
static int32_t block_delta(int32_t block, bool keep)
{
    int32_t delta = 0, count = GET(block_at(block)->count);
    ref list = GET(block_at(block)->nets);

    for (int32_t i = 0; i < count; i++) {
        int32_t net = GET(*int_at(list, i)), cost = net_cost(net);

        delta += cost - GET(net_at(net)->cost);
        if (keep)
            PUT(net_at(net)->cost, cost);
    }
    return delta;
}

static int32_t near(int32_t at, int32_t range)
{
    int32_t to = at - range + (int32_t)program_random((uint32_t)(2 * range + 1));

    return to < 0 ? 0 : to >= side ? side - 1 : to;
}

static void blocks_place(uint32_t moves)
{
    for (int32_t i = 0; i < net_count; i++)
        PUT(net_at(i)->cost, net_cost(i));
    for (uint32_t move = 0; move < moves; move++) {
        int32_t heat = (int32_t)(8 - 8ull * move / moves), range = 1 + side * heat / 16;
        int32_t a = (int32_t)program_random((uint32_t)block_count);
        int32_t ax = GET(block_at(a)->x), ay = GET(block_at(a)->y);
        int32_t bx = near(ax, range), by = near(ay, range), b = GET(*place_at(bx, by));

        if (a == b)
            continue;
        block_put(a, bx, by);
        block_put(b, ax, ay);
        if (block_delta(a, false) + block_delta(b, false) <= (int32_t)program_random((uint32_t)heat + 1)) {
            block_delta(a, true);
            block_delta(b, true);
        } else {
            block_put(a, ax, ay);
            block_put(b, bx, by);
        }
    }
}

/* ---- Routing ---- */

static void nodes_make(void)
{
    static const int32_t step[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};

    nodes = program_alloc((uint32_t)(side * side) * sizeof(struct node));
    for (int32_t i = 0; i < side * side; i++) {
        int32_t to[4], count = 0;

        for (int32_t k = 0; k < 4; k++) {
            int32_t x = i / side + step[k][0], y = i % side + step[k][1];

            if (x >= 0 && x < side && y >= 0 && y < side)
                to[count++] = x * side + y;
        }
        PUT(node_at(i)->edges, program_alloc((uint32_t)count * sizeof(int32_t)));
        PUT(node_at(i)->count, count);
        PUT(node_at(i)->use, 0);
        PUT(node_at(i)->reached, 0);
        for (int32_t k = 0; k < count; k++)
            PUT(*int_at(GET(node_at(i)->edges), k), to[k]);
    }
}

struct queue {
    ref head, tail;
};

static void wave_add(struct queue *queue, int32_t node, int32_t from)
{
    ref wave;

    if (waves_free == 0) {
        ref piece = program_alloc(PIECE_WAVES * sizeof(struct wave));

        for (unsigned i = 0; i < PIECE_WAVES; i++, piece += sizeof(struct wave)) {
            PUT(AT(struct wave, piece)->next, waves_free);
            waves_free = piece;
        }
    }
    wave = waves_free;
    waves_free = GET(AT(struct wave, wave)->next);
    PUT(AT(struct wave, wave)->next, 0);
    PUT(AT(struct wave, wave)->node, node);
    PUT(AT(struct wave, wave)->from, from);
    if (queue->head == 0)
        queue->head = wave;
    else
        PUT(AT(struct wave, queue->tail)->next, wave);
    queue->tail = wave;
}

static int32_t block_node(int32_t block)
{
    return GET(block_at(block)->x) * side + GET(block_at(block)->y);
}

/* From one pin to another; number marks the nodes that this search has reached. */
static void pin_route(int32_t from, int32_t to, int32_t number)
{
    struct queue queue = {0, 0};
    bool found = false;

    wave_add(&queue, from, -1);
    while (queue.head != 0) {
        ref wave = queue.head, edges;
        int32_t node = GET(AT(struct wave, wave)->node), count;

        if (!found && GET(node_at(node)->reached) != number) {
            PUT(node_at(node)->reached, number);
            PUT(node_at(node)->from, GET(AT(struct wave, wave)->from));
            found = node == to;
            edges = GET(node_at(node)->edges);
            count = GET(node_at(node)->count);
            for (int32_t i = 0; i < count && !found; i++) {
                int32_t next = GET(*int_at(edges, i));

                if (GET(node_at(next)->reached) != number)
                    wave_add(&queue, next, node);
            }
        }
        queue.head = GET(AT(struct wave, wave)->next);
        PUT(AT(struct wave, wave)->next, waves_free);
        waves_free = wave;
    }
    for (int32_t at = to; at != from; at = GET(node_at(at)->from))
        PUT(node_at(at)->use, GET(node_at(at)->use) + 1);
}

static void nets_route(void)
{
    int32_t number = 0;

    for (int32_t i = 0; i < net_count; i++)
        for (int32_t k = 1; k < GET(net_at(i)->count); k++) {
            ref pins = GET(net_at(i)->pins);

            pin_route(block_node(GET(*int_at(pins, 0))), block_node(GET(*int_at(pins, k))), ++number);
        }
}

void place_run(unsigned size)
{
    side = (int32_t)size * 8;
    block_count = side * side;
    net_count = block_count * 5 / 4;
    circuit_make();
    blocks_place((uint32_t)block_count * 100);
    nodes_make();
    nets_route();
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * In the manner of SPEC2000's twolf: standard cells in rows, improved by simulated annealing. As there, all is
 * linked lists of small allocations: each cell, its tile, its name, each terminal, and each terminal's place
 * in its net; only the directories of cells and nets are arrays.
 */
#include "program.h"

struct cell {
    ref name, tile;
    int32_t kind, orientation, row, x, y, width, height;
};
struct tile { /* the shape of a cell, and its terminals */
    int32_t left, right, bottom, top;
    ref terms;
};
struct term {
    ref next, pin;
    int32_t net, offset_x, offset_y;
};
struct pin { /* of a net */
    ref next, cell;
    int32_t x, y, new_x, new_y, moved;
};
struct net {
    ref name, pins;
    int32_t count, cost, left, right, low, high;
};

#define NAME_BYTES 12
#define ROW_HEIGHT 8

static int32_t cell_count, net_count, row_count;
static ref cells, nets, row_widths; /* directories */

static ref cell_ref(int32_t i)
{
    return GET(*(AT(ref, cells) + i));
}

static ref net_ref(int32_t i)
{
    return GET(*(AT(ref, nets) + i));
}

static ref name_make(int32_t number)
{
    ref name = program_alloc(NAME_BYTES);

    for (unsigned i = 0; i < NAME_BYTES; i++, number /= 10)
        PUT(*AT(char, name + i), (char)('0' + number % 10));
    return name;
}

static void pin_make(int32_t net, ref cell)
{
    ref pin = program_alloc(sizeof(struct pin)), term = program_alloc(sizeof(struct term));
    ref to = net_ref(net), tile = GET(AT(struct cell, cell)->tile);
    int32_t offset = (int32_t)program_random((uint32_t)GET(AT(struct cell, cell)->width));

    PUT(AT(struct pin, pin)->cell, cell);
    PUT(AT(struct pin, pin)->x, GET(AT(struct cell, cell)->x) + offset);
    PUT(AT(struct pin, pin)->y, GET(AT(struct cell, cell)->y));
    PUT(AT(struct pin, pin)->moved, 0);
    PUT(AT(struct pin, pin)->next, GET(AT(struct net, to)->pins));
    PUT(AT(struct net, to)->pins, pin);
    PUT(AT(struct net, to)->count, GET(AT(struct net, to)->count) + 1);
    PUT(AT(struct term, term)->net, net);
    PUT(AT(struct term, term)->pin, pin);
    PUT(AT(struct term, term)->offset_x, offset);
    PUT(AT(struct term, term)->offset_y, 0);
    PUT(AT(struct term, term)->next, GET(AT(struct tile, tile)->terms));
    PUT(AT(struct tile, tile)->terms, term);
}

static ref cell_make(int32_t i)
{
    ref cell = program_alloc(sizeof(struct cell)), tile = program_alloc(sizeof(struct tile));
    int32_t *row_width = AT(int32_t, row_widths) + i % row_count, width = 4 + (int32_t)program_random(12);

    PUT(AT(struct cell, cell)->name, name_make(i));
    PUT(AT(struct cell, cell)->tile, tile);
    PUT(AT(struct cell, cell)->kind, 0);
    PUT(AT(struct cell, cell)->orientation, 0);
    PUT(AT(struct cell, cell)->row, i % row_count);
    PUT(AT(struct cell, cell)->x, GET(*row_width));
    PUT(AT(struct cell, cell)->y, i % row_count * ROW_HEIGHT);
    PUT(AT(struct cell, cell)->width, width);
    PUT(AT(struct cell, cell)->height, ROW_HEIGHT);
    PUT(*row_width, GET(*row_width) + width);
    PUT(AT(struct tile, tile)->left, 0);
    PUT(AT(struct tile, tile)->right, width);
    PUT(AT(struct tile, tile)->bottom, 0);
    PUT(AT(struct tile, tile)->top, ROW_HEIGHT);
    PUT(AT(struct tile, tile)->terms, 0);
    return cell;
}

static void circuit_make(void)
{
    cells = program_alloc((uint32_t)cell_count * sizeof(ref));
    nets = program_alloc((uint32_t)net_count * sizeof(ref));
    row_widths = program_static((uint32_t)row_count * sizeof(int32_t));
    for (int32_t i = 0; i < cell_count; i++)
        PUT(*(AT(ref, cells) + i), cell_make(i));
    for (int32_t i = 0; i < net_count; i++) {
        ref net = program_alloc(sizeof(struct net));
        int32_t first = (int32_t)program_random((uint32_t)cell_count), pins = 2 + (int32_t)program_random(4);

        PUT(*(AT(ref, nets) + i), net);
        PUT(AT(struct net, net)->name, name_make(i));
        PUT(AT(struct net, net)->pins, 0);
        PUT(AT(struct net, net)->count, 0);
        for (int32_t k = 0; k < pins; k++)
            pin_make(i, cell_ref((first + (int32_t)program_random((uint32_t)cell_count / 16 + 1)) % cell_count));
    }
}

/* What the net would cost with its pins where they have moved to. */
static int32_t net_cost(ref net, bool keep)
{
    int32_t left = INT32_MAX, right = 0, low = INT32_MAX, high = 0, cost;

    for (ref pin = GET(AT(struct net, net)->pins); pin != 0; pin = GET(AT(struct pin, pin)->next)) {
        bool moved = GET(AT(struct pin, pin)->moved) != 0;
        int32_t x = moved ? GET(AT(struct pin, pin)->new_x) : GET(AT(struct pin, pin)->x);
        int32_t y = moved ? GET(AT(struct pin, pin)->new_y) : GET(AT(struct pin, pin)->y);

        left = x < left ? x : left;
        right = x > right ? x : right;
        low = y < low ? y : low;
        high = y > high ? y : high;
    }
    cost = right - left + high - low;
    if (keep) {
        PUT(AT(struct net, net)->cost, cost);
        PUT(AT(struct net, net)->left, left);
        PUT(AT(struct net, net)->right, right);
        PUT(AT(struct net, net)->low, low);
        PUT(AT(struct net, net)->high, high);
    }
    return cost;
}

static ref terms_of(ref cell)
{
    return GET(AT(struct tile, GET(AT(struct cell, cell)->tile))->terms);
}

/* The cell's pins would lie there. */
static void pins_move(ref cell, int32_t x, int32_t y)
{
    for (ref term = terms_of(cell); term != 0; term = GET(AT(struct term, term)->next)) {
        ref pin = GET(AT(struct term, term)->pin);

        PUT(AT(struct pin, pin)->new_x, x + GET(AT(struct term, term)->offset_x));
        PUT(AT(struct pin, pin)->new_y, y + GET(AT(struct term, term)->offset_y));
        PUT(AT(struct pin, pin)->moved, 1);
    }
}

/* What the nets of the cell would cost more. */
static int32_t cell_delta(ref cell)
{
    int32_t delta = 0;

    for (ref term = terms_of(cell); term != 0; term = GET(AT(struct term, term)->next)) {
        ref net = net_ref(GET(AT(struct term, term)->net));

        delta += net_cost(net, false) - GET(AT(struct net, net)->cost);
    }
    return delta;
}

/* The pins lie where they would, or do not. */
static void pins_settle(ref cell, bool moved)
{
    for (ref term = terms_of(cell); term != 0; term = GET(AT(struct term, term)->next)) {
        ref pin = GET(AT(struct term, term)->pin);

        PUT(AT(struct pin, pin)->moved, 0);
        if (!moved)
            continue;
        PUT(AT(struct pin, pin)->x, GET(AT(struct pin, pin)->new_x));
        PUT(AT(struct pin, pin)->y, GET(AT(struct pin, pin)->new_y));
    }
    for (ref term = terms_of(cell); moved && term != 0; term = GET(AT(struct term, term)->next))
        net_cost(net_ref(GET(AT(struct term, term)->net)), true);
}

static void cells_swap(ref a, ref b, int32_t heat)
{
    int32_t ax = GET(AT(struct cell, a)->x), ay = GET(AT(struct cell, a)->y);
    int32_t bx = GET(AT(struct cell, b)->x), by = GET(AT(struct cell, b)->y);
    bool better;

    pins_move(a, bx, by);
    pins_move(b, ax, ay);
    better = cell_delta(a) + cell_delta(b) <= (int32_t)program_random((uint32_t)heat + 1);
    pins_settle(a, better);
    pins_settle(b, better);
    if (!better)
        return;
    PUT(AT(struct cell, a)->x, bx);
    PUT(AT(struct cell, a)->y, by);
    PUT(AT(struct cell, b)->x, ax);
    PUT(AT(struct cell, b)->y, ay);
}

void cells_run(unsigned size)
{
    uint32_t moves;

    cell_count = (int32_t)(size * size) * 64;
    net_count = cell_count;
    row_count = (int32_t)size * 4;
    moves = (uint32_t)cell_count * 60;
    circuit_make();
    for (int32_t i = 0; i < net_count; i++)
        net_cost(net_ref(i), true);
    for (uint32_t move = 0; move < moves; move++) {
        int32_t heat = (int32_t)(32 - 32ull * move / moves), window = 1 + cell_count * heat / 64;
        int32_t a = (int32_t)program_random((uint32_t)cell_count);
        int32_t b = (a + (int32_t)program_random((uint32_t)window)) % cell_count;

        if (a != b) /* exchanges go less far as it cools */
            cells_swap(cell_ref(a), cell_ref(b), heat);
    }
}

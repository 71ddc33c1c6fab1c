/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The last moves, so that a fault can be told which of them brought two components together or apart. Any
 * change is written down as the merges and splits that it is made of.
 */
#include "layout/parts.h"

void move_note(bool split, unsigned into, unsigned from, uint64_t side, uint64_t other)
{
    uint64_t number;

    layout.merges += !split;
    layout.splits += split;
    number = layout.merges + layout.splits;
    layout.moves[number % LAYOUT_MOVES] = (struct layout_move){
        .number = number, .split = split, .into = into, .from = from, .side = side, .other = other};
}

bool layout_moved(unsigned a, unsigned b, struct layout_move *out)
{
    uint64_t last = layout.merges + layout.splits;

    for (uint64_t number = last; number != 0 && last - number < LAYOUT_MOVES; number--) {
        const struct layout_move *move = &layout.moves[number % LAYOUT_MOVES];

        if (((move->side >> a & 1) != 0 && (move->other >> b & 1) != 0) ||
            ((move->side >> b & 1) != 0 && (move->other >> a & 1) != 0)) {
            *out = *move;
            return true;
        }
    }
    return false;
}

uint64_t layout_moves(void)
{
    return layout.merges + layout.splits;
}

bool layout_move_number(uint64_t number, struct layout_move *out)
{
    uint64_t last = layout_moves();

    if (number == 0 || number > last || last - number >= LAYOUT_MOVES)
        return false;
    *out = layout.moves[number % LAYOUT_MOVES];
    return true;
}

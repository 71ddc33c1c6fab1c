/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside the adaptation: when too much crosses and the rules let no two domains merge, single nodes may still
 * move to where they invoke more (TSE11 section 3.1: a move is a split and a merge). Only adapt.c calls it.
 */
#ifndef POLICY_ADAPT_MOVES_H
#define POLICY_ADAPT_MOVES_H

#include "adapt.h"

struct adapt_move {
    uint32_t node, domain; /* into which */
    uint64_t saved;        /* by how much the layout's sum goes down */
};

/* The move that saves most, the first of equals; false if none saves anything. */
bool moves_best(struct adapt *adapt, struct adapt_move *move);

#endif

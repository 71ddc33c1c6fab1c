/* SPDX-License-Identifier: BSD-2-Clause */
#include "adapt_moves.h"

/* True if the rules let the node be with all that are in the domain. */
static bool may_enter(const struct overlay *overlay, uint32_t node, uint32_t domain)
{
    for (uint32_t w = 0; w < overlay->words; w++) {
        size_t here = (size_t)domain * overlay->words + w, mine = (size_t)node * overlay->words + w;
        if ((overlay->domain_left[here] & overlay->right[mine]) |
            (overlay->domain_right[here] & overlay->left[mine]))
            return false;
    }
    return true;
}

/* The node's invocations with a domain. */
static uint64_t sum_with(const struct overlay *overlay, uint32_t node, uint32_t domain)
{
    uint64_t sum = 0;
    for (uint32_t i = overlay->offsets[node]; i < overlay->offsets[node + 1]; i++) {
        const struct policy_pair *pair = &overlay->pairs[overlay->ends[i]];
        if (overlay->domain_of[overlay_pair_other(pair, node)] == domain)
            sum += pair->sum;
    }
    return sum;
}

bool moves_best(struct adapt *adapt, struct adapt_move *move)
{
    struct overlay *overlay = &adapt->overlay;
    move->saved = 0;
    for (uint32_t node = 0; node < overlay->nodes; node++) {
        uint32_t home = overlay->domain_of[node], ends = overlay->offsets[node + 1] - overlay->offsets[node];
        uint64_t stays = sum_with(overlay, node, home);
        for (uint32_t i = overlay->offsets[node]; i < overlay->offsets[node + 1]; i++) {
            const struct policy_pair *pair = &overlay->pairs[overlay->ends[i]];
            uint32_t other = overlay->domain_of[overlay_pair_other(pair, node)];
            if (other == home || !may_enter(overlay, node, other))
                continue;
            uint64_t there = sum_with(overlay, node, other);
            overlay->work += ends;
            if (there > stays && there - stays > move->saved)
                *move = (struct adapt_move){node, other, there - stays};
        }
        overlay->work += ends + 1;
    }
    return move->saved > 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "adapt_cuts.h"

#include <string.h>

void cuts_stale(struct adapt *adapt, uint32_t domain)
{
    heap_remove(&adapt->cheap, domain);
    if (!adapt->stale[domain])
        adapt->stale_list[adapt->stale_count++] = domain;
    adapt->stale[domain] = 1;
}

/* It stays in the list of stale ones, as one that is not stale, if it was there. */
void cuts_forget(struct adapt *adapt, uint32_t domain)
{
    heap_remove(&adapt->cheap, domain);
    if (!adapt->stale[domain])
        return;
    adapt->stale[domain] = 0;
    for (uint32_t i = 0; i < adapt->stale_count; i++)
        if (adapt->stale_list[i] == domain) {
            adapt->stale_list[i] = adapt->stale_list[--adapt->stale_count];
            return;
        }
}

void cuts_start(struct adapt *adapt)
{
    struct overlay *overlay = &adapt->overlay;
    heap_clear(&adapt->cheap);
    memset(adapt->stale, 0, overlay->nodes);
    adapt->stale_count = 0;
    adapt->even = true;
    for (uint32_t i = 0; i < overlay->nodes; i++) {
        adapt->even &= overlay->weights[i] == overlay->weights[0];
        if (overlay->domains[i].first != OVERLAY_NONE)
            cuts_stale(adapt, i);
    }
    adapt->cut_work += overlay->nodes;
}

static uint32_t greater(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Alone against the others: the node with the least cost for its gain. */
static struct heap_key cut_single_node(struct adapt *adapt, uint32_t domain)
{
    struct overlay *overlay = &adapt->overlay;
    uint32_t first = overlay->domains[domain].first, lightest = first, second = UINT32_MAX,
             best = OVERLAY_NONE;
    struct heap_key key = {0, 1};
    for (uint32_t node = first; node != OVERLAY_NONE; node = overlay->next[node]) {
        adapt->side[node] = 0;
        if (overlay->weights[node] < overlay->weights[lightest])
            lightest = node;
    }
    for (uint32_t node = first; node != OVERLAY_NONE; node = overlay->next[node])
        if (node != lightest && overlay->weights[node] < second)
            second = overlay->weights[node];
    for (uint32_t node = first; node != OVERLAY_NONE; node = overlay->next[node]) {
        uint32_t others = node == lightest ? second : overlay->weights[lightest];
        struct heap_key this = {overlay->inner[node], greater(overlay->weights[node], others)};
        if (best == OVERLAY_NONE || heap_key_less(this, key)) {
            best = node;
            key = this;
        }
    }
    adapt->side[best] = 1;
    adapt->cut_work += overlay->domains[domain].nodes;
    return key;
}

/* The domain's graph, for the search; its nodes get the numbers in `nodes`. */
static void domain_load(struct adapt *adapt, uint32_t domain)
{
    struct overlay *overlay = &adapt->overlay;
    struct mincut *cut = &adapt->mincut;
    cut->nodes = cut->edges = 0;
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node]) {
        adapt->nodes[cut->nodes] = node;
        adapt->local[node] = cut->nodes;
        cut->weights[cut->nodes++] = overlay->weights[node];
    }
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node])
        for (uint32_t i = overlay->offsets[node]; i < overlay->offsets[node + 1]; i++) {
            const struct overlay_pair *pair = &overlay->pairs[overlay->ends[i]];
            if (pair->a == node && overlay->domain_of[pair->b] == domain)
                cut->list[cut->edges++] =
                    (struct mincut_edge){adapt->local[node], adapt->local[pair->b], pair->peak};
            adapt->cut_work++;
        }
}

/* Half of a period's steps are for searches; the other half finds single nodes to split when these are used
 * up. */
static bool search_affordable(const struct adapt *adapt, uint32_t domain, uint64_t *limit)
{
    const struct overlay *overlay = &adapt->overlay;
    uint64_t used = adapt_work(adapt) - adapt->begun, half = adapt->goal.work_limit / 2, visits = 0;
    if (adapt->goal.work_limit == UINT64_MAX) {
        *limit = UINT64_MAX;
        return true;
    }
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node])
        visits += 4 + 4 * (uint64_t)(overlay->offsets[node + 1] - overlay->offsets[node]);
    *limit = used < half ? half - used : 0;
    return visits < *limit;
}

/* All walls of the domain fit: each of its nodes will be alone, by whichever cuts. */
static bool all_fits(const struct adapt *adapt, uint32_t domain)
{
    const struct overlay *overlay = &adapt->overlay;
    uint64_t inside = 0;
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node])
        inside += overlay->inner[node];
    return overlay->peak <= adapt->goal.allowed_peak &&
           inside / 2 <= adapt->goal.allowed_peak - overlay->peak;
}

static void cut_find(struct adapt *adapt, uint32_t domain)
{
    struct mincut *cut = &adapt->mincut;
    uint64_t limit;
    struct heap_key key;
    if (adapt->overlay.domains[domain].nodes < 2)
        return;
    if (all_fits(adapt, domain) || !search_affordable(adapt, domain, &limit)) {
        key = cut_single_node(adapt, domain);
    } else {
        domain_load(adapt, domain);
        mincut_find(cut, limit);
        adapt->cut_work += cut->work;
        for (uint32_t i = 0; i < cut->nodes; i++)
            adapt->side[adapt->nodes[i]] = cut->side[i];
        key = (struct heap_key){cut->cost, cut->gain};
    }
    adapt->cut_work += adapt->overlay.domains[domain].nodes;
    heap_set(&adapt->cheap, domain, key);
}

uint32_t cuts_cheapest(struct adapt *adapt, uint64_t room)
{
    struct heap *cheap = &adapt->cheap;
    uint32_t parked = 0, found = HEAP_NONE;
    while (adapt->stale_count > 0) {
        uint32_t domain = adapt->stale_list[--adapt->stale_count];
        adapt->stale[domain] = 0;
        cut_find(adapt, domain);
    }
    /* With unequal weights the first may cost too much for the room and one behind it fit. */
    while (heap_first(cheap) != HEAP_NONE) {
        uint32_t domain = heap_first(cheap);
        if (cheap->keys[domain].count <= room) {
            found = domain;
            break;
        }
        if (adapt->even)
            break;
        heap_remove(cheap, domain);
        adapt->parked[parked++] = domain;
    }
    adapt->cut_work += 1 + parked;
    while (parked-- > 0)
        heap_set(cheap, adapt->parked[parked], cheap->keys[adapt->parked[parked]]);
    return found;
}

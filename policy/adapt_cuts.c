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
    memset(adapt->restricted, 0, overlay->nodes);
    adapt->room = UINT64_MAX;
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

/* ---- Searches ----
 *
 * A cut gains the greater of its two sides' least weights: g, if one side has no node lighter than g. So the
 * cheapest cut that gains g or more is the minimum cut once all lighter nodes are one node; and the least
 * cost for its gain is found among these cuts for all weights g that the domain has. With equal weights that
 * is one minimum cut. */

/* The least weight in the domain that is more than `than`, or 0. */
static uint32_t weight_next(const struct overlay *overlay, uint32_t domain, uint32_t than)
{
    uint32_t least = 0;
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node])
        if (overlay->weights[node] > than && (least == 0 || overlay->weights[node] < least))
            least = overlay->weights[node];
    return least;
}

/* The domain's graph for the search, all nodes lighter than `gain` as its node 0. */
static void domain_load(struct adapt *adapt, uint32_t domain, uint32_t gain)
{
    struct overlay *overlay = &adapt->overlay;
    struct mincut *cut = &adapt->mincut;
    cut->edges = 0;
    cut->nodes = gain > overlay->domains[domain].value;
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node])
        adapt->local[node] = overlay->weights[node] < gain ? 0 : cut->nodes++;
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node])
        for (uint32_t i = overlay->offsets[node]; i < overlay->offsets[node + 1]; i++) {
            const struct policy_pair *pair = &overlay->pairs[overlay->ends[i]];
            uint32_t here = adapt->local[node], there = adapt->local[pair->b];
            if (pair->a == node && overlay->domain_of[pair->b] == domain && here != there)
                cut->list[cut->edges++] = (struct mincut_edge){here, there, pair->peak};
            adapt->cut_work++;
        }
}

/* The cheapest cut that gains `gain` or more: the search's side[], by local numbers. */
static struct heap_key cut_search(struct adapt *adapt, uint32_t domain, uint32_t gain, uint64_t limit)
{
    struct overlay *overlay = &adapt->overlay;
    uint32_t least[2] = {UINT32_MAX, UINT32_MAX};
    domain_load(adapt, domain, gain);
    mincut_find(&adapt->mincut, limit);
    adapt->cut_work += adapt->mincut.work;
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node]) {
        uint32_t side = adapt->mincut.side[adapt->local[node]];
        least[side] = overlay->weights[node] < least[side] ? overlay->weights[node] : least[side];
    }
    return (struct heap_key){adapt->mincut.cost, greater(least[0], least[1])};
}

static void side_keep(struct adapt *adapt, uint32_t domain)
{
    struct overlay *overlay = &adapt->overlay;
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node])
        adapt->side[node] = adapt->mincut.side[adapt->local[node]];
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

/* The cut that costs least for its gain of those that fit the room; the cheapest if none fits. */
static void cut_find(struct adapt *adapt, uint32_t domain, uint64_t room)
{
    const struct overlay *overlay = &adapt->overlay;
    uint64_t limit;
    if (overlay->domains[domain].nodes < 2)
        return;
    struct heap_key best = {0, 0};
    adapt->least[domain] = 0;
    adapt->restricted[domain] = 0;
    if (!all_fits(adapt, domain)) {
        uint32_t gain = overlay->domains[domain].value;
        for (; gain && search_affordable(adapt, domain, &limit); gain = weight_next(overlay, domain, gain)) {
            struct heap_key key = cut_search(adapt, domain, gain, limit);
            if (best.value == 0)
                adapt->least[domain] = key.count;
            if (best.value && key.count > room) {
                adapt->restricted[domain] = 1;
                break; /* nor does any that gains more */
            }
            if (best.value == 0 || heap_key_less(key, best)) {
                best = key;
                side_keep(adapt, domain);
            }
        }
    }
    if (best.value == 0) {
        best = cut_single_node(adapt, domain);
        adapt->least[domain] = best.count;
    }
    adapt->cut_work += overlay->domains[domain].nodes;
    heap_set(&adapt->cheap, domain, best);
}

bool cuts_worthiest(struct adapt *adapt, uint32_t domain, uint64_t room, struct heap_key *key)
{
    const struct overlay *overlay = &adapt->overlay;
    uint64_t limit;
    bool found = false;
    heap_remove(&adapt->cheap, domain);
    cuts_stale(adapt, domain); /* its side[] is not the queue's any more */
    uint32_t gain = overlay->domains[domain].value;
    for (; gain && search_affordable(adapt, domain, &limit); gain = weight_next(overlay, domain, gain)) {
        struct heap_key this = cut_search(adapt, domain, gain, limit);
        if (this.count > room)
            break; /* more gain costs no less */
        *key = this;
        found = true;
        side_keep(adapt, domain);
    }
    return found;
}

/* There is more room than when cuts that did not fit were passed over. */
static void restricted_stale(struct adapt *adapt, uint64_t room)
{
    if (!adapt->even && room > adapt->room)
        for (uint32_t i = 0; i < adapt->overlay.nodes; i++)
            if (adapt->overlay.domains[i].first != OVERLAY_NONE && adapt->restricted[i])
                cuts_stale(adapt, i);
    adapt->room = room;
}

uint32_t cuts_cheapest(struct adapt *adapt, uint64_t room)
{
    struct heap *cheap = &adapt->cheap;
    uint32_t parked = 0, found = HEAP_NONE;
    restricted_stale(adapt, room);
    while (adapt->stale_count > 0) {
        uint32_t domain = adapt->stale_list[--adapt->stale_count];
        adapt->stale[domain] = 0;
        cut_find(adapt, domain, room);
    }
    /* With unequal weights the first may cost too much for the room, and another cut or domain fit. */
    while (found == HEAP_NONE && heap_first(cheap) != HEAP_NONE) {
        uint32_t domain = heap_first(cheap);
        if (cheap->keys[domain].count > room && adapt->least[domain] <= room)
            cut_find(adapt, domain, room);
        if (heap_first(cheap) != domain)
            continue; /* it had another cut, which comes later */
        if (cheap->keys[domain].count <= room)
            found = domain;
        else if (adapt->even)
            break;
        else
            heap_remove(cheap, adapt->parked[parked++] = domain);
    }
    adapt->cut_work += 1 + parked;
    while (parked-- > 0)
        heap_set(cheap, adapt->parked[parked], cheap->keys[adapt->parked[parked]]);
    return found;
}

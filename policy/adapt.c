/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The steps. The cuts they choose from: adapt_cuts.c.
 */
#include "adapt.h"

#include <string.h>

#include "adapt_cuts.h"
#include "adapt_moves.h"

void adapt_carve(struct adapt *adapt, struct memory *memory, uint32_t nodes, uint32_t pairs, uint32_t words)
{
    overlay_carve(&adapt->overlay, memory, nodes, pairs, words);
    mincut_carve(&adapt->mincut, memory, nodes, pairs);
    heap_carve(&adapt->cheap, memory, nodes, true);
    adapt->side = memory_take(memory, nodes, sizeof *adapt->side);
    adapt->stale = memory_take(memory, nodes, sizeof *adapt->stale);
    adapt->stale_list = memory_take(memory, nodes, sizeof *adapt->stale_list);
    adapt->least = memory_take(memory, nodes, sizeof *adapt->least);
    adapt->restricted = memory_take(memory, nodes, sizeof *adapt->restricted);
    adapt->local = memory_take(memory, nodes, sizeof *adapt->local);
    adapt->parked = memory_take(memory, nodes, sizeof *adapt->parked);
    adapt->saved = memory_take(memory, nodes, sizeof *adapt->saved);
    adapt->candidates = memory_take(memory, 2 * ADAPT_CANDIDATES, sizeof *adapt->candidates);
}

void adapt_start(struct adapt *adapt)
{
    mincut_start(&adapt->mincut);
    heap_clear(&adapt->cheap);
    memset(adapt->stale, 0, adapt->cheap.limit);
    adapt->stale_count = 0;
}

uint64_t adapt_work(const struct adapt *adapt)
{
    return adapt->overlay.work + adapt->cut_work;
}

/* Most moves of a trade: a split of a domain has one for each node that leaves. */
static uint32_t moves_of_trade(const struct adapt *adapt)
{
    return 1 + ADAPT_TRADE_SPLITS * adapt->overlay.nodes;
}

static bool exhausted(const struct adapt *adapt)
{
    return adapt_work(adapt) - adapt->begun >= adapt->goal.work_limit ||
           adapt->moves->limit - adapt->moves->count < moves_of_trade(adapt);
}

static void note(struct adapt *adapt, enum policy_action action, enum policy_reason reason, uint32_t node,
                 uint32_t other)
{
    adapt->moves->list[adapt->moves->count++] =
        (struct policy_move){action, node, other, reason, POLICY_EXPECT_COUNTED};
}

/* The domain with more nodes stays. */
static void order_sides(const struct overlay *overlay, uint32_t *into, uint32_t *from)
{
    if (overlay->domains[*into].nodes >= overlay->domains[*from].nodes)
        return;
    uint32_t other = *into;
    *into = *from;
    *from = other;
}

static void merge(struct adapt *adapt, uint32_t into, uint32_t from, enum policy_reason reason)
{
    const struct overlay_domain *domains = adapt->overlay.domains;
    note(adapt, POLICY_MERGE, reason, domains[into].first, domains[from].first);
    overlay_merge(&adapt->overlay, into, from);
    cuts_forget(adapt, from);
    cuts_stale(adapt, into);
}

static uint32_t split(struct adapt *adapt, uint32_t domain, enum policy_reason reason)
{
    uint32_t fresh = overlay_split(&adapt->overlay, domain, adapt->side);
    uint32_t first = adapt->overlay.domains[fresh].first;
    note(adapt, POLICY_SPLIT, reason, first, 0);
    for (uint32_t node = adapt->overlay.next[first]; node != OVERLAY_NONE; node = adapt->overlay.next[node])
        note(adapt, POLICY_MOVE, reason, node, first);
    cuts_stale(adapt, domain);
    cuts_stale(adapt, fresh);
    return fresh;
}

/* (a) */
static void merge_costliest(struct adapt *adapt)
{
    struct overlay *overlay = &adapt->overlay;
    while (overlay->sum > adapt->goal.allowed_sum && !exhausted(adapt)) {
        uint32_t edge = heap_first(&overlay->costly);
        if (edge == HEAP_NONE)
            return; /* what is left may not be merged */
        uint32_t into = overlay->edges[edge].domain[0], from = overlay->edges[edge].domain[1];
        order_sides(overlay, &into, &from);
        merge(adapt, into, from, POLICY_OVER);
    }
}

/* (a) where rules stand in the way: nodes that move make other merges possible. */
static void move_costliest(struct adapt *adapt)
{
    struct overlay *overlay = &adapt->overlay;
    struct adapt_move move;
    while (overlay->sum > adapt->goal.allowed_sum && !exhausted(adapt) && moves_best(adapt, &move)) {
        uint32_t home = overlay->domain_of[move.node];
        if (overlay->domains[home].nodes > 1) {
            for (uint32_t node = overlay->domains[home].first; node != OVERLAY_NONE;
                 node = overlay->next[node])
                adapt->side[node] = node == move.node;
            home = split(adapt, home, POLICY_OVER);
        }
        merge(adapt, move.domain, home, POLICY_OVER);
        merge_costliest(adapt);
    }
}

static uint64_t room_below(const struct overlay *overlay, uint64_t limit)
{
    return overlay->peak < limit ? limit - overlay->peak : 0;
}

/* (b) */
static void split_cheapest(struct adapt *adapt)
{
    struct overlay *overlay = &adapt->overlay;
    while (overlay->peak <= adapt->goal.allowed_peak && !exhausted(adapt)) {
        uint32_t domain = cuts_cheapest(adapt, room_below(overlay, adapt->goal.allowed_peak));
        if (domain == HEAP_NONE)
            return;
        split(adapt, domain, POLICY_ROOM);
    }
}

/* ---- (c) ---- */

struct trial {
    uint32_t into, from, saved;
    uint64_t value, sum, peak, fallen, raised;
    uint32_t splits, domains[ADAPT_TRADE_SPLITS], fresh[ADAPT_TRADE_SPLITS];
};

static bool trial_good(const struct adapt *adapt, const struct trial *trial)
{
    const struct overlay *overlay = &adapt->overlay;
    uint64_t low = adapt->goal.allowed_peak;
    unsigned __int128 raised = (unsigned __int128)trial->raised * adapt->goal.windows;
    if (trial->splits == 0)
        return false;
    if (overlay->value > trial->value)
        return trial->peak <= low ? overlay->peak <= low
                                  : overlay->peak <= trial->peak && overlay->sum <= trial->sum;
    return overlay->value == trial->value && raised < trial->fallen &&
           raised * 1000 <= (unsigned __int128)trial->fallen * (1000 - adapt->goal.hysteresis);
}

static void trial_undo(struct adapt *adapt, const struct trial *trial)
{
    struct overlay *overlay = &adapt->overlay;
    for (uint32_t i = trial->splits; i-- > 0;) {
        overlay_merge(overlay, trial->domains[i], trial->fresh[i]);
        cuts_forget(adapt, trial->fresh[i]);
        cuts_stale(adapt, trial->domains[i]);
    }
    for (uint32_t node = overlay->domains[trial->into].first; node != OVERLAY_NONE;
         node = overlay->next[node])
        adapt->side[node] = 0;
    for (uint32_t i = 0; i < trial->saved; i++)
        adapt->side[adapt->saved[i]] = 1;
    uint32_t from = overlay_split(overlay, trial->into, adapt->side);
    cuts_stale(adapt, trial->into);
    cuts_stale(adapt, from);
}

static void trial_split(struct adapt *adapt, struct trial *trial, uint32_t domain, uint64_t cost)
{
    trial->raised += cost;
    trial->domains[trial->splits] = domain;
    trial->fresh[trial->splits++] = split(adapt, domain, POLICY_TRADE);
}

/* The wall between two domains on trial; true if the trade was kept. `worthiest`: what is one domain then is
 * first cut where most is gained. */
static bool trade_try(struct adapt *adapt, uint32_t into, uint32_t from, uint64_t fallen, bool worthiest)
{
    struct heap_key key;
    struct overlay *overlay = &adapt->overlay;
    uint64_t low = adapt->goal.allowed_peak;
    struct trial trial = {
        .value = overlay->value, .sum = overlay->sum, .peak = overlay->peak, .fallen = fallen};
    uint64_t limit = trial.peak <= low ? low : trial.peak;
    order_sides(overlay, &into, &from);
    trial.into = into;
    trial.from = from;
    for (uint32_t node = overlay->domains[from].first; node != OVERLAY_NONE; node = overlay->next[node])
        adapt->saved[trial.saved++] = node;
    uint32_t moves = adapt->moves->count; /* what follows is on trial */
    merge(adapt, into, from, POLICY_TRADE);
    if (worthiest && cuts_worthiest(adapt, into, room_below(overlay, limit), &key))
        trial_split(adapt, &trial, into, key.count);
    while (trial.splits < ADAPT_TRADE_SPLITS && overlay->value <= trial.value && overlay->peak <= limit) {
        uint32_t domain = cuts_cheapest(adapt, limit - overlay->peak);
        if (domain == HEAP_NONE)
            break;
        trial_split(adapt, &trial, domain, adapt->cheap.keys[domain].count);
    }
    bool kept = trial_good(adapt, &trial);
    if (!kept) {
        trial_undo(adapt, &trial);
        adapt->moves->count = moves;
    }
    return kept;
}

/* The costliest edges as pairs of domains: a trial that is undone gives domains their slots back, not edges.
 */
static uint32_t candidates_collect(struct adapt *adapt)
{
    struct heap *costly = &adapt->overlay.costly;
    uint32_t count = 0, most = adapt->goal.trials < ADAPT_CANDIDATES ? adapt->goal.trials : ADAPT_CANDIDATES;
    while (count < most && heap_first(costly) != HEAP_NONE) {
        uint32_t edge = heap_first(costly);
        adapt->candidates[2 * count] = edge;
        heap_remove(costly, edge);
        count++;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t edge = adapt->candidates[2 * i];
        heap_set(costly, edge, costly->keys[edge]);
        adapt->candidates[2 * i] = adapt->overlay.edges[edge].domain[0];
        adapt->candidates[2 * i + 1] = adapt->overlay.edges[edge].domain[1];
    }
    return count;
}

static uint64_t sum_between(const struct overlay *overlay, uint32_t a, uint32_t b)
{
    uint32_t end = overlay->domains[a].ends;
    while (overlay->edges[end / 2].domain[end % 2 ^ 1] != b)
        end = overlay->edges[end / 2].next[end % 2];
    return overlay->edges[end / 2].sum;
}

/* With equal weights and one node on either side: what is one domain then can only be cut where it was. So a
 * trade needs one other cut that is cheaper, or two that the room and the wall pay for. */
static bool trade_hopeless(struct adapt *adapt, uint32_t a, uint32_t b, uint64_t fallen)
{
    const struct overlay *overlay = &adapt->overlay;
    if (!adapt->even || overlay->domains[a].nodes > 1 || overlay->domains[b].nodes > 1)
        return false;
    cuts_cheapest(adapt, 0); /* finds all cuts that are not known */
    uint32_t cheapest = heap_first(&adapt->cheap);
    if (cheapest == HEAP_NONE)
        return true;
    unsigned __int128 cost = adapt->cheap.keys[cheapest].count;
    uint64_t limit = overlay->peak > adapt->goal.allowed_peak ? overlay->peak : adapt->goal.allowed_peak;
    return cost * adapt->goal.windows >= fallen &&
           2 * cost > (unsigned __int128)room_below(overlay, limit) + fallen;
}

static bool trade_one(struct adapt *adapt)
{
    if (adapt->overlay.domains_count == adapt->overlay.nodes)
        return false; /* no wall is down that could be raised instead */
    uint32_t count = candidates_collect(adapt);
    for (uint32_t i = 0; i < count && !exhausted(adapt); i++) {
        uint32_t a = adapt->candidates[2 * i], b = adapt->candidates[2 * i + 1];
        uint64_t sum = sum_between(&adapt->overlay, a, b);
        if (trade_hopeless(adapt, a, b, sum))
            continue;
        if (trade_try(adapt, a, b, sum, false) || (!adapt->even && trade_try(adapt, a, b, sum, true)))
            return true;
    }
    return false;
}

long adapt_decide(const struct policy_question *question, struct policy_moves *moves, void *state)
{
    struct adapt *adapt = state;
    struct overlay *overlay = &adapt->overlay;
    overlay->nodes = question->nodes;
    overlay->pairs_count = question->pairs_count;
    overlay->words = question->rule_words;
    memcpy(overlay->domain_of, question->domain_of, question->nodes * sizeof *overlay->domain_of);
    overlay_start(overlay);
    adapt->goal = question->goal;
    adapt->moves = moves;
    adapt->cut_work = 0;
    adapt->begun = adapt_work(adapt);
    merge_costliest(adapt);
    if (!adapt->goal.only_merge) {
        move_costliest(adapt);
        cuts_start(adapt);
        do
            split_cheapest(adapt);
        while (!exhausted(adapt) && trade_one(adapt));
    }
    adapt->finished = !exhausted(adapt);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "overlay.h"

#include <string.h>

void overlay_carve(struct overlay *overlay, struct memory *memory, uint32_t nodes, uint32_t pairs,
                   uint32_t words)
{
    overlay->words = words;
    overlay->pairs = memory_take(memory, pairs, sizeof *overlay->pairs);
    overlay->weights = memory_take(memory, nodes, sizeof *overlay->weights);
    overlay->left = memory_take(memory, nodes, words * sizeof *overlay->left);
    overlay->right = memory_take(memory, nodes, words * sizeof *overlay->right);
    overlay->domain_of = memory_take(memory, nodes, sizeof *overlay->domain_of);
    overlay->next = memory_take(memory, nodes, sizeof *overlay->next);
    overlay->domains = memory_take(memory, nodes, sizeof *overlay->domains);
    overlay->edges = memory_take(memory, pairs, sizeof *overlay->edges);
    overlay->inner = memory_take(memory, nodes, sizeof *overlay->inner);
    overlay->offsets = memory_take(memory, (size_t)nodes + 1, sizeof *overlay->offsets);
    overlay->ends = memory_take(memory, pairs, 2 * sizeof *overlay->ends);
    overlay->free_domains = memory_take(memory, nodes, sizeof *overlay->free_domains);
    overlay->free_edges = memory_take(memory, pairs, sizeof *overlay->free_edges);
    overlay->mark = memory_take(memory, nodes, sizeof *overlay->mark);
    overlay->other_mark = memory_take(memory, nodes, sizeof *overlay->other_mark);
    overlay->domain_left = memory_take(memory, nodes, words * sizeof *overlay->domain_left);
    overlay->domain_right = memory_take(memory, nodes, words * sizeof *overlay->domain_right);
    heap_carve(&overlay->costly, memory, pairs, false);
}

/* ---- Edges ---- */

static void end_link(struct overlay *overlay, uint32_t end, uint32_t domain)
{
    struct overlay_edge *edge = &overlay->edges[end / 2];
    uint32_t head = overlay->domains[domain].ends;
    edge->domain[end % 2] = domain;
    edge->next[end % 2] = head;
    edge->previous[end % 2] = OVERLAY_NONE;
    if (head != OVERLAY_NONE)
        overlay->edges[head / 2].previous[head % 2] = end;
    overlay->domains[domain].ends = end;
}

static void end_unlink(struct overlay *overlay, uint32_t end)
{
    struct overlay_edge *edge = &overlay->edges[end / 2];
    uint32_t next = edge->next[end % 2], previous = edge->previous[end % 2];
    if (next != OVERLAY_NONE)
        overlay->edges[next / 2].previous[next % 2] = previous;
    if (previous != OVERLAY_NONE)
        overlay->edges[previous / 2].next[previous % 2] = next;
    else
        overlay->domains[edge->domain[end % 2]].ends = next;
}

static uint32_t edge_new(struct overlay *overlay, uint32_t a, uint32_t b)
{
    uint32_t edge = overlay->free_edges[--overlay->free_edges_count];
    overlay->edges[edge].pairs = 0;
    overlay->edges[edge].sum = overlay->edges[edge].peak = 0;
    end_link(overlay, 2 * edge, a);
    end_link(overlay, 2 * edge + 1, b);
    return edge;
}

static void edge_free(struct overlay *overlay, uint32_t edge)
{
    end_unlink(overlay, 2 * edge);
    end_unlink(overlay, 2 * edge + 1);
    heap_remove(&overlay->costly, edge);
    overlay->free_edges[overlay->free_edges_count++] = edge;
}

static void edge_add_pair(struct overlay *overlay, uint32_t edge, const struct policy_pair *pair)
{
    overlay->edges[edge].pairs++;
    overlay->edges[edge].sum += pair->sum;
    overlay->edges[edge].peak += pair->peak;
}

/* True if the edge is gone then. */
static bool edge_take_pair(struct overlay *overlay, uint32_t edge, const struct policy_pair *pair)
{
    overlay->edges[edge].sum -= pair->sum;
    overlay->edges[edge].peak -= pair->peak;
    if (--overlay->edges[edge].pairs > 0)
        return false;
    edge_free(overlay, edge);
    return true;
}

/* In the queue, or not, with the key it has now. */
static void edge_queue(struct overlay *overlay, uint32_t edge)
{
    const struct overlay_edge *this = &overlay->edges[edge];
    uint32_t a = this->domain[0], b = this->domain[1];
    if (this->sum && overlay_may_merge(overlay, a, b))
        heap_set(&overlay->costly, edge, (struct heap_key){this->sum, overlay_loss(overlay, a, b)});
    else
        heap_remove(&overlay->costly, edge);
}

static void edges_queue(struct overlay *overlay, uint32_t domain)
{
    uint32_t end = overlay->domains[domain].ends;
    for (; end != OVERLAY_NONE; end = overlay->edges[end / 2].next[end % 2]) {
        edge_queue(overlay, end / 2);
        overlay->work++;
    }
}

/* mark[neighbour] = the edge that leads there, for all neighbours of the domain. */
static void neighbours_mark(const struct overlay *overlay, uint32_t domain, uint32_t *mark)
{
    uint32_t end = overlay->domains[domain].ends;
    for (; end != OVERLAY_NONE; end = overlay->edges[end / 2].next[end % 2])
        mark[overlay->edges[end / 2].domain[end % 2 ^ 1]] = end / 2;
}

static void neighbours_unmark(const struct overlay *overlay, uint32_t domain, uint32_t *mark)
{
    uint32_t end = overlay->domains[domain].ends;
    for (; end != OVERLAY_NONE; end = overlay->edges[end / 2].next[end % 2])
        mark[overlay->edges[end / 2].domain[end % 2 ^ 1]] = OVERLAY_NONE;
}

/* ---- Domains ---- */

bool overlay_may_merge(const struct overlay *overlay, uint32_t a, uint32_t b)
{
    size_t one = (size_t)a * overlay->words, other = (size_t)b * overlay->words;
    for (uint32_t w = 0; w < overlay->words; w++)
        if ((overlay->domain_left[one + w] & overlay->domain_right[other + w]) |
            (overlay->domain_right[one + w] & overlay->domain_left[other + w]))
            return false;
    return true;
}

uint32_t overlay_loss(const struct overlay *overlay, uint32_t a, uint32_t b)
{
    uint32_t one = overlay->domains[a].value, other = overlay->domains[b].value;
    return one > other ? one : other;
}

static uint32_t domain_new(struct overlay *overlay)
{
    uint32_t domain = overlay->free_domains[--overlay->free_domains_count];
    overlay->domains[domain] =
        (struct overlay_domain){OVERLAY_NONE, OVERLAY_NONE, 0, UINT32_MAX, OVERLAY_NONE};
    for (uint32_t w = 0; w < overlay->words; w++)
        overlay->domain_left[(size_t)domain * overlay->words + w] =
            overlay->domain_right[(size_t)domain * overlay->words + w] = 0;
    overlay->domains_count++;
    return domain;
}

static void domain_free(struct overlay *overlay, uint32_t domain)
{
    overlay->domains[domain].first = OVERLAY_NONE;
    overlay->free_domains[overlay->free_domains_count++] = domain;
    overlay->domains_count--;
}

/* Behind the others; their value and bits become the domain's too. */
static void domain_add(struct overlay *overlay, uint32_t domain, uint32_t node)
{
    struct overlay_domain *this = &overlay->domains[domain];
    overlay->domain_of[node] = domain;
    overlay->next[node] = OVERLAY_NONE;
    if (this->first == OVERLAY_NONE)
        this->first = node;
    else
        overlay->next[this->last] = node;
    this->last = node;
    this->nodes++;
    if (overlay->weights[node] < this->value)
        this->value = overlay->weights[node];
    for (uint32_t w = 0; w < overlay->words; w++) {
        overlay->domain_left[(size_t)domain * overlay->words + w] |=
            overlay->left[(size_t)node * overlay->words + w];
        overlay->domain_right[(size_t)domain * overlay->words + w] |=
            overlay->right[(size_t)node * overlay->words + w];
    }
    overlay->work++;
}

/* ---- Start ---- */

static void pairs_index(struct overlay *overlay)
{
    memset(overlay->offsets, 0, ((size_t)overlay->nodes + 1) * sizeof *overlay->offsets);
    for (uint32_t i = 0; i < overlay->pairs_count; i++) {
        overlay->offsets[overlay->pairs[i].a]++;
        overlay->offsets[overlay->pairs[i].b]++;
    }
    for (uint32_t i = 0, sum = 0; i <= overlay->nodes; i++) {
        sum += i < overlay->nodes ? overlay->offsets[i] : 0;
        overlay->offsets[i] = sum;
    }
    for (uint32_t i = overlay->pairs_count; i-- > 0;) {
        overlay->ends[--overlay->offsets[overlay->pairs[i].a]] = i;
        overlay->ends[--overlay->offsets[overlay->pairs[i].b]] = i;
    }
    overlay->work += overlay->nodes + 2 * (uint64_t)overlay->pairs_count;
}

/* The edges of one domain to those that come after it. */
static void domain_connect(struct overlay *overlay, uint32_t domain)
{
    uint32_t *mark = overlay->mark;
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node])
        for (uint32_t i = overlay->offsets[node]; i < overlay->offsets[node + 1]; i++) {
            const struct policy_pair *pair = &overlay->pairs[overlay->ends[i]];
            uint32_t other = overlay->domain_of[overlay_pair_other(pair, node)];
            if (other == domain)
                overlay->inner[node] += pair->peak;
            if (other <= domain)
                continue;
            if (mark[other] == OVERLAY_NONE)
                mark[other] = edge_new(overlay, domain, other);
            edge_add_pair(overlay, mark[other], pair);
            overlay->sum += pair->sum;
            overlay->peak += pair->peak;
        }
    neighbours_unmark(overlay, domain, mark);
}

void overlay_start(struct overlay *overlay)
{
    uint32_t nodes = overlay->nodes;
    overlay->work = overlay->sum = overlay->peak = overlay->value = 0;
    pairs_index(overlay);
    heap_clear(&overlay->costly);
    overlay->free_edges_count = 0;
    for (uint32_t i = overlay->pairs_count; i-- > 0;)
        overlay->free_edges[overlay->free_edges_count++] = i;
    overlay->domains_count = 0;
    for (uint32_t i = 0; i < nodes; i++) { /* slots with the numbers that domain_of has */
        overlay->free_domains[0] = i;
        overlay->free_domains_count = 1;
        domain_new(overlay);
        overlay->inner[i] = 0;
        overlay->mark[i] = overlay->other_mark[i] = OVERLAY_NONE;
    }
    for (uint32_t i = 0; i < nodes; i++)
        domain_add(overlay, overlay->domain_of[i], i);
    overlay->free_domains_count = 0;
    for (uint32_t i = nodes; i-- > 0;) {
        if (overlay->domains[i].first == OVERLAY_NONE)
            domain_free(overlay, i);
        else
            overlay->value += overlay->domains[i].value;
    }
    for (uint32_t i = 0; i < nodes; i++)
        if (overlay->domains[i].first != OVERLAY_NONE)
            domain_connect(overlay, i);
    for (uint32_t i = 0; i < nodes; i++) {
        uint32_t end = overlay->domains[i].first == OVERLAY_NONE ? OVERLAY_NONE : overlay->domains[i].ends;
        for (; end != OVERLAY_NONE; end = overlay->edges[end / 2].next[end % 2])
            if (end % 2 == 0)
                edge_queue(overlay, end / 2);
    }
    overlay->work += nodes + 4 * (uint64_t)overlay->pairs_count;
}

/* ---- Merge and split ---- */

/* What nodes of the smaller domain have in common with the other becomes inner; `sign` 1: they are one domain
 * now. */
static void inner_change(struct overlay *overlay, uint32_t domain, uint32_t other, bool together)
{
    for (uint32_t node = overlay->domains[domain].first; node != OVERLAY_NONE; node = overlay->next[node])
        for (uint32_t i = overlay->offsets[node]; i < overlay->offsets[node + 1]; i++) {
            const struct policy_pair *pair = &overlay->pairs[overlay->ends[i]];
            uint32_t end = overlay_pair_other(pair, node);
            if (overlay->domain_of[end] != other)
                continue;
            overlay->inner[node] += together ? pair->peak : -pair->peak;
            overlay->inner[end] += together ? pair->peak : -pair->peak;
            overlay->work++;
        }
}

void overlay_merge(struct overlay *overlay, uint32_t into, uint32_t from)
{
    struct overlay_domain *here = &overlay->domains[into], *there = &overlay->domains[from];
    uint32_t *mark = overlay->mark;
    overlay->value -= overlay_loss(overlay, into, from);
    if (here->nodes < there->nodes)
        inner_change(overlay, into, from, true);
    else
        inner_change(overlay, from, into, true);
    neighbours_mark(overlay, into, mark);
    if (mark[from] != OVERLAY_NONE) {
        overlay->sum -= overlay->edges[mark[from]].sum;
        overlay->peak -= overlay->edges[mark[from]].peak;
        edge_free(overlay, mark[from]);
        mark[from] = OVERLAY_NONE;
    }
    while (there->ends != OVERLAY_NONE) {
        uint32_t end = there->ends, old = end / 2, other = overlay->edges[old].domain[end % 2 ^ 1];
        if (mark[other] == OVERLAY_NONE) {
            end_unlink(overlay, end);
            end_link(overlay, end, into);
            mark[other] = old;
        } else {
            struct overlay_edge *kept = &overlay->edges[mark[other]];
            kept->pairs += overlay->edges[old].pairs;
            kept->sum += overlay->edges[old].sum;
            kept->peak += overlay->edges[old].peak;
            edge_free(overlay, old);
        }
        overlay->work++;
    }
    neighbours_unmark(overlay, into, mark);
    for (uint32_t node = there->first, next; node != OVERLAY_NONE; node = next) {
        next = overlay->next[node];
        domain_add(overlay, into, node);
    }
    domain_free(overlay, from);
    edges_queue(overlay, into);
}

/* One pair of a node that has left `domain` for `fresh`. */
static void pair_moves(struct overlay *overlay, const struct policy_pair *pair, uint32_t node,
                       uint32_t domain, uint32_t fresh)
{
    uint32_t *old_edge = overlay->mark, *new_edge = overlay->other_mark;
    uint32_t other = overlay->domain_of[overlay_pair_other(pair, node)];
    if (other == fresh)
        return;
    if (new_edge[other] == OVERLAY_NONE && other != domain && overlay->edges[old_edge[other]].pairs == 1) {
        uint32_t edge = old_edge[other]; /* its only pair: the edge itself moves */
        uint32_t end = 2 * edge + (overlay->edges[edge].domain[1] == domain);
        end_unlink(overlay, end);
        end_link(overlay, end, fresh);
        new_edge[other] = edge;
        old_edge[other] = OVERLAY_NONE;
        return;
    }
    if (other == domain) {
        overlay->sum += pair->sum;
        overlay->peak += pair->peak;
    } else if (edge_take_pair(overlay, old_edge[other], pair)) {
        old_edge[other] = OVERLAY_NONE;
    }
    if (new_edge[other] == OVERLAY_NONE)
        new_edge[other] = edge_new(overlay, fresh, other);
    edge_add_pair(overlay, new_edge[other], pair);
}

uint32_t overlay_split(struct overlay *overlay, uint32_t domain, const uint8_t *leaves)
{
    uint32_t fresh = domain_new(overlay), node = overlay->domains[domain].first;
    struct overlay_domain *old = &overlay->domains[domain], *new = &overlay->domains[fresh];
    overlay->value -= old->value;
    neighbours_mark(overlay, domain, overlay->mark);
    *old = (struct overlay_domain){OVERLAY_NONE, OVERLAY_NONE, 0, UINT32_MAX, old->ends};
    for (uint32_t w = 0; w < overlay->words; w++)
        overlay->domain_left[(size_t)domain * overlay->words + w] =
            overlay->domain_right[(size_t)domain * overlay->words + w] = 0;
    for (uint32_t next; node != OVERLAY_NONE; node = next) {
        next = overlay->next[node];
        domain_add(overlay, leaves[node] ? fresh : domain, node);
    }
    overlay->value += old->value + new->value;
    for (node = new->first; node != OVERLAY_NONE; node = overlay->next[node])
        for (uint32_t i = overlay->offsets[node]; i < overlay->offsets[node + 1]; i++) {
            pair_moves(overlay, &overlay->pairs[overlay->ends[i]], node, domain, fresh);
            overlay->work++;
        }
    neighbours_unmark(overlay, domain, overlay->mark);
    neighbours_unmark(overlay, fresh, overlay->other_mark);
    overlay->mark[fresh] = overlay->other_mark[domain] = OVERLAY_NONE;
    inner_change(overlay, fresh, domain, false);
    edges_queue(overlay, domain);
    edges_queue(overlay, fresh);
    return fresh;
}

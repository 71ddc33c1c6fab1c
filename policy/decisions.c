/* SPDX-License-Identifier: BSD-2-Clause */
#include "decisions.h"

#include <string.h>

static const char *const names[POLICY_REASONS] = {
    [POLICY_OVER] = "over budget", [POLICY_ROOM] = "room in the budget",
    [POLICY_TRADE] = "trade",      [POLICY_OBEYED] = "rule",
    [POLICY_HAND] = "by hand",     [POLICY_OWN] = "own policy",
};

const char *policy_reason_name(enum policy_reason reason)
{
    return names[reason];
}

void decisions_carve(struct decisions *decisions, struct memory *memory, uint32_t limit, uint32_t components)
{
    size_t records = limit;
    decisions->limit = limit;
    decisions->words = components / 64 + (components % 64 != 0);
    decisions->ring = memory_take(memory, records, sizeof *decisions->ring);
    decisions->bits = memory_take(memory, records, 2 * decisions->words * sizeof *decisions->bits);
}

void decisions_start(struct decisions *decisions)
{
    uint64_t *bits = decisions->bits;
    decisions->count = 0;
    for (uint32_t i = 0; i < decisions->limit; i++) {
        decisions->ring[i] = (struct policy_decision){.left = bits, .right = bits + decisions->words};
        bits += 2 * (size_t)decisions->words;
    }
}

static struct policy_decision *blank(const struct decisions *decisions, struct policy_decision *record)
{
    uint64_t *left = record->left, *right = record->right;
    memset(left, 0, decisions->words * sizeof *left);
    memset(right, 0, decisions->words * sizeof *right);
    *record = (struct policy_decision){.rule = UINT32_MAX, .left = left, .right = right};
    return record;
}

struct policy_decision *decisions_add(struct decisions *decisions)
{
    if (decisions->limit == 0)
        return NULL;
    struct policy_decision *record = &decisions->ring[decisions->count++ % decisions->limit];
    blank(decisions, record)->number = decisions->count;
    return record;
}

uint64_t decisions_oldest(const struct decisions *decisions)
{
    return decisions->count > decisions->limit ? decisions->count - decisions->limit + 1 : 1;
}

struct policy_decision *decisions_find(const struct decisions *decisions, uint64_t number)
{
    if (number < decisions_oldest(decisions) || number > decisions->count)
        return NULL;
    return &decisions->ring[(number - 1) % decisions->limit];
}

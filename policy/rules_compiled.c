/* SPDX-License-Identifier: BSD-2-Clause */
#include "rules_compiled.h"

#include <string.h>

static bool side_has(const struct rules *rules, const struct rule_side *side, uint32_t component)
{
    switch (side->kind) {
    case RULE_COMPONENT:
        return side->value == component;
    case RULE_LABEL:
        return rules->labelled[component] >> side->value & 1;
    default:
        return false;
    }
}

bool rule_has_left(const struct rules *rules, const struct rule *rule, uint32_t component)
{
    return side_has(rules, &rule->left, component);
}

bool rule_has_right(const struct rules *rules, const struct rule *rule, uint32_t component)
{
    if (rule->right.kind == RULE_OTHERS)
        return rule->kind == RULE_APART && !side_has(rules, &rule->left, component);
    return side_has(rules, &rule->right, component);
}

static void bits_fill(struct rules *rules)
{
    size_t bytes = (size_t)rules->components_count * rules->words * sizeof *rules->left;
    memset(rules->left, 0, bytes);
    memset(rules->right, 0, bytes);
    for (uint32_t r = 0; r < rules->count; r++) {
        const struct rule *rule = &rules->list[r];
        uint64_t bit = UINT64_C(1) << r % 64;
        if (rule->kind != RULE_APART)
            continue;
        for (uint32_t i = 0; i < rules->components_count; i++) {
            size_t word = (size_t)i * rules->words + r / 64;
            rules->left[word] |= rule_has_left(rules, rule, i) ? bit : 0;
            rules->right[word] |= rule_has_right(rules, rule, i) ? bit : 0;
        }
    }
}

/* While units grow, unit[i] leads towards the first component of i's. */
static uint32_t unit_first(struct rules *rules, uint32_t component)
{
    while (rules->unit[component] != component)
        component = rules->unit[component] = rules->unit[rules->unit[component]];
    return component;
}

static void units_unite(struct rules *rules, const struct rule *rule)
{
    uint32_t all = UINT32_MAX;
    for (uint32_t i = 0; i < rules->components_count; i++) {
        if (!rule_has_left(rules, rule, i) && !rule_has_right(rules, rule, i))
            continue;
        uint32_t unit = unit_first(rules, i);
        if (all == UINT32_MAX)
            all = unit;
        rules->unit[unit > all ? unit : all] = unit < all ? unit : all;
        all = unit_first(rules, all);
    }
}

/* Units by the first `count` rules. */
static void units_fill(struct rules *rules, uint32_t count)
{
    for (uint32_t i = 0; i < rules->components_count; i++)
        rules->unit[i] = i;
    for (uint32_t r = 0; r < count; r++)
        if (rules->list[r].kind == RULE_TOGETHER)
            units_unite(rules, &rules->list[r]);
    for (uint32_t i = 0; i < rules->components_count; i++)
        rules->unit[i] = unit_first(rules, i);
}

/* Has a unit both sides of an `apart`? Goes through the components with the bits of those before in the unit.
 */
static bool units_agree(struct rules *rules, struct rule_violation *violation)
{
    uint32_t words = rules->words;
    size_t bytes = (size_t)rules->components_count * words * sizeof *rules->left;
    memset(rules->seen_left, 0, bytes);
    memset(rules->seen_right, 0, bytes);
    for (uint32_t i = 0; i < rules->components_count; i++)
        for (uint32_t w = 0; w < words; w++) {
            uint64_t left = rules->left[(size_t)i * words + w], right = rules->right[(size_t)i * words + w];
            uint64_t *seen_left = &rules->seen_left[(size_t)rules->unit[i] * words + w];
            uint64_t *seen_right = &rules->seen_right[(size_t)rules->unit[i] * words + w];
            uint64_t both = (left & *seen_right) | (right & *seen_left);
            if (both) {
                *violation = (struct rule_violation){w * 64 + (uint32_t)__builtin_ctzll(both), 0, i};
                return false;
            }
            *seen_left |= left;
            *seen_right |= right;
        }
    return true;
}

/* The component of `late`'s unit, before it, that the rule keeps apart from it. */
static uint32_t partner_before(const struct rules *rules, uint32_t index, uint32_t late)
{
    const struct rule *rule = &rules->list[index];
    for (uint32_t i = 0; i < late; i++)
        if (rules->unit[i] == rules->unit[late] &&
            ((rule_has_left(rules, rule, i) && rule_has_right(rules, rule, late)) ||
             (rule_has_right(rules, rule, i) && rule_has_left(rules, rule, late))))
            return i;
    return late;
}

/* Some rule contradicts: finds the `together` that makes the first contradiction. */
static void conflict_find(struct rules *rules, struct rules_conflict *conflict)
{
    struct rule_violation violation;
    uint32_t count = 0;
    do
        units_fill(rules, ++count);
    while (units_agree(rules, &violation));
    strcpy(conflict->apart, rules->list[violation.rule].name);
    strcpy(conflict->together, rules->list[count - 1].name);
    conflict->left = partner_before(rules, violation.rule, violation.right);
    conflict->right = violation.right;
}

enum policy_status rules_compile(struct rules *rules, struct rules_conflict *conflict)
{
    struct rule_violation violation;
    bits_fill(rules);
    units_fill(rules, rules->count);
    if (units_agree(rules, &violation))
        return POLICY_OK;
    if (conflict)
        conflict_find(rules, conflict);
    return POLICY_ECONTRADICTION;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the rules say to a merge, a split and a whole layout. Reads the list of rules itself and not the
 * compiled bits: it looks for the two components to show, and has no scratch memory.
 */
#include "rules.h"

/* The first component of a domain, but `except`, that is on a side; UINT32_MAX if there is none. */
static uint32_t on_side(const struct rules *rules, const struct rule *rule,
                        bool (*has)(const struct rules *, const struct rule *, uint32_t),
                        const uint32_t *domains, uint32_t domain, uint32_t except)
{
    for (uint32_t i = 0; i < rules->components_count; i++)
        if (domains[i] == domain && i != except && has(rules, rule, i))
            return i;
    return UINT32_MAX;
}

enum policy_status rules_merge_allowed(const struct rules *rules, const uint32_t *domains, uint32_t into,
                                       uint32_t from, struct rule_violation *violation)
{
    for (uint32_t r = 0; r < rules->count && domains[into] != domains[from]; r++) {
        const struct rule *rule = &rules->list[r];
        if (rule->kind != RULE_APART)
            continue;
        for (uint32_t turn = 0; turn < 2; turn++) {
            uint32_t here = domains[turn ? from : into], there = domains[turn ? into : from];
            uint32_t left = on_side(rules, rule, rule_has_left, domains, here, UINT32_MAX);
            uint32_t right = on_side(rules, rule, rule_has_right, domains, there, UINT32_MAX);
            if (left != UINT32_MAX && right != UINT32_MAX) {
                *violation = (struct rule_violation){r, left, right};
                return POLICY_ERULE;
            }
        }
    }
    return POLICY_OK;
}

static bool has_either(const struct rules *rules, const struct rule *rule, uint32_t component)
{
    return rule_has_left(rules, rule, component) || rule_has_right(rules, rule, component);
}

enum policy_status rules_split_allowed(const struct rules *rules, const uint32_t *domains, uint32_t component,
                                       struct rule_violation *violation)
{
    for (uint32_t r = 0; r < rules->count; r++) {
        const struct rule *rule = &rules->list[r];
        if (rule->kind != RULE_TOGETHER || !has_either(rules, rule, component))
            continue;
        uint32_t other = on_side(rules, rule, has_either, domains, domains[component], component);
        if (other != UINT32_MAX) {
            *violation = (struct rule_violation){r, component, other};
            return POLICY_ERULE;
        }
    }
    return POLICY_OK;
}

/* For each component of a left side, whether its domain holds another one of the right side. */
static bool apart_kept(const struct rules *rules, const struct rule *rule, const uint32_t *domains,
                       struct rule_violation *violation)
{
    for (uint32_t i = 0; i < rules->components_count; i++) {
        if (!rule_has_left(rules, rule, i))
            continue;
        uint32_t other = on_side(rules, rule, rule_has_right, domains, domains[i], i);
        if (other != UINT32_MAX) {
            violation->left = i;
            violation->right = other;
            return false;
        }
    }
    return true;
}

static bool together_kept(const struct rules *rules, const struct rule *rule, const uint32_t *domains,
                          struct rule_violation *violation)
{
    uint32_t first = UINT32_MAX;
    for (uint32_t i = 0; i < rules->components_count; i++) {
        if (!has_either(rules, rule, i))
            continue;
        if (first == UINT32_MAX)
            first = i;
        if (domains[i] != domains[first]) {
            violation->left = first;
            violation->right = i;
            return false;
        }
    }
    return true;
}

enum policy_status rules_partition_allowed(const struct rules *rules, const uint32_t *domains,
                                           struct rule_violation *violation)
{
    for (uint32_t r = 0; r < rules->count; r++) {
        const struct rule *rule = &rules->list[r];
        violation->rule = r;
        if (rule->kind == RULE_APART ? !apart_kept(rules, rule, domains, violation)
                                     : !together_kept(rules, rule, domains, violation))
            return POLICY_ERULE;
    }
    return POLICY_OK;
}

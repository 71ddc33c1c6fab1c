/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_obey.h"

#include <string.h>

#include "policy_record.h"

static void nodes_make(struct policy *policy)
{
    struct overlay *overlay = &policy->adapt.overlay;
    overlay->nodes = 0;
    for (uint32_t i = 0; i < policy->components; i++) {
        uint32_t first = policy->rules ? policy->rules->unit[i] : i;
        policy->next_of[i] = OVERLAY_NONE;
        if (first == i) {
            policy->first_of[overlay->nodes] = i;
            policy->node_of[i] = overlay->nodes++;
        } else {
            policy->node_of[i] = policy->node_of[first];
            policy->next_of[i] = policy->next_of[first]; /* behind the first */
            policy->next_of[first] = i;
        }
    }
}

static void bits_make(struct policy *policy)
{
    struct overlay *overlay = &policy->adapt.overlay;
    uint32_t words = overlay->words = policy->rules ? (policy->rules->count + 63) / 64 : 0;
    memset(overlay->left, 0, (size_t)overlay->nodes * words * sizeof *overlay->left);
    memset(overlay->right, 0, (size_t)overlay->nodes * words * sizeof *overlay->right);
    for (uint32_t i = 0; i < policy->components && words; i++)
        for (uint32_t w = 0; w < words; w++) {
            size_t node = (size_t)policy->node_of[i] * words + w;
            overlay->left[node] |= policy->rules->left[(size_t)i * policy->rules->words + w];
            overlay->right[node] |= policy->rules->right[(size_t)i * policy->rules->words + w];
        }
}

/* The rule that forbids a node to be in a group, or UINT32_MAX. A group's bits are in domain_left and
 * domain_right, at its first node. */
static uint32_t forbids(const struct overlay *overlay, uint32_t group, uint32_t node)
{
    for (uint32_t w = 0; w < overlay->words; w++) {
        size_t here = (size_t)group * overlay->words + w, there = (size_t)node * overlay->words + w;
        uint64_t both = (overlay->domain_left[here] & overlay->right[there]) |
                        (overlay->domain_right[here] & overlay->left[there]);
        if (both)
            return w * 64 + (uint32_t)__builtin_ctzll(both);
    }
    return UINT32_MAX;
}

static void group_add(struct overlay *overlay, uint32_t group, uint32_t node, bool first)
{
    overlay->domain_of[node] = group;
    for (uint32_t w = 0; w < overlay->words; w++) {
        size_t here = (size_t)group * overlay->words + w, there = (size_t)node * overlay->words + w;
        overlay->domain_left[here] = (first ? 0 : overlay->domain_left[here]) | overlay->left[there];
        overlay->domain_right[here] = (first ? 0 : overlay->domain_right[here]) | overlay->right[there];
    }
}

/* Each node into the first group of its present domain that may have it; scratch: each domain's first group.
 * A group's number is its first node; next_group chains those of one domain. */
static void groups_make(struct policy *policy)
{
    struct overlay *overlay = &policy->adapt.overlay;
    uint32_t *head = policy->scratch;
    memset(head, 0xff, policy->components * sizeof *head);
    for (uint32_t node = 0; node < overlay->nodes; node++) {
        uint32_t *at = &head[policy->present[policy->first_of[node]]];
        while (*at != OVERLAY_NONE && forbids(overlay, *at, node) != UINT32_MAX)
            at = &policy->next_group[*at];
        bool first = *at == OVERLAY_NONE;
        if (first) {
            *at = node;
            policy->next_group[node] = OVERLAY_NONE;
        }
        group_add(overlay, *at, node, first);
    }
}

/* Which `together` holds a component that is not the first of its unit. */
static uint32_t rule_together(const struct rules *rules, uint32_t component)
{
    for (uint32_t r = 0; r < rules->count; r++)
        if (rules->list[r].kind == RULE_TOGETHER && (rule_has_left(rules, &rules->list[r], component) ||
                                                     rule_has_right(rules, &rules->list[r], component)))
            return r;
    return UINT32_MAX;
}

static void moves_record(struct policy *policy, struct policy_result *result)
{
    struct overlay *overlay = &policy->adapt.overlay;
    for (uint32_t i = 0; i < policy->components; i++)
        if (policy->present[i] != policy->present[policy->first_of[policy->node_of[i]]]) {
            record_obeyed_together(policy, i, rule_together(policy->rules, i));
            result->merges++;
        }
    for (uint32_t group = 0; group < overlay->nodes; group++) {
        uint32_t head = policy->scratch[policy->present[policy->first_of[group]]];
        if (overlay->domain_of[group] != group || head == group)
            continue;
        record_obeyed_apart(policy, head, group, forbids(overlay, head, group));
        result->splits++;
    }
}

void obey_rules(struct policy *policy, struct policy_result *result)
{
    struct overlay *overlay = &policy->adapt.overlay;
    nodes_make(policy);
    bits_make(policy);
    groups_make(policy);
    for (uint32_t i = 0; i < policy->components; i++)
        policy->wanted[i] = overlay->domain_of[policy->node_of[i]];
    moves_record(policy, result);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of rules: adding, removing, labels, weights. What the rules mean for layouts: rules_allowed.c.
 */
#include "rules.h"

#include <string.h>

#include "memory.h"
#include "rules_compiled.h"

static void rules_carve(struct rules *rules, struct memory *memory, uint32_t components, uint32_t limit)
{
    size_t words = limit / 64 + (limit % 64 != 0), bits;
    if (__builtin_mul_overflow(words, (size_t)components, &bits))
        bits = SIZE_MAX;
    rules->components_count = components;
    rules->limit = limit;
    rules->words = (uint32_t)words;
    rules->list = memory_take(memory, limit, sizeof *rules->list);
    rules->traits = memory_take(memory, components, sizeof *rules->traits);
    rules->labelled = memory_take(memory, components, sizeof *rules->labelled);
    rules->unit = memory_take(memory, components, sizeof *rules->unit);
    rules->left = memory_take(memory, bits, sizeof *rules->left);
    rules->right = memory_take(memory, bits, sizeof *rules->right);
    rules->seen_left = memory_take(memory, bits, sizeof *rules->seen_left);
    rules->seen_right = memory_take(memory, bits, sizeof *rules->seen_right);
}

size_t rules_bytes(uint32_t components, uint32_t limit)
{
    struct rules rules;
    struct memory memory = memory_count();
    rules_carve(&rules, &memory, components, limit);
    return memory_wanted(&memory);
}

enum policy_status rules_place(struct rules *rules, void *begin, size_t bytes, uint32_t components,
                               uint32_t limit)
{
    struct rules placed = {.factors = {10, 50}};
    struct memory memory = memory_given(begin, bytes);
    rules_carve(&placed, &memory, components, limit);
    if (!memory_enough(&memory))
        return POLICY_EMEMORY;
    *rules = placed;
    for (uint32_t i = 0; i < components; i++) {
        rules->traits[i] = (struct rule_traits){100, 0, 0};
        rules->labelled[i] = 0;
    }
    return rules_compile(rules, NULL);
}

bool rule_name_valid(const char *name)
{
    size_t bytes = 0;
    for (; name[bytes]; bytes++) {
        char c = name[bytes];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                    c == '-';
        if (!good || bytes == RULE_NAME_BYTES - 1)
            return false;
    }
    return bytes > 0;
}

uint32_t rules_label_find(const struct rules *rules, const char *name)
{
    for (uint32_t i = 0; i < rules->labels_count; i++)
        if (strcmp(rules->labels[i], name) == 0)
            return i;
    return UINT32_MAX;
}

uint32_t rules_find(const struct rules *rules, const char *name)
{
    for (uint32_t i = 0; i < rules->count; i++)
        if (strcmp(rules->list[i].name, name) == 0)
            return i;
    return UINT32_MAX;
}

enum policy_status rules_label_add(struct rules *rules, const char *name, uint32_t *label)
{
    if (!rule_name_valid(name))
        return POLICY_EINVAL;
    if (rules_label_find(rules, name) != UINT32_MAX)
        return POLICY_EEXISTS;
    if (rules->labels_count == RULES_LABELS)
        return POLICY_EMEMORY;
    *label = rules->labels_count++;
    strcpy(rules->labels[*label], name);
    return POLICY_OK;
}

enum policy_status rules_label_set(struct rules *rules, uint32_t component, uint32_t label, bool has,
                                   struct rules_conflict *conflict)
{
    if (component >= rules->components_count || label >= rules->labels_count)
        return POLICY_ENOENT;
    uint64_t before = rules->labelled[component], bit = UINT64_C(1) << label;
    rules->labelled[component] = has ? before | bit : before & ~bit;
    if (rules->labelled[component] == before || rules_compile(rules, conflict) == POLICY_OK)
        return POLICY_OK;
    rules->labelled[component] = before;
    rules_compile(rules, NULL);
    return POLICY_ECONTRADICTION;
}

static bool side_exists(const struct rules *rules, const struct rule_side *side)
{
    if (side->kind == RULE_COMPONENT)
        return side->value < rules->components_count;
    return side->kind == RULE_LABEL && side->value < rules->labels_count;
}

enum policy_status rules_add(struct rules *rules, const char *name, enum rule_kind kind,
                             struct rule_side left, const struct rule_side *right,
                             struct rules_conflict *conflict)
{
    if (!rule_name_valid(name) || (kind != RULE_APART && kind != RULE_TOGETHER))
        return POLICY_EINVAL;
    if (rules_find(rules, name) != UINT32_MAX)
        return POLICY_EEXISTS;
    if (!side_exists(rules, &left) || (right && !side_exists(rules, right)))
        return POLICY_ENOENT;
    if (right && left.kind == RULE_COMPONENT && right->kind == RULE_COMPONENT && left.value == right->value)
        return POLICY_EINVAL;
    if (rules->count == rules->limit)
        return POLICY_EMEMORY;
    struct rule *rule = &rules->list[rules->count++];
    *rule = (struct rule){.kind = kind, .left = left};
    rule->right = right ? *right : (struct rule_side){RULE_OTHERS, 0};
    strcpy(rule->name, name);
    if (rules_compile(rules, conflict) == POLICY_OK)
        return POLICY_OK;
    rules->count--;
    rules_compile(rules, NULL);
    return POLICY_ECONTRADICTION;
}

enum policy_status rules_remove(struct rules *rules, const char *name)
{
    uint32_t at = rules_find(rules, name);
    if (at == UINT32_MAX)
        return POLICY_ENOENT;
    rules->count--;
    memmove(&rules->list[at], &rules->list[at + 1], (rules->count - at) * sizeof *rules->list);
    return rules_compile(rules, NULL); /* fewer rules than those that agreed agree */
}

enum policy_status rules_traits_set(struct rules *rules, uint32_t component, struct rule_traits traits)
{
    if (component >= rules->components_count)
        return POLICY_ENOENT;
    rules->traits[component] = traits;
    return POLICY_OK;
}

uint32_t rules_weight(const struct rules *rules, uint32_t component)
{
    const struct rule_traits *traits = &rules->traits[component];
    unsigned __int128 weight = traits->risk;
    weight += (uint64_t)traits->lines * rules->factors.per_1000_lines / 1000;
    weight += (uint64_t)traits->faults * rules->factors.per_fault;
    if (weight > RULES_WEIGHT_LIMIT)
        return RULES_WEIGHT_LIMIT;
    return weight ? (uint32_t)weight : 1;
}

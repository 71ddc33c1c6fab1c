/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What no policy and no hand may do: walls that never fall, components that stay together; and what each
 * component's wall is worth. Components are spoken of by their index in the graph.
 *
 * A rule has a name, a kind and one or two sides. A side is a component, or all components with a label.
 *
 *   apart A B:     no component of A is ever in one domain with another one of B. A and B may be the same
 *                  label: no two that have it share a domain.
 *
 *   apart A:       no component of A is ever in one domain with one that is not of A.
 *
 *   together A B:  all components of A and of B are always in one domain.
 *
 *   together A:    all components of A are.
 *
 * 1. The rules never contradict each other: what would make them is refused, naming both.
 * 2. A unit is a set of components that rules keep together; each component is in exactly one, often alone
 *    in it. A unit is named by its first component.
 * 3. A merge of two domains is allowed if no `apart` has one side in the one and one in the other. So each
 *    rule is two bits for each component, and a domain's bits are those of its components.
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define RULES_LABELS 64u
#define RULE_NAME_BYTES 32u /* names of rules and labels: letters, digits, `_`, `-`; with the final 0 */
#define RULES_WEIGHT_LIMIT 1000000u

enum rule_kind { RULE_APART, RULE_TOGETHER };
enum rule_side_kind {
    RULE_COMPONENT, /* value: its index */
    RULE_LABEL,     /* value: the label's number */
    RULE_OTHERS,    /* right side only: with RULE_APART all components that are not of the left side; with
                       RULE_TOGETHER nobody */
};

struct rule_side {
    enum rule_side_kind kind;
    uint32_t value;
};

struct rule {
    char name[RULE_NAME_BYTES];
    enum rule_kind kind;
    struct rule_side left, right;
};

/* What is known of a component, and makes its weight. */
struct rule_traits {
    uint32_t risk;   /* 100: like any other */
    uint32_t lines;  /* of its source */
    uint32_t faults; /* it had so far */
};

/* weight = risk + lines * per_1000_lines / 1000 + faults * per_fault, from 1 to RULES_WEIGHT_LIMIT */
struct rule_factors {
    uint32_t per_1000_lines, per_fault;
};

struct rules {
    uint32_t components_count, count, limit, words;
    struct rule *list; /* `count` of them */
    uint32_t labels_count;
    char labels[RULES_LABELS][RULE_NAME_BYTES];
    struct rule_factors factors;
    /* by component */
    struct rule_traits *traits;
    uint64_t *labelled;     /* bit l: has label l */
    uint32_t *unit;         /* first component of its unit */
    uint64_t *left, *right; /* `words` each: bit r: is on that side of rule r, an `apart` */
    /* private */
    uint64_t *seen_left, *seen_right; /* by component, `words` each */
};

/* Which rule, and two components that show it. */
struct rule_violation {
    uint32_t rule, left, right;
};

/* A contradiction: `apart` wants left and right in two domains, `together` in one. */
struct rules_conflict {
    char apart[RULE_NAME_BYTES], together[RULE_NAME_BYTES];
    uint32_t left, right;
};

size_t rules_bytes(uint32_t components, uint32_t limit);
/* No rules and no labels, traits {100, 0, 0}, factors {10, 50}. POLICY_EMEMORY. `components` is the graph's
 * count. */
enum policy_status rules_place(struct rules *rules, void *memory, size_t bytes, uint32_t components,
                               uint32_t limit);

/* True if it may be the name of a rule or a label. */
bool rule_name_valid(const char *name);
/* The label's number or the rule's index, or UINT32_MAX. */
uint32_t rules_label_find(const struct rules *rules, const char *name);
uint32_t rules_find(const struct rules *rules, const char *name);

/* A new label, that nobody has. POLICY_EINVAL (name), POLICY_EEXISTS, POLICY_EMEMORY. */
enum policy_status rules_label_add(struct rules *rules, const char *name, uint32_t *label);
/* Gives a component a label, or takes it. POLICY_ENOENT, POLICY_ECONTRADICTION (conflict). */
enum policy_status rules_label_set(struct rules *rules, uint32_t component, uint32_t label, bool has,
                                   struct rules_conflict *conflict);
/* Adds a rule behind the others; `right` is NULL for one side. A pair of one component with itself is
 * POLICY_EINVAL, as is a bad name; POLICY_EEXISTS (name), POLICY_ENOENT (side), POLICY_EMEMORY,
 * POLICY_ECONTRADICTION (conflict). */
enum policy_status rules_add(struct rules *rules, const char *name, enum rule_kind kind,
                             struct rule_side left, const struct rule_side *right,
                             struct rules_conflict *conflict);
/* The rules behind it move up. POLICY_ENOENT. */
enum policy_status rules_remove(struct rules *rules, const char *name);

/* POLICY_ENOENT. */
enum policy_status rules_traits_set(struct rules *rules, uint32_t component, struct rule_traits traits);
uint32_t rules_weight(const struct rules *rules, uint32_t component);

/* May the domains of two components become one? POLICY_OK or POLICY_ERULE (violation). `domains`:
 * partition.h, any numbers. */
enum policy_status rules_merge_allowed(const struct rules *rules, const uint32_t *domains, uint32_t into,
                                       uint32_t from, struct rule_violation *violation);
/* May the component get a domain of its own? The violation is of a `together`. */
enum policy_status rules_split_allowed(const struct rules *rules, const uint32_t *domains, uint32_t component,
                                       struct rule_violation *violation);
/* Does a layout obey all rules? Takes time with rules and at most the square of components. */
enum policy_status rules_partition_allowed(const struct rules *rules, const uint32_t *domains,
                                           struct rule_violation *violation);
/* True if the component is on that side. */
bool rule_has_left(const struct rules *rules, const struct rule *rule, uint32_t component);
bool rule_has_right(const struct rules *rules, const struct rule *rule, uint32_t component);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules as people write them, one to a line; the same lines in the manifest, in traces and in the control
 * interface. Words are separated by blanks or tabs; a word that begins with `#` starts a comment.
 *
 *     label NAME COMPONENT...                            these components have the label NAME
 *     rule NAME apart SIDE [SIDE]                        rules.h
 *     rule NAME together SIDE [SIDE]
 *     weight COMPONENT [risk N] [lines N] [faults N]     what is not said stays as it is
 *
 * SIDE: the name of a component, or `label:NAME` for all that have a label that a line before gave.
 *
 * 1. A line that is refused changes nothing.
 * 2. What rule_text_write writes, rule_text_read reads.
 */
#ifndef POLICY_RULE_TEXT_H
#define POLICY_RULE_TEXT_H

#include <stdbool.h>

#include "rules.h"

#define RULE_TEXT_BYTES 256u /* room for any sentence and any rule's line, with the final 0 */

/* How the caller finds components. `find` returns the index or UINT32_MAX; `name` is never NULL. */
struct rule_names {
    const void *context;
    uint32_t (*find)(const void *context, const char *name);
    const char *(*name)(const void *context, uint32_t component);
};

/* True if the line's first word is label, rule or weight. */
bool rule_text_is(const char *line);
/* Does what the line says. An empty line does nothing. Otherwise `sentence` says in one sentence what is
 * wrong and what was expected; it names both rules of a contradiction. Statuses: those of rules.h. */
enum policy_status rule_text_read(struct rules *rules, const struct rule_names *names, const char *line,
                                  char *sentence, size_t bytes);
/* The rule's line, without a newline. */
void rule_text_write(const struct rules *rules, const struct rule_names *names, uint32_t rule, char *line,
                     size_t bytes);
/* Why something is refused, as a sentence with the rule's name. */
void rule_text_violation(const struct rules *rules, const struct rule_names *names,
                         const struct rule_violation *violation, char *sentence, size_t bytes);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whom uploaded components may invoke, as people write it, in the manifest and in the control interface:
 *
 *     rule NAME upload COMPONENT may SERVER...      COMPONENT: the name that it is uploaded by, or `any`
 *
 * 1. What no rule allows is refused. The manifest has the last word: mpd_manager can pass on only what its
 * own edges say `transitive` of.
 * 2. A line that is refused changes nothing.
 */
#ifndef MPD_MANAGER_UPLOAD_RULES_H
#define MPD_MANAGER_UPLOAD_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/status.h"
#include "yyjson.h"

#define UPLOAD_RULES 32

/* Is the line's third word `upload`? */
bool upload_rule_is(const char *line);
/* POLICY_OK; else a sentence says what is wrong, and what was expected: POLICY_EINVAL, POLICY_ENOENT,
 * POLICY_EEXISTS, POLICY_EMEMORY. */
enum policy_status upload_rule_add(const char *line, char *sentence, size_t bytes);
/* POLICY_ENOENT. */
enum policy_status upload_rule_remove(const char *name);
bool upload_rule_allows(const char *component, const char *server);
/* Adds "uploads":[{"name","rule"}] to the object. */
void upload_rules_add(yyjson_mut_doc *document, yyjson_mut_val *root);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rules in force: the manifest's, and those added since (policy/rules.h). It owns them, and the labels
 * and weights. Components are spoken of by their index in the layout. Whoever calls in holds layout_lock.
 */
#ifndef MPD_MANAGER_WALLS_H
#define MPD_MANAGER_WALLS_H

#include "layout.h"
#include "policy/rule_text.h"
#include "policy/rules.h"

#define WALLS_RULES 128
#define WALLS_LINES 256 /* rules, labels and weights together */

/* Reads the manifest's lines, once. False: a sentence, which names the line, has been printed. */
bool walls_start(void);
/* Makes the rules fit a layout with other components than before. False: no memory. */
bool walls_fit(const struct layout *layout);
/* The same when they are as many as before, but others. */
bool walls_renew(const struct layout *layout);
/* Changes whenever a line comes or goes. */
uint64_t walls_version(void);
/* For the components of the layout that was fitted last. */
const struct rules *walls_rules(void);
const struct rule_names *walls_names(void);
/* Does what a line says (policy/rule_text.h), for all that comes after. POLICY_OK, or a sentence. */
enum policy_status walls_add(const char *line, char *sentence, size_t bytes);
/* POLICY_ENOENT. */
enum policy_status walls_remove(const char *name);
/* Faults weigh, too: brings them up to date. */
void walls_faults(const struct layout *layout);
/* Do the rules allow this layout (a number for each component)? If not, why, with the rule's name. */
bool walls_allow(const uint32_t domains[], char *why, size_t bytes);

#endif

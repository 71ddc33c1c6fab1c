/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside the rules: from the list and the labels to units and bits. Only rules.c calls it.
 */
#ifndef POLICY_RULES_COMPILED_H
#define POLICY_RULES_COMPILED_H

#include "rules.h"

/* Fills unit, left and right. POLICY_ECONTRADICTION says why in `conflict`, if that is not NULL; unit, left
 * and right are undefined then. */
enum policy_status rules_compile(struct rules *rules, struct rules_conflict *conflict);

#endif

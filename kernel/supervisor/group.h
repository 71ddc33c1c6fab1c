/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group domains (Mondrix, "Group Protection Domains"): rights of whoever is in them, while they are.
 */
#ifndef KERNEL_SUPERVISOR_GROUP_H
#define KERNEL_SUPERVISOR_GROUP_H

#include <stdint.h>

#include "shoji/supervisor.h"

/* Where the layout has the group; NO_COMPONENT: there is none of this id. */
unsigned group_index(component_t id);
/* The component has failed, or is no more: its groups are none, and it is in none. */
void group_forsake(unsigned component);
/* Indices of the layout that groups have. */
uint64_t group_indices(void);

#endif

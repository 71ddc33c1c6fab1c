/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group layout: what is to be done when walls have moved, and the counts of edges.
 */
#ifndef KERNEL_SUPERVISOR_LAYOUT_H
#define KERNEL_SUPERVISOR_LAYOUT_H

#include "shoji/supervisor.h"

/* Up to `count` edges; how many there are. */
uint32_t edges_tell(struct sup_edge *out, uint32_t count);

/* Threads whose invocation began before a move look at shoji_global.moves (runtime/turns.h). Returns the
 * move's status. */
long move_told(long status);

#endif

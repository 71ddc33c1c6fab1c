/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group layout: what is to be done when walls have moved.
 */
#ifndef KERNEL_SUPERVISOR_LAYOUT_H
#define KERNEL_SUPERVISOR_LAYOUT_H

/* Threads whose invocation began before a move look at shoji_global.moves (runtime/turns.h). Returns the
 * move's status. */
long move_told(long status);

#endif

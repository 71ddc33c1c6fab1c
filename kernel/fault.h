/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Faults of components: the report, and the end of the invocation. A fault of the supervisor is a panic.
 */
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include "cpu/cpu.h"

/* An exception, vectors 0 to 31, called by trap(). Returns if what was interrupted goes on, with these registers. */
void fault(struct registers *registers);

/* A timer tick. Returns unless the invocation that was interrupted has had more processor time than its component
 * allows: then that is its fault. */
void fault_tick(const struct registers *registers);

#endif

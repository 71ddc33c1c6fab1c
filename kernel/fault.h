/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Faults of components: the report, and the end of the invocation. A fault of the supervisor is a panic.
 */
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include "cpu/cpu.h"

/* An exception, vectors 0 to 31, called by trap(). */
void fault(const struct registers *registers) __attribute__((noreturn));

#endif

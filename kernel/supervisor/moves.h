/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group test: walls that move at an instruction (sup_moves_at).
 */
#ifndef KERNEL_SUPERVISOR_MOVES_H
#define KERNEL_SUPERVISOR_MOVES_H

#include "cpu/cpu.h"

/* The interrupt of once_start. What was interrupted goes on. */
void moves_interrupt(const struct registers *registers);

#endif

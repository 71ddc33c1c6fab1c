/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The timer and the device lines.
 */
#ifndef KERNEL_CPU_INTERRUPT_H
#define KERNEL_CPU_INTERRUPT_H

#include <stdint.h>

#include "cpu/cpu.h"

#define TIMER_HZ 100u
#define LINES 4u

/* Interrupt controllers set up; the timer does not run yet. */
void interrupts_start(void);
void timer_start(void);
/* Where a device sends message-signalled interrupts to, and what, for a line. */
uint64_t line_message_address(void);
uint32_t line_message_data(unsigned line);
/* Vectors from 32 on, called by trap(). Returns if what was interrupted goes on. */
void interrupt(const struct registers *registers);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The timer and the device lines.
 */
#ifndef KERNEL_CPU_INTERRUPT_H
#define KERNEL_CPU_INTERRUPT_H

#include <stdint.h>

#include "cpu/cpu.h"

#define TIMER_HZ 100u
#define PIT_HZ 1193182u /* what the timer is made of */
#define PIT_DIVISOR ((PIT_HZ + TIMER_HZ / 2) / TIMER_HZ)
#define LINES 4u

/* Interrupt controllers set up; the timer does not run yet. */
void interrupts_start(void);
void timer_start(void);
/* One interrupt, VECTOR_ONCE, when so many nanoseconds have passed: under the emulator's -icount shift=0
 * these are instructions, this call's remaining ones and those of its return included. A later call takes the
 * place of an earlier one. */
void once_start(uint32_t nanoseconds);
void once_stop(void);
/* Where a device sends message-signalled interrupts to, and what, for a line. */
uint64_t line_message_address(void);
uint32_t line_message_data(unsigned line);
/* Vectors from 32 on, called by trap(). Returns if what was interrupted goes on. */
void interrupt(const struct registers *registers);

#endif

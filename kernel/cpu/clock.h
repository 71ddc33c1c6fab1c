/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The processor's time stamp counter: what it says, and how fast it counts.
 */
#ifndef KERNEL_CPU_CLOCK_H
#define KERNEL_CPU_CLOCK_H

#include <stdint.h>

uint64_t clock_now(void);
/* Counts a second, to a few in ten thousand. The first call takes CLOCK_MEASURE_US, with interrupts off;
 * after timer_start. */
uint64_t clock_per_second(void);
#define CLOCK_MEASURE_US 4000u

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is measured rather than known: how fast the processor is, and what a crossing costs, an invocation
 * across domains and its return, less the same within one (TSE11 section 3.4 calibrates it at boot).
 */
#ifndef MPD_MANAGER_CALIBRATION_H
#define MPD_MANAGER_CALIBRATION_H

#include <stdint.h>

/* Of a crossing: cycles of the processor in model mode, else instructions (sup_counters.cycles); rounded, at
 * least 1. Takes some hundred invocations of the supervisor. */
uint64_t calibration_cost(void);
/* Cycles a second while the processor is never idle. Keeps it busy for two ticks. */
uint64_t calibration_speed(void);

#endif

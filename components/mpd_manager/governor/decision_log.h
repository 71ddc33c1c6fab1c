/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Decisions of the policy as lines on the console, and in the recording that is being made.
 */
#ifndef MPD_MANAGER_DECISION_LOG_H
#define MPD_MANAGER_DECISION_LOG_H

#include "policy/decisions.h"

/* A line for each decision from number `first` on. */
void decision_log(const struct decisions *decisions, uint64_t first);

/* The same as notes of the recording (sup_record_say), if one is being made. */
void decision_record(const struct decisions *decisions, uint64_t first);

#endif

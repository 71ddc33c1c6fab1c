/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An own policy (decide.h) in the replayer: loaded from a shared object beside this program, which policy.mk
 * makes of policy/own/NAME.c. It runs in this process: what it does wrong here ends the replay.
 */
#ifndef REPLAYER_OWN_H
#define REPLAYER_OWN_H

#include "policy/policy.h"

/* Or exits with a sentence. */
void own_load(const char *name);
/* The policy that was loaded, for policy_choose. An invocation that takes more than ten seconds ends the
 * replay, with a sentence. */
long own_decide(const struct policy_question *question, struct policy_moves *moves, void *state);

#endif

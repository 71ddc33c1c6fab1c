/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy that was loaded in place of the default one: a component of its own (made.h), which gets the
 * question to read and room for an answer to write, and nothing else. It owns that component, the memory that
 * is lent to it, and why there is none any more. Whoever calls in holds layout_lock, but for
 * own_policy_start.
 *
 * 1. What the component may read is a copy of the question; what it may write is its answer and its state.
 * Nothing that it writes is used before it has been copied and checked.
 * 2. An invocation takes OWN_POLICY_MS of processor time at most: then it is a fault.
 * 3. It never shares a domain with anybody: a rule says so, as long as it is loaded.
 * 4. Loading another one leaves either the new one, or the old one and a sentence.
 */
#ifndef MPD_MANAGER_OWN_POLICY_H
#define MPD_MANAGER_OWN_POLICY_H

#include "layout.h"
#include "policy/decide.h"

#define OWN_POLICY_MS 100u
#define OWN_POLICY_MOVES 256u   /* of one answer */
#define OWN_POLICY_NAME_MOST 24 /* letters */
#define OWN_POLICY_RULE "own_policy"

/* After a reboot: whatever was loaded is gone, and so it says. */
void own_policy_start(void);
bool own_policy_loaded(void);
/* `default` if none is loaded. */
const char *own_policy_name(void);
/* Why the default decides, a sentence; NULL: nobody wanted anything else, or another one is loaded. */
const char *own_policy_reason(void);
/* SHOJI_OK; SHOJI_EINVAL, SHOJI_ENOENT, SHOJI_ETOOBIG: name or file, SHOJI_EBUSY: the name is taken,
 * SHOJI_EMEMORY; with a sentence. */
long own_policy_load(const char *name, const void *file, uint64_t bytes, char why[LAYOUT_WHY_BYTES]);
/* There is none any more. `reason` is kept and printed; NULL: somebody asked for the default. */
void own_policy_drop(const char *reason);
/* Asks it (policy_choose). Not 0: it failed, and own_policy_failure says how. */
long own_policy_decide(const struct policy_question *question, struct policy_moves *moves, void *state);
/* Of the last call of own_policy_decide; NULL: it answered. */
const char *own_policy_failure(void);

#endif

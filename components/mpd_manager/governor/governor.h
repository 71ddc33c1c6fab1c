/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Decides about the layout: keeps the policy's settings, runs it once a period on the counts of the window
 * that has passed, and applies what it wants. TSE11 section 3.4. Whoever calls in holds layout_lock, but for
 * governor_start.
 *
 * Processor time: cycles in model mode, instructions otherwise, and idle time at the speed that the processor
 * has when busy. If a cost is set by hand, what crossings would take more than they do take is added: the
 * policy decides as on a processor whose crossings cost that much.
 */
#ifndef MPD_MANAGER_GOVERNOR_H
#define MPD_MANAGER_GOVERNOR_H

#include "layout.h"
#include "policy/policy.h"

/* What is known of the last window. */
struct governor_window {
    uint64_t microseconds, cycles; /* with idle time and with what is added */
    uint64_t invocations;          /* on all edges, those to the supervisor too */
    uint64_t crossings;            /* those between domains of components */
    int64_t share;                 /* of the cycles that crossings took, in millionths */
};

struct governor_state {
    struct policy_settings settings; /* crossing_cost: the one that counts */
    uint32_t cost_measured;          /* cycles of a crossing here */
    bool cost_by_hand;
    bool log; /* decisions are printed on the console */
    uint64_t periods;
    struct governor_window window;
    uint64_t instructions; /* of the last period, all that this component did for it */
    uint64_t cycles_per_second;
};

/* Reads rules, measures the cost of a crossing. False: a sentence has been printed. */
bool governor_start(void);
const struct governor_state *governor_state(void);
const struct decisions *governor_decisions(void);
/* A change by hand has been made: the mode is manual now. */
void governor_by_hand(void);

/* New settings, all or nothing: settings as governor_state gives them, changed; by_hand:
 * settings.crossing_cost counts. The mode's layout is made at once. Returns the merges and splits that took;
 * SHOJI_EINVAL or SHOJI_EPERM with a sentence; or the supervisor's status, and then the mode is manual. */
long governor_set(const struct policy_settings *settings, bool by_hand, bool log, char why[LAYOUT_WHY_BYTES]);

/* own_policy_load, and own_policy_drop because somebody wants the default. What is loaded decides in mode
 * adaptive. */
long governor_policy_load(const char *name, const void *file, uint64_t bytes, char why[LAYOUT_WHY_BYTES]);
/* A sentence if one is loaded and does not decide, because of the mode; NULL: there is no such one. Good
 * until the next call. */
const char *governor_policy_waits(void);
void governor_policy_default(void);

/* As walls_add and walls_remove; then the layout is made to obey, in every mode. *steps: the merges and
 * splits that took. */
enum policy_status governor_rule_add(const char *line, char *sentence, size_t bytes, long *steps);
/* POLICY_ERULE: it belongs to the policy that is loaded. */
enum policy_status governor_rule_remove(const char *name, long *steps);
/* Fills in cycles and share of a window whose microseconds and crossings are known, of which the processor
 * was busy for `busy` cycles: its time as the policy reckons it. */
void governor_time(struct governor_window *window, uint64_t busy);
/* A period is over. */
void governor_period(void);

#endif

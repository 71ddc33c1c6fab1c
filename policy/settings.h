/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a user can set, and how many invocations between domains that allows (TSE11 section 5.4: a share of
 * processing time, divided by the cost of one invocation).
 *
 * The budget is a share of all processor cycles of a window, idle ones too: a system with little load can
 * afford all its walls. 10 % of a second at 0.7 us a crossing are 142,857 invocations, as in the paper.
 * Invocations of the supervisor are not counted: no layout spares them.
 */
#ifndef POLICY_SETTINGS_H
#define POLICY_SETTINGS_H

#include "history.h"
#include "mode.h"

#define SETTINGS_COST_MOST 1000000000u
#define SETTINGS_TRIALS_MOST 1000u
#define SETTINGS_NO_LIMIT UINT64_MAX

struct policy_settings {
    enum policy_mode mode;
    uint32_t budget;            /* thousandths of processor time for crossings, 0 to 1000 */
    uint64_t threshold;         /* if not 0: invocations a second between domains, instead of the budget */
    uint64_t cycles_per_second; /* of the processor; only a threshold needs it */
    uint32_t crossing_cost;     /* cycles that an invocation between domains costs more than one within */
    uint32_t period;            /* milliseconds from period to period, for the caller's clock: 10 to 60000 */
    uint32_t hysteresis; /* thousandths of the threshold that stay free when walls are raised; and by how much
                            cheaper a wall must be than the one it replaces: 0 to 900 */
    uint32_t windows;    /* that count, the newest ones: 1 to HISTORY_WINDOWS */
    uint32_t trials;     /* costly walls for which a period tries a trade: 0 to SETTINGS_TRIALS_MOST */
    uint64_t work_limit; /* steps of a period (policy.h), or SETTINGS_NO_LIMIT */
};

/* Isolated; budget 10 %, cost 0, 250 ms, hysteresis 10 %, 4 windows, 16 trials, 150,000 steps. */
struct policy_settings settings_default(void);
/* POLICY_OK, or POLICY_EINVAL and a sentence that says which value is wrong and what it may be. */
enum policy_status settings_check(const struct policy_settings *settings, char *sentence, size_t bytes);
/* Invocations between domains that so many cycles allow, rounded down; UINT64_MAX if crossings cost nothing.
 */
uint64_t settings_allowed(const struct policy_settings *settings, uint64_t cycles);
/* What so many crossings are of so many cycles, in millionths; INT64_MAX at most. 0 cycles: 0. */
int64_t settings_share(const struct policy_settings *settings, uint64_t invocations, uint64_t cycles);

#endif

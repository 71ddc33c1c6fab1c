/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A trace played under a policy, its crossings charged at a cost: what each window would have taken, and
 * where the walls would have been.
 *
 * A window's work is what it took when it was recorded, without its idle cycles and without its crossings.
 * Played, it takes that and the cost of what crosses in the layout of the moment; if that is less than the
 * window had, the rest is idle, as it was: load that came at its own pace still does. The policy sees each
 * window as the manager would have, and its layout is there from the next window on.
 */
#ifndef REPLAYER_REPLAY_H
#define REPLAYER_REPLAY_H

#include "policy/policy.h"
#include "trace.h"

struct replay_window {
    uint64_t cycles; /* as played */
    uint64_t crossing;
    uint32_t domains, merges, splits;
    uint64_t work; /* the policy's steps */
};

/* Of a phase, or of all. */
struct replay_total {
    unsigned __int128 cycles, crossing, requests, domain_cycles; /* domain_cycles: domains times cycles */
    unsigned __int128 work;
    uint64_t windows, merges, splits;
};

struct replay {
    struct replay_window *windows; /* by the trace's windows */
    struct replay_total *phases, all;
    uint32_t *layouts; /* phases times components: the layout at each phase's end */
    uint32_t components;
    struct policy policy;    /* its decisions */
    uint32_t refused_window; /* an own policy was dropped there, for policy.refused; 0: it was not */
    uint64_t state[POLICY_STATE_BYTES / sizeof(uint64_t)];
    void *memory, *graph_memory;
};

/* Begins in the layout of the recording, or a fixed mode's own. So many decisions are kept. `decide`: an own
 * policy; NULL: the default. */
void replay_run(struct replay *replay, const struct trace *trace, const struct policy_settings *settings,
                uint32_t decisions, policy_decide_function *decide);
void replay_free(struct replay *replay);
/* Requests a second, or a million cycles if the trace has no clock; 0 if there are no requests. */
double replay_rate(const struct trace *trace, const struct replay_total *total);
double replay_domains(const struct replay_total *total);
/* Share of the cycles that crossings took, at this cost. */
double replay_share(const struct replay_total *total, uint64_t cost);

#endif

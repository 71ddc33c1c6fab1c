/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy: given what was invoked in a window, and where the walls are, says where they should be. It is
 * called once a period by whoever has a clock and can move walls (the mpd_manager component; a replayer on
 * the host), and keeps between periods the last windows' counts and a record of its decisions. TSE11
 * section 3.4 and 5.4.
 *
 *     policy_place      once: memory for the largest graph
 *     policy_shape      once, and whenever components or edges change
 *     policy_configure  whenever the user changes a setting
 *     policy_choose     for another policy than the default one (decide.h)
 *     policy_period     each period: graph with the window's counts and the domains as they are now
 *
 * 1. Integers only, no clock, no allocation: the same calls give the same layouts, on every
 *    machine.
 * 2. The layout it gives obeys the rules, in every mode and whatever layout it was given.
 * 3. It adapts the layout that is there, and keeps no other in mind: what the caller does with its
 *    advice, or does by hand in between, is seen in the next period's graph.
 * 4. Steps of work: one for each visit of a component, of an edge's end or of an entry of a queue,
 *    some fifty instructions each. A period takes at most work_limit of them beside the overlay
 *    graph, which is built anew each period, and the trade that it has begun.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "adapt.h"
#include "decide.h"
#include "decisions.h"
#include "graph.h"
#include "history.h"
#include "rules.h"
#include "settings.h"

struct policy_limits {
    uint32_t components, edges;
    uint32_t rules;     /* the limit that rules_place was given, or more */
    uint32_t decisions; /* kept in the record */
};

/* What a period came to. */
struct policy_result {
    const uint32_t
        *domains; /* the wanted layout, in normal form, by component index; good until the next call */
    uint32_t domains_count;
    bool changed;  /* it is another one than the graph's */
    bool finished; /* it was not stopped by the work limit: more periods with the same counts may go on */
    uint32_t merges, splits, trades;
    uint64_t first_decision; /* the decisions of this period are this one to decisions.count */
    uint64_t work;
    uint64_t crossing;    /* invocations in the window between components that are in different domains now */
    uint64_t would_cross; /* the same for the wanted layout */
    uint64_t allowed;     /* how many the settings allow for this window */
    int64_t share, would_share; /* both as millionths of the window's cycles */
    const char
        *refused; /* why the own policy's answer was not taken, or NULL; the default decided then, and will */
};

typedef long policy_decide_function(const struct policy_question *question, struct policy_moves *moves,
                                    void *state);

#define POLICY_REFUSED_BYTES 192

struct policy {
    struct policy_limits limits;
    struct policy_settings settings;
    struct decisions decisions;
    uint64_t period; /* how many there were */
    /* private: the shape */
    uint32_t components, edges;
    uint32_t *clients, *servers; /* by edge, as shaped: ids */
    uint32_t *pair_of;           /* by edge, or OVERLAY_NONE */
    uint32_t *ids;               /* by component */
    struct policy_ends {
        uint32_t a, b; /* components, a < b */
    } * pairs;
    uint32_t *offsets, *ends; /* pairs at each component */
    struct history history;
    /* private: a period */
    const struct rules *rules;
    uint32_t *present, *wanted, *scratch;   /* scratch: two words for each component */
    uint32_t *node_of, *first_of, *next_of; /* units as nodes: next_of chains the components of a node */
    uint32_t *next_group;                   /* by node */
    struct adapt adapt;
    /* private: question and answer */
    policy_decide_function *decide; /* NULL: the default */
    void *state;
    uint32_t asked; /* since it was shaped */
    struct policy_question question;
    struct policy_moves moves;
    uint32_t *start, *node_ids; /* by node */
    uint32_t *places;           /* by the overlay's pairs */
    struct policy_answer {
        uint32_t *at, *next, *previous; /* by node: its domain, the others of it */
        uint32_t *first, *last;         /* by domain */
        uint32_t *free, free_count;
    } answer;
    char refused[POLICY_REFUSED_BYTES];
};

size_t policy_bytes(const struct policy_limits *limits);
/* Settings are the default ones. POLICY_EMEMORY; POLICY_EINVAL if there are more than HISTORY_PAIRS_MOST
 * edges. */
enum policy_status policy_place(struct policy *policy, void *memory, size_t bytes,
                                const struct policy_limits *limits);
/* Takes components and edges from the graph and forgets the windows; decisions stay. POLICY_EMEMORY. */
enum policy_status policy_shape(struct policy *policy, const struct graph *graph);
/* Takes effect with the next period. settings_check's answer; on failure the old ones stay. */
enum policy_status policy_configure(struct policy *policy, const struct policy_settings *settings,
                                    char *sentence, size_t bytes);
/* One period. The graph's edges hold the counts of the window that has just ended, its components their
 * present domains; `cycles` is the window's length in processor cycles, idle ones and those of crossings
 * included. `rules` are for the graph's components, or NULL; they may be others than last time.
 * POLICY_ECHANGED: the graph has other components or edges than were shaped. POLICY_EMEMORY: more rules than
 * placed for. */
enum policy_status policy_period(struct policy *policy, const struct graph *graph, const struct rules *rules,
                                 uint64_t cycles, struct policy_result *result);
/* The same between two periods, when something is to be done at once: the window is short, so it is not told
 * by it what came of the last decisions. The next period tells that. */
enum policy_status policy_at_once(struct policy *policy, const struct graph *graph, const struct rules *rules,
                                  uint64_t cycles, struct policy_result *result);
/* In mode adaptive this one is asked from now on, in place of the default policy; NULL: the default. If what
 * it answers is refused, that is as if NULL had been said. */
void policy_choose(struct policy *policy, policy_decide_function *decide, void *state);
/* Records a merge or split by hand, with the counts of the newest window: `layout` is the one before it.
 * `component` and `other` are indexes, as a step's. Nothing if there are no records. */
void policy_note_hand(struct policy *policy, const uint32_t *layout, enum policy_action action,
                      uint32_t component, uint32_t other);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Each kind of move at each boundary of a conversation, one run for each: at exactly those of the reference,
 * in that order. After each run the answer, the buffers, each edge's counts, the layout, and the domains that
 * are left are looked at. */
#include "driver.h"

#define MERGE(into, from)                                                                                    \
    {                                                                                                        \
        .kind = SUP_MOVE_MERGE, .a = (into), .b = (from)                                                     \
    }
#define SPLIT(component)                                                                                     \
    {                                                                                                        \
        .kind = SUP_MOVE_SPLIT, .a = (component)                                                             \
    }
#define MOVE(component, into)                                                                                \
    {                                                                                                        \
        .kind = SUP_MOVE_MOVE, .a = (component), .b = (into)                                                 \
    }
#define PARTITION(...)                                                                                       \
    {                                                                                                        \
        .kind = SUP_MOVE_PARTITION, .sets = { 10, 11, __VA_ARGS__ }                                          \
    }

static const struct kind kinds[] = {
    {"merge client server, sleeper inside", {{0, 1, 2}}, {{0, 0, 2}}, true, 1, {MERGE(CLIENT, SERVER)}},
    {"merge server client, sleeper inside", {{0, 1, 2}}, {{0, 0, 2}}, true, 1, {MERGE(SERVER, CLIENT)}},
    {"merge third client+server, sleeper inside", {{0, 0, 2}}, {{0, 0, 0}}, true, 1, {MERGE(THIRD, CLIENT)}},
    {"split server, sleeper inside", {{0, 0, 2}}, {{0, 1, 2}}, true, 1, {SPLIT(SERVER)}},
    {"split client, sleeper inside", {{0, 0, 2}}, {{0, 1, 2}}, true, 1, {SPLIT(CLIENT)}},
    {"split server", {{0, 0, 2}}, {{0, 1, 2}}, false, 1, {SPLIT(SERVER)}},
    {"split third", {{0, 1, 1}}, {{0, 1, 2}}, false, 1, {SPLIT(THIRD)}},
    {"split server from both, sleeper inside", {{0, 0, 0}}, {{0, 1, 0}}, true, 1, {SPLIT(SERVER)}},
    {"move third to client", {{0, 1, 1}}, {{0, 1, 0}}, false, 1, {MOVE(THIRD, CLIENT)}},
    {"move server to third, sleeper inside", {{0, 0, 2}}, {{0, 2, 2}}, true, 1, {MOVE(SERVER, THIRD)}},
    {"partition crosswise, sleeper inside", {{0, 0, 2}}, {{0, 1, 1}}, true, 1, {PARTITION(0, 1, 1)}},
    {"partition apart", {{0, 0, 0}}, {{0, 1, 2}}, false, 1, {PARTITION(0, 1, 2)}},
    {"partition together, sleeper inside", {{0, 1, 2}}, {{0, 0, 0}}, true, 1, {PARTITION(0, 0, 0)}},
    {"merge and split, sleeper inside",
     {{0, 1, 2}},
     {{0, 1, 2}},
     true,
     2,
     {MERGE(CLIENT, SERVER), SPLIT(CLIENT)}},
    {"split and merge, sleeper inside",
     {{0, 0, 2}},
     {{0, 0, 2}},
     true,
     2,
     {SPLIT(SERVER), MERGE(SERVER, CLIENT)}},
};

static bool comes_apart(const struct kind *kind, uint32_t pair)
{
    return !crosses(&kind->before, pair) && crosses(&kind->after, pair);
}

/* May a thread of this run be in a stale domain? There it crosses even to where it would not need to. */
static bool leaves_stale(const struct kind *kind)
{
    bool apart = kind->moves > 1;

    for (uint32_t pair = 0; pair < PAIRS; pair++)
        apart |= comes_apart(kind, pair);
    return apart;
}

/* Somebody of a domain that came apart has the number that it had: no thread was inside. */
static bool is_reused(const struct kind *kind)
{
    for (uint32_t pair = 0; pair < PAIRS; pair++)
        if (comes_apart(kind, pair) &&
            (domain_of(pair / 3) == domain_was(pair / 3) || domain_of(pair % 3) == domain_was(pair % 3)))
            return true;
    return false;
}

static void counts_look(const struct kind *kind, const struct reference *reference, uint32_t boundary)
{
    for (uint32_t pair = 0; pair < PAIRS; pair++) {
        uint64_t all = reference->gates_before[pair][reference->count];
        uint64_t first = reference->gates_before[pair][boundary], later = all - first, invocations, gated;
        uint64_t least =
            (crosses(&kind->before, pair) ? first : 0) + (crosses(&kind->after, pair) ? later : 0);

        edge_read(pair, &invocations, &gated);
        CHECK(invocations == all, pair * 0x10000 + invocations);
        CHECK(gated >= least, pair * 0x10000 + gated);
        CHECK(gated == least || (leaves_stale(kind) && gated <= least + later), pair * 0x10000 + gated);
    }
}

/* The sleeper, whom the move may have found inside, leaves: nobody is in a stale domain any more. Returns
 * whether there was one. */
static bool stale_look(void)
{
    bool was = stale_domains() != 0;

    (void)sched_give(THREAD_SLEEPER);
    CHECK(stale_domains() == 0, stale_domains());
    return was;
}

static void kind_run(const struct kind *kind)
{
    const struct reference *reference = &references[kind->sleeper];
    uint64_t after = 1, last = 0, runs = 0, stale = 0, reused = 0;
    long hits = 1;

    now = kind->name;
    now_at = 0;
    while (hits != 0) {
        struct sup_test_move moves[2] = {kind->move[0], kind->move[1]};

        moves[0].after = (uint32_t)after;
        hits = run(&kind->before, kind->sleeper, moves, kind->moves, (uint32_t)++runs);
        if (hits > 0 && hit[0].time != last) {
            CHECK(now_at < reference->count, after);
            CHECK(hit[0].rip == reference->rip[now_at], hit[0].rip);
            CHECK(hit[0].thread == reference->thread[now_at], hit[0].thread);
            CHECK(hits == kind->moves && hit[hits - 1].rip == hit[0].rip, hits);
            CHECK(hit[0].status == SHOJI_OK && hit[hits - 1].status == SHOJI_OK, hit[0].status);
            layout_look(&kind->after);
            counts_look(kind, reference, now_at);
            last = hit[0].time;
            after = last - settle; /* of this boundary; one more below */
            reused += is_reused(kind);
            now_at++;
        } else if (hits == 0) {
            layout_look(&kind->before);
            counts_look(kind, reference, reference->count);
        }
        after += hits > 0;
        stale += stale_look();
    }
    CHECK(now_at == reference->count, now_at);
    numbers_print((const char *const[]){"runs", "boundaries", "domain reused", "stale after it"},
                  (const uint64_t[]){runs, now_at, reused, stale}, 4, kind->name);
}

void kinds_run(void)
{
    for (uint32_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        kind_run(&kinds[i]);
}

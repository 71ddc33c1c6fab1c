/* SPDX-License-Identifier: BSD-2-Clause
 * One conversation: main calls the client, then gives the sleeper its turn, while moves come. */
#include "driver.h"

#define EDGES 16u

struct sup_test_hit hit[SUP_MOVES];

static bool sleeper_idle = true;
static uint64_t hold_at;
static long held;
static uint32_t turn; /* of the sleeper: what it asks for */
static struct sup_edge edges_before[EDGES], edges_after[EDGES];
static long edge_count;
static struct sup_component components[COMPONENTS];
static uint32_t domains_before[3];

/* ---- What must come out ---- */

static long answer_expected(uint32_t x)
{
    uint32_t lent = x * 3 + SERVER_OWN, sum = 0, third, back, server;

    for (uint32_t i = 0; i < POOL_WORDS; i++)
        sum += (x + i) * 5 + SERVER_OWN;
    third = ANSWER(x + THIRD_OWN + SERVER + sum + x * 11);
    back = ANSWER((x ^ 0x55) + lent + CLIENT_OWN);
    server = ANSWER((third ^ back) + SERVER_OWN);
    return ANSWER(server * 7 + sum + lent);
}

static long wait_expected(uint32_t y)
{
    return ANSWER((uint32_t)ANSWER(y * 3 + SERVER_OWN) + CLIENT_OWN + y + SERVER_OWN);
}

/* The thread that is blocked in the server while main talks. */
void sleeper_run(void)
{
    (void)sched_hold();
    for (;;) {
        if (hold_at != 0) {
            uint64_t address = hold_at;

            hold_at = 0;
            held = server_hold(address);
        } else if (sleeper_idle) {
            (void)sched_give(THREAD_MAIN);
        } else {
            uint32_t y = ++turn;
            long answer = client_wait(y);

            CHECK(answer == wait_expected(y), answer);
        }
    }
}

void sleeper_hold(uint64_t address)
{
    hold_at = address;
    sleeper_leave();
}

long sleeper_held(void)
{
    sleeper_leave();
    return held;
}

void sleeper_leave(void)
{
    sleeper_idle = true;
    (void)sched_give(THREAD_SLEEPER);
}

/* ---- Looking ---- */

static struct sup_counters counters(void)
{
    static struct sup_counters out;

    CHECK(sup_counters(&out) == SHOJI_OK, 0);
    return out;
}

uint64_t stale_domains(void)
{
    return counters().stale_domains;
}

uint64_t domain_count(void)
{
    return counters().domains;
}

bool crosses(const struct layout *layout, uint32_t pair)
{
    return layout->set[pair / 3] != layout->set[pair % 3];
}

uint32_t domain_of(uint32_t which)
{
    return components[AT_CLIENT + which].domain;
}

uint32_t domain_was(uint32_t which)
{
    return domains_before[which];
}

static void components_read(void)
{
    CHECK(sup_components(components, COMPONENTS) == COMPONENTS, 0);
}

void layout_make(const struct layout *layout)
{
    const uint32_t sets[COMPONENTS] = {10, 11, layout->set[0], layout->set[1], layout->set[2]};
    long status = pd_partition(sets, COMPONENTS);

    CHECK(status == SHOJI_OK || status == SHOJI_ESAME, status);
}

void layout_look(const struct layout *layout)
{
    components_read();
    for (uint32_t pair = 0; pair < PAIRS; pair++)
        CHECK(crosses(layout, pair) == (domain_of(pair / 3) != domain_of(pair % 3)), pair);
    CHECK(sup_layout_check() == SHOJI_OK, 0);
}

static void edges_read(struct sup_edge *edges)
{
    edge_count = sup_edges(edges, EDGES);
    CHECK(edge_count > 0 && edge_count <= (long)EDGES, edge_count);
}

/* Reads all, and tells what the processor's own count of crossings is more than the sum of the edges': those
 * that come between the two readings. */
static uint64_t gated_difference(struct sup_edge *edges)
{
    uint64_t sum = 0;

    edges_read(edges);
    for (long i = 0; i < edge_count; i++)
        sum += edges[i].gated;
    return counters().gated - sum;
}

void edge_read(uint32_t pair, uint64_t *invocations, uint64_t *gated)
{
    *invocations = *gated = 0;
    for (long i = 0; i < edge_count; i++)
        if (edges_after[i].client == CLIENT + pair / 3 && edges_after[i].server == CLIENT + pair % 3) {
            *invocations += edges_after[i].invocations - edges_before[i].invocations;
            *gated += edges_after[i].gated - edges_before[i].gated;
        }
}

/* ---- The conversation ---- */

/* All that is between the arming and its end, and nothing else, is what a reference is about. */
static __attribute__((noinline)) long conversation(const struct sup_test_move *moves, uint32_t count,
                                                   uint32_t x, long *hits)
{
    long answer, status = sup_moves_at(moves, count);

    CHECK(status == SHOJI_OK, status);
    answer = client_run(x);
    (void)sched_give(THREAD_SLEEPER);
    *hits = sup_moves_hit(hit, SUP_MOVES);
    return answer;
}

long run(const struct layout *before, bool sleeper, const struct sup_test_move *moves, uint32_t count,
         uint32_t x)
{
    static uint64_t difference;
    uint64_t ticks, found;
    long answer, hits;

    layout_make(before);
    sleeper_idle = !sleeper;
    (void)sched_give(THREAD_SLEEPER); /* it leaves where it was, and enters anew */
    CHECK(stale_domains() == 0, stale_domains());
    answer = client_run(x); /* so that the supervisor's lists of free tables have the same order each time */
    CHECK(answer == answer_expected(x), answer);
    components_read();
    for (uint32_t i = 0; i < 3; i++)
        domains_before[i] = domain_of(i);
    found = gated_difference(edges_before);
    CHECK(difference == 0 || found == difference, found);
    difference = found;
    ticks = shoji_global.ticks;
    answer = conversation(moves, count, x, &hits);
    CHECK(answer == answer_expected(x), answer);
    CHECK(gated_difference(edges_after) == difference, difference);
    return ticks == shoji_global.ticks ? hits : -1;
}

void run_once(bool sleeper)
{
    const struct sup_test_move never = {.after = UINT32_MAX};
    long answer, hits;

    sleeper_idle = !sleeper;
    (void)sched_give(THREAD_SLEEPER);
    answer = conversation(&never, 1, 1, &hits);
    CHECK(answer == answer_expected(1), answer);
}

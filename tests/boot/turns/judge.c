/* SPDX-License-Identifier: BSD-2-Clause
 * The threads: main asks, the others do what it tells them and wait. */
#include "turns.h"

volatile turn_body turn_of[THREADS];

static struct sup_edge edges[64];
static uint32_t checks;

void check(int holds, const char *what, int line, uint64_t value)
{
    checks++;
    if (holds)
        return;
    print_line("failed: %s, line %d: %lu", what, line, (unsigned long)value);
    (void)sup_exit(1);
}

void turn_start(uint32_t thread, turn_body body)
{
    turn_of[thread] = body;
    CHECK(sched_wakeup(thread) == SHOJI_OK, thread);
}

uint64_t invocations(component_t client, component_t server)
{
    long count = sup_edges(edges, 64);

    CHECK(count > 0 && count <= 64, count);
    for (long i = 0; i < count; i++)
        if (edges[i].client == client && edges[i].server == server)
            return edges[i].invocations;
    CHECK(!"an edge of the manifest", server);
    return 0;
}

static long turn(uint32_t thread)
{
    turn_body body = turn_of[thread];

    if (body == 0)
        return sched_block();
    turn_of[thread] = 0;
    body();
    return SHOJI_OK;
}

SHOJI_EXPORT long high_thread(void)
{
    return turn(THREAD_HIGH);
}

SHOJI_EXPORT long low_thread(void)
{
    return turn(THREAD_LOW);
}

SHOJI_EXPORT long one_thread(void)
{
    return turn(THREAD_ONE);
}

SHOJI_EXPORT long other_thread(void)
{
    return turn(THREAD_OTHER);
}

SHOJI_EXPORT long main_thread(void)
{
    locks_look();
    priorities_look();
    events_look();
    budgets_look();
    print_line("%u checks", (unsigned)checks);
    return sup_exit(0);
}

long component_init(component_t self)
{
    return self == JUDGE ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Kills components as it is told: for systems of any manifest, to which tests/kills adds it. The orders come
 * from outside of the machine, by the words of pool `kills`, which tests/kills/target.py writes and reads.
 *
 * 1. An order is carried out once; `done` follows `order` when everybody runs again.
 * 2. All that is to be remembered lies in the pool: the killer may fall too, if a wall has moved.
 */
#include "export.h"
#include "scheduler.h"

#define LIMIT 64

struct kills {
    volatile uint64_t order;  /* its number, from 1, << 8 | the component's id */
    volatile uint64_t begun;  /* the order that is being carried out */
    volatile uint64_t fallen; /* a bit for each component that fell, as sup_components orders them */
    volatile uint64_t done;
    uint32_t reboots[LIMIT]; /* before the order */
};
extern struct kills pool_kills;

static struct sup_component components[LIMIT];

static void reboots_note(void)
{
    long count = sup_components(components, LIMIT);

    for (long i = 0; i < count; i++)
        pool_kills.reboots[i] = components[i].reboots;
}

/* Of the last sup_components. */
static uint64_t rebooted(void)
{
    uint64_t all = 0;

    for (long i = 0; i < LIMIT; i++)
        if (components[i].reboots != pool_kills.reboots[i])
            all |= 1ul << i;
    return all;
}

static int all_run(void)
{
    long count = sup_components(components, LIMIT);

    for (long i = 0; i < count; i++)
        if (components[i].state != SUP_RUNS)
            return 0;
    return 1;
}

SHOJI_EXPORT long killer_thread(void)
{
    uint64_t order = pool_kills.order;

    if (order == pool_kills.done)
        return sched_pause(); /* not timed_block: it is among those that are killed, and then nobody would
                                 wait */
    if (order != pool_kills.begun) {
        reboots_note();
        pool_kills.begun = order;
        (void)sup_kill(order & 0xff);
    } else if (all_run()) {
        pool_kills.fallen = rebooted();
        pool_kills.done = order;
    } else {
        (void)sched_pause();
    }
    return SHOJI_OK;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self != 0 ? SHOJI_OK : SHOJI_EINVAL;
}

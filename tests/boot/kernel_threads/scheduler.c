/* SPDX-License-Identifier: BSD-2-Clause
 * Switches to the next thread at each tick. */
#include "threads.h"

static struct sup_sched shared;
static uint32_t done; /* a bit for each thread */

static void say(char what, uint64_t thread)
{
    sup_console_write(3, (uint64_t)(uint8_t)what | ('0' + thread) << 8 | (uint64_t)'\n' << 16, 0, 0, 0);
}

SHOJI_EXPORT long sched_done(uint64_t thread)
{
    if ((done >> thread & 1) == 0)
        say('d', thread);
    done |= 1u << thread;
    if (done == (2u << THREADS) - 2) {
        for (uint32_t i = 1; i <= THREADS; i++) {
            struct sup_thread it;

            if (sup_thread_get(i, &it) != SHOJI_OK || it.component != 2 || it.priority != 1)
                sup_exit(3);
        }
        struct sup_thread none;
        if (sup_thread_get(THREADS + 1, &none) != SHOJI_ENOENT || sup_thread_get(0, &none) != SHOJI_ENOENT ||
            sup_thread_get(1, (struct sup_thread *)&shoji_global) != SHOJI_EINVAL ||
            sup_switch(99) != SHOJI_EINVAL)
            sup_exit(4);
        sup_exit(0);
    }
    shared.lock = 1;
    sup_switch(0);
    shared.lock = 0;
    return SHOJI_OK;
}

SHOJI_EXPORT long sched_failed(uint64_t thread)
{
    say('f', thread);
    return sup_exit(1);
}

SHOJI_EXPORT long sched_upcall(void)
{
    static uint64_t next;
    long status;

    shared.pending = 0;
    next = next % THREADS + 1;
    status = sup_switch(next);
    if (status == SHOJI_ECLOSED && (done >> next & 1) == 0) { /* the one that faults, and no other */
        say('c', next);
        done |= 1u << next;
    } else if (status != SHOJI_OK && status != SHOJI_EAGAIN && status != SHOJI_ECLOSED) {
        sup_exit(2);
    }
    return SHOJI_OK; /* entered again */
}

SHOJI_EXPORT long component_init(component_t self)
{
    (void)self;
    if (sup_switch(1) != SHOJI_EINVAL || sup_sched_attach((struct sup_sched *)0x4000000) != SHOJI_EINVAL ||
        sup_sched_attach((struct sup_sched *)((uint64_t)&shared + 2)) != SHOJI_EINVAL)
        return SHOJI_EINVAL;
    return sup_sched_attach(&shared);
}

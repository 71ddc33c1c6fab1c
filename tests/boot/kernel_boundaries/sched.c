/* SPDX-License-Identifier: BSD-2-Clause
 * Switches when it is told to, and never else. */
#include "boundaries.h"

static struct sup_sched shared;
static thread_t turn = THREAD_MAIN;

SHOJI_EXPORT long sched_hold(void)
{
    shared.lock = 1;
    return SHOJI_OK;
}

SHOJI_EXPORT long sched_give(uint64_t thread)
{
    long status;

    shared.lock = 1;
    turn = (thread_t)thread;
    do {
        shared.pending = 0;
        status = sup_switch((thread_t)thread);
    } while (status == SHOJI_EAGAIN);
    return status;
}

SHOJI_EXPORT long sched_upcall(void)
{
    shared.pending = 0;
    (void)sup_switch(turn);
    return SHOJI_OK;
}

long component_init(component_t self)
{
    return self == SCHED ? sup_sched_attach(&shared) : SHOJI_EINVAL;
}

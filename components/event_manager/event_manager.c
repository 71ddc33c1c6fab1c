/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 8, event_manager: edge-triggered events in groups; a thread waits for a group. Owns groups and
 * events. A group and its events are the client's that made them; anybody who knows an event's id may trigger
 * it, which costs its owner a look. Never invokes another component but the lock while it holds its mutex.
 */
#include "served/event_manager.h"
#include "events.h"
#include "export.h"
#include "mutex.h"
#include "scheduler.h"
#include "statistics.h"

static struct events events;
/* Rows are the groups that there have been so far, from 0 on. */
static struct statistics statistics = {.counts = events.counts,
                                       .names = {"triggered", "taken", "waits", "owner", "group"}};
_Static_assert(EVENT_COUNTS == STATISTICS_COLUMNS && EVENT_GROUPS <= STATISTICS_ROWS, "the table fits");
static struct mutex mutex = MUTEX_FREE;

SHOJI_EXPORT_BADGED(evt_group);
long evt_group_badged(component_t client)
{
    long result;

    mutex_lock(&mutex);
    result = events_group(&events, client);
    if (result > 0 && EVENT_GROUP_NUMBER(result) > statistics.rows)
        statistics.rows = EVENT_GROUP_NUMBER(result);
    mutex_unlock(&mutex);
    return result;
}

SHOJI_EXPORT_BADGED(evt_create);
long evt_create_badged(long group, uint32_t token, component_t client)
{
    long result;

    mutex_lock(&mutex);
    result = events_create(&events, group, token, client);
    mutex_unlock(&mutex);
    return result;
}

SHOJI_EXPORT_BADGED(evt_free);
long evt_free_badged(long event, component_t client)
{
    long result;

    mutex_lock(&mutex);
    result = events_free(&events, event, client);
    mutex_unlock(&mutex);
    return result;
}

SHOJI_EXPORT long evt_trigger(long event)
{
    thread_t wake;
    long result;

    mutex_lock(&mutex);
    result = events_trigger(&events, event, &wake);
    mutex_unlock(&mutex);
    if (statistics_due(&statistics)) /* also before somebody who is about to ask for them is woken */
        statistics_report(&statistics);
    return wake != 0 ? sched_wakeup(wake) : result;
}

/* The waiter is known to the group before it blocks, and the scheduler remembers a wakeup that comes in
 * between. */
static long wait(long group, uint64_t tick, component_t client)
{
    thread_t self = shoji_global.current;
    long status = SHOJI_OK;

    for (;;) {
        long result;

        mutex_lock(&mutex);
        /* Whoever is told to return takes no event with him: he has nobody to take it to. */
        result = status == SHOJI_OK || status == SHOJI_ETIMEDOUT ? events_take(&events, group, client, self)
                                                                 : SHOJI_EAGAIN;
        if (result == SHOJI_EAGAIN && status != SHOJI_OK) {
            events_leave(&events, group, self);
            result = status;
        }
        mutex_unlock(&mutex);
        if (result != SHOJI_EAGAIN)
            return result;
        if (statistics_due(&statistics))
            statistics_report(&statistics);
        status = sched_block_until(tick);
    }
}

SHOJI_EXPORT_BADGED(evt_wait);
long evt_wait_badged(long group, component_t client)
{
    return wait(group, UINT64_MAX, client);
}

SHOJI_EXPORT_BADGED(evt_wait_until);
long evt_wait_until_badged(long group, uint64_t tick, component_t client)
{
    return wait(group, tick, client);
}

/* The supervisor calls it: the component is no more. */
SHOJI_EXPORT long component_gone(component_t component)
{
    uint64_t waiters;

    if (component >= EVENT_COMPONENTS)
        return SHOJI_EINVAL;
    mutex_lock(&mutex);
    waiters = events_gone(&events, component);
    mutex_unlock(&mutex);
    for (; waiters != 0; waiters &= waiters - 1)
        (void)sched_wakeup((thread_t)__builtin_ctzll(waiters));
    return SHOJI_OK;
}

long component_init(component_t self)
{
    (void)self;
    events_init(&events, (uint32_t)(__builtin_ia32_rdtsc() >> 8));
    return SHOJI_OK;
}

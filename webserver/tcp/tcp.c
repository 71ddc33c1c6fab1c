/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 7: TCP and IP by lwIP. Owns the mutex under which everything in this component but waiting
 * happens, the two service threads, and the check that a caller's buffer lies in a pool that this component
 * was given. That a client uses only its own pool is fd_api's duty.
 *
 * tcp_input waits for packets; tcp_timer for lwIP's timers. Both entries handle what there is and return
 * (docs/decisions/05).
 */
#include "served/tcp.h"

#include <stdbool.h>

#include "address.h"
#include "connection.h"
#include "export.h"
#include "ip.h"
#include "link.h"
#include "lwip/timeouts.h"
#include "mutex.h"
#include "peers.h"
#include "runtime.h"
#include "scheduler.h"
#include "sequence.h"
#include "time_wait.h"
#include "timed_block.h"
#include "turns.h"

#define TIMER_MS 250 /* how late a timer may be noticed that was set meanwhile: lwIP's finest */

extern char pool_stream[], pool_stream_end[], pool_control[], pool_control_end[];

static struct mutex mutex = MUTEX_FREE;
static uint32_t timer_ms = TIMER_MS;
static bool asked; /* all peers of an earlier life */

u32_t sys_now(void)
{
    return (u32_t)(shoji_global.ticks * shoji_global.tick_us / 1000);
}

/* What was to be sent is lost. If ip runs again already nobody else will notice: tcp_input waits in it for an
 * answer. */
static __attribute__((cold, noinline)) void link_recover(void)
{
    link_reopen();
    link_flush();
}

/* Whoever was here may have made lwIP send. */
static void stack_unlock(void)
{
    if (link_waiting != 0) {
        link_flush();
        if (link_failed)
            link_recover();
    }
    mutex_unlock(&mutex);
}

/* ---- Threads ---- */

/* SHOJI_EFAULT: the link has failed, and is open again, or not yet. */
static __attribute__((cold, noinline)) long link_restore(void)
{
    (void)sched_pause(); /* not timed_block, which may be down together with ip: then this would not let
                            anybody run */
    mutex_lock(&mutex);
    link_reopen();
    stack_unlock();
    return SHOJI_EFAULT;
}

static long packets_await(void)
{
    long packets = link_failed ? SHOJI_EFAULT : ip_receive(link_done());

    if (packets < 0)
        return link_restore();
    mutex_lock(&mutex);
    link_input((uint64_t)packets);
    time_wait_trim();
    stack_unlock();
    return SHOJI_OK;
}

SHOJI_EXPORT long tcp_input_thread(void)
{
    struct turns turns = turns_begin();
    long status;

    do
        status = packets_await();
    while (status == SHOJI_OK && turns_another(&turns));
    return status;
}

SHOJI_EXPORT long tcp_timer_thread(void)
{
    long status = timed_block(timer_ms);
    uint32_t next;

    if (status != SHOJI_OK)
        status = sched_block_until(shoji_global.ticks + TIMER_MS * 1000 / shoji_global.tick_us);
    mutex_lock(&mutex);
    if (link_failed) /* and tcp_input may wait for what peers will not send */
        link_reopen();
    if (!asked)
        asked = peers_ask();
    sys_check_timeouts();
    next = sys_timeouts_sleeptime();
    stack_unlock();
    timer_ms = next < TIMER_MS ? next : TIMER_MS;
    return status;
}

/* ---- What clients call ---- */

static bool range_in(uint64_t start, uint64_t bytes, const char *pool, const char *pool_end)
{
    return start >= (uintptr_t)pool && start < (uintptr_t)pool_end && bytes <= (uintptr_t)pool_end - start;
}

static bool buffer_valid(uint64_t start, uint64_t bytes)
{
    return bytes > 0 && (range_in(start, bytes, pool_stream, pool_stream_end) ||
                         range_in(start, bytes, pool_control, pool_control_end));
}

SHOJI_EXPORT_BADGED(tcp_listen_on);
long tcp_listen_on_badged(uint32_t port, long event, component_t client)
{
    long result;

    mutex_lock(&mutex);
    result = connection_listen(port, event, client);
    stack_unlock();
    return result;
}

SHOJI_EXPORT_BADGED(tcp_take);
long tcp_take_badged(long listener, long event, component_t client)
{
    long result = SHOJI_ENOENT;

    mutex_lock(&mutex);
    if (connection_owned(listener, client))
        result = connection_take(listener, event, client);
    stack_unlock();
    return result;
}

SHOJI_EXPORT_BADGED(tcp_receive);
long tcp_receive_badged(long connection, uint64_t buffer, uint64_t bytes, component_t client)
{
    long result;

    if (!buffer_valid(buffer, bytes))
        return SHOJI_EINVAL;
    mutex_lock(&mutex);
    result = connection_receive(connection, client, (void *)(uintptr_t)buffer, bytes);
    stack_unlock();
    return result;
}

SHOJI_EXPORT_BADGED(tcp_transmit);
long tcp_transmit_badged(long connection, uint64_t buffer, uint64_t bytes, component_t client)
{
    long result;

    if (!buffer_valid(buffer, bytes))
        return SHOJI_EINVAL;
    mutex_lock(&mutex);
    result = connection_transmit(connection, client, (const void *)(uintptr_t)buffer, bytes);
    stack_unlock();
    return result;
}

SHOJI_EXPORT_BADGED(tcp_finish);
long tcp_finish_badged(long connection, component_t client)
{
    long result = SHOJI_ENOENT;

    mutex_lock(&mutex);
    if (connection_owned(connection, client))
        result = connection_finish(connection);
    stack_unlock();
    return result;
}

SHOJI_EXPORT_BADGED(tcp_set_event);
long tcp_set_event_badged(long connection, long event, component_t client)
{
    long result = SHOJI_ENOENT;

    mutex_lock(&mutex);
    if (connection_owned(connection, client))
        result = connection_set_event(connection, event);
    stack_unlock();
    return result;
}

/* The supervisor calls it: the component has failed. */
SHOJI_EXPORT long component_gone(component_t component)
{
    mutex_lock(&mutex);
    connections_gone(component);
    link_look();
    stack_unlock();
    return SHOJI_OK;
}

/* ---- Start ---- */

long component_init(component_t self)
{
    const uint8_t own[] = {ADDRESS};
    long hardware = ip_open();
    const uint8_t *mac = (const uint8_t *)&hardware;
    long status;

    (void)self;
    if (hardware < 0)
        return hardware;
    sequence_init((uint64_t)hardware);
    status = link_init((uint64_t)hardware);
    if (status != SHOJI_OK)
        return status;
    connections_init((uint32_t)(__builtin_ia32_rdtsc() >> 8));
    asked = peers_ask();
    link_flush();
    print_line("%u.%u.%u.%u, hw %02x:%02x:%02x:%02x:%02x:%02x", own[0], own[1], own[2], own[3], mac[0],
               mac[1], mac[2], mac[3], mac[4], mac[5]);
    return SHOJI_OK;
}

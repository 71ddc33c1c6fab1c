/* SPDX-License-Identifier: BSD-2-Clause */
// links: webserver/tcp/tcp.c
// includes: webserver/tcp webserver/tcp/port webserver/tcp/port/pools components/atomic components/interface build/interface components/runtime
// includes: kernel/include build/src/lwip/src/include
/* What component tcp lets through to its connections: only buffers that lie in the pools it shares with
 * clients; and what its two threads do with what they find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>

#include "connection.h"
#include "export.h"
#include "ip.h"
#include "link.h"
#include "mutex.h"
#include "peers.h"
#include "runtime.h"
#include "scheduler.h"
#include "sequence.h"
#include "served/tcp.h"
#include "turns.h"
#include "time_wait.h"
#include "timed_block.h"

/* The pools lie as the loader lays them, with something foreign between them. */
static char memory[4096];
__asm__(".globl pool_stream, pool_stream_end, pool_control, pool_control_end\n"
        ".set pool_stream, memory + 1024\n.set pool_stream_end, memory + 2048\n"
        ".set pool_control, memory + 3072\n.set pool_control_end, memory + 3584");

struct shoji_global global = {.tick_us = 1000};
__asm__(".globl shoji_global\n.set shoji_global, global");

static int through, blocked_ms, timers, pauses, reopened;
static int packets_put, packets_taken;
static uint64_t received; /* and not given back */
static bool unflushed;
bool link_failed;
unsigned link_waiting;
static bool send_fails;
static uint32_t next_timer;
static int waits, wall_moves_at;
static component_t gone;
#define CLIENT 33 /* who made connection 1 */

long tcp_input_thread(void);
long tcp_timer_thread(void);

static long called(void)
{
    through++;
    return 7;
}

long connection_listen(uint32_t port, long event, component_t client)
{
    return (void)port, (void)event, (void)client, called();
}
long connection_take(long listener, long event, component_t client)
{
    return (void)listener, (void)event, (void)client, called();
}
bool connection_owned(long connection, component_t client)
{
    return connection == 1 && client == CLIENT;
}
long connection_receive(long c, component_t client, void *to, uint64_t bytes)
{
    return (void)to, (void)bytes, connection_owned(c, client) ? called() : SHOJI_ENOENT;
}
long connection_transmit(long c, component_t client, const void *from, uint64_t bytes)
{
    return (void)from, (void)bytes, connection_owned(c, client) ? called() : SHOJI_ENOENT;
}
void connections_gone(component_t client)
{
    gone = client;
}
long connection_finish(long c)
{
    return (void)c, called();
}
long connection_set_event(long c, long event)
{
    return (void)c, (void)event, called();
}
void connections_init(uint32_t life)
{
    (void)life;
}

long ip_open(void)
{
    return 0x563412005452;
}
long ip_receive(uint64_t done)
{
    assert_int_equal(done, received);
    assert_false(unflushed);
    received = 0;
    waits++;
    if (waits == wall_moves_at)
        global.moves++;
    if (packets_taken == packets_put)
        return SHOJI_EFAULT;
    received = (uint64_t)++packets_taken;
    return (long)received;
}
long link_init(uint64_t hardware)
{
    return hardware == 0x563412005452 ? SHOJI_OK : SHOJI_EINVAL;
}
void link_input(uint64_t packets)
{
    assert_int_equal(packets, packets_taken);
    unflushed = true;
    link_waiting = 2;
}
uint64_t link_done(void)
{
    return received;
}
void link_flush(void)
{
    unflushed = false;
    link_waiting = 0;
    link_failed |= send_fails;
}
static bool stays_failed;
static int looked;
void link_reopen(void)
{
    reopened++;
    link_failed = stays_failed;
    link_waiting = send_fails;
}
void link_look(void)
{
    looked++;
}
static int asks, asks_left;
bool peers_ask(void)
{
    asks++;
    return asks_left == 0 || --asks_left == 0;
}
void time_wait_trim(void) {}
void sequence_init(uint64_t salt)
{
    (void)salt;
}
void sys_check_timeouts(void)
{
    timers++;
}
uint32_t sys_timeouts_sleeptime(void)
{
    return next_timer;
}
long timed_block(uint64_t milliseconds)
{
    blocked_ms = (int)milliseconds;
    return SHOJI_OK;
}
long sched_pause(void)
{
    pauses++;
    return SHOJI_ETIMEDOUT;
}
long sched_block_until(uint64_t tick)
{
    (void)tick;
    return SHOJI_ETIMEDOUT;
}
void print_line(const char *format, ...)
{
    (void)format;
}
void mutex_lock_contended(struct mutex *mutex)
{
    fail_msg("mutex %p is still taken", (void *)mutex);
}
void mutex_unlock_contended(struct mutex *mutex)
{
    (void)mutex;
}

static bool passes(uint64_t from, uint64_t bytes)
{
    int before = through;
    long in = tcp_receive_badged(1, from, bytes, CLIENT);
    long out = tcp_transmit_badged(1, from, bytes, CLIENT);

    assert_int_equal(in, out);
    assert_true(in == 7 ? through == before + 2 : (in == SHOJI_EINVAL && through == before));
    return in == 7;
}

static void only_buffers_in_the_pools(void **state)
{
    uint64_t base = (uintptr_t)memory;

    (void)state;
    for (uint64_t from = 0; from < sizeof memory; from += 31)
        for (uint64_t bytes = 0; bytes < 3000; bytes += 97) {
            bool stream = from >= 1024 && from + bytes <= 2048 && from < 2048;
            bool control = from >= 3072 && from + bytes <= 3584 && from < 3584;

            assert_int_equal(passes(base + from, bytes), bytes > 0 && (stream || control));
        }
    assert_true(passes(base + 1024, 1024));
    assert_false(passes(base + 1024, 1025));
    assert_false(passes(base + 1023, 2));
    assert_true(passes(base + 2047, 1));
    assert_false(passes(base + 2048, 1));
    assert_false(passes(base + 1024, UINT64_MAX));
    assert_false(passes(base + 1025, UINT64_MAX - base - 1000));
    assert_false(passes(UINT64_MAX, 1));
    assert_false(passes(0, 1));
}

static void only_ones_own(void **state)
{
    uint64_t buffer = (uintptr_t)memory + 1024;

    (void)state;
    for (long connection = 0; connection < 3; connection++)
        for (component_t client = 0; client < 256; client++) {
            long expected = connection == 1 && client == CLIENT ? 7 : SHOJI_ENOENT;

            assert_int_equal(tcp_take_badged(connection, 1, client), expected);
            assert_int_equal(tcp_receive_badged(connection, buffer, 8, client), expected);
            assert_int_equal(tcp_transmit_badged(connection, buffer, 8, client), expected);
            assert_int_equal(tcp_set_event_badged(connection, 1, client), expected);
            assert_int_equal(tcp_finish_badged(connection, client), expected);
        }
    assert_int_equal(component_gone(99), SHOJI_OK);
    assert_int_equal(gone, 99);
    assert_int_equal(looked, 1);
}

/* A thread stays at its entry for a number of wakeups, but not once a wall has moved. What came goes back
 * with the next call, and all that lwIP gave out is sent before that. */
static void packets_are_drained_in_turns(void **state)
{
    (void)state;
    packets_put = 100;
    wall_moves_at = 1;
    assert_int_equal(tcp_input_thread(), SHOJI_OK);
    assert_int_equal(packets_taken, 1);
    wall_moves_at = 0;
    assert_int_equal(tcp_input_thread(), SHOJI_OK);
    assert_int_equal(packets_taken, 1 + TURNS);
    for (int wakeups = 1; wakeups < TURNS && packets_taken + wakeups <= 90; wakeups++) {
        waits = 0;
        wall_moves_at = wakeups;
        assert_int_equal(tcp_input_thread(), SHOJI_OK);
        assert_int_equal(waits, wakeups);
    }
    assert_int_equal(pauses, 0);
    assert_int_equal(reopened, 0);
    packets_put = packets_taken;
    assert_int_equal(tcp_input_thread(), SHOJI_EFAULT);
    assert_int_equal(pauses, 1); /* and not at once again */
    assert_int_equal(reopened, 1);
    /* A link that is not open is opened before anybody waits for packets, or would wait for ever; again and again. */
    waits = 0;
    link_failed = stays_failed = true;
    assert_int_equal(tcp_input_thread(), SHOJI_EFAULT);
    assert_int_equal(tcp_input_thread(), SHOJI_EFAULT);
    assert_int_equal(reopened, 3);
    assert_int_equal(pauses, 3);
    assert_int_equal(waits, 0);
    stays_failed = false;
    assert_int_equal(tcp_input_thread(), SHOJI_EFAULT);
    packets_put++;
    wall_moves_at = 1;
    assert_int_equal(tcp_input_thread(), SHOJI_OK);
    assert_int_equal(waits, 1);
    assert_int_equal(reopened, 4);
}

/* ip has begun anew, and takes nothing that it did not give: whoever finds out opens the link, at once. */
static void a_packet_that_is_not_taken_opens_the_link(void **state)
{
    uint64_t buffer = (uintptr_t)memory + 1024;

    (void)state;
    reopened = 0;
    send_fails = true;
    assert_int_equal(tcp_transmit_badged(1, buffer, 8, CLIENT), 7);
    assert_int_equal(reopened, 0); /* there was nothing to send */
    link_waiting = 1;
    assert_int_equal(tcp_transmit_badged(1, buffer, 8, CLIENT), 7);
    assert_int_equal(reopened, 1);
    assert_true(link_failed); /* again, by what was sent then: no more tries, tcp_input or tcp_timer makes them */
    send_fails = link_failed = false;
}

static void timers_are_asked_often_enough(void **state)
{
    (void)state;
    next_timer = 40;
    assert_int_equal(tcp_timer_thread(), SHOJI_OK);
    assert_int_equal(blocked_ms, 250);
    next_timer = 1000;
    assert_int_equal(tcp_timer_thread(), SHOJI_OK);
    assert_int_equal(blocked_ms, 40);
    assert_int_equal(tcp_timer_thread(), SHOJI_OK);
    assert_int_equal(blocked_ms, 250);
    assert_int_equal(timers, 3);
    link_failed = true;
    reopened = 0;
    assert_int_equal(tcp_timer_thread(), SHOJI_OK);
    assert_int_equal(reopened, 1);
    assert_int_equal(tcp_timer_thread(), SHOJI_OK);
    assert_int_equal(reopened, 1);
}

static void it_starts(void **state)
{
    (void)state;
    asks_left = 3;
    assert_int_equal(component_init(7), SHOJI_OK);
    assert_int_equal(asks, 1);
    next_timer = 1000;
    for (int i = 0; i < 5; i++) /* those that could not be asked are, when there is room again */
        assert_int_equal(tcp_timer_thread(), SHOJI_OK);
    assert_int_equal(asks, 3);
    timers = blocked_ms = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts),
        cmocka_unit_test(only_buffers_in_the_pools),
        cmocka_unit_test(only_ones_own),
        cmocka_unit_test(packets_are_drained_in_turns),
        cmocka_unit_test(a_packet_that_is_not_taken_opens_the_link),
        cmocka_unit_test(timers_are_asked_often_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

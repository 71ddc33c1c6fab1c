/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fd_api over fake neighbours: whose descriptor, whose buffer, what is left behind.
 */
// links: webserver/fd_api/fd_api.c webserver/fd_api/slots.c tests/host/pools.c
// includes: webserver components/interface build/interface components/runtime kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "async_invocation.h"
#include "event_manager.h"
#include "export.h"
#include "served/fd_api.h"
#include "fd_api/slots.h"
#include "fd_null.h"
#include "http_parser.h"
#include "tcp.h"

#define MANAGER 10
#define CONTROL 2
#define STRANGER 14

extern char pool_stream[], pool_stream_end[], pool_control[], pool_control_end[];

/* ---- Neighbours ---- */

static unsigned groups, events, events_freed, connections_open, streams_open, backlog;
static uint32_t event_tokens[2000];
static long event_groups[2000], last_event, failure;
static uint64_t last_handle, last_buffer, last_bytes;
static unsigned groups_forgotten; /* the event manager has begun anew: it knows only groups after these */
static unsigned creations_left = UINT32_MAX;
static bool manager_down;

long evt_group(void)
{
    return manager_down ? SHOJI_EFAULT : failure ? failure : 100 + (long)++groups;
}
long evt_create(long group, uint32_t token)
{
    if (manager_down || creations_left == 0)
        return SHOJI_EFAULT;
    if (failure)
        return failure;
    if (group <= 100 + (long)groups_forgotten)
        return SHOJI_ENOENT;
    creations_left--;
    events++;
    event_tokens[events] = token;
    event_groups[events] = group;
    return events;
}
long evt_free(long event)
{
    if (event == 0)
        return manager_down ? SHOJI_EFAULT : SHOJI_ENOENT;
    return events_freed++, 0;
}
static unsigned events_triggered, events_set, streams_set;
long evt_trigger(long event)
{
    return (void)event, events_triggered++, 0;
}
long tcp_set_event(long connection, long event)
{
    return (void)connection, (void)event, events_set++, 0;
}
long http_set_event(long stream, long event)
{
    return (void)stream, (void)event, streams_set++, 0;
}
long evt_wait(long group)
{
    return manager_down ? SHOJI_EFAULT : group <= 100 + (long)groups_forgotten ? SHOJI_ENOENT : group;
}
long evt_wait_until(long group, uint64_t tick)
{
    long waited = evt_wait(group);
    return waited < 0 ? waited : waited + (long)tick;
}
long tcp_listen_on(uint32_t port, long event)
{
    return last_event = event, port == 80 ? 5000 : SHOJI_EBUSY;
}
long tcp_take(long listener, long event)
{
    assert_int_equal(listener, 5000);
    last_event = event;
    if (!backlog)
        return SHOJI_EAGAIN;
    backlog--;
    connections_open++;
    return 6000 + event;
}
long tcp_receive(long connection, uint64_t buffer, uint64_t bytes)
{
    return last_handle = connection, last_buffer = buffer, last_bytes = bytes,
           failure ? failure : (long)bytes;
}
long tcp_transmit(long connection, uint64_t buffer, uint64_t bytes)
{
    return last_handle = connection, last_buffer = buffer, last_bytes = bytes,
           failure ? failure : (long)bytes;
}
long tcp_finish(long connection)
{
    return connection == 0 ? SHOJI_ENOENT : (connections_open--, failure);
}
long http_open(long event)
{
    last_event = event;
    return failure ? failure : 7000 + (long)++streams_open;
}
long async_serve(long event)
{
    return last_event = event, failure ? failure : 1;
}
long async_receive(uint64_t buffer, uint64_t bytes)
{
    return last_buffer = buffer, last_bytes = bytes, 77;
}
long async_reply(uint64_t buffer, uint64_t bytes)
{
    return last_buffer = buffer, last_bytes = bytes, 78;
}
long null_open(void)
{
    return 1;
}
long null_read(long handle, uint64_t buffer, uint64_t bytes)
{
    return last_handle = handle, last_buffer = buffer, last_bytes = bytes, 0;
}
long null_write(long handle, uint64_t buffer, uint64_t bytes)
{
    return last_handle = handle, last_buffer = buffer, last_bytes = bytes, (long)bytes;
}
long null_close(long handle)
{
    return (void)handle, 0;
}
long http_write(long stream, const void *buffer, uint64_t bytes)
{
    return last_handle = stream, last_buffer = (uint64_t)buffer, last_bytes = bytes, (long)bytes;
}
long http_read(long stream, void *buffer, uint64_t bytes)
{
    return last_handle = stream, last_buffer = (uint64_t)buffer, last_bytes = bytes, (long)bytes | HTTP_CLOSE;
}
long http_close(long stream)
{
    return stream == 0 ? SHOJI_ENOENT : (streams_open--, 0);
}

/* ---- As clients call ---- */

static long group(component_t client)
{
    return fd_group_badged(client);
}
static long listen_on(long group, uint32_t port, component_t client)
{
    return fd_listen_badged(group, port, client);
}
static long take(long group, long listener, component_t client)
{
    return fd_accept_badged(group, listener, client);
}
static long group_of_client[256];
static long open_stream(component_t client)
{
    if (!group_of_client[client])
        group_of_client[client] = fd_group_badged(client);
    return fd_open_stream_badged(group_of_client[client], client);
}
static long receive(long fd, const char *buffer, uint64_t bytes, component_t client)
{
    return fd_read_badged(fd, (uint64_t)buffer, bytes, client);
}
static long transmit(long fd, const char *buffer, uint64_t bytes, component_t client)
{
    return fd_write_badged(fd, (uint64_t)buffer, bytes, client);
}
static long close_fd(long fd, component_t client)
{
    return fd_close_badged(fd, client);
}

static long web, listener; /* of MANAGER, for all tests */

static int start(void **state)
{
    (void)state;
    if (fd_buffers_badged((uint64_t)pool_stream, (uint64_t)pool_stream_end, MANAGER) != SHOJI_OK ||
        fd_buffers_badged((uint64_t)pool_control, (uint64_t)pool_control_end, CONTROL) != SHOJI_OK)
        return -1;
    web = group_of_client[MANAGER] = group(MANAGER);
    listener = listen_on(web, 80, MANAGER);
    return web > 0 && listener > 0 ? 0 : -1;
}

static void reading_and_writing(void **state)
{
    (void)state;
    backlog = 1;
    long fd = take(web, listener, MANAGER);
    assert_true(fd > 0 && fd < FD_LIMIT);
    assert_int_equal(event_tokens[last_event], fd);
    assert_int_equal(receive(fd, pool_stream + 8, 100, MANAGER), 100);
    assert_true(last_handle == (uint64_t)(6000 + last_event) && last_buffer == (uint64_t)pool_stream + 8 &&
                last_bytes == 100);
    assert_int_equal(transmit(fd, pool_stream_end - 10, 10, MANAGER), 10);
    failure = SHOJI_EAGAIN;
    assert_int_equal(receive(fd, pool_stream, 1, MANAGER), SHOJI_EAGAIN);
    failure = SHOJI_EFAULT;
    assert_int_equal(transmit(fd, pool_stream, 1, MANAGER), SHOJI_EFAULT);
    failure = 0;
    long stream = open_stream(MANAGER);
    assert_true(stream > 0 && stream < FD_LIMIT);
    assert_int_equal(transmit(stream, pool_stream, 20, MANAGER), 20);
    assert_int_equal(receive(stream, pool_stream, 2000, MANAGER), 2000 | HTTP_CLOSE);
    assert_int_equal(close_fd(stream, MANAGER), 0);
    assert_int_equal(close_fd(fd, MANAGER), 0);
    assert_int_equal(close_fd(fd, MANAGER), SHOJI_ENOENT);
    assert_int_equal(connections_open + streams_open, 0);
}

static void descriptors_have_owners(void **state)
{
    (void)state;
    long stream = open_stream(MANAGER);
    assert_int_equal(receive(stream, pool_control, 1, CONTROL), SHOJI_ENOENT);
    assert_int_equal(transmit(stream, pool_control, 1, CONTROL), SHOJI_ENOENT);
    assert_int_equal(close_fd(stream, CONTROL), SHOJI_ENOENT);
    assert_int_equal(close_fd(listener, CONTROL), SHOJI_ENOENT);
    assert_int_equal(take(web, listener, CONTROL), SHOJI_ENOENT);
    assert_int_equal(fd_wait_badged(web, CONTROL), SHOJI_ENOENT);
    assert_int_equal(fd_wait_until_badged(web, 9, CONTROL), SHOJI_ENOENT);
    assert_int_equal(listen_on(web, 80, CONTROL), SHOJI_ENOENT);
    long own = group(CONTROL);
    assert_int_equal(take(own, listener, CONTROL), SHOJI_ENOENT);
    static const long wrong[] = {0, -1, FD_LIMIT, 1l << 40, INT64_MIN, FD_LIMIT - 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(receive(wrong[i], pool_stream, 1, MANAGER), SHOJI_ENOENT);
        assert_int_equal(close_fd(wrong[i], MANAGER), SHOJI_ENOENT);
        assert_int_equal(fd_wait_badged(wrong[i], MANAGER), SHOJI_ENOENT);
    }
    assert_int_equal(close_fd(stream, MANAGER), 0);
    assert_int_equal(receive(listener, pool_stream, 1, MANAGER), SHOJI_EINVAL);
    assert_int_equal(take(web, open_stream(MANAGER), MANAGER), SHOJI_EINVAL);
}

static void buffers_are_the_clients_own(void **state)
{
    (void)state;
    long stream = open_stream(MANAGER), other = open_stream(CONTROL), strange = open_stream(STRANGER);
    static char elsewhere[64];
    const struct {
        const char *buffer;
        uint64_t bytes;
        bool allowed;
    } cases[] = {
        {pool_stream, 1, true},
        {pool_stream, pool_stream_end - pool_stream, true},
        {pool_stream_end, 0, true},
        {pool_stream, pool_stream_end - pool_stream + 1, false},
        {pool_stream_end - 1, 2, false},
        {pool_stream_end, 1, false},
        {pool_stream - 1, 1, false},
        {pool_stream, UINT64_MAX, false},
        {pool_stream + 16, UINT64_MAX - 8, false},
        {pool_control, 1, false},
        {elsewhere, 1, false},
        {NULL, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        last_handle = 0;
        assert_int_equal(transmit(stream, cases[i].buffer, cases[i].bytes, MANAGER),
                         cases[i].allowed ? (long)cases[i].bytes : SHOJI_EPERM);
        assert_int_equal(last_handle != 0, cases[i].allowed);
        assert_int_equal(receive(stream, cases[i].buffer, cases[i].bytes, MANAGER) == SHOJI_EPERM,
                         !cases[i].allowed);
    }
    assert_int_equal(transmit(other, pool_control, 10, CONTROL), 10);
    assert_int_equal(transmit(other, pool_stream, 10, CONTROL), SHOJI_EPERM);
    assert_int_equal(transmit(strange, pool_stream, 10, STRANGER), SHOJI_EPERM);
    close_fd(stream, MANAGER), close_fd(other, CONTROL), close_fd(strange, STRANGER);
}

/* A pool is the first one's that says so, in part or whole; nobody has two, and none is made up. */
static void buffers_are_claimed_once(void **state)
{
    (void)state;
    static char elsewhere[64];
    const uint64_t stream = (uint64_t)pool_stream, control = (uint64_t)pool_control;
    const struct {
        uint64_t from, end;
        component_t client;
        long status;
    } cases[] = {
        {stream, stream + 4096, STRANGER, SHOJI_EPERM},
        {control + 4096, (uint64_t)pool_control_end, STRANGER, SHOJI_EPERM},
        {control, control + 4096, MANAGER, SHOJI_EBUSY},
        {stream, stream + 4096, MANAGER, SHOJI_EBUSY},
        {stream, (uint64_t)pool_stream_end, MANAGER, SHOJI_OK},
        {(uint64_t)elsewhere, (uint64_t)elsewhere + 64, STRANGER, SHOJI_EINVAL},
        {stream + 8, stream + 8, STRANGER, SHOJI_EINVAL},
        {stream + 8, stream, STRANGER, SHOJI_EINVAL},
        {0, UINT64_MAX, STRANGER, SHOJI_EINVAL},
        {0, 1, STRANGER, SHOJI_EINVAL},
        {stream, UINT64_MAX, STRANGER, SHOJI_EINVAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(fd_buffers_badged(cases[i].from, cases[i].end, cases[i].client), cases[i].status);
}

/* Instances have other layers below; each kind of descriptor reaches its own. */
static void services_and_nothing(void **state)
{
    (void)state;
    long own = group_of_client[CONTROL];
    assert_int_equal(fd_open_service_badged(own, MANAGER), SHOJI_ENOENT);
    long service = fd_open_service_badged(own, CONTROL);
    assert_true(service > 0 && event_tokens[last_event] == service);
    assert_int_equal(receive(service, pool_control, 64, CONTROL), 77);
    assert_int_equal(transmit(service, pool_control + 8, 65, CONTROL), 78);
    assert_true(last_buffer == (uint64_t)pool_control + 8 && last_bytes == 65);
    assert_int_equal(transmit(service, pool_stream, 65, CONTROL), SHOJI_EPERM);
    failure = SHOJI_EBUSY;
    assert_int_equal(fd_open_service_badged(own, CONTROL), SHOJI_EBUSY);
    failure = 0;
    long empty = fd_open_null_badged(CONTROL);
    assert_true(empty > 0 && empty != service);
    assert_int_equal(receive(empty, pool_control, 64, CONTROL), 0);
    assert_int_equal(transmit(empty, pool_control, 64, CONTROL), 64);
    assert_int_equal(close_fd(empty, CONTROL), 0);
    assert_int_equal(close_fd(service, CONTROL), 0);
}

static void nothing_to_accept_leaves_nothing(void **state)
{
    (void)state;
    backlog = 0;
    assert_int_equal(take(web, listener, MANAGER), SHOJI_EAGAIN);
    unsigned before = events;
    for (int i = 0; i < 5000; i++)
        assert_int_equal(take(web, listener, MANAGER), SHOJI_EAGAIN);
    assert_int_equal(events, before);
    assert_int_equal(listen_on(web, 81, MANAGER), SHOJI_EBUSY);
}

static void events_follow_the_group(void **state)
{
    (void)state;
    long second = group(MANAGER);
    backlog = 2;
    long fd = take(web, listener, MANAGER);
    unsigned before = events, freed = events_freed;
    close_fd(fd, MANAGER);
    assert_int_equal(take(second, listener, MANAGER), fd);
    assert_int_equal(events, before + 1);
    assert_int_equal(events_freed, freed + 1);
    assert_int_equal(event_groups[events], fd_wait_badged(second, MANAGER));
    close_fd(fd, MANAGER);
}

static void tables_run_out_and_come_back(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        long fds[FD_LIMIT], count = 0;
        backlog = 1000;
        while ((fds[count] = take(web, listener, MANAGER)) > 0)
            count++;
        assert_int_equal(fds[count], SHOJI_EMEMORY);
        assert_true(count >= 256 + 16);
        backlog = 0;
        while (count)
            assert_int_equal(close_fd(fds[--count], MANAGER), 0);
        while ((fds[count] = open_stream(MANAGER)) > 0)
            count++;
        assert_true(count >= 256);
        while (count)
            assert_int_equal(close_fd(fds[--count], MANAGER), 0);
    }
    failure = SHOJI_EMEMORY;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(open_stream(MANAGER), SHOJI_EMEMORY);
    failure = 0;
    long stream = open_stream(MANAGER);
    assert_true(stream > 0);
    close_fd(stream, MANAGER);
    long last;
    while ((last = group(STRANGER)) > 0)
        ;
    assert_int_equal(last, SHOJI_EMEMORY);
}

/* A close that fails still gives the descriptor back: the caller has no second chance. */
static void close_never_leaks(void **state)
{
    (void)state;
    backlog = 1;
    long fd = take(web, listener, MANAGER);
    failure = SHOJI_EFAULT;
    assert_int_equal(close_fd(fd, MANAGER), SHOJI_EFAULT);
    failure = 0;
    assert_int_equal(close_fd(fd, MANAGER), SHOJI_ENOENT);
    backlog = 1;
    assert_int_equal(take(web, listener, MANAGER), fd);
    close_fd(fd, MANAGER);
}

static void slots_at_their_edges(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= SLOTS_LIMIT; count += count < 130 ? 1 : 97) {
        struct slots slots = {.count = count};
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(slots_take(&slots), i);
        assert_int_equal(slots_take(&slots), SHOJI_EMEMORY);
        slots_give(&slots, count - 1);
        assert_int_equal(slots_take(&slots), count - 1);
        slots_give(&slots, 0);
        assert_int_equal(slots_take(&slots), 0);
    }
}

/* The event manager fails, and begins anew with nothing. Whatever is called first, waiting or not, the
 * client's group is the same one for it, and all of its descriptors are in it again. */
static void the_event_manager_begins_anew(void **state)
{
    enum { WAIT, WAIT_UNTIL, ACCEPT, LISTEN, OPEN_STREAM, FIRSTS };
    (void)state;
    backlog = 1;
    long fd = take(web, listener, MANAGER), stream = open_stream(MANAGER);
    assert_true(fd > 0 && stream > 0);
    for (int first = 0; first < FIRSTS; first++) {
        manager_down = true;
        assert_int_equal(component_gone(8), SHOJI_OK);
        assert_int_equal(fd_wait_badged(web, MANAGER), SHOJI_EFAULT);
        backlog = 1;
        assert_int_equal(take(web, listener, MANAGER), SHOJI_EFAULT);
        assert_int_equal(fd_open_stream_badged(web, MANAGER), SHOJI_EFAULT);
        groups_forgotten = groups;
        manager_down = false;
        unsigned groups_before = groups, set = events_set + streams_set, before = events;
        creations_left = 1; /* and it fails again meanwhile, as it seems */
        assert_int_equal(fd_wait_badged(web, MANAGER), SHOJI_EFAULT);
        creations_left = UINT32_MAX;
        long opened = first == WAIT         ? fd_wait_badged(web, MANAGER)
                      : first == WAIT_UNTIL ? fd_wait_until_badged(web, 0, MANAGER)
                      : first == ACCEPT     ? take(web, listener, MANAGER)
                      : first == LISTEN     ? listen_on(web, 81, MANAGER)
                                            : fd_open_stream_badged(web, MANAGER);
        assert_int_equal(groups, groups_before + 1);
        if (first == LISTEN)
            assert_int_equal(opened, SHOJI_EBUSY); /* as tcp says of that port */
        else
            assert_true(opened > 0);
        if (first == ACCEPT || first == OPEN_STREAM)
            assert_int_equal(close_fd(opened, MANAGER), SHOJI_OK);
        unsigned listeners = 0, connections = 0, streams = 0;
        for (unsigned event = before + 1; event <= events; event++) {
            assert_int_equal(event_groups[event], 100 + groups);
            listeners += event_tokens[event] == listener;
            connections += event_tokens[event] == fd;
            streams += event_tokens[event] == stream;
        }
        assert_true(listeners == 1 && connections == 1 && streams == 1);
        assert_true(events_set + streams_set >= set + 3);
        assert_int_equal(fd_wait_badged(web, MANAGER), 100 + groups);
    }
    /* It has begun anew, and nobody has told of it yet: that is no SHOJI_ENOENT, which would mean fd_api. */
    groups_forgotten = groups;
    assert_int_equal(fd_wait_badged(web, MANAGER), SHOJI_EFAULT);
    assert_int_equal(fd_wait_until_badged(web, 5, MANAGER), SHOJI_EFAULT);
    backlog = 100; /* entries that have an event from before need none */
    long accepted[100];
    int taken = 0;
    while (taken < 100 && (accepted[taken] = take(web, listener, MANAGER)) > 0)
        taken++;
    assert_true(taken < 100);
    assert_int_equal(accepted[taken], SHOJI_EFAULT);
    while (taken > 0)
        assert_int_equal(close_fd(accepted[--taken], MANAGER), SHOJI_OK);
    backlog = 0;
    assert_int_equal(close_fd(stream, MANAGER), SHOJI_OK);
    assert_int_equal(close_fd(fd, MANAGER), SHOJI_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_and_writing),
        cmocka_unit_test(descriptors_have_owners),
        cmocka_unit_test(buffers_are_the_clients_own),
        cmocka_unit_test(nothing_to_accept_leaves_nothing),
        cmocka_unit_test(events_follow_the_group),
        cmocka_unit_test(tables_run_out_and_come_back),
        cmocka_unit_test(buffers_are_claimed_once),
        cmocka_unit_test(services_and_nothing),
        cmocka_unit_test(close_never_leaks),
        cmocka_unit_test(slots_at_their_edges),
        cmocka_unit_test(the_event_manager_begins_anew),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}

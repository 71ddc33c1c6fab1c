/* SPDX-License-Identifier: BSD-2-Clause */
// links: webserver/port_manager/ports.c
// includes: webserver/port_manager kernel/include
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "ports.h"

static struct ports *ports;

static int table_new(void **state)
{
    (void)state;
    ports = calloc(1, sizeof *ports);
    return ports == NULL;
}

static int table_drop(void **state)
{
    (void)state;
    free(ports);
    return 0;
}

static void a_taken_port_is_busy(void **state)
{
    (void)state;
    assert_int_equal(ports_take(ports, 80, 7), SHOJI_OK);
    assert_int_equal(ports_take(ports, 80, 7), SHOJI_EBUSY);
    assert_int_equal(ports_take(ports, 80, 8), SHOJI_EBUSY);
    assert_int_equal(ports_take(ports, 0, 7), SHOJI_EINVAL);
    assert_int_equal(ports_take(ports, 65536, 7), SHOJI_EINVAL);
    assert_int_equal(ports_take(ports, 65535, 7), SHOJI_OK);
}

static void only_the_owner_uses_it(void **state)
{
    (void)state;
    assert_int_equal(ports_use(ports, 80, 7), SHOJI_ENOENT);
    assert_int_equal(ports_take(ports, 80, 7), SHOJI_OK);
    assert_int_equal(ports_use(ports, 80, 8), SHOJI_EPERM);
    assert_int_equal(ports_use(ports, 80, 7), 1);
    assert_int_equal(ports_use(ports, 80, 7), 2);
    assert_int_equal(ports_leave(ports, 80, 8), SHOJI_EPERM);
    assert_int_equal(ports_leave(ports, 80, 7), 1);
    assert_int_equal(ports_leave(ports, 80, 7), 0);
    assert_int_equal(ports_leave(ports, 80, 7), SHOJI_ENOENT);
    assert_int_equal(ports_take(ports, 80, 7), SHOJI_EBUSY);
    assert_int_equal(ports_use(ports, 70000, 7), SHOJI_EINVAL);
}

static void ephemeral_ports_come_back(void **state)
{
    long first;

    (void)state;
    assert_int_equal(ports_take(ports, PORT_EPHEMERAL + 1, 7), SHOJI_OK);
    first = ports_any(ports, 7);
    assert_int_equal(first, PORT_EPHEMERAL);
    for (int i = 0; i < PORTS - PORT_EPHEMERAL - 2; i++)
        assert_true(ports_any(ports, 7) > PORT_EPHEMERAL + 1);
    assert_int_equal(ports_any(ports, 7), SHOJI_EMEMORY);
    assert_int_equal(ports_use(ports, 60000, 7), 1);
    assert_int_equal(ports_leave(ports, 60000, 7), 0);
    assert_int_equal(ports_any(ports, 8), 60000);
    assert_int_equal(ports_use(ports, 60000, 7), SHOJI_EPERM);
}

static void connections_do_not_overflow(void **state)
{
    (void)state;
    assert_int_equal(ports_take(ports, 80, 7), SHOJI_OK);
    for (int i = 1; i <= UINT16_MAX; i++)
        assert_int_equal(ports_use(ports, 80, 7), i);
    assert_int_equal(ports_use(ports, 80, 7), SHOJI_EMEMORY);
    assert_int_equal(ports_leave(ports, 80, 7), UINT16_MAX - 1);
}

static void what_a_component_had_is_free(void **state)
{
    static struct ports ports;
    long any = ports_any(&ports, 7);

    (void)state;
    assert_int_equal(ports_take(&ports, 80, 7), SHOJI_OK);
    assert_int_equal(ports_take(&ports, 81, 8), SHOJI_OK);
    assert_int_equal(ports_use(&ports, 80, 7), 1);
    ports_gone(&ports, 7);
    assert_int_equal(ports_use(&ports, 80, 7), SHOJI_ENOENT);
    assert_int_equal(ports_use(&ports, (uint32_t)any, 7), SHOJI_ENOENT);
    assert_int_equal(ports_take(&ports, 81, 7), SHOJI_EBUSY);
    assert_int_equal(ports_take(&ports, 80, 8), SHOJI_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_component_had_is_free),
        cmocka_unit_test_setup_teardown(a_taken_port_is_busy, table_new, table_drop),
        cmocka_unit_test_setup_teardown(only_the_owner_uses_it, table_new, table_drop),
        cmocka_unit_test_setup_teardown(ephemeral_ports_come_back, table_new, table_drop),
        cmocka_unit_test_setup_teardown(connections_do_not_overflow, table_new, table_drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * What is together can be reached, what came apart cannot, at once and whatever the processor remembers:
 * client and server store into each other's memory before and after each way in which the two can come apart,
 * with nobody inside, where their domain goes on with other rights, and with a thread inside. */
#include "driver.h"

static const struct layout together = {{0, 0, 2}}, all = {{0, 0, 0}};
static const uint32_t apart[COMPONENTS] = {10, 11, 0, 1, 2}, crosswise[COMPONENTS] = {10, 11, 0, 1, 0};

static void touch(long wanted)
{
    for (uint64_t which = 0; which < 2; which++) {
        long status = server_touch((uint64_t)client_address(which));

        CHECK(status == wanted, status);
    }
    CHECK(client_touch((uint64_t)server_address()) == wanted, wanted);
}

static void come_apart(uint32_t way)
{
    long status;

    switch (way) {
    case 0:
        status = pd_split(CLIENT);
        break;
    case 1:
        status = pd_split(SERVER);
        break;
    case 2:
        status = pd_move(CLIENT, THIRD);
        break;
    case 3:
        status = pd_partition(crosswise, COMPONENTS);
        break;
    default:
        status = pd_partition(apart, COMPONENTS);
    }
    CHECK(status == SHOJI_OK, status);
}

static void way_try(uint32_t way)
{
    layout_make(way < 4 ? &together : &all);
    touch(SHOJI_OK);
    come_apart(way);
    touch(SHOJI_EFAULT);
    CHECK(stale_domains() == 0, way);
}

/* A thread that is inside meanwhile keeps what it could reach until it returns; everybody else has the new
 * layout at once; and the stale domain goes when that thread has left. */
static void inside_try(uint32_t way)
{
    uint64_t domains;

    layout_make(way < 4 ? &together : &all);
    domains = domain_count();
    sleeper_hold((uint64_t)client_address(0));
    CHECK(stale_domains() == 0, way);
    come_apart(way);
    touch(SHOJI_EFAULT);
    CHECK(stale_domains() == 1, stale_domains());
    CHECK(sleeper_held() == SHOJI_OK, way);
    CHECK(stale_domains() == 0, stale_domains());
    CHECK(domain_count() == domains + (way == 4 ? 2 : way == 0 || way == 1), domain_count());
    /* The next time it is everybody else. */
    sleeper_hold((uint64_t)client_address(0));
    CHECK(sleeper_held() == SHOJI_EFAULT, way);
}

void walls_look(void)
{
    now = "walls";
    sleeper_leave();
    for (now_at = 0; now_at < 5; now_at++) {
        way_try(now_at);
        inside_try(now_at);
    }
}

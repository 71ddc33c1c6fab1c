/* SPDX-License-Identifier: BSD-2-Clause
 * Moves the walls, and looks after each step what left may do with right's memory, what is counted, and which
 * domains are left. */
#include "moves.h"
#include "kernel_check.h"

static struct sup_edge edges[8];
static const uint32_t apart[3] = {0, 1, 2}, left_and_driver[3] = {7, 59, 7}, together[3] = {5, 5, 5};

SHOJI_EXPORT long driver_move(uint64_t move)
{
    switch (move) {
    case MOVE_MERGE:
        return pd_merge(LEFT, RIGHT);
    case MOVE_SPLIT:
        return pd_split(RIGHT);
    case MOVE_MERGE_AND_SPLIT:
        return pd_merge(LEFT, RIGHT) != SHOJI_OK ? SHOJI_EINVAL : pd_split(LEFT);
    case MOVE_SPLIT_AND_MERGE:
        return pd_split(LEFT) != SHOJI_OK ? SHOJI_EINVAL : pd_merge(RIGHT, LEFT);
    case MOVE_TO_DRIVER:
        return pd_move(RIGHT, DRIVER);
    case MOVE_ALL_APART:
        return pd_partition(apart, 3);
    default:
        return SHOJI_OK;
    }
}

static struct sup_edge edge_find(component_t client, component_t server)
{
    long count = sup_edges(edges, 8);

    for (long i = 0; i < count; i++)
        if (edges[i].client == client && edges[i].server == server)
            return edges[i];
    check_fail(__LINE__);
    return edges[0];
}

static struct sup_counters counters(void)
{
    struct sup_counters out;

    CHECK(sup_counters(&out) == SHOJI_OK);
    return out;
}

static void statuses(void)
{
    CHECK(pd_merge(LEFT, LEFT) == SHOJI_ESAME);
    CHECK(pd_split(LEFT) == SHOJI_ESAME);
    CHECK(pd_merge(0, LEFT) == SHOJI_EPERM);
    CHECK(pd_merge(LEFT, 0) == SHOJI_EPERM);
    CHECK(pd_split(0) == SHOJI_EPERM);
    CHECK(pd_merge(LEFT, 99) == SHOJI_ENOENT);
    CHECK(pd_split(99999) == SHOJI_ENOENT);
    CHECK(pd_move(LEFT, LEFT) == SHOJI_ESAME);
    CHECK(pd_move(0, LEFT) == SHOJI_EPERM);
    CHECK(pd_move(LEFT, 0) == SHOJI_EPERM);
    CHECK(pd_move(99, LEFT) == SHOJI_ENOENT);
    CHECK(pd_move(LEFT, 99999) == SHOJI_ENOENT);
    CHECK(pd_partition(apart, 3) == SHOJI_ESAME);
    CHECK(pd_partition(apart, 2) == SHOJI_EINVAL);
    CHECK(pd_partition(apart, 1u << 30) == SHOJI_EINVAL);
    CHECK(pd_partition((const uint32_t[]){0, 1, SUP_SETS}, 3) == SHOJI_EINVAL);
    CHECK(pd_partition((const uint32_t *)right_address(), 3) == SHOJI_EINVAL);
    CHECK(pd_partition((const uint32_t *)0x100000, 3) == SHOJI_EINVAL);
    CHECK(pd_partition((const uint32_t *)((uint64_t)apart + 2), 3) == SHOJI_EINVAL);
    CHECK(pd_partition((const uint32_t *)-8ul, 3) == SHOJI_EINVAL);
    CHECK(sup_edges((struct sup_edge *)right_address(), 1) == SHOJI_EINVAL);
    CHECK(sup_edges((struct sup_edge *)0x100000, 1) == SHOJI_EINVAL);
    CHECK(sup_edges((struct sup_edge *)-8ul, 1) == SHOJI_EINVAL);
    CHECK(sup_edges((struct sup_edge *)((uint64_t)edges + 4), 1) == SHOJI_EINVAL);
    CHECK(sup_edges(edges, 1u << 30) == SHOJI_EINVAL);
    CHECK(sup_counters((struct sup_counters *)&shoji_global) == SHOJI_EINVAL);
}

/* Moves and partitions, seen from the domains, the counts and what left may do with right's memory. */
static void compositions(uint64_t address)
{
    struct sup_counters before = counters(), after;

    CHECK(pd_move(RIGHT, LEFT) == SHOJI_OK);
    CHECK(pd_move(RIGHT, LEFT) == SHOJI_ESAME);
    CHECK(left_touch(address) == SHOJI_OK);
    CHECK(left_call(MOVE_TO_DRIVER) == 3);
    CHECK(left_touch(address) == SHOJI_EFAULT);
    CHECK(counters().domains == 2);
    CHECK(left_call(MOVE_ALL_APART) == 3);
    CHECK(counters().domains == 3);
    CHECK(pd_partition(left_and_driver, 3) == SHOJI_OK);
    CHECK(left_touch(address) == SHOJI_EFAULT && left_touch((uint64_t)edges) == SHOJI_OK);
    CHECK(pd_partition(left_and_driver, 3) == SHOJI_ESAME);
    CHECK(pd_partition(together, 3) == SHOJI_OK);
    CHECK(counters().domains == 1 && left_touch(address) == SHOJI_OK);
    CHECK(left_call(MOVE_ALL_APART) == 3);
    CHECK(left_touch(address) == SHOJI_EFAULT && left_touch((uint64_t)edges) == SHOJI_EFAULT);
    after = counters();
    CHECK(after.domains == 3);
    CHECK(after.merges - before.merges == 4 && after.splits - before.splits == 4);
}

SHOJI_EXPORT long component_init(component_t self)
{
    uint64_t address = (uint64_t)right_address();

    CHECK(self == DRIVER);
    statuses();
    /* Apart. */
    CHECK(left_call(MOVE_NOTHING) == 3);
    CHECK(left_touch(address) == SHOJI_EFAULT);
    /* A wall falls behind a thread that went through its gate: the return crosses nothing any more. */
    CHECK(left_call(MOVE_MERGE) == 3);
    CHECK(left_touch(address) == SHOJI_OK);
    CHECK(counters().domains == 2);
    /* Together: a plain call. */
    CHECK(left_call(MOVE_NOTHING) == 3);
    struct sup_edge edge = edge_find(LEFT, RIGHT);
    CHECK(edge.gates == 1 && edge.crossing == 0 && edge.invocations == 3 && edge.gated == 2);
    /* A wall rises behind a thread that made a plain call: it goes on in the stale domain. */
    CHECK(left_call(MOVE_SPLIT) == 3);
    CHECK(left_touch(address) == SHOJI_EFAULT);
    CHECK(counters().stale_domains == 0 && counters().domains == 3);
    /* Both within one call, from apart and from together. */
    CHECK(left_call(MOVE_MERGE_AND_SPLIT) == 3);
    CHECK(left_touch(address) == SHOJI_EFAULT);
    CHECK(left_call(MOVE_MERGE) == 3);
    CHECK(left_call(MOVE_SPLIT_AND_MERGE) == 3);
    CHECK(left_touch(address) == SHOJI_OK);
    CHECK(pd_merge(DRIVER, LEFT) == SHOJI_OK); /* all three: the caller's own domain moves */
    CHECK(counters().domains == 1);
    CHECK(left_call(MOVE_SPLIT) == 3);
    CHECK(left_touch(address) == SHOJI_EFAULT);
    CHECK(pd_split(LEFT) == SHOJI_OK);
    edge = edge_find(LEFT, RIGHT);
    CHECK(edge.crossing == 1 && edge.invocations == 8 && edge.gated == 4);
    /* Many times over, no domain is lost. This very code runs in a stale domain, since all three were
     * together. */
    for (int i = 0; i < 500; i++) {
        CHECK(left_call(i % 2 == 0 ? MOVE_MERGE : MOVE_SPLIT) == 3);
        CHECK(counters().stale_domains == 1);
    }
    CHECK(edge_find(LEFT, RIGHT).invocations == 508);
    compositions(address);
    struct sup_counters last = counters();
    CHECK(last.domains == 3 && last.stale_domains == 1 && last.merges == last.splits);
    sup_console_write(5, 0x0a65766f6dul, 0, 0, 0); /* "move\n" */
    sup_exit(0);
    return SHOJI_EINVAL;
}

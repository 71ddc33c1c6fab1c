/* SPDX-License-Identifier: BSD-2-Clause
 * Takes, lends and gives back, in whole and in part, at places, and where it must not. */
#include "memory.h"
#include "kernel_check.h"

#define PAGE 4096ul

static volatile uint32_t *word(uint64_t address)
{
    return (volatile uint32_t *)address;
}

static void refusals(uint64_t heap)
{
    CHECK(mem_free(heap, 0) == SHOJI_EINVAL);
    CHECK(mem_free(heap + 4, PAGE) == SHOJI_EINVAL);
    CHECK(mem_free(heap, PAGE + 4) == SHOJI_EINVAL);
    CHECK(mem_free(heap - PAGE, PAGE) == SHOJI_EINVAL);
    CHECK(mem_free(heap, 17 * PAGE) == SHOJI_EINVAL);
    CHECK(mem_free(heap, -PAGE) == SHOJI_EINVAL);
    CHECK(mem_free((1ul << 32) + heap, PAGE) == SHOJI_EINVAL);
    CHECK(mem_free(heap + 3 * PAGE, 2 * PAGE) == SHOJI_EPERM);
    CHECK(mem_free_foreign(heap) == SHOJI_EINVAL);
    CHECK(mem_take(heap, PAGE) == SHOJI_EBUSY);
    CHECK(mem_take(heap + 3 * PAGE, 2 * PAGE) == SHOJI_EBUSY);
    CHECK(mem_take(heap + 15 * PAGE, 2 * PAGE) == SHOJI_EINVAL);
    CHECK(mem_take(heap + 2, PAGE) == SHOJI_EINVAL);
    CHECK(mem_used() == 4 * PAGE);
}

SHOJI_EXPORT long component_init(component_t self)
{
    uint64_t heap = (uint64_t)mem_grow(4 * PAGE);

    CHECK(self == CLIENT && (long)heap > 0 && heap % PAGE == 0);
    refusals(heap);
    for (uint64_t at = heap; at < heap + 4 * PAGE; at += PAGE)
        *word(at) = 1;
    CHECK(mmp_set_perm(heap, 4 * PAGE, 1, OTHER) == SHOJI_OK);
    CHECK(other_load(heap) == 1 && other_load(heap + PAGE) == 1);
    /* A page in the middle goes, and with it what other was lent of it. */
    CHECK(mem_free(heap + PAGE, PAGE) == SHOJI_OK);
    CHECK(mem_used() == 3 * PAGE);
    CHECK(other_load(heap + PAGE) == SHOJI_EFAULT);
    CHECK(other_load(heap) == 1 && other_load(heap + 2 * PAGE) == 1);
    CHECK(mmp_set_perm(heap + PAGE, PAGE, 1, OTHER) == SHOJI_EPERM);
    CHECK(sup_counters((struct sup_counters *)(heap + PAGE)) == SHOJI_EINVAL);
    CHECK(mem_free(heap + PAGE, PAGE) == SHOJI_EPERM);
    /* It comes back where it was: zeroed, and nobody else's. */
    CHECK((uint64_t)mem_take(heap + PAGE, PAGE) == heap + PAGE);
    CHECK(*word(heap + PAGE) == 0 && mem_used() == 4 * PAGE);
    CHECK(other_load(heap + PAGE) == SHOJI_EFAULT);
    /* At a place further on; growing goes on behind it. */
    CHECK((uint64_t)mem_take(heap + 6 * PAGE, PAGE) == heap + 6 * PAGE);
    *word(heap + 6 * PAGE) = 1;
    CHECK((uint64_t)mem_grow(1) == heap + 7 * PAGE);
    CHECK((uint64_t)mem_take(heap + 4 * PAGE, 2 * PAGE) == heap + 4 * PAGE);
    CHECK(mem_used() == 8 * PAGE);
    /* While other is in one domain with client, and after. */
    CHECK(pd_merge(CLIENT, OTHER) == SHOJI_OK);
    CHECK(other_load(heap + PAGE) == 0);
    CHECK(mem_free(heap, 8 * PAGE) == SHOJI_OK && mem_used() == 0);
    CHECK(pd_split(OTHER) == SHOJI_OK);
    for (uint64_t at = heap; at < heap + 8 * PAGE; at += PAGE)
        CHECK(other_load(at) == SHOJI_EFAULT);
    CHECK((uint64_t)mem_take(heap, 16 * PAGE) == heap && mem_grow(1) == SHOJI_EMEMORY);
    sup_console_write(7, 0x0a79726f6d656dul, 0, 0, 0); /* "memory\n" */
    sup_exit(0);
    return SHOJI_EINVAL;
}

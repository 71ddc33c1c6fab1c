/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables' memory comes from pages of one size each, the free ones in a list; nothing here is fast on purpose
 * or slow by accident: writers of every form pay it alike.
 */
#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmp/arch.h"

uint8_t *arena;

static uint32_t fresh = 0x1000; /* pages from here on have never been used; no table lies at 0 */
static uint32_t free_list[13];  /* by log2 of the size; a free block's first word is the next one's address */
static uint32_t roots[DOMAINS];
static struct arena_use now, peak;

static uint64_t *counter(uint32_t bytes)
{
    return bytes >= MMP_MID_BYTES ? &now.mid : bytes >= 64 ? &now.leaf : &now.bitmap;
}

static uint32_t word(uint32_t at)
{
    uint32_t value;

    memcpy(&value, arena + at, 4);
    return value;
}

static uint32_t take(void *owner, uint32_t bytes)
{
    uint32_t *list = &free_list[__builtin_ctz(bytes)], at;

    (void)owner;
    if (*list == 0) {
        if (fresh == HEAP_BASE)
            return 0;
        for (at = fresh; at < fresh + 0x1000; at += bytes) {
            memcpy(arena + at, list, 4);
            *list = at;
        }
        fresh += 0x1000;
    }
    at = *list;
    *list = word(at);
    *counter(bytes) += bytes;
    if (arena_total(now) > arena_total(peak))
        peak = now;
    return at;
}

static void give(void *owner, uint32_t at, uint32_t bytes)
{
    uint32_t *list = &free_list[__builtin_ctz(bytes)];

    (void)owner;
    memcpy(arena + at, list, 4);
    *list = at;
    *counter(bytes) -= bytes;
}

struct mmp_tables arena_tables = {.take = take, .give = give};

void arena_make(void)
{
    arena = aligned_alloc(0x1000, ARENA_BYTES);
    if (arena == NULL) {
        fputs("no memory\n", stderr);
        exit(2);
    }
    memset(arena, 0, ARENA_BYTES);
    arena_tables.memory = (uintptr_t)arena;
}

uint32_t arena_root(unsigned domain)
{
    if (domain >= DOMAINS) {
        fprintf(stderr, "domain %u: there are %u\n", domain, DOMAINS);
        exit(2);
    }
    if (roots[domain] == 0) {
        roots[domain] = take(NULL, MMP_ROOT_BYTES);
        memset(arena + roots[domain], 0, MMP_ROOT_BYTES);
        now.mid -= MMP_ROOT_BYTES;
        now.root += MMP_ROOT_BYTES;
    }
    return roots[domain];
}

void arena_clear(unsigned domain)
{
    mmp_tables_clear(&arena_tables, arena_root(domain));
}

struct arena_use arena_now(void)
{
    return now;
}

struct arena_use arena_peak(void)
{
    return arena_total(now) > arena_total(peak) ? now : peak;
}

uint64_t arena_total(struct arena_use use)
{
    return use.root + use.mid + use.leaf + use.bitmap;
}

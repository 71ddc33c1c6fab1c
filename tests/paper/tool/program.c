/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The allocator: blocks of a number of words in lists of free ones, first come first served, fresh ones from
 * the heap's end. What it remembers of a block lies outside of the arena: the programs are measured, not it.
 */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmp/arch.h"

#define HEAP_BYTES (ARENA_BYTES - HEAP_BASE - STATIC_BYTES)
#define LISTED_WORDS 1024u

struct program_counts program_counts;
uint32_t program_least = 4;

static uint32_t static_next = HEAP_BASE;
static uint32_t heap_next; /* relative to the heap */
static uint32_t words_of[HEAP_BYTES / 4], next_free[HEAP_BYTES / 4];
static bool allocated[HEAP_BYTES / 4];
static uint32_t free_blocks[LISTED_WORDS]; /* first word of the block's data, relative; 0: none */

const struct program programs[] = {
    {"place", place_run}, {"cells", cells_run}, {"packets", packets_run}, {NULL, NULL}};

static void out_of_memory(void)
{
    fputs("the program's memory is used up\n", stderr);
    exit(2);
}

void program_touch(const void *at, uint32_t bytes, bool store)
{
    sink.reference((uint32_t)((const uint8_t *)at - arena), bytes, store);
}

ref program_static(uint32_t bytes)
{
    ref at = static_next;

    if (static_next == HEAP_BASE)
        sink.permission(0, HEAP_BASE, STATIC_BYTES, MMP_PERM_RW);
    bytes = (bytes + 7) / 8 * 8;
    if (bytes > HEAP_BASE + STATIC_BYTES - static_next)
        out_of_memory();
    static_next += bytes;
    return at;
}

ref program_alloc(uint32_t bytes)
{
    uint32_t words = ((bytes > program_least ? bytes : program_least) + 3) / 4;
    uint32_t block;

    if (words < LISTED_WORDS && free_blocks[words] != 0) {
        block = free_blocks[words];
        free_blocks[words] = next_free[block];
    } else {
        block = (heap_next + 2) / 2 * 2; /* a word before it, and aligned */
        if ((block + words + 1) * 4ull > HEAP_BYTES)
            out_of_memory();
        heap_next = block + words + 1;
        words_of[block] = words;
    }
    allocated[block] = true;
    program_counts.allocations++;
    program_counts.bytes += words * 4;
    if (program_counts.bytes > program_counts.peak)
        program_counts.peak = program_counts.bytes;
    program_counts.heap = heap_next * 4;
    sink.permission(0, HEAP_BASE + STATIC_BYTES + block * 4, words * 4, MMP_PERM_RW);
    return HEAP_BASE + STATIC_BYTES + block * 4;
}

void program_free(ref at)
{
    uint32_t block = (at - HEAP_BASE - STATIC_BYTES) / 4, words = words_of[block];

    sink.permission(0, at, words * 4, MMP_PERM_NONE);
    allocated[block] = false;
    program_counts.frees++;
    program_counts.bytes -= words * 4;
    if (words < LISTED_WORDS) {
        next_free[block] = free_blocks[words];
        free_blocks[words] = block;
    }
}

void program_free_all(void)
{
    for (uint32_t block = 0; block < heap_next; block++)
        if (allocated[block])
            program_free(HEAP_BASE + STATIC_BYTES + block * 4);
}

uint32_t program_random(uint32_t limit)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) * limit >> 32);
}

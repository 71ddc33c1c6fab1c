/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two bits for each word of a kept page, sixteen words to a chunk, as in a bitmap leaf table.
 *
 * 1. page_of tells which record is a page's: at most one page names a record, and a record in `unused` is
 * named by none.
 * 2. A record that is not named is all zero.
 */
#include "supervisor/words.h"

#include "memory_map.h"
#include "panic.h"

#define CHUNKS 64u
#define CHUNK_BYTES 64u
#define PAGES_PER_SLOT (SLOT_BYTES / PAGE_BYTES)
#define ODD 0x55555555u
#define NEAR_BYTES 256u

static uint32_t records[WORDS_PAGES_MAX][CHUNKS];
static uint16_t page_of[ARENA_SLOTS][PAGES_PER_SLOT]; /* the record's number + 1; 0: not kept */
static uint16_t unused[WORDS_PAGES_MAX];
static unsigned unused_count, fresh_records; /* those from fresh_records on have never been used */

static uint16_t *page_at(unsigned component, uint32_t address)
{
    return &page_of[component][address % SLOT_BYTES / PAGE_BYTES];
}

/* NULL if the page is not kept. */
static uint32_t *chunk_at(unsigned component, uint32_t address)
{
    unsigned number = *page_at(component, address);

    return number == 0 ? 0 : &records[number - 1][address % PAGE_BYTES / CHUNK_BYTES];
}

/* The chunk behind `chunk`, which is that of the address before. */
static uint32_t *chunk_after(unsigned component, uint32_t *chunk, uint32_t address)
{
    return address % PAGE_BYTES != 0 && chunk != 0 ? chunk + 1 : chunk_at(component, address);
}

static uint32_t next_chunk(uint32_t address)
{
    return (address & ~(CHUNK_BYTES - 1)) + CHUNK_BYTES;
}

/* ---- Pages ---- */

bool words_keep(unsigned component, uint32_t address, uint32_t bytes)
{
    if (bytes / PAGE_BYTES > unused_count + (WORDS_PAGES_MAX - fresh_records))
        return false;
    for (uint32_t at = address; at < address + bytes; at += PAGE_BYTES) {
        uint16_t *page = page_at(component, at);

        ASSERT(*page == 0, "a page is kept once");
        *page = (uint16_t)((unused_count != 0 ? unused[--unused_count] : fresh_records++) + 1);
    }
    return true;
}

void words_drop(unsigned component, uint32_t address, uint32_t bytes)
{
    for (uint32_t at = address; at < address + bytes; at += PAGE_BYTES) {
        uint16_t *page = page_at(component, at);

        if (*page == 0)
            continue;
        __builtin_memset(records[*page - 1], 0, sizeof records[0]);
        unused[unused_count++] = (uint16_t)(*page - 1);
        *page = 0;
    }
}

bool words_kept(unsigned component, uint32_t address)
{
    return *page_at(component, address) != 0;
}

bool words_surrounded(unsigned component, uint32_t address, uint32_t bytes)
{
    uint32_t first = (address - 4) & ~(PAGE_BYTES - 1), last = (address + bytes) & ~(PAGE_BYTES - 1);

    if ((first ^ address) / SLOT_BYTES != 0 || (last ^ address) / SLOT_BYTES != 0)
        return false;
    for (uint32_t at = first; at <= last; at += PAGE_BYTES)
        if (!words_kept(component, at))
            return false;
    return true;
}

/* ---- Words ---- */

enum word_state words_state(unsigned component, uint32_t address)
{
    const uint32_t *chunk = chunk_at(component, address);

    return chunk == 0 ? WORD_FREE : (enum word_state)(*chunk >> address / 4 % 16 * 2 & 3);
}

/* From `address` on, at most to `end`: up to the first word whose bit (the lower of its two) is set. */
static uint32_t first_set(uint32_t bits, uint32_t address, uint32_t end)
{
    unsigned first = address / 4 % 16 * 2;
    uint32_t found;

    bits = (bits & ODD) >> first << first;
    if (bits == 0)
        return end < next_chunk(address) ? end : next_chunk(address);
    found = (address & ~(CHUNK_BYTES - 1)) + (unsigned)__builtin_ctz(bits) / 2 * 4;
    return found < end ? found : end;
}

uint32_t words_run(unsigned component, uint32_t address, uint32_t end, enum word_state state)
{
    uint32_t *chunk = chunk_at(component, address);

    for (uint32_t at = address, next; at < end; at = next) {
        uint32_t differs = (chunk == 0 ? 0 : *chunk) ^ state * ODD;
        uint32_t found = first_set(differs | differs >> 1, at, end);

        next = next_chunk(at);
        if (found < next)
            return found;
        chunk = chunk_after(component, chunk, next);
    }
    return end;
}

uint32_t words_allocated(unsigned component, uint32_t address, uint32_t end)
{
    for (uint32_t at = address, next; at < end; at = next) {
        const uint32_t *chunk = chunk_at(component, at);
        uint32_t found = first_set(chunk == 0 ? ODD : ~(*chunk ^ *chunk >> 1), at, end);

        next = next_chunk(at);
        if (found < next)
            return found;
    }
    return end;
}

bool words_unused(unsigned component, uint32_t address, uint32_t bytes)
{
    uint32_t end = address + bytes;
    uint32_t *chunk = chunk_at(component, address);

    for (uint32_t at = address; at < end; at = next_chunk(at)) {
        if (at != address)
            chunk = chunk_after(component, chunk, at);
        uint32_t stop = end < next_chunk(at) ? end : next_chunk(at);

        if (first_set(*chunk ^ *chunk >> 1, at, end) < stop)
            return false;
    }
    return true;
}

void words_set(unsigned component, uint32_t address, uint32_t bytes, enum word_state state)
{
    uint32_t end = address + bytes, mask = ~0u << address / 4 % 16 * 2;
    uint32_t *chunk = chunk_at(component, address);

    for (uint32_t at = next_chunk(address); at < end; at += CHUNK_BYTES) {
        *chunk = (*chunk & ~mask) | (state * ODD & mask);
        chunk = at % PAGE_BYTES != 0 ? chunk + 1 : chunk_at(component, at);
        mask = ~0u;
    }
    if (bytes == 0)
        return;
    if (end % CHUNK_BYTES != 0)
        mask &= (1u << end / 4 % 16 * 2) - 1;
    *chunk = (*chunk & ~mask) | (state * ODD & mask);
}

static bool is_allocated(enum word_state state)
{
    return state == WORD_FRESH || state == WORD_WRITTEN;
}

static bool of_one(enum word_state a, enum word_state b)
{
    return a == b || (is_allocated(a) && is_allocated(b));
}

/* All sixteen words? */
static bool whole_chunk(const uint32_t *chunk, enum word_state like)
{
    return chunk != 0 && (is_allocated(like) ? ((*chunk ^ *chunk >> 1) & ODD) == ODD : *chunk == like * ODD);
}

/* Where the run begins that the word is in: of one allocation, or freed. */
static uint32_t run_start(unsigned component, uint32_t address, enum word_state like, uint32_t least)
{
    while (address > least && of_one(words_state(component, address - 4), like))
        address -= address % CHUNK_BYTES == 0 && whole_chunk(chunk_at(component, address - CHUNK_BYTES), like)
                       ? CHUNK_BYTES
                       : 4;
    return address;
}

static uint32_t run_end(unsigned component, uint32_t address, enum word_state like, uint32_t most)
{
    return is_allocated(like) ? words_allocated(component, address, most)
                              : words_run(component, address, most, like);
}

static uint32_t slot_start(uint32_t address)
{
    return address / SLOT_BYTES * SLOT_BYTES;
}

void words_absorb(unsigned component, uint32_t address, uint32_t bytes)
{
    uint32_t end = address + bytes, from, to;

    from = run_start(component, address, WORD_FREED, slot_start(address));
    to = run_end(component, end, WORD_FREED, slot_start(address) + SLOT_BYTES);
    words_set(component, from, address - from, WORD_FREE);
    words_set(component, end, to - end, WORD_FREE);
}

struct words_found words_around(unsigned component, uint32_t address)
{
    enum word_state state = words_state(component, address);
    uint32_t from, end;

    if (state == WORD_FREE)
        return (struct words_found){address, 0};
    from = run_start(component, address, state, slot_start(address));
    end = run_end(component, address, state, slot_start(address) + SLOT_BYTES);
    return (struct words_found){from, end - from};
}

struct words_found words_near(unsigned component, uint32_t address)
{
    for (uint32_t distance = 4; distance <= NEAR_BYTES; distance += 4) {
        uint32_t before = address - distance, behind = address + distance;

        if (before >= slot_start(address) && words_state(component, before) != WORD_FREE)
            return words_around(component, before);
        if (behind < slot_start(address) + SLOT_BYTES && words_state(component, behind) != WORD_FREE)
            return words_around(component, behind);
    }
    return (struct words_found){address, 0};
}

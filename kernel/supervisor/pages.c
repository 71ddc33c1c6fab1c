/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The owners of pages. It owns `owners`; who may change them is for others to say.
 *
 * 1. foreign[slot] counts the pages of the slot whose owner is another than the slot's component; pages_mixed
 * has its bit if there are any.
 * 2. slots[owner] has a bit for each slot in which it owns a page, and perhaps for others.
 */
#include "supervisor/pages.h"

#include "layout/layout.h"
#include "system.h"

#define SLOT_PAGES (GATES_OFFSET / PAGE_BYTES)

static uint8_t owners[ARENA_SLOTS][SLOT_PAGES]; /* index + 1; 0: nobody */
static uint16_t foreign[ARENA_SLOTS];
uint64_t pages_mixed;
static uint64_t slots[MANIFEST_SLOTS];

static uint8_t *owner_at(uint32_t address)
{
    return &owners[(address - ARENA_BASE) / SLOT_BYTES][address % SLOT_BYTES / PAGE_BYTES];
}

bool pages_are(uint64_t address, uint64_t bytes)
{
    unsigned slot = address >> 32 == 0 ? layout_slot_of((uint32_t)address) : NO_SLOT;

    return slot < ARENA_SLOTS && (address | bytes) % PAGE_BYTES == 0 && bytes != 0 &&
           address % SLOT_BYTES <= GATES_OFFSET && bytes <= GATES_OFFSET - address % SLOT_BYTES;
}

unsigned pages_owner(uint32_t address)
{
    unsigned slot = layout_slot_of(address);

    if (slot >= ARENA_SLOTS || address % SLOT_BYTES >= GATES_OFFSET)
        return NO_COMPONENT;
    return *owner_at(address) != 0 ? *owner_at(address) - 1u : NO_COMPONENT;
}

void pages_give(uint32_t address, uint32_t bytes, unsigned owner)
{
    unsigned slot = (address - ARENA_BASE) / SLOT_BYTES;

    for (uint32_t at = address; at < address + bytes; at += PAGE_BYTES) {
        uint8_t *now = owner_at(at);

        foreign[slot] -= *now != 0 && *now != slot + 1;
        *now = owner != NO_COMPONENT ? (uint8_t)(owner + 1) : 0;
        foreign[slot] += *now != 0 && *now != slot + 1;
    }
    pages_mixed = foreign[slot] != 0 ? pages_mixed | 1ull << slot : pages_mixed & ~(1ull << slot);
    if (owner != NO_COMPONENT)
        slots[owner] |= 1ull << slot;
}

bool pages_all(uint32_t address, uint32_t bytes, unsigned owner)
{
    for (uint32_t at = address; at < address + bytes; at += PAGE_BYTES)
        if (pages_owner(at) != owner)
            return false;
    return true;
}

uint32_t pages_run(uint32_t address, uint32_t end)
{
    uint8_t first = *owner_at(address);

    while (address < end && *owner_at(address) == first)
        address += PAGE_BYTES;
    return address;
}

uint64_t pages_slots(unsigned owner)
{
    return slots[owner];
}

bool pages_empty(unsigned slot)
{
    for (unsigned i = 0; i < SLOT_PAGES; i++)
        if (owners[slot][i] != 0)
            return false;
    return true;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group share: mmp_set_perm, by the owner, or by a component that was given the right to pass on (HotOS
 * section 3.1, the transitive flag). It owns the records of who gave what to whom; the rights themselves are
 * the layout's.
 *
 * 1. There is a record of each permission that may be passed on, and of each that was passed on.
 * 2. Whoever passes on has a record that covers the words and the right; whoever changes what it passed on
 * has a record of that.
 * 3. A record is about words of one owner's slot. When any of its words is taken back or freed, all of it is
 * forgotten: that takes the right to pass on, and never gives one.
 */
#include "supervisor/share.h"

#include <stddef.h>

#include "caller.h"
#include "layout/layout.h"
#include "supervisor/calls.h"

#define RECORDS 64u
#define PASS_BYTES_MAX 0x10000u

struct record {
    uint8_t owner, giver, to; /* indices */
    uint8_t right;
    bool transitive;         /* `to` may pass it on */
    uint32_t address, bytes; /* 0 bytes: a free record */
};
static struct record records[RECORDS];
static uint64_t owners; /* a bit for each of whom there are records */

static bool meets(const struct record *record, uint32_t address, uint32_t bytes)
{
    return record->bytes != 0 && record->address < (uint64_t)address + bytes &&
           address < (uint64_t)record->address + record->bytes;
}

static bool covers(const struct record *record, uint32_t address, uint32_t bytes)
{
    return record->bytes != 0 && address >= record->address && address - record->address < record->bytes &&
           bytes <= record->bytes - (address - record->address);
}

static bool right_within(enum right right, enum right of)
{
    return right == RIGHT_NONE || right == of || (right == RIGHT_READ && of != RIGHT_NONE);
}

/* Of the owner, those that meet the words; all receivers', or one's. */
static void forget(unsigned owner, uint32_t address, uint32_t bytes, unsigned to)
{
    if ((owners >> owner & 1) == 0)
        return;
    for (struct record *record = records; record < records + RECORDS; record++)
        if (record->owner == owner && (to == NO_COMPONENT || record->to == to) &&
            meets(record, address, bytes))
            record->bytes = 0;
}

void share_forget(unsigned owner, uint32_t address, uint32_t bytes)
{
    forget(owner, address, bytes, NO_COMPONENT);
}

static struct record *record_free(void)
{
    for (struct record *record = records; record < records + RECORDS; record++)
        if (record->bytes == 0)
            return record;
    return NULL;
}

static struct record *record_find(unsigned owner, unsigned giver, unsigned to, uint32_t address,
                                  uint32_t bytes)
{
    for (struct record *record = records; record < records + RECORDS; record++)
        if (record->owner == owner && (giver == NO_COMPONENT || record->giver == giver) && record->to == to &&
            covers(record, address, bytes))
            return record;
    return NULL;
}

/* Does the giver have these words from `to`, directly or not? The chain ends at the owner, and each link was
 * made after those above it. */
static bool is_above(unsigned to, const struct record *from, uint32_t address, uint32_t bytes)
{
    for (unsigned links = 0; from != NULL && links < RECORDS; links++) {
        if (from->giver == to)
            return true;
        from = from->giver == from->owner
                   ? NULL
                   : record_find(from->owner, NO_COMPONENT, from->giver, address, bytes);
    }
    return false;
}

/* Would `to` lose anything? */
static bool shrinks(unsigned owner, unsigned to, uint32_t address, uint32_t bytes, enum right right)
{
    struct view view = layout_view(to, owner);

    if (view.word == 0)
        return false;
    for (uint32_t at = address; at < address + bytes; at += 4)
        if (!right_within(view_right(view, at), right))
            return true;
    return false;
}

static long pass_on(unsigned owner, unsigned giver, uint32_t address, uint32_t bytes, enum right right,
                    bool transitive, unsigned to)
{
    const struct record *from = record_find(owner, NO_COMPONENT, giver, address, bytes);
    struct record *mine = record_find(owner, giver, to, address, bytes), *record = mine;
    long status;

    if (bytes > PASS_BYTES_MAX)
        return SHOJI_ETOOBIG;
    if (from == NULL || !from->transitive || !right_within(right, from->right))
        return SHOJI_EPERM;
    if (to == owner || is_above(to, from, address, bytes))
        return SHOJI_EPERM;
    if (mine == NULL && (right == RIGHT_NONE || shrinks(owner, to, address, bytes, right)))
        return SHOJI_EPERM;
    if (record == NULL && (record = record_free()) == NULL)
        return SHOJI_EMEMORY;
    status = layout_share(owner, address, bytes, right, to);
    if (status != SHOJI_OK)
        return status;
    *record = (struct record){.owner = (uint8_t)owner,
                              .giver = (uint8_t)giver,
                              .to = (uint8_t)to,
                              .right = (uint8_t)right,
                              .transitive = transitive,
                              .address = address,
                              .bytes = right != RIGHT_NONE ? bytes : 0};
    return SHOJI_OK;
}

static long __attribute__((noinline))
give(unsigned owner, uint32_t address, uint32_t bytes, enum right right, bool transitive, unsigned to)
{
    struct record *record = transitive ? record_free() : NULL;
    long status;

    if (transitive && record == NULL)
        return SHOJI_EMEMORY;
    status = layout_share(owner, address, bytes, right, to);
    if (status != SHOJI_OK)
        return status;
    forget(owner, address, bytes, to);
    if (!transitive || right == RIGHT_NONE)
        return SHOJI_OK;
    owners |= 1ull << owner;
    *record = (struct record){.owner = (uint8_t)owner,
                              .giver = (uint8_t)owner,
                              .to = (uint8_t)to,
                              .right = (uint8_t)right,
                              .transitive = true,
                              .address = address,
                              .bytes = bytes};
    return SHOJI_OK;
}

static long __attribute__((noinline))
set_perm(uint64_t address, uint64_t bytes, uint32_t perm, unsigned receiver, unsigned giver)
{
    bool transitive = (perm & SUP_PERM_TRANSITIVE) != 0;
    unsigned owner = address >> 32 == 0 ? layout_slot_of((uint32_t)address) : NO_SLOT;
    uint64_t end = ARENA_BASE + (uint64_t)owner * SLOT_BYTES + GATES_OFFSET;

    perm &= ~SUP_PERM_TRANSITIVE;
    if ((address | bytes) % 4 != 0 || bytes == 0 || perm > RIGHT_EXECUTE)
        return SHOJI_EINVAL;
    if (receiver == NO_COMPONENT)
        return SHOJI_ENOENT;
    if (receiver == giver)
        return SHOJI_EINVAL;
    /* Not the gates: with them would go the right to be taken for the owner. */
    if (owner >= system_state.manifest.component_count || address >= end || bytes > end - address)
        return SHOJI_EPERM;
    if (owner == giver)
        return give(owner, (uint32_t)address, (uint32_t)bytes, (enum right)perm, transitive, receiver);
    return pass_on(owner, giver, (uint32_t)address, (uint32_t)bytes, (enum right)perm, transitive, receiver);
}

SUPERVISOR_CALL(mmp_set_perm, uint64_t address, uint64_t bytes, uint32_t perm, component_t to, uint64_t,
                component_t badge)
{
    unsigned giver = caller_of(badge).component, receiver = system_component(to);
    uint64_t base = ARENA_BASE + (uint64_t)giver * SLOT_BYTES;

    /* The short way: an owner of whom nothing may be passed on. */
    if ((address | bytes) % 4 == 0 && bytes != 0 && perm <= RIGHT_EXECUTE && receiver != NO_COMPONENT &&
        receiver != giver && (owners >> giver & 1) == 0 && address >= base && address < base + GATES_OFFSET &&
        bytes <= base + GATES_OFFSET - address)
        return layout_share(giver, (uint32_t)address, (uint32_t)bytes, (enum right)perm, receiver);
    return set_perm(address, bytes, perm, receiver, giver);
}

SUPERVISOR_CALL(sup_take_back, uint64_t address, uint64_t bytes, uint64_t, uint64_t, uint64_t,
                component_t badge)
{
    unsigned owner = caller_of(badge).component;
    uint64_t base = ARENA_BASE + (uint64_t)owner * SLOT_BYTES, end = base + GATES_OFFSET;

    if ((address | bytes) % 4 != 0 || bytes == 0)
        return SHOJI_EINVAL;
    if (address < base || address >= end || bytes > end - address)
        return SHOJI_EPERM;
    share_forget(owner, (uint32_t)address, (uint32_t)bytes);
    layout_unshare(owner, (uint32_t)address, (uint32_t)bytes);
    return SHOJI_OK;
}

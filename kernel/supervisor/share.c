/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group share: mmp_set_perm, by the owner, or by a component that was given the right to pass on (HotOS
 * section 3.1, the transitive flag); Mondrix's mprot_export. It owns the records of who gave what to whom;
 * the rights themselves are the layout's.
 *
 * 1. There is a record of each permission that may be passed on, and of each that was passed on.
 * 2. Whoever passes on has a record that covers the words and the right; whoever changes what it passed on
 * has a record of that.
 * 3. A record is about words of one slot that one component owns. When any of its words is taken back, freed
 * or passed to another owner, all of it is forgotten: that takes the right to pass on, and never gives one.
 * 4. A word that somebody may write, nobody may execute.
 */
#include "supervisor/share.h"

#include <stddef.h>

#include "caller.h"
#include "layout/layout.h"
#include "supervisor/calls.h"
#include "supervisor/group.h"
#include "supervisor/memory.h"
#include "supervisor/pages.h"
#include "supervisor/pd.h"
#include "supervisor/words.h"

#define RECORDS 64u
#define PASS_BYTES_MAX 0x10000u

struct record {
    uint8_t slot, giver, to; /* indices */
    uint8_t right;
    bool by_owner;           /* the giver owns the words */
    bool transitive;         /* `to` may pass it on */
    uint32_t address, bytes; /* 0 bytes: a free record */
};
static struct record records[RECORDS];
static uint64_t slots; /* a bit for each of which there are, or were, records */

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

/* Those that meet the words; all receivers', or one's. */
static void forget(unsigned slot, uint32_t address, uint32_t bytes, unsigned to)
{
    if ((slots >> slot & 1) == 0)
        return;
    for (struct record *record = records; record < records + RECORDS; record++)
        if (record->slot == slot && (to == NO_COMPONENT || record->to == to) && meets(record, address, bytes))
            record->bytes = 0;
}

void share_forget(unsigned slot, uint32_t address, uint32_t bytes)
{
    forget(slot, address, bytes, NO_COMPONENT);
}

void share_forsake(unsigned component)
{
    for (struct record *record = records; record < records + RECORDS; record++)
        if (record->giver == component || record->to == component)
            record->bytes = 0;
}

static struct record *record_free(void)
{
    for (struct record *record = records; record < records + RECORDS; record++)
        if (record->bytes == 0)
            return record;
    return NULL;
}

static struct record *record_find(unsigned slot, unsigned giver, unsigned to, uint32_t address,
                                  uint32_t bytes)
{
    for (struct record *record = records; record < records + RECORDS; record++)
        if (record->slot == slot && (giver == NO_COMPONENT || record->giver == giver) && record->to == to &&
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
        from = from->by_owner ? NULL : record_find(from->slot, NO_COMPONENT, from->giver, address, bytes);
    }
    return false;
}

/* Would `to` lose anything? */
static bool shrinks(unsigned slot, unsigned to, uint32_t address, uint32_t bytes, enum right right)
{
    struct view view = layout_view(to, slot);

    if (view.word == 0)
        return false;
    for (uint32_t at = address; at < address + bytes; at += 4)
        if (!right_within(view_right(view, at), right))
            return true;
    return false;
}

static long pass_on(unsigned slot, unsigned giver, uint32_t address, uint32_t bytes, enum right right,
                    bool transitive, unsigned to)
{
    const struct record *from = record_find(slot, NO_COMPONENT, giver, address, bytes);
    struct record *mine = record_find(slot, giver, to, address, bytes), *record = mine;
    long status;

    if (bytes > PASS_BYTES_MAX)
        return SHOJI_ETOOBIG;
    if (from == NULL || !from->transitive || !right_within(right, from->right))
        return SHOJI_EPERM;
    if (pages_owner(address) == to || is_above(to, from, address, bytes))
        return SHOJI_EPERM;
    if (mine == NULL && (right == RIGHT_NONE || shrinks(slot, to, address, bytes, right)))
        return SHOJI_EPERM;
    if (record == NULL && (record = record_free()) == NULL)
        return SHOJI_EMEMORY;
    status = layout_share(giver, address, bytes, right, to);
    if (status != SHOJI_OK)
        return status;
    *record = (struct record){.slot = (uint8_t)slot,
                              .giver = (uint8_t)giver,
                              .to = (uint8_t)to,
                              .right = (uint8_t)right,
                              .transitive = transitive,
                              .address = address,
                              .bytes = right != RIGHT_NONE ? bytes : 0};
    return SHOJI_OK;
}

/* ---- By the owner ---- */

static bool is_whole_pages(uint32_t address, uint32_t bytes)
{
    return (address | bytes) % PAGE_BYTES == 0;
}

/* Pages that hold the words. */
static bool is_owned(uint32_t address, uint32_t bytes, unsigned owner)
{
    uint32_t from = address & ~(PAGE_BYTES - 1), end = (address + bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);

    return pages_all(from, end - from, owner);
}

/* Has anybody this right, execute or write, to any of these words? */
static bool anybody_has(unsigned slot, uint32_t address, uint32_t bytes, enum right right, unsigned but)
{
    for (unsigned i = 0; i < LAYOUT_INDICES; i++) {
        struct view view = layout_view(i, slot);

        if (i == but || view.word == 0)
            continue;
        for (uint32_t at = address; at < address + bytes; at += 4)
            if (view_right(view, at) == right)
                return true;
    }
    return false;
}

/* The owner's own right to pages that it has from mmp_alloc, or was passed. */
static long own_set(unsigned owner, uint32_t address, uint32_t bytes, enum right right)
{
    unsigned slot = layout_slot_of(address);

    for (uint32_t at = address & ~(PAGE_BYTES - 1); at < address + bytes; at += PAGE_BYTES)
        if (memory_is_image(at) || words_kept(slot, at))
            return SHOJI_EPERM;
    if (right == RIGHT_EXECUTE ||
        (right == RIGHT_WRITE && anybody_has(slot, address, bytes, RIGHT_EXECUTE, NO_COMPONENT)))
        return SHOJI_EPERM;
    return layout_set_right(address, bytes, right, owner);
}

/* Code that the owner has written for a component that it has made, in that one's slot: from now on it reads
 * it itself. */
static long code_give(unsigned owner, uint32_t address, uint32_t bytes, unsigned to)
{
    unsigned slot = layout_slot_of(address);
    long status;

    if (slot != to || !pd_is_within(to, owner) || memory_is_image(address))
        return SHOJI_EPERM;
    if (!is_whole_pages(address, bytes))
        return SHOJI_EINVAL;
    if (anybody_has(slot, address, bytes, RIGHT_WRITE, owner))
        return SHOJI_EPERM;
    status = layout_set_right(address, bytes, RIGHT_EXECUTE, to);
    if (status != SHOJI_OK)
        return status;
    status = layout_set_right(address, bytes, RIGHT_READ, owner);
    if (status != SHOJI_OK) {
        long back = layout_set_right(address, bytes, RIGHT_NONE, to);

        (void)back; /* it only shrinks */
    }
    return status;
}

static long right_give(unsigned owner, uint32_t address, uint32_t bytes, enum right right, unsigned to)
{
    if (to == owner)
        return own_set(owner, address, bytes, right);
    if (to == LAYOUT_EVERYBODY && right > RIGHT_READ)
        return SHOJI_EPERM;
    if (right == RIGHT_EXECUTE &&
        !view_covers(layout_view(owner, layout_slot_of(address)), address, bytes, RIGHT_EXECUTE))
        return code_give(owner, address, bytes, to);
    return layout_share(owner, address, bytes, right, to);
}

static long __attribute__((noinline))
give(unsigned owner, uint32_t address, uint32_t bytes, enum right right, bool transitive, unsigned to)
{
    struct record *record = transitive ? record_free() : NULL;
    unsigned slot = layout_slot_of(address);
    long status;

    if (transitive && (to == owner || !system_has(to)))
        return SHOJI_EINVAL;
    if (transitive && record == NULL)
        return SHOJI_EMEMORY;
    status = right_give(owner, address, bytes, right, to);
    if (status != SHOJI_OK)
        return status;
    forget(slot, address, bytes, to);
    if (!transitive || right == RIGHT_NONE)
        return SHOJI_OK;
    slots |= 1ull << slot;
    *record = (struct record){.slot = (uint8_t)slot,
                              .giver = (uint8_t)owner,
                              .to = (uint8_t)to,
                              .right = (uint8_t)right,
                              .by_owner = true,
                              .transitive = true,
                              .address = address,
                              .bytes = bytes};
    return SHOJI_OK;
}

/* ---- The calls ---- */

/* Index of a component, a group, or everybody; NO_COMPONENT. */
static unsigned receiver_of(component_t to)
{
    return to == PD_ALL ? LAYOUT_EVERYBODY : to >= SUP_GROUP_FIRST ? group_index(to) : system_component(to);
}

static long __attribute__((noinline))
set_perm(uint64_t address, uint64_t bytes, uint32_t perm, component_t to, unsigned giver)
{
    bool transitive = (perm & SUP_PERM_TRANSITIVE) != 0;
    unsigned slot = address >> 32 == 0 ? layout_slot_of((uint32_t)address) : NO_SLOT;
    unsigned receiver = receiver_of(to);
    uint64_t end = ARENA_BASE + (uint64_t)slot * SLOT_BYTES + GATES_OFFSET;

    perm &= ~SUP_PERM_TRANSITIVE;
    if ((address | bytes) % 4 != 0 || bytes == 0 || perm > RIGHT_EXECUTE)
        return SHOJI_EINVAL;
    if (receiver == NO_COMPONENT)
        return SHOJI_ENOENT;
    /* Not the gates: with them would go the right to be taken for the owner. */
    if (slot >= ARENA_SLOTS || address >= end || bytes > end - address)
        return SHOJI_EPERM;
    if (is_owned((uint32_t)address, (uint32_t)bytes, giver))
        return give(giver, (uint32_t)address, (uint32_t)bytes, (enum right)perm, transitive, receiver);
    if (receiver == giver)
        return SHOJI_EINVAL;
    if (!system_has(receiver))
        return SHOJI_EPERM;
    return pass_on(slot, giver, (uint32_t)address, (uint32_t)bytes, (enum right)perm, transitive, receiver);
}

SUPERVISOR_CALL(mmp_set_perm, uint64_t address, uint64_t bytes, uint32_t perm, component_t to,
                component_t badge)
{
    unsigned giver = caller_of(badge).component, receiver = system_component(to);
    uint64_t offset = address - (ARENA_BASE + (uint64_t)giver * SLOT_BYTES);

    /* The short way: words of a slot that is all its component's, and of which nobody passes on anything. */
    if (offset < GATES_OFFSET && bytes - 1 < GATES_OFFSET - offset && perm <= RIGHT_EXECUTE &&
        receiver != NO_COMPONENT && ((slots | pages_mixed) >> giver & 1) == 0 &&
        layout_lend(giver, (uint32_t)address, (uint32_t)bytes, (enum right)perm, receiver))
        return SHOJI_OK;
    return set_perm(address, bytes, perm, to, giver);
}

SUPERVISOR_CALL(mprot_export, uint64_t address, uint64_t bytes, uint32_t prot, component_t to,
                component_t badge)
{
    if (prot > RIGHT_EXECUTE)
        return SHOJI_EINVAL;
    return set_perm(address, bytes, prot, to, caller_of(badge).component);
}

SUPERVISOR_CALL(sup_take_back, uint64_t address, uint64_t bytes, component_t badge)
{
    unsigned owner = caller_of(badge).component;
    uint64_t base = ARENA_BASE + (uint64_t)owner * SLOT_BYTES, end = base + GATES_OFFSET;

    if ((address | bytes) % 4 != 0 || bytes == 0)
        return SHOJI_EINVAL;
    if (address < base || address >= end || bytes > end - address ||
        (pages_foreign(owner) && !is_owned((uint32_t)address, (uint32_t)bytes, owner)))
        return SHOJI_EPERM;
    share_forget(owner, (uint32_t)address, (uint32_t)bytes);
    layout_unshare(owner, (uint32_t)address, (uint32_t)bytes);
    return SHOJI_OK;
}

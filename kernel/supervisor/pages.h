/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who owns each page of the components' slots (HotOS section 3.1: who has allocated memory owns it, or who
 * was passed it). It knows no rights. Addresses and bytes are multiples of pages, and lie below the gates of
 * one slot.
 */
#ifndef KERNEL_SUPERVISOR_PAGES_H
#define KERNEL_SUPERVISOR_PAGES_H

#include <stdbool.h>
#include <stdint.h>

/* The page of this address is whose? NO_COMPONENT: nobody's, or no page of a component's slot. */
unsigned pages_owner(uint32_t address);
void pages_give(uint32_t address, uint32_t bytes, unsigned owner); /* NO_COMPONENT: they are nobody's now */
bool pages_all(uint32_t address, uint32_t bytes, unsigned owner);  /* are all of them the owner's? */
/* The run of pages of one owner that begins here: where it ends, at most at `end`. */
uint32_t pages_run(uint32_t address, uint32_t end);
/* Slots in which it may own pages. */
uint64_t pages_slots(unsigned owner);
/* A bit for each slot of which anybody but its own component owns pages. */
extern uint64_t pages_mixed;
static inline bool pages_foreign(unsigned slot)
{
    return (pages_mixed >> slot & 1) != 0;
}
/* Is nobody the owner of any page of the slot? */
bool pages_empty(unsigned slot);
/* Is this range whole pages of one component's slot, below its gates? */
bool pages_are(uint64_t address, uint64_t bytes);

#endif

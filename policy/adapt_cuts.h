/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside the adaptation: for each domain of two nodes or more the cut that its side[] describes, found when
 * it is asked for, and the queue of the cheapest. Only adapt.c calls it.
 */
#ifndef POLICY_ADAPT_CUTS_H
#define POLICY_ADAPT_CUTS_H

#include "adapt.h"

/* All domains' cuts are to be found. */
void cuts_start(struct adapt *adapt);
/* The domain has changed: its cut is to be found anew. */
void cuts_stale(struct adapt *adapt, uint32_t domain);
/* The domain is gone. */
void cuts_forget(struct adapt *adapt, uint32_t domain);
/* The domain whose cut costs least for what it gains, of those that cost at most `room`; or HEAP_NONE. Its
 * cut is in side[], the cost is its key's count. */
uint32_t cuts_cheapest(struct adapt *adapt, uint64_t room);

/* With unequal weights the cut that costs least for its worth is not always the one to want: of the domain's
 * cuts that cost at most `room`, puts the one that gains most into side[]; `key` says its cost and gain.
 * False if none fits. */
bool cuts_worthiest(struct adapt *adapt, uint32_t domain, uint64_t room, struct heap_key *key);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * What the components of this test offer each other, and what they leave for each other to see. */
#ifndef FAILING_H
#define FAILING_H

#include "export.h"

enum { BYSTANDER = 30, VICTIM = 31, BROKEN = 32, DRIVER = 33, SLEEPER = 34 };

/* In pool notes: nobody's memory, so it outlives everybody. */
struct notes {
    volatile uint64_t victim_inits, bystander_inits, broken_inits;
    volatile uint64_t order;          /* what sleeper is to do */
    volatile uint64_t inside;         /* 1: it is about to wait there */
    volatile long result;             /* of its invocation; 0: not over yet */
    volatile uint64_t bystander_done; /* calls that bystander finished */
    volatile uint64_t sleeper_begins;
    volatile uint64_t init_fails; /* broken's next component_init: how many times it fails */
};
extern struct notes pool_notes;

enum way { STORE, ASSERTION, OVERFLOW, LOOP, LOOP_CALLING, DIVIDE, WILD_JUMP, HEAP, WAYS };

long victim_count(void);          /* 1, 2, 3, ... since it began */
long victim_fail(enum way way);   /* does not return */
long victim_wait_scheduler(void); /* blocks for ever */
long victim_wait_event(void);
long victim_wait_lock(void);
long victim_wait_bystander(void); /* in bystander, for some ticks */
long victim_spin(void);           /* until it is preempted, and on */
long victim_resources(void);      /* takes a lock, a group, an event and memory */
long victim_share(void);          /* gives bystander a word; its address */
long bystander_wait(void);
long bystander_call_victim(void);
long bystander_load(uint64_t address);
long broken_call(void);

#endif

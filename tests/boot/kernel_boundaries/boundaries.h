/* SPDX-License-Identifier: BSD-2-Clause
 * What the components of this test offer each other: a client, a server and a third one behind it, the thread
 * that blocks inside them, and a scheduler that switches when it is told to. */
#ifndef BOUNDARIES_H
#define BOUNDARIES_H

#include "export.h"

#define SCHED 1
#define DRIVER 2
#define CLIENT 10
#define SERVER 11
#define THIRD 12
#define DRIVER_ONCE 3 /* the driver's id where the emulator writes down each instruction instead */

#define THREAD_MAIN 1
#define THREAD_SLEEPER 2

/* What each of them has in memory of its own, and adds. */
#define CLIENT_OWN 0x101u
#define SERVER_OWN 0x2020u
#define THIRD_OWN 0x30303u
#define POOL_WORDS 4u
#define ANSWER(sum) ((long)((sum)&0x7fffffffu))

/* client -> server -> third, and server -> client back: with words in a pool that client and server write and
 * third reads, two words that the client lends the server while it works, and one that it lends the third. */
long client_run(uint64_t x);
long client_back(uint64_t x);
long server_work(uint64_t lent, uint64_t x);
long third_work(uint64_t lent, uint64_t x);
/* client -> server, which waits there until the sleeper is given its turn again. */
long client_wait(uint64_t y);
long server_wait(uint64_t y);
/* Stores into memory of somebody else: SHOJI_OK, or the invocation ends. */
long server_touch(uint64_t address);
long server_hold(uint64_t address); /* the same, after the sleeper has been given its turn again */
long client_touch(uint64_t address);
long client_address(uint64_t which); /* 0: of its own words, 1: of those that it lends */
long server_address(void);

/* From now on nobody is preempted. */
long sched_hold(void);
/* Somebody else's turn, until he gives it back. */
long sched_give(uint64_t thread);

#endif

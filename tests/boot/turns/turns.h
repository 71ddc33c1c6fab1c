/* SPDX-License-Identifier: BSD-2-Clause
 * The judge's parts, each of which looks at one thing that threads are promised; and what the eater offers.
 */
#ifndef TURNS_H
#define TURNS_H

#include <stdint.h>

#include "export.h"
#include "runtime.h"
#include "scheduler.h"

#define EATER 40
#define JUDGE 41

/* Threads, as the manifest numbers them. */
enum { THREAD_MAIN = 1, THREAD_HIGH, THREAD_LOW, THREAD_ONE, THREAD_OTHER, THREADS };

/* Ends the test if it does not hold. */
void check(int holds, const char *what, int line, uint64_t value);
#define CHECK(condition, value) check((condition) != 0, #condition, __LINE__, (uint64_t)(value))
#define EXPECT(call, wanted)                                                                                 \
    do {                                                                                                     \
        long got_ = (call);                                                                                  \
                                                                                                             \
        check(got_ == (wanted), #call, __LINE__, (uint64_t)got_);                                            \
    } while (0)

/* What a thread does when it is woken next; NULL: nothing. It blocks again afterwards. */
typedef void (*turn_body)(void);
extern volatile turn_body turn_of[THREADS];
/* Wakes the thread to do that. */
void turn_start(uint32_t thread, turn_body body);
/* Invocations of a server by the judge, or by another client, since boot. */
uint64_t invocations(component_t client, component_t server);

/* Each on the thread main; each in a file of its own. */
void locks_look(void);
void priorities_look(void);
void events_look(void);
void budgets_look(void);

/* ---- eater ---- */
/* Takes memory by malloc until there is no more: the bytes it got. */
long eater_fill(void);
/* Gives all back. */
long eater_empty(void);
/* SHOJI_OK, or what the memory mapper says to one page more. */
long eater_ask(void);
/* Takes memory as one that cannot do without it: it fails, alone. */
long eater_need(uint64_t bytes);

#endif

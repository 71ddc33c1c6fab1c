/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The recorder: what crosses walls, as the hardware records it, and what moves them and fails, as notes
 * between the hardware's records. One recording at a time; the last one is kept until the next begins. It
 * decides nothing, and while it is off each of these calls looks at one word.
 */
#ifndef KERNEL_RECORDER_H
#define KERNEL_RECORDER_H

#include "protection.h"
#include "shoji/supervisor.h"

struct thread;

/* ---- What happens: of no effect while nothing is recorded ---- */
void recorder_tick(void);  /* the timer's: a recording whose time is over ends */
void recorder_moved(void); /* merges and splits may have been made; also made domains that came */
void recorder_gone(
    unsigned component); /* its slot is empty, for another; noted while nothing is recorded too */
void recorder_named(unsigned component); /* has another name */
void recorder_failed(unsigned component, const struct thread *thread, struct pd pd, const char *report);
void recorder_state(unsigned component, uint32_t state); /* it is down, stays down, runs again: SUP_RUNS... */

/* ---- For supervisor/record.c ---- */
/* How long, at most RECORDER_LONGEST; 0: until it is stopped. SHOJI_EBUSY: one is being made. */
#define RECORDER_LONGEST 3600000000ull /* microseconds */
long recorder_start(uint64_t microseconds);
long recorder_stop(void); /* SHOJI_ESAME: none is being made */
void recorder_describe(struct sup_recording *out);
/* Record `number` of the recording that is kept; false: it is not kept, or one is being made. */
bool recorder_record(uint64_t number, struct sup_record *out);
bool recorder_note(uint64_t number, struct sup_note *out); /* likewise */
/* A component says something. Cut to what a note holds. */
void recorder_say(unsigned component, const char *text, uint64_t bytes);
/* Is the component in this slot another one than was there at some time since the recording began? */
bool recorder_is_gone(unsigned component);
/* Up to `count` edges, with what was counted from its start to its end; how many there are. */
uint32_t recorder_edges(struct sup_edge *out, uint32_t count);

#endif

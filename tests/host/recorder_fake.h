/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group record of the supervisor for host tests: a recording that the test makes itself.
 */
#ifndef RECORDER_FAKE_H
#define RECORDER_FAKE_H

#include "shoji/supervisor.h"

#define FAKE_RECORDS 300000u
#define FAKE_NOTES 2000u
#define FAKE_GATES 64u
#define FAKE_THREADS 4u

/* What was made; the calls tell as much of it as the supervisor would keep. */
extern struct sup_recording fake_recording;
extern struct sup_record fake_records[FAKE_RECORDS];
extern struct sup_note fake_notes[FAKE_NOTES];
/* Gate n is at FAKE_GATE(n). */
extern struct sup_record_gate fake_gates[FAKE_GATES];
#define FAKE_GATE(n) (0x083f0000u + 32u * (n))
extern uint32_t fake_gate_count;
extern struct sup_edge fake_edges[FAKE_GATES];
extern uint32_t fake_edge_count;
extern char fake_said[SUP_NOTE_TEXT]; /* the last thing that was said */
extern uint64_t fake_microseconds;    /* of the last start */

#endif

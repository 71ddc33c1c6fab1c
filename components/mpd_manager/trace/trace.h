/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The recording that the supervisor keeps, as JSON in the trace event format that Perfetto and Chrome read
 * (docs/tracing.md): made piece by piece, so that it needs no more memory however long it is.
 *
 * Two processes: `threads`, with a track for each thread, its invocations nested; `domains`, with a track for
 * each domain: which components are in it, and which thread runs there.
 */
#ifndef MPD_MANAGER_TRACE_H
#define MPD_MANAGER_TRACE_H

#include "layout.h"

struct trace;

/* NULL: memory is short. `recording`: what is kept now. */
struct trace *trace_open(const struct sup_recording *recording, const struct layout *layout);
void trace_close(struct trace *trace);
/* The next bytes, at most `room`; 0 at the end. A negative status: the recording is not kept any more. */
long trace_read(struct trace *trace, char *out, uint64_t room);

/* Records of it that were overwritten. */
uint64_t trace_lost(const struct sup_recording *recording);
/* Nanoseconds from the recording's begin to a time stamp. */
uint64_t trace_nanoseconds(const struct sup_recording *recording, uint64_t time);

#endif

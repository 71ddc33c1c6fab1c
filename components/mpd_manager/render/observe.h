/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What others have counted, and where threads are, as JSON. Text is allocated with malloc and the caller's to
 * free; NULL if memory is short, or those who know do not answer.
 */
#ifndef MPD_MANAGER_OBSERVE_H
#define MPD_MANAGER_OBSERVE_H

#include <stddef.h>

#include "layout.h"

/* {"tables":[{"component":name,"rows":word,"columns":[...],"counters":[{word:row,column:count,...}]}]}: rows
 * that are not all zero. */
char *observe_statistics(const struct layout *layout, size_t *bytes);
/* {"threads":[{"thread","name","component","priority","state","frames","chain":[{"component","function","at"}]}]}:
 * the outermost invocation first. `count`: what stack_trace_threads has just returned. */
char *observe_threads(const struct layout *layout, long count, size_t *bytes);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What things in a trace are called: components as its notes tell, or, if the notes
 * that did are lost, as they are when it is fetched; gates as the supervisor tells, each asked for once as a
 * rule.
 */
#ifndef MPD_MANAGER_TRACE_NAMES_H
#define MPD_MANAGER_TRACE_NAMES_H

#include "layout.h"

#define TRACE_GATES 1024u /* remembered */

struct trace_names {
    char component[256][SHOJI_NAME_BYTES]; /* by id; empty: there is none */
    uint16_t renamed[256];                 /* how often */
    struct trace_gate {
        uint32_t address; /* 0: nothing is kept here */
        struct sup_record_gate gate;
    } gates[TRACE_GATES];
};

void trace_names_begin(struct trace_names *names, const struct layout *layout);
/* Cut to `bytes` with its NUL, and fit to stand in a JSON string: quotes, backslashes and what is no
 * printable ASCII become '?'. */
void trace_name_copy(char *out, const char *name, uint32_t bytes);
/* The component of that id has this name from here on; empty: it keeps the one that it has. */
void trace_named(struct trace_names *names, component_t id, const char *name);
/* How often it has got another name; 0 for one that there is none of. */
uint16_t trace_renamed(const struct trace_names *names, component_t id);
/* Never NULL; as trace_name_copy makes it, and so is a gate's function. */
const char *trace_component(const struct trace_names *names, component_t id);
/* Client 0 if there is no such gate any more. Good until the next call. */
const struct sup_record_gate *trace_gate(struct trace_names *names, uint32_t address);

#endif

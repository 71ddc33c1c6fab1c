/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 12, stack_trace: says where a thread is. It knows what a component can know without the
 * supervisor's help: which thread runs, and by the gate's badge who asks; the chain of callers below is the
 * hardware's, and shown in the report of a fault. Owns nothing.
 */
#include "stack_trace.h"

#include "export.h"
#include "runtime.h"

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

SHOJI_EXPORT_BADGED(stack_trace_mark);
long stack_trace_mark_badged(uint64_t mark, long b, long c, long d, long e, component_t client)
{
    (void)b, (void)c, (void)d, (void)e;
    print_line("thread %u, component %u, tick %lu: %lu", shoji_global.current, client, shoji_global.ticks,
               mark);
    return SHOJI_OK;
}

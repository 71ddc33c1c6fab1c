/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 12, stack_trace: says where threads are. The supervisor tells it, from call stacks that no
 * component can write. Owns pool `trace`, where it puts what it learns for others to read; never blocks.
 */
#include "served/stack_trace.h"

#include <stdbool.h>

#include "export.h"
#include "runtime.h"

extern char pool_trace[], pool_trace_end[];

static struct sup_trace *const traces = (struct sup_trace *)pool_trace;
static struct sup_trace own; /* of who asks for a mark */
static volatile bool busy;

long component_init(component_t self)
{
    (void)self;
    return pool_trace_end - pool_trace >= (long)sizeof *traces ? SHOJI_OK : SHOJI_EMEMORY;
}

SHOJI_EXPORT long stack_trace_threads(void)
{
    uint32_t room = (uint32_t)((uint64_t)(pool_trace_end - pool_trace) / sizeof *traces), count = 0;
    long status = SHOJI_OK;

    if (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
        return SHOJI_EBUSY;
    while (count < room && (status = sup_thread_trace(count, &traces[count])) == SHOJI_OK)
        count++;
    __atomic_store_n(&busy, false, __ATOMIC_RELEASE);
    return status == SHOJI_OK || status == SHOJI_ENOENT ? (long)count : status;
}

SHOJI_EXPORT_BADGED(stack_trace_mark);
long stack_trace_mark_badged(uint64_t mark, component_t client)
{
    long status;

    if (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
        return SHOJI_EBUSY;
    status = sup_thread_trace(shoji_global.current, &own);
    if (status == SHOJI_OK) {
        print_line("mark %lu of component %u: thread %s, tick %lu", mark, client, own.name,
                   shoji_global.ticks);
        for (uint32_t i = 0; i < own.frames && i < SUP_FRAMES; i++)
            print_line("  component %u, %s, at %s of component %u", own.frame[i].component,
                       own.frame[i].function, own.frame[i].place, own.frame[i].at);
    }
    __atomic_store_n(&busy, false, __ATOMIC_RELEASE);
    return status;
}

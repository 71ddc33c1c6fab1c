/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Component 13, statistics_gatherer: counters of other components, for debugging. Owns the counters; a client
 * changes its own only.
 */
#include "statistics_gatherer.h"

#include "export.h"
#include "runtime.h"

#define COMPONENTS 256

static uint64_t counters[COMPONENTS][STATISTICS_EACH];

long component_init(component_t self)
{
    (void)self;
    return SHOJI_OK;
}

SHOJI_EXPORT_BADGED(statistics_add);
long statistics_add_badged(uint32_t number, uint64_t amount, long c, long d, long e, component_t client)
{
    (void)c, (void)d, (void)e;
    if (number >= STATISTICS_EACH || client >= COMPONENTS)
        return SHOJI_EINVAL;
    __atomic_fetch_add(&counters[client][number], amount, __ATOMIC_RELAXED);
    return SHOJI_OK;
}

SHOJI_EXPORT long statistics_read(component_t component, uint32_t number)
{
    if (component >= COMPONENTS || number >= STATISTICS_EACH)
        return SHOJI_EINVAL;
    return (long)(counters[component][number] & INT64_MAX);
}

SHOJI_EXPORT long statistics_print(void)
{
    for (uint32_t component = 0; component < COMPONENTS; component++)
        for (uint32_t number = 0; number < STATISTICS_EACH; number++)
            if (counters[component][number])
                print_line("component %u, counter %u: %lu", component, number, counters[component][number]);
    return SHOJI_OK;
}

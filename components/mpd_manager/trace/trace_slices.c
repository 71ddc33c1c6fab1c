/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace_slices.h"

#include <string.h>

void slices_begin(struct trace_slices *slices)
{
    memset(slices->top, 0, sizeof slices->top);
    memset(slices->executed, 0, sizeof slices->executed);
    slices->free = slices->fresh = 0;
}

bool slices_push(struct trace_slices *slices, uint32_t thread, uint64_t after)
{
    uint16_t index = slices->free;
    if (index)
        slices->free = slices->slice[index - 1].below;
    else if (slices->fresh < TRACE_SLICES)
        index = ++slices->fresh;
    else
        return false;
    slices->slice[index - 1] = (struct trace_slice){
        .after = after, .instructions = slices->executed[thread], .below = slices->top[thread]};
    slices->top[thread] = index;
    return true;
}

struct trace_slice *slices_top(struct trace_slices *slices, uint32_t thread)
{
    return slices->top[thread] ? &slices->slice[slices->top[thread] - 1] : 0;
}

void slices_pop(struct trace_slices *slices, uint32_t thread)
{
    uint16_t index = slices->top[thread];
    slices->top[thread] = slices->slice[index - 1].below;
    slices->slice[index - 1].below = slices->free;
    slices->free = index;
}

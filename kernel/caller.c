/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Checks of what callers hand over. They ask what the component may do, not what its domain may: merged
 * components cannot lend each other's memory to the supervisor.
 */
#include "caller.h"

#include "layout/layout.h"
#include "supervisor/frames.h"
#include "supervisor/heap.h"
#include "thread.h"

static bool in_range(struct caller_address address, uint64_t bytes, uint64_t from, uint64_t end)
{
    return address.value >= from && address.value <= end && bytes <= end - address.value;
}

static bool caller_may(struct caller caller, struct caller_address address, uint64_t bytes, enum right right)
{
    struct call_stack *stack = &thread_current()->stack;

    if (bytes == 0)
        return true;
    if (in_range(address, bytes, STACKS_BASE, SUPERVISOR_STACK_END)) {
        call_stack_save(stack);
        return in_range(address, bytes, stack->limit, call_stack_frame(stack, 0).frame_base) ||
               frames_cover(thread_current(), caller.component, address.value, bytes, right);
    }
    return in_range(address, bytes, 0, 1ull << 32) &&
           (layout_covers(caller.component, (uint32_t)address.value, (uint32_t)bytes, right) ||
            (right == RIGHT_WRITE && heap_store_for(caller.component, (uint32_t)address.value, bytes)));
}

bool caller_may_write(struct caller caller, struct caller_address address, uint64_t bytes)
{
    return caller_may(caller, address, bytes, RIGHT_WRITE);
}

bool caller_may_read(struct caller caller, struct caller_address address, uint64_t bytes)
{
    return caller_may(caller, address, bytes, RIGHT_READ);
}

bool caller_owns(struct caller caller, struct caller_address address, uint64_t bytes)
{
    const struct component *component = &system_state.components[caller.component];

    return in_range(address, bytes, component->base, component->heap_end) &&
           layout_covers(caller.component, (uint32_t)address.value, (uint32_t)bytes, RIGHT_WRITE);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the control interface: a supervisor that has no room for more components, and nobody to ask
 * for them; unless a test has its own. What becomes of those that there is room for:
 * tests/boot/test_upload.py.
 */
#include "content.h"
#include "scheduler.h"
#include "timed_block.h"

#define NEVER(call, ...)                                                                                     \
    __attribute__((weak)) long call(__VA_ARGS__);                                                            \
    long call(__VA_ARGS__)                                                                                   \
    {                                                                                                        \
        return SHOJI_EMEMORY;                                                                                \
    }

#pragma GCC diagnostic ignored "-Wunused-parameter"
NEVER(mmp_alloc_PD, uint32_t kind, uint64_t memory, const char *name)
NEVER(mmp_free_PD, component_t pd, uint32_t recursive)
NEVER(mmp_open_PD, component_t pd)
NEVER(mmp_reset_PD, component_t pd)
NEVER(mmp_name_PD, component_t pd, const char *name)
NEVER(mmp_file_PD, component_t pd, const void *file, uint64_t bytes)
NEVER(mmp_time_PD, component_t pd, uint32_t milliseconds)
NEVER(mmp_pd_slot, component_t pd)
NEVER(mmp_set_gate, uint64_t function, uint32_t perm, component_t to)
NEVER(mmp_pass_gate, component_t of, const char *function, component_t to)
NEVER(mmp_alloc_at, component_t owner, uint64_t address, uint64_t bytes)
NEVER(mmp_free, component_t owner, uint64_t address, uint64_t bytes)
NEVER(mmp_set_perm, uint64_t address, uint64_t bytes, uint32_t perm, component_t to)
NEVER(mmp_mem_chown, uint64_t address, uint64_t bytes, component_t to)
NEVER(content_program, uint64_t gate)
NEVER(content_program_hold, uint64_t gate, uint32_t hold)
NEVER(content_program_end, uint64_t gate)
NEVER(sched_block, void)
NEVER(sched_block_until, uint64_t tick)
NEVER(sched_wakeup, thread_t thread)
NEVER(timed_block, uint64_t milliseconds)

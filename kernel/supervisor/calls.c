/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The list of supervisor calls, by the groups in which the manifest grants them.
 */
#include "supervisor/calls.h"

#define CALLS(CALL)                                                                                          \
    CALL(console, sup_console_write)                                                                         \
    CALL(memory, mmp_alloc)                                                                                  \
    CALL(memory, mmp_alloc_at)                                                                               \
    CALL(memory, mmp_free)                                                                                   \
    CALL(memory, sup_memory_used)                                                                            \
    CALL(share, mmp_set_perm)                                                                                \
    CALL(share, sup_take_back)                                                                               \
    CALL(heap, sup_heap_close)                                                                               \
    CALL(heap, sup_heap_open)                                                                                \
    CALL(heap, sup_heap_keep)                                                                                \
    CALL(heap, sup_heap_alloc)                                                                               \
    CALL(heap, sup_heap_written)                                                                             \
    CALL(heap, sup_heap_move)                                                                                \
    CALL(heap, sup_heap_free)                                                                                \
    CALL(heap, sup_heap_size)                                                                                \
    CALL(thread, sup_sched_attach)                                                                           \
    CALL(thread, sup_thread_get)                                                                             \
    CALL(thread, sup_switch)                                                                                 \
    CALL(thread, sup_idle)                                                                                   \
    CALL(device, sup_device_open)                                                                            \
    CALL(device, sup_device_perm)                                                                            \
    CALL(layout, sup_components)                                                                             \
    CALL(layout, sup_edges)                                                                                  \
    CALL(layout, sup_counters)                                                                               \
    CALL(layout, sup_null)                                                                                   \
    CALL(layout, sup_policy_line)                                                                            \
    CALL(layout, pd_merge)                                                                                   \
    CALL(layout, pd_split)                                                                                   \
    CALL(layout, pd_move)                                                                                    \
    CALL(layout, pd_partition)                                                                               \
    CALL(test, sup_exit)                                                                                     \
    CALL(test, sup_kill)                                                                                     \
    CALL(test, sup_moves_at)                                                                                 \
    CALL(test, sup_moves_hit)                                                                                \
    CALL(test, sup_layout_check)

#define DECLARE(group, name) extern void name##_entry(void);
#define LIST(group, name) {#name, #group, name##_entry},

CALLS(DECLARE)

const struct loader_call supervisor_calls[] = {CALLS(LIST){NULL, NULL, NULL}};

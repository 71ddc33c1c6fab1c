/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The list of supervisor calls, by the groups in which the manifest grants them.
 */
#include "supervisor/calls.h"

#define CALLS(CALL)                                                                                          \
    CALL(console, sup_console_write)                                                                         \
    CALL(terminal, sup_console_read)                                                                         \
    CALL(terminal, sup_console_foot)                                                                         \
    CALL(terminal, sup_console_state)                                                                        \
    CALL(memory, mmp_alloc)                                                                                  \
    CALL(memory, mmp_alloc_at)                                                                               \
    CALL(memory, mmp_free)                                                                                   \
    CALL(memory, sup_memory_used)                                                                            \
    CALL(pd, mmp_alloc_PD)                                                                                   \
    CALL(pd, mmp_free_PD)                                                                                    \
    CALL(pd, mmp_pd_slot)                                                                                    \
    CALL(pd, mmp_open_PD)                                                                                    \
    CALL(pd, mmp_set_gate)                                                                                   \
    CALL(pd, mmp_pass_gate)                                                                                  \
    CALL(pd, mmp_time_PD)                                                                                    \
    CALL(pd, mmp_name_PD)                                                                                    \
    CALL(pd, mmp_file_PD)                                                                                    \
    CALL(pd, mmp_reset_PD)                                                                                   \
    CALL(share, mmp_set_perm)                                                                                \
    CALL(share, mmp_supr_set_perm)                                                                           \
    CALL(share, mprot_export)                                                                                \
    CALL(share, mmp_mem_chown)                                                                               \
    CALL(share, mmp_alloc_group)                                                                             \
    CALL(share, mmp_free_group)                                                                              \
    CALL(share, mmp_group_admit)                                                                             \
    CALL(share, mmp_group_expel)                                                                             \
    CALL(share, mmp_group_join)                                                                              \
    CALL(share, mmp_group_leave)                                                                             \
    CALL(share, sup_take_back)                                                                               \
    CALL(share, sup_gate_server)                                                                             \
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
    CALL(thread, mmp_set_stack)                                                                              \
    CALL(thread, sup_idle)                                                                                   \
    CALL(device, sup_device_open)                                                                            \
    CALL(device, sup_device_perm)                                                                            \
    CALL(layout, sup_components)                                                                             \
    CALL(layout, sup_edges)                                                                                  \
    CALL(layout, sup_counters)                                                                               \
    CALL(layout, sup_crossings)                                                                              \
    CALL(layout, sup_fault)                                                                                  \
    CALL(layout, sup_gate)                                                                                   \
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
    CALL(test, sup_layout_check)                                                                             \
    CALL(record, sup_record_start)                                                                           \
    CALL(record, sup_record_stop)                                                                            \
    CALL(record, sup_recording)                                                                              \
    CALL(record, sup_records)                                                                                \
    CALL(record, sup_notes)                                                                                  \
    CALL(record, sup_record_edges)                                                                           \
    CALL(record, sup_record_gate)                                                                            \
    CALL(record, sup_record_thread)                                                                          \
    CALL(record, sup_record_say)                                                                             \
    CALL(trace, sup_thread_trace)

/* Calls that mean the same in another group, for whom that group is. */
#define VARIANTS(CALL)                                                                                       \
    CALL(pd, mmp_alloc)                                                                                      \
    CALL(pd, mmp_alloc_at)                                                                                   \
    CALL(pd, mmp_free)                                                                                       \
    CALL(thread, mmp_alloc)                                                                                  \
    CALL(thread, mmp_free)

#define DECLARE(group, name) extern void name##_entry(void);
#define LIST(group, name) {#name, #group, name##_entry},
#define DECLARE_VARIANT(group, name) extern void group##_##name##_entry(void);
#define LIST_VARIANT(group, name) {#name, #group, group##_##name##_entry},

CALLS(DECLARE)
VARIANTS(DECLARE_VARIANT)

const struct loader_call supervisor_calls[] = {CALLS(LIST) VARIANTS(LIST_VARIANT){NULL, NULL, NULL}};

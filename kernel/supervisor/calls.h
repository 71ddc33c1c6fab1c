/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The supervisor calls as gates enter them.
 *
 * SUPERVISOR_CALL(f, ...) defines f's code as f_call, a function of f's arguments and the badge, and f_entry,
 * where the gate leads: it takes the badge out of rax. Arguments have the types of shoji/supervisor.h (of a
 * 32-bit one the upper half is undefined); addresses are uint64_t until they are checked. served/supervisor.h,
 * derived from that header, declares f_call: what differs does not compile (docs/interfaces.md).
 * SUPERVISOR_VARIANT(group, f, ...) is f for callers with that group, group_f_call. It runs on the supervisor's stack with interrupts off, and its return is the gate's.
 */
#ifndef KERNEL_SUPERVISOR_CALLS_H
#define KERNEL_SUPERVISOR_CALLS_H

#include "loader/loader.h"
#include "served/supervisor.h"

#define SUPERVISOR_ENTRY(f, badge)                                                                           \
    __asm__(".pushsection .text\n.globl " #f "_entry\n" #f "_entry:\n\tmov %eax, %" badge "\n\tjmp " #f        \
            "_call\n.popsection")

#define SUPERVISOR_CALL(f, ...)                                                                              \
    SUPERVISOR_ENTRY(f, SHOJI_BADGE_##f);                                                                    \
    long f##_call(__VA_ARGS__)

#define SUPERVISOR_VARIANT(group, f, ...)                                                                    \
    SUPERVISOR_ENTRY(group##_##f, SHOJI_BADGE_##f);                                                          \
    extern __typeof__(f##_call) group##_##f##_call __attribute__((used));                                    \
    long group##_##f##_call(__VA_ARGS__)

extern const struct loader_call supervisor_calls[];

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The supervisor calls as gates enter them.
 *
 * SUPERVISOR_CALL(f, ...) defines f's code as f_call, a function of five arguments and the badge, and
 * f_entry, where the gate leads: it takes the badge out of rax. Arguments have the types of
 * shoji/supervisor.h (of a 32-bit one the upper half is undefined); addresses are uint64_t until they are
 * checked. It runs on the supervisor's stack with interrupts off, and its return is the gate's.
 */
#ifndef KERNEL_SUPERVISOR_CALLS_H
#define KERNEL_SUPERVISOR_CALLS_H

#include "loader/loader.h"
#include "shoji/supervisor.h"

#define SUPERVISOR_CALL(f, ...)                                                                              \
    __asm__(".pushsection .text\n.globl " #f "_entry\n" #f "_entry:\n\tmov %eax, %r9d\n\tjmp " #f            \
            "_call\n.popsection");                                                                           \
    long f##_call(__VA_ARGS__) __attribute__((used));                                                        \
    long f##_call(__VA_ARGS__)

extern const struct loader_call supervisor_calls[];

#endif

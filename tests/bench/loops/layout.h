/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loops guest's memory: addresses that its C and its assembly agree on. Physical = linear.
 */
#ifndef LOOPS_LAYOUT_H
#define LOOPS_LAYOUT_H

#define LOOPS_CODE 0x00800000      /* a slot of code, RX; the gate space is its top */
#define LOOPS_GATE 0x00bf0000      /* gates: of `nothing` in domain 2 */
#define LOOPS_GATE_PASS 0x00bf0020 /* and in domain 1 itself, as after a merge */
#define LOOPS_GATES 0x00bf0040     /* and in domains 2 to 65 */
#define LOOPS_DOMAINS 64
#define LOOPS_STACK 0x00c00000 /* 64 KiB of stack, in no table */
#define LOOPS_STACK_TOP 0x00c10000
#define LOOPS_DATA 0x01000000      /* a slot of data, RW */
#define LOOPS_MIXED 0x01400000     /* one page whose words are RW and RO by turns */
#define LOOPS_MEMORY_BYTES 0x40000 /* what the memory loop walks: 64 pages */
#define LOOPS_COPY_BYTES 0x1000

#define LOOPS_VECTOR_DONE 0x30 /* int: a loop has ended */

#define LOOPS_KERNEL_CS 0x08
#define LOOPS_USER_CS 0x18
#define LOOPS_TSS 0x28
#define LOOPS_SYSRET 0x30 /* before the user's data and code segments, in sysret's order */

#endif

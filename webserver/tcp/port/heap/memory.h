/* SPDX-License-Identifier: BSD-2-Clause
 * lwIP's memory: the component's heap, so that each connection, segment and packet to send is an allocation, which the manifest's
 * setting protects. For tcp_heap.elf, with a budget of 1M. */
#ifndef TCP_PORT_MEMORY_H
#define TCP_PORT_MEMORY_H

#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
/* By a string instruction: with guard words all that it writes is one first store. */
#define MEMCPY(to, from, bytes) __builtin_memcpy(to, from, bytes)

#endif

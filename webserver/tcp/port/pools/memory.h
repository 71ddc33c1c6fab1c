/* SPDX-License-Identifier: BSD-2-Clause
 * lwIP's memory: static pools. Allocation is a few instructions whatever has happened before. */
#ifndef TCP_PORT_MEMORY_H
#define TCP_PORT_MEMORY_H

#define MEM_USE_POOLS 1
#define MEM_USE_POOLS_TRY_BIGGER_POOL 1
#define MEMP_USE_CUSTOM_POOLS 1
#define MEMCPY(to, from, bytes) fast_copy(to, from, bytes)

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The memory map, drawn once. Physical and linear addresses are the same; all of [0, 4 GiB) is mapped for
 * everybody, and only the domains' tables say who may do what.
 *
 *   0x00100000  kernel image, its tables, call stacks          domain 0's
 *      ...      boot modules (manifest, ELF files)             domain 0's, read at boot only
 *   0x04000000  thread stacks, 64 KiB each (63 of them)        in no table: reached through the stack
 * registers 0x043f0000  the supervisor's stack S0                      domain 0's. Above all thread stacks:
 * then [limit, S0) is never an upside-down range while the supervisor runs for a thread 0x04400000  struct
 * shoji_global                            readable by everybody 0x08000000  component slots, 4 MiB each,
 * manifest order    +0x3f0000: the component's gates
 *      ...      pool slots, 4 MiB each
 *   0x17000000  end of slots (60 of them)
 *   0x18000000  end of the arena and of the gate window; what the recorder keeps (recorder.c)    domain 0's
 */
#ifndef KERNEL_MEMORY_MAP_H
#define KERNEL_MEMORY_MAP_H

#define PAGE_BYTES 0x1000u
#define SLOT_BYTES 0x400000u
#define SLOT_SHIFT 22

#define KERNEL_BASE 0x100000u
#define MODULES_END 0x4000000u /* modules end below */

#define STACKS_BASE 0x4000000u
#define STACK_BYTES 0x10000u
#define STACK_COUNT 63u /* the last one of the slot is S0 */
#define SUPERVISOR_STACK_END 0x4400000u

#define GLOBAL_BASE 0x4400000u

#define ARENA_BASE 0x8000000u
#define ARENA_END 0x18000000u
#define ARENA_SLOTS 60u
#define GATES_OFFSET 0x3f0000u
#define GATE_BYTES 32u

/* A slot's image does not begin where the slot does, nor do its gates where gate space does, but a number of pages further on for each slot, as far
 * as there is room. Caches of translations and permissions are indexed by low bits of the page number: without that the same pages
 * of all components would fall on the same entries, and a domain of many components would do nothing but refill. */
#define SLOT_COLOUR (37 * PAGE_BYTES)
#define GATE_COLOURS 8u /* pages */
#define GATES_PER_COMPONENT ((0x10000u - (GATE_COLOURS - 1) * PAGE_BYTES) / GATE_BYTES)

/* What is recorded of the running system: in no table. */
#define RECORDS_BASE 0x18000000u
#define RECORDS_BYTES 0x800000u
#define NOTES_BASE (RECORDS_BASE + RECORDS_BYTES)
#define NOTES_BYTES 0x80000u
#define EDGES_BASE (NOTES_BASE + NOTES_BYTES)
#define EDGES_BYTES 0x10000u /* twice: at the start and at the end */
#define RECORDS_END (EDGES_BASE + 2 * EDGES_BYTES)

#define MEMORY_NEEDED (512u << 20)

/* Domains, live, stale and dissolved; the supervisor's 0 included. */
#define PD_COUNT 128u
/* Domains of devices, numbered behind them. */
#define PD_DEVICES 1u

#endif

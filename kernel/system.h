/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The system that runs: the manifest and what became of its components. Written at boot by loader/, but for
 * the fields that say otherwise. A component is named by its index (its place in the manifest, and its slot);
 * by its id towards components.
 */
#ifndef KERNEL_SYSTEM_H
#define KERNEL_SYSTEM_H

#include "loader/elf.h"
#include "manifest.h"
#include "memory_map.h"

struct component {
    uint32_t base;  /* of its image: some pages into its slot, see SLOT_COLOUR */
    uint32_t gates; /* address of the first */
    struct elf_file file;
    uint32_t gate_count;
    uint32_t heap_base, heap_end;
    /* supervisor/memory.c */
    uint32_t heap_next; /* behind the last page that it ever had since it began */
    uint32_t heap_used; /* bytes */
    uint64_t
        heap_pages[SLOT_BYTES / PAGE_BYTES / 64]; /* a bit for each page of its slot: part of its heap now */
    /* fault.c */
    uint64_t faults;
};

struct system {
    struct manifest manifest;
    struct component components[MANIFEST_SLOTS];
    uint8_t index_of_id[256]; /* NO_COMPONENT if there is none */
    unsigned scheduler;       /* the component that has supervisor:thread, or NO_COMPONENT */
};
#define NO_COMPONENT 0xffu

extern struct system system_state;

/* Index of the component with this id, or NO_COMPONENT. */
static inline unsigned system_component(uint64_t id)
{
    return id < sizeof system_state.index_of_id ? system_state.index_of_id[id] : NO_COMPONENT;
}
const char *system_name(unsigned component);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The system that runs: the manifest and what became of its components. Written at boot by loader/, but for
 * the fields that say otherwise. A component is named by its index (its place in the manifest, and its slot);
 * by its id towards components.
 *
 * A protection domain that a component has made (supervisor/pd.c) is a component too, at an index behind the
 * pools'. What the manifest says of others, its maker said: it is kept in manifest.components[index], behind
 * those that component_count counts.
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
    uint32_t heap_used; /* bytes that it owns, wherever they are, its image not counted */
    uint32_t budget;    /* bytes that it may own */
    /* supervisor/pd.c */
    unsigned parent; /* who made it; NO_COMPONENT: the manifest */
    /* supervisor/files.c: of one that was made, the file, and in whose pages */
    uint32_t told_file, told_bytes;
    unsigned told_by;
    /* fault.c */
    uint64_t faults;
};

struct system {
    struct manifest manifest;
    struct component components[MANIFEST_SLOTS];
    uint64_t present;         /* a bit for each component that there is, the ones that others made too */
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

static inline bool system_has(unsigned component)
{
    return component < MANIFEST_SLOTS && (system_state.present >> component & 1) != 0;
}
/* The first of a set of components that is not empty, taken out of it: in the order of their slots. */
static inline unsigned system_next(uint64_t *set)
{
    unsigned first = (unsigned)__builtin_ctzll(*set);

    *set &= *set - 1;
    return first;
}
/* Was it made by another component? */
static inline bool system_is_made(unsigned component)
{
    return component >= system_state.manifest.component_count;
}

#endif

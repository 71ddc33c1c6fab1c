/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The properties of -cpu mmp. Those of the machine around the unit (model/machine.h) count with model=on only; left
 * alone they are as mmp_machine_mondrix says. "model=on" is the property "mmp-model": "model" is a number of CPUID's.
 */
#ifndef I386_TCG_MMP_OPTIONS_H
#define I386_TCG_MMP_OPTIONS_H

#include "qemu/bitops.h"

typedef struct MMPOptions {
    bool count;     /* COUNT_INSNS counts */
    bool model;     /* model=on: the machine around the unit is modelled: caches, PLB, GLB, cycles */
    bool plb_check; /* each hit of the PLB is compared with the table */
    uint32_t line;
    uint32_t l1i_bytes, l1i_ways, l1d_bytes, l1d_ways, l2_bytes, l2_ways;
    uint32_t l1_miss_cycles, l2_miss_cycles;
    uint32_t plb_entries, plb_ways, plb_sizes;
    char *plb_replacement; /* lru, round-robin, random */
    uint32_t glb_entries;
    uint32_t frames;
    char *sidecars; /* none, access, register */
    uint32_t table_cycles, pass_cycles, gate_cycles, return_cycles, interrupt_cycles, iret_cycles;
    uint32_t crossing_cycles; /* gate_cycles and return_cycles together: a call across domains and back */
} MMPOptions;

#define MMP_OPTION_UNSET UINT32_MAX

#define MMP_NUMBER(name, type, member) DEFINE_PROP_UINT32(name, type, mmp_options.member, MMP_OPTION_UNSET)
#define MMP_PROPERTIES(type)                                                  \
    DEFINE_PROP_BOOL("count", type, mmp_options.count, true),                 \
    DEFINE_PROP_BOOL("mmp-model", type, mmp_options.model, false),            \
    DEFINE_PROP_BOOL("plb-check", type, mmp_options.plb_check, false),        \
    MMP_NUMBER("cache-line", type, line),                                     \
    MMP_NUMBER("l1i-bytes", type, l1i_bytes),                                 \
    MMP_NUMBER("l1i-ways", type, l1i_ways),                                   \
    MMP_NUMBER("l1d-bytes", type, l1d_bytes),                                 \
    MMP_NUMBER("l1d-ways", type, l1d_ways),                                   \
    MMP_NUMBER("l2-bytes", type, l2_bytes),                                   \
    MMP_NUMBER("l2-ways", type, l2_ways),                                     \
    MMP_NUMBER("l1-miss-cycles", type, l1_miss_cycles),                       \
    MMP_NUMBER("l2-miss-cycles", type, l2_miss_cycles),                       \
    MMP_NUMBER("plb-entries", type, plb_entries),                             \
    MMP_NUMBER("plb-ways", type, plb_ways),                                   \
    MMP_NUMBER("plb-sizes", type, plb_sizes),                                 \
    DEFINE_PROP_STRING("plb-replacement", type, mmp_options.plb_replacement), \
    MMP_NUMBER("glb-entries", type, glb_entries),                             \
    MMP_NUMBER("call-stack-frames", type, frames),                            \
    DEFINE_PROP_STRING("sidecars", type, mmp_options.sidecars),               \
    MMP_NUMBER("table-cycles", type, table_cycles),                           \
    MMP_NUMBER("pass-cycles", type, pass_cycles),                             \
    MMP_NUMBER("gate-cycles", type, gate_cycles),                             \
    MMP_NUMBER("return-cycles", type, return_cycles),                         \
    MMP_NUMBER("crossing-cycles", type, crossing_cycles),                     \
    MMP_NUMBER("interrupt-cycles", type, interrupt_cycles),                   \
    MMP_NUMBER("iret-cycles", type, iret_cycles)

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The hardware model of MMP: what the silicon would do, in plain C. It is linked unchanged into host tests and into
 * QEMU; it knows neither. It owns the state of the MMP registers and reads and writes tables, gates and call stacks
 * in a flat picture of memory; it never touches anything else. Rules: docs/mmp-manual.md.
 *
 * Invariants:
 * 1. A function that reports a fault, or refuses, has changed no register and no memory. The fault registers and the
 *    fault counter are mmp_fault_record's alone; the processor calls it once it really raises the fault.
 * 2. pdid == 0 means unmediated; root is meaningless then.
 * 3. pdid is always a tag: the descriptor that was looked up when the domain was entered named it.
 */
#ifndef MMP_MODEL_H
#define MMP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mmp/arch.h"

/* Memory as the tables see it: bytes [0, size) at base, identity addressed. An address outside is malformed. */
struct mmp_memory {
    uint8_t *base;
    uint64_t size;
};

struct mmp_fault {
    uint8_t kind;   /* MMP_FAULT_* */
    uint8_t access; /* MMP_ACCESS_*, for PERMISSION and MALFORMED */
    uint16_t pdid;  /* domain that ran */
    uint32_t size;  /* bytes of the access */
    uint64_t addr;
    uint64_t gate;
};

struct mmp_counters {
    uint64_t gated, passed, returns, faults, switches, mixed;
    uint64_t faults_of[MMP_FAULT_KINDS]; /* by kind; their sum is faults */
};

/* The trace ring (manual 7.9). The processor sets time and insns before it calls what may record, while size is not 0:
 * its time stamp counter and COUNT_INSNS, as they are after the instruction. */
struct mmp_ring {
    uint64_t base, size, count;
    uint64_t time;
    uint32_t insns;
};

struct mmp_state {
    bool enabled;
    uint8_t align;   /* log2 of the frame alignment, 3 to 12 */
    uint16_t pdid;   /* domain that runs */
    uint32_t root;   /* its root table */
    uint64_t dtbase, dtcount;
    uint64_t gwlo, gwhi;
    uint64_t stack;  /* address of the current stack descriptor, 0 before the first */
    uint64_t fb, sl, xbase, xlimit, xsp, s0;
    uint32_t selectors;
    uint64_t spt[MMP_SPT_ENTRIES]; /* stack permissions table */
    uint8_t spt_used;              /* of them not zero */
    struct mmp_ring ring;
    struct mmp_fault fault; /* the last one: MMP_MSR_FAULT_* */
    struct mmp_counters count;
};

/* The part of the processor's registers that a crossing reads or writes. gpr is sixteen in x86 encoding order: rax rcx
 * rdx rbx rsp rbp rsi rdi r8..r15; they are the processor's own, which it need not copy, and lie outside of memory. */
struct mmp_cpu {
    uint64_t *gpr;
    uint64_t rip;
    uint32_t rflags; /* TF, IF, DF, NT and AC are read and written, the rest only read */
};

/* Reset values: disabled, domain 0, align 12. */
void mmp_reset(struct mmp_state *s);

/* ---- Permissions (manual 4) ---- */

enum mmp_rights { MMP_RIGHTS_NONE, MMP_RIGHTS_ALL, MMP_RIGHTS_MIXED };

/* One 4 KiB page as the running domain sees it, tables and stack registers together; indexed by MMP_ACCESS_*.
 * malformed: the walk met a malformed entry (then all three are NONE and entry is its address). */
struct mmp_page {
    enum mmp_rights rights[3];
    bool malformed;
    uint64_t entry; /* 0 if not malformed */
    bool stack; /* [sl, fb) or the stack permissions table covers some of it: its rights change with registers */
};

/* Permission of the word at addr in the tables alone. False: malformed, *entry is the address of the bad entry. */
bool mmp_table_permission(const struct mmp_memory *m, uint32_t root, uint64_t addr, uint8_t *perm, uint64_t *entry);

/* Summary of the page that holds addr for the running domain; for domain 0 and when disabled all rights are ALL. */
void mmp_page_rights(const struct mmp_state *s, const struct mmp_memory *m, uint64_t addr, struct mmp_page *page);

/* May the running domain do this access? Every word that [addr, addr + size) touches must allow it (manual 4.4).
 * On a denial *fault is filled with the first byte denied and false returned; s itself is not changed. Size 0 is
 * allowed. Costs a walk for each 64 bytes, less where entries above the leaves decide. */
bool mmp_check(const struct mmp_state *s, const struct mmp_memory *m, uint64_t addr, uint64_t size, int access,
               struct mmp_fault *fault);

/* The same for a device that software gave the domain of that id (manual 7.8): its table alone decides, whoever runs.
 * Size and kinds of fault as above, and GATE_DOMAIN where the id has no valid descriptor. Raising is the
 * device's bus's. */
bool mmp_check_domain(const struct mmp_state *s, const struct mmp_memory *m, uint16_t id, uint64_t addr, uint64_t size,
                      int access, struct mmp_fault *fault);

/* ---- Domains (manual 3) ---- */

/* Looks an id up in the domain table (manual 3.4). False: no valid descriptor. For id 0: tag 0, and no root. */
bool mmp_domain_lookup(const struct mmp_state *s, const struct mmp_memory *m, uint16_t id, uint16_t *tag,
                       uint32_t *root);

/* ---- Crossings (manual 5 to 7) ---- */

/* Is this address in gate space? Never while disabled. */
bool mmp_is_gate(const struct mmp_state *s, uint64_t addr);

enum mmp_crossing {
    MMP_CROSSING_FAULT,   /* *fault is filled */
    MMP_CROSSING_PASSED,  /* same domain: only rax and rip were set */
    MMP_CROSSING_CHANGED, /* the domain changed: pdid, root and all that section 5.3 or 6.2 lists */
};

/* The processor has fetched cpu->rip, which is in gate space, with permission to do so. The return address is the
 * word at [rsp], read here under the caller's rights. */
enum mmp_crossing mmp_gate_enter(struct mmp_state *s, const struct mmp_memory *m, struct mmp_cpu *cpu,
                                 struct mmp_fault *fault);

/* True where a near return with this rsp (before its pop) is a gate return: enabled and rsp == fb - 8. */
bool mmp_is_gate_return(const struct mmp_state *s, uint64_t rsp);

/* A near return at a gate return; popped is the word at [rsp], which the processor has loaded already. */
enum mmp_crossing mmp_gate_return(struct mmp_state *s, const struct mmp_memory *m, struct mmp_cpu *cpu,
                                  uint64_t popped, struct mmp_fault *fault);

/* Interrupt or exception delivery: saves the domain on the call stack, enters domain 0. False: no room (the
 * processor shuts down). Only when enabled. */
bool mmp_interrupt_enter(struct mmp_state *s, const struct mmp_memory *m, const struct mmp_cpu *cpu);

/* IRETQ executed by domain 0 that returns to privilege level cpl. */
enum mmp_crossing mmp_interrupt_return(struct mmp_state *s, const struct mmp_memory *m, int cpl,
                                       struct mmp_fault *fault);

/* After mmp_interrupt_return, once x86's own IRETQ has succeeded: cpu is as it is then. Only the trace ring changes. */
void mmp_interrupt_returned(struct mmp_state *s, const struct mmp_memory *m, uint16_t from, const struct mmp_cpu *cpu);

/* Records a fault in the fault registers and counts it. */
void mmp_fault_record(struct mmp_state *s, const struct mmp_fault *fault);

/* ---- Registers (manual 8) ---- */

enum mmp_msr {
    MMP_MSR_OK,
    MMP_MSR_REFUSED,     /* no such register, not writable, or a value out of its range: #GP(0), nothing changed */
    MMP_MSR_OK_STACK,    /* stack registers or the stack permissions table changed: cached pages of which
                            mmp_page says stack must be looked at again */
    MMP_MSR_OK_CONTROL,  /* EN, the gate window, the domain table changed: forget every cached permission */
    MMP_MSR_OK_INVALIDATE, /* INVAL was written: forget what *inval says */
};

struct mmp_invalidate {
    uint16_t pdid; /* 0: every domain */
    uint64_t addr, size;
};

/* COUNT_INSNS is the processor's own and not served here. */
enum mmp_msr mmp_msr_write(struct mmp_state *s, const struct mmp_memory *m, uint32_t msr, uint64_t value,
                           struct mmp_invalidate *inval);
enum mmp_msr mmp_msr_read(const struct mmp_state *s, uint32_t msr, uint64_t *value);

#endif

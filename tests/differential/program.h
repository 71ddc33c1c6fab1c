/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The programs of the differential test. A program is a list of operations; a number says all of it, so it is
 * generated on each side rather than carried. Operations of a domain become x86 instructions (emit.c), one
 * slot of code each; operations of domain 0 (K_...) are done between them by supervisor.c. All three files
 * are compiled twice: into the kernel that QEMU boots and into the program on the host that interprets the
 * same on a model.
 *
 * What keeps programs finite and their meaning defined:
 * 1. Every slot says its index in rdx, which crossings keep. After anything that ends in domain 0 the next
 * slot is one behind the largest index seen; gates lead to later slots only; a return leads to a stub that
 * ends there.
 * 2. What may be executed is slots, stubs, filler (an undefined opcode) and gates: every byte of data is 0x80
 * to 0xfe, so no address of code arises by chance but in a slot's upper half, which is filler.
 * 3. Domain 0 runs nothing of a program but one fixed sequence (CODE_SUPERVISOR).
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mmp/arch.h"

/* ---- Memory ---- */
#define RAM 0x4000000u /* -m 64 */
#define DOMAIN_TABLE 0x400000u
#define TABLES 0x401000u
#define TABLES_END 0x480000u
#define PLAIN 0xffe000u /* data, four pages about a root slot's boundary: nothing, read-only, read-write */
#define PLAIN_END 0x1002000u
#define ANY 0x1004000u /* two pages that may be read-execute too; nothing jumps there */
#define ANY_END 0x1006000u
#define CODE 0x1010000u
#define SLOT 256u
#define GATE_WINDOW 0x2000000u
#define GATES 0x23f0000u
#define STACK 0x2800000u
#define STACK_END 0x2804000u
#define CALLSTACK 0x2900000u
#define FRAMES 12u
#define SUPERVISOR_STACK 0x2a01000u
#define RING 0x2b00000u

/* ---- Domains: three users', one of the kernel's ---- */
#define DOMAINS 4 /* 1 to 4 */
#define KERNEL_DOMAIN 4
#define ID(domain) ((uint16_t)((domain) == KERNEL_DOMAIN ? (domain) : (MMP_PD_USER | (domain))))

enum op_kind {
    OP_LOAD,
    OP_STORE,
    OP_ADD,
    OP_LOCK_ADD,
    OP_XCHG,
    OP_CMPXCHG,
    OP_CMPXCHG16B,
    OP_PUSH,
    OP_POP,
    OP_PUSH_MEM,
    OP_POP_MEM,
    OP_CALL,
    OP_ENTER,
    OP_LEAVE,
    OP_MOVS,
    OP_STOS,
    OP_LODS,
    OP_XLAT,
    OP_PREFETCH,
    OP_JUMP,
    OP_GATE,
    OP_GATE_JUMP,
    OP_RET,
    OP_RET_IMM,
    OP_FLAGS,
    OP_RDMSR,
    OP_SYSCALL,
    OP_INT,
    OP_UD,
    K_FIRST,
    K_PERM = K_FIRST,
    K_ENTRY,
    K_MERGE,
    K_OWN,
    K_DESCRIPTOR,
    K_STACK,
    K_RSP,
    K_RUN,
    K_GATE,
    K_ALIGN,
    K_LIMIT,
    K_NOTHING,
    KINDS
};

struct op {
    uint8_t kind, size, domain, flags;
    uint32_t count;
    uint64_t addr, value;
};
#define FLAG_STOP 1 /* INT at the end of the slot */
#define FLAG_DOWN 2 /* DF */
#define FLAG_ALL 4  /* INVAL of every domain; of everything */

#define OPS 30
struct program {
    unsigned ops;
    struct op op[OPS];
};

/* Operations that are left out, by number: what remains is the same. */
extern uint64_t program_without;
void program_generate(struct program *p, uint64_t seed, uint64_t index);
/* The program's random numbers go on: for what memory holds at first. */
uint64_t program_random(void);
uint64_t program_below(uint64_t n);
void program_print(const struct program *p);

/* ---- Code (emit.c) ---- */
enum action { DO_NOTHING, DO_SET, DO_SET_XMM, DO_DIRECTION, DO_MAIN, DO_POPF, DO_STOP, DO_GO, DO_GO_NEXT };
struct insn {
    uint8_t offset, bytes, action, reg; /* reg: of DO_SET; DO_GO: where to in the slot */
    uint64_t value;
};
#define INSNS 12
struct slot {
    unsigned insns;
    struct insn insn[INSNS];
};
#define STUB 0x60u /* where calls of a slot return to */
#define SLOT_ADDR(index) (CODE + (uint32_t)(index)*SLOT)
#define CODE_SUPERVISOR SLOT_ADDR(OPS + 1) /* INT; RET: what gates into domain 0 lead to */
#define CODE_END SLOT_ADDR(OPS + 2)
#define FILLER 0x06

extern struct slot slots[OPS + 1];
void emit(const struct program *p);

/* ---- The supervisor (supervisor.c) ---- */
struct frame { /* as the start-up code pushes it */
    uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};
extern bool verbose;
/* Memory, tables and registers for the program, and the frame that starts it. */
void supervisor_start(const struct program *p, struct frame *f);
/* After an exception in which f was pushed: looks at it, does domain 0's operations, and says where to go on
 * in f. False: the program is over. */
bool supervisor_event(const struct program *p, struct frame *f);
extern uint64_t supervisor_hash; /* of all that was seen */

/* ---- What each side provides ---- */
uint8_t *world(uint64_t addr);
void world_msr(uint32_t msr, uint64_t value);
uint64_t world_msr_read(uint32_t msr);
uint64_t world_cr2(void);
void print(const char *text);
void print_hex(uint64_t value);

#endif

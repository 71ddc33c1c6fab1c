/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rig of the processor's boot tests: a kernel of its own, in domain 0, that writes permission tables by hand
 * (one word at a time, so that nothing clever can be wrong), runs snippets in other domains until something ends
 * them, and looks at what that was.
 */
#ifndef RIG_H
#define RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mmp/arch.h"

/* ---- The machine ---- */
uint64_t msr_read(uint32_t msr);
void msr_write(uint32_t msr, uint64_t value);
void out8(uint16_t port, uint8_t value);
void print(const char *text);
void print_hex(uint64_t value);
void machine_start(void);
void vector_present(unsigned vector, bool present); /* its gate in the interrupt descriptor table */

/* ---- Memory of the tests; all else belongs to domain 0 ---- */
#define ARENA 0x1000000u        /* a root slot boundary: tables of three levels meet here */
#define ARENA_BYTES 0x400000u
#define GATES 0x23f0000u        /* gate space of the only slot in the window */
#define GATE_WINDOW_LOW 0x2000000u
#define GATE_WINDOW_HIGH 0x2400000u
#define STACK_LOW 0x2800000u    /* [sl, fb) at first */
#define STACK_TOP 0x2810000u
#define CALLSTACK 0x2900000u
#define CALLSTACK_FRAMES 24
#define SUPERVISOR_STACK 0x2a00000u /* S0 */

/* ---- Domains ---- */
enum { NOBODY, ALICE, BOB, CAROL, KEN, DOMAINS }; /* Ken is a kernel domain */
#define ID(domain) ((uint16_t)((domain) == KEN ? KEN : MMP_PD_USER | (domain)))

/* All domains, empty but for the snippets; the call stack and the stack registers as at first. */
void domains_start(void);
/* Sets the words of [start, end), in steps of four bytes. No invalidation. */
void perm_set(int domain, uint32_t start, uint32_t end, unsigned perm);
/* Sets and invalidates. */
void perm_change(int domain, uint32_t start, uint32_t end, unsigned perm);
/* Address of the entry of the root table, or of the mid table, that covers addr. */
uint32_t *root_entry(int domain, uint32_t addr);
uint32_t *mid_entry(int domain, uint32_t addr);
void gate_set(unsigned index, uint16_t id, const void *target, uint32_t badge);
#define GATE(index) (GATES + 32u * (index))
/* Both may call through all gates that are set by index < 64. */
void invalidate(uint16_t id, uint32_t addr, unsigned log2_size);
void root_share(int domain, int with); /* descriptors name one tag and root: merged */
void root_own(int domain);

/* ---- Running ---- */
struct entry {
    uint64_t rip, cs, rflags, rsp, ss, rdi, rsi, rdx, rcx, rax, rbx;
};

struct trap {
    uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
    uint64_t cr2, info, addr, gate; /* CR2 and the fault registers */
    uint16_t pd;                    /* that was interrupted */
    uint64_t fb, frames;            /* then; frames in use, its own not counted */
};
extern struct trap trap_last;

#define DONE 0x30
#define IF 0x200

/* Runs the domain at code on an empty stack until an exception other than the timer's; rflags as they were. */
void run_entry(int domain, struct entry *entry);
/* The same with the stack registers, the call stack's frames and the stack permissions as they are; all but the last are
 * as at first afterwards. */
void run_prepared(int domain, struct entry *entry);
/* The call stack holds a frame of that kind, of the same domain, besides. */
void run_entry_above(int domain, struct entry *entry, uint16_t kind);
void run(int domain, const void *code, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t rcx);

/* ---- Saying what happened ---- */
void test(const char *name);
bool check(bool ok, const char *what, uint64_t found);
void test_end(void);
/* The last run ended with INT 0x30 and rax. */
void expect_done(uint64_t rax);
/* It ended with that MMP fault at rip. */
void expect_fault(unsigned kind, const void *rip, uint64_t addr);
void expect_denied(const void *rip, int access, uint64_t addr, unsigned size);
void expect_exception(unsigned vector, const void *rip);
extern unsigned failures;

#endif

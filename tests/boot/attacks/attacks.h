/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The attack suite: a kernel of its own on the rig of tests/boot/cpu, whose cases each try something that the
 * manual forbids and look at three things: the fault (kind, address, RIP, domain), that no register changed,
 * and that no byte of memory did.
 *
 * How "nothing changed" is known: the code of a case executes UD2 right before the instruction under attack.
 * The harness then takes a snapshot of all registers, the stack registers, the SSE state, the counters and a
 * sum of memory, and goes on behind the UD2. When the attack has ended in a fault, all are compared. What an
 * instruction may have done nonetheless (a call that has pushed, finished iterations of a string instruction)
 * a case declares with the may_ functions before it asks.
 */
#ifndef ATTACKS_H
#define ATTACKS_H

#include "rig.h"

struct attack {
    const char *name, *tries, *expected;
    void (*run)(void);
};
struct attacks {
    const struct attack *list;
    unsigned count;
};
extern const struct attacks attacks_on_memory, attacks_on_fetches, attacks_on_gates, attacks_on_returns,
    attacks_on_privilege, attacks_on_flags, attacks_on_tables, attacks_on_caches, attacks_by_interrupt,
    attacks_by_devices;
#define ATTACKS(name) const struct attacks attacks_##name = {list, sizeof list / sizeof *list}

/* What the code of a case is: its first instruction, the one under attack, the one after. */
#define CODE(name) extern const char name[], name##_at[], name##_end[]

static inline uint8_t *at(uint64_t addr)
{
    return (uint8_t *)addr;
}
static inline uint32_t low(const void *pointer)
{
    return (uint32_t)(uint64_t)pointer;
}

/* The arena between these two is read-write for Alice at first, the rest is nobody's; all of it holds a
 * pattern. */
#define OURS (ARENA + 0x10000u)
#define WALL (ARENA + 0x12804u) /* neither the end of a leaf entry nor of a page */
#define PATTERN 0xa5a5a5a5a5a5a5a5u

/* ---- Comparing with the snapshot; each is forgotten by the next outcome ---- */
enum { RAX, RCX, RDX, RBX, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, RSP, REGISTERS };
void may_register(unsigned reg, uint64_t value);
void may_flags(uint64_t mask);
/* 8 bytes, aligned; old is what they were at the snapshot. */
void may_word(uint64_t addr, uint64_t old, uint64_t value);

/* The attack ended in that MMP fault, in that domain, and nothing changed. */
void refused(int domain, unsigned kind, const void *rip, uint64_t addr, uint64_t gate);
void refused_access(int domain, const void *rip, int access, uint64_t addr, unsigned size);
void refused_fetch(int domain, uint64_t rip, uint64_t addr);
/* In another exception with that error code. */
void refused_exception(int domain, unsigned vector, uint64_t error, const void *rip);
/* It had no effect and raised nothing: INT 0x30 was reached, at that instruction. */
void without_effect(const void *end);

/* The sum over all memory that is watched. */
uint64_t watched_sum(void);

/* ---- Running ---- */
/* Runs with these registers; the others are PATTERN's. Alice's stack pointer is STACK_TOP - 64. */
void attack(int domain, const void *code, uint64_t rdi, uint64_t rsi);
/* The same from a register file of the case's own. */
struct start {
    uint64_t gpr[REGISTERS], rflags;
};
void start_registers(struct start *start);
void attack_from(int domain, const void *code, const struct start *start);

/* Called for vectors 1 and LOCAL_TIMER, while set: true lets the domain go on, with what *frame holds now. */
#define LOCAL_TIMER 0x28
extern bool (*on_step)(struct trap *frame);

bool boot_word(const char *word);     /* the kernel's command line has it */
void draw(int domain, unsigned gate); /* the edge: the domain may enter that gate */

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the interpreter asks about MMP, and two who answer: the hardware model, and an oracle that was written
 * from the manual alone and shares nothing with it.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stdint.h>

struct cpu {
    uint64_t gpr[16]; /* in x86's order of encoding */
    uint64_t rip, rflags;
};
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

/* False: the answer is a fault, which the engine has kept as its last one; nothing else has changed. */
struct engine {
    const char *name;
    void (*reset)(uint8_t *memory, uint64_t size);
    bool (*check)(uint64_t addr, unsigned size, int access);
    bool (*is_gate)(uint64_t addr);
    bool (*gate_enter)(struct cpu *cpu);
    bool (*is_gate_return)(uint64_t rsp);
    bool (*gate_return)(struct cpu *cpu, uint64_t popped);
    bool (*interrupt_enter)(const struct cpu *cpu);
    bool (*interrupt_return)(int cpl, const struct cpu *after); /* after: as iretq leaves it */
    bool (*msr_write)(uint32_t msr, uint64_t value);
    uint64_t (*msr_read)(uint32_t msr);
    uint16_t (*pdid)(void);
};
extern const struct engine engine_model, engine_oracle;

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The programs on the host: the few x86 instructions of emit.c, interpreted over a flat memory, with an
 * engine for all that is MMP. What x86 itself says of them (paging, canonical addresses, order of accesses)
 * is here and the same for both engines; it is QEMU that says whether it is right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "interpreter.h"
#include "program.h"

static uint8_t *memory;
static const struct engine *engine;
static struct cpu cpu;
static uint64_t xmm0[2], cr2;
static struct program program;

uint8_t *world(uint64_t addr)
{
    if (addr >= RAM) {
        fprintf(stderr, "domain 0 outside memory: %llx\n", (unsigned long long)addr);
        abort();
    }
    return memory + addr;
}

void world_msr(uint32_t msr, uint64_t value)
{
    if (!engine->msr_write(msr, value)) {
        fprintf(stderr, "refused: %x := %llx\n", msr, (unsigned long long)value);
        abort();
    }
}

uint64_t world_msr_read(uint32_t msr)
{
    return engine->msr_read(msr);
}

uint64_t world_cr2(void)
{
    return cr2;
}

void print(const char *text)
{
    fputs(text, stdout);
}

void print_hex(uint64_t value)
{
    printf("0x%llx", (unsigned long long)value);
}

/* ---- Exceptions ---- */

enum { UD = 6, GP = 13, PF = 14 };
static unsigned vector;
static uint64_t error;

/* Always false: what was to be done is not. */
static bool raise(unsigned which, uint64_t code)
{
    vector = which;
    error = code;
    return false;
}

static bool mmp_fault(void)
{
    return raise(MMP_VECTOR, engine->msr_read(MMP_MSR_FAULT_INFO) & 0xff);
}

static bool user(void)
{
    return engine->pdid() & MMP_PD_USER;
}

/* ---- Accesses ---- */

enum { LOAD = MMP_ACCESS_LOAD, STORE = MMP_ACCESS_STORE, FETCH = MMP_ACCESS_FETCH };

static bool may(uint64_t addr, unsigned size, int access)
{
    if ((int64_t)(addr << 16) >> 16 != (int64_t)addr)
        return raise(GP, 0);
    if (addr >= 0x100000000u) {
        cr2 = addr;
        return raise(PF, (user() ? 4u : 0) | (access == STORE ? 2u : 0) | (access == FETCH ? 16u : 0));
    }
    return engine->check(addr, size, access) || mmp_fault();
}

static bool load(uint64_t addr, unsigned size, void *value)
{
    if (!may(addr, size, LOAD))
        return false;
    memcpy(value, world(addr), size);
    return true;
}

static bool store(uint64_t addr, unsigned size, const void *value)
{
    if (!may(addr, size, STORE))
        return false;
    memcpy(world(addr), value, size);
    return true;
}

/* Both rights before either access; the load's is looked at first. */
static bool may_change(uint64_t addr, unsigned size)
{
    return may(addr, size, LOAD) && may(addr, size, STORE);
}

static bool push(uint64_t value)
{
    if (!store(cpu.gpr[RSP] - 8, 8, &value))
        return false;
    cpu.gpr[RSP] -= 8;
    return true;
}

/* A register gets a value of some size: 4 bytes clear the rest, fewer keep it. */
static void set(unsigned reg, unsigned size, uint64_t value)
{
    uint64_t mask = size == 8 ? ~0ull : size == 4 ? 0xffffffffu : (1ull << 8 * size) - 1;

    cpu.gpr[reg] = size == 4 ? value & mask : (cpu.gpr[reg] & ~mask) | (value & mask);
}

/* ---- Instructions ---- */

static bool exchange(const struct op *op)
{
    uint64_t old = 0, new, mask = op->size == 8 ? ~0ull : 0xffffffffu;

    if (!may_change(op->addr, op->size))
        return false;
    memcpy(&old, world(op->addr), op->size);
    new = op->kind == OP_ADD || op->kind == OP_LOCK_ADD ? old + cpu.gpr[RSI] : cpu.gpr[RSI];
    if (op->kind == OP_CMPXCHG && old != (cpu.gpr[RAX] & mask)) {
        set(RAX, op->size, old);
        new = old;
    }
    memcpy(world(op->addr), &new, op->size);
    if (op->kind == OP_XCHG)
        set(RSI, op->size, old);
    return true;
}

static bool exchange_16(const struct op *op)
{
    if (op->addr % 16 != 0)
        return raise(GP, 0);
    if (!may_change(op->addr, 16))
        return false;
    memcpy(&cpu.gpr[RAX], world(op->addr), 8);
    memcpy(&cpu.gpr[RDX], world(op->addr + 8), 8);
    return true;
}

static bool string(const struct op *op)
{
    uint64_t step = cpu.rflags & 0x400 ? -(uint64_t)op->size : op->size, value;

    for (; cpu.gpr[RCX] != 0; cpu.gpr[RCX]--) {
        value = cpu.gpr[RAX];
        if (op->kind != OP_STOS && !load(cpu.gpr[RSI], op->size, &value))
            return false;
        if (op->kind == OP_LODS)
            set(RAX, op->size, value);
        else if (!store(cpu.gpr[RDI], op->size, &value))
            return false;
        if (op->kind != OP_STOS)
            cpu.gpr[RSI] += step;
        if (op->kind != OP_LODS)
            cpu.gpr[RDI] += step;
    }
    return true;
}

/* ENTER's accesses are all checked before the first, and by MMP before paging (manual 1.2). */
static bool may_enter(uint64_t addr, int access)
{
    if (!engine->check(addr, 8, access))
        return mmp_fault();
    return may(addr, 8, access);
}

static bool enter(const struct op *op)
{
    uint64_t rsp = cpu.gpr[RSP], rbp = cpu.gpr[RBP], frame = rsp - 8, value;

    if (!may_enter(rsp - 8, STORE))
        return false;
    for (unsigned i = 1; i < op->count; i++)
        if (!may_enter(rbp - 8 * i, LOAD) || !may_enter(rsp - 8 - 8 * i, STORE))
            return false;
    if (op->count > 0 && !may_enter(rsp - 8 - 8 * op->count, STORE))
        return false;
    memcpy(world(rsp -= 8), &rbp, 8);
    for (unsigned i = 1; i < op->count; i++) {
        memcpy(&value, world(rbp - 8 * i), 8);
        memcpy(world(rsp -= 8), &value, 8);
    }
    if (op->count > 0)
        memcpy(world(rsp -= 8), &frame, 8);
    cpu.gpr[RBP] = frame;
    cpu.gpr[RSP] = rsp - 16;
    return true;
}

/* RET; *next is where to. */
static bool near_return(unsigned release, uint64_t *next)
{
    uint64_t popped;

    if (!load(cpu.gpr[RSP], 8, &popped))
        return false;
    if (engine->is_gate_return(cpu.gpr[RSP])) {
        if (!engine->gate_return(&cpu, popped))
            return mmp_fault();
        *next = cpu.rip;
        return true;
    }
    cpu.gpr[RSP] += 8 + release;
    *next = popped;
    return true;
}

/* The instruction that an operation is for, at cpu.rip; *next is behind it at first. */
static bool operation(const struct op *op, uint64_t *next)
{
    uint64_t value = 0;

    switch (op->kind) {
    case OP_LOAD:
        if (op->size == 16)
            return load(op->addr, 16, xmm0);
        if (!load(op->addr, op->size, &value))
            return false;
        set(RAX, op->size, value);
        return true;
    case OP_STORE:
        if (op->size == 16)
            xmm0[0] = xmm0[1] = cpu.gpr[RSI];
        return op->size == 16 ? store(op->addr, 16, xmm0) : store(op->addr, op->size, &cpu.gpr[RSI]);
    case OP_ADD:
    case OP_LOCK_ADD:
    case OP_XCHG:
    case OP_CMPXCHG:
        return exchange(op);
    case OP_CMPXCHG16B:
        return exchange_16(op);
    case OP_PUSH:
    case OP_FLAGS:
        return push(cpu.gpr[RSI]);
    case OP_POP:
        if (!load(cpu.gpr[RSP], 8, &value))
            return false;
        cpu.gpr[RSP] += 8;
        cpu.gpr[RAX] = value;
        return true;
    case OP_PUSH_MEM:
        return load(op->addr, 8, &value) && push(value);
    case OP_POP_MEM:
        if (!load(cpu.gpr[RSP], 8, &value) || !store(op->addr, 8, &value))
            return false;
        cpu.gpr[RSP] += 8;
        return true;
    case OP_CALL:
        if (!push(*next))
            return false;
        *next += 4;
        return true;
    case OP_GATE:
        if (!push(*next))
            return false;
        *next = op->addr;
        return true;
    case OP_JUMP:
    case OP_GATE_JUMP:
        *next = op->addr;
        return true;
    case OP_ENTER:
        return enter(op);
    case OP_LEAVE:
        if (!load(cpu.gpr[RBP], 8, &value))
            return false;
        cpu.gpr[RSP] = cpu.gpr[RBP] + 8;
        cpu.gpr[RBP] = value;
        return true;
    case OP_MOVS:
    case OP_STOS:
    case OP_LODS:
        return string(op);
    case OP_XLAT:
        if (!load(cpu.gpr[RBX] + (cpu.gpr[RAX] & 0xff), 1, &value))
            return false;
        set(RAX, 1, value);
        return true;
    case OP_PREFETCH:
        return true;
    case OP_RET:
        return near_return(0, next);
    case OP_RET_IMM:
        return near_return(16, next);
    case OP_RDMSR:
        return raise(GP, 0);
    case OP_SYSCALL:
    case OP_UD:
        return raise(UD, 0);
    case OP_INT:
        if (user())
            return raise(GP, 0x21 * 8 + 2);
        cpu.rip = *next;
        return raise(0x21, 0);
    default:
        abort();
    }
}

static bool stop(uint64_t next)
{
    cpu.rip = next;
    return raise(0x30, 0);
}

static bool popf(void)
{
    uint64_t value, mask = user() ? 0x44500u : 0x47700u;

    if (!load(cpu.gpr[RSP], 8, &value))
        return false;
    cpu.gpr[RSP] += 8;
    cpu.rflags = (cpu.rflags & ~mask) | (value & mask);
    return true;
}

static bool step_insn(const struct insn *insn, unsigned slot, uint64_t *next)
{
    switch (insn->action) {
    case DO_NOTHING:
        return true;
    case DO_SET:
        cpu.gpr[insn->reg] = insn->value;
        return true;
    case DO_SET_XMM:
        cpu.gpr[RAX] = xmm0[0];
        return true;
    case DO_DIRECTION:
        cpu.rflags = insn->reg ? cpu.rflags | 0x400 : cpu.rflags & ~0x400ull;
        return true;
    case DO_MAIN:
        return operation(&program.op[slot], next);
    case DO_POPF:
        return popf();
    case DO_STOP:
        return stop(*next);
    case DO_GO:
        *next = SLOT_ADDR(slot) + insn->reg;
        return true;
    default:
        *next = SLOT_ADDR(slot + 1);
        return true;
    }
}

/* The instruction at an address of code: by what emit.c says of it. */
static const struct insn *insn_at(uint64_t rip, unsigned *slot)
{
    static const struct insn supervisor[] = {{0, 2, DO_STOP, 0, 0}, {2, 1, DO_MAIN, 0, 0}};

    *slot = (unsigned)((rip - CODE) / SLOT);
    if (rip < CODE || rip >= CODE_END)
        return NULL;
    if (*slot == OPS + 1)
        return rip % SLOT == 0 ? &supervisor[0] : rip % SLOT == 2 ? &supervisor[1] : NULL;
    for (unsigned i = 0; i < slots[*slot].insns; i++)
        if (slots[*slot].insn[i].offset == rip % SLOT)
            return &slots[*slot].insn[i];
    return NULL;
}

/* False: an exception is raised, with cpu as it is then. */
static bool step(void)
{
    const struct insn *insn;
    uint64_t next;
    unsigned slot;

    if (engine->is_gate(cpu.rip)) {
        if (!may(cpu.rip, 1, FETCH))
            return false;
        return engine->gate_enter(&cpu) || mmp_fault();
    }
    insn = insn_at(cpu.rip, &slot);
    if (!may(cpu.rip, insn ? insn->bytes : 1, FETCH))
        return false;
    if (insn == NULL) {
        if (*world(cpu.rip) != FILLER) {
            fprintf(stderr, "%s executes what is no code: %llx\n", engine->name, (unsigned long long)cpu.rip);
            abort();
        }
        return raise(UD, 0);
    }
    next = cpu.rip + insn->bytes;
    if (slot == OPS + 1 && insn->action == DO_MAIN) {
        if (!near_return(0, &next))
            return false;
    } else if (!step_insn(insn, slot, &next)) {
        return false;
    }
    cpu.rip = next;
    return true;
}

/* ---- A program ---- */

static const uint8_t order[16] = {RAX, RCX, RDX, RBX, RBP, RSI, RDI, R8,
                                  R9,  R10, R11, R12, R13, R14, R15, RSP};

static void exception(struct frame *f)
{
    *f = (struct frame){
        .vector = vector, .error = error, .rip = cpu.rip, .rflags = cpu.rflags, .rsp = cpu.gpr[RSP]};
    for (unsigned i = 0; i < 15; i++)
        (&f->rax)[i] = cpu.gpr[order[i]];
    f->cs = user() ? 0x1b : 8;
    f->ss = f->cs + 8;
    if (!engine->interrupt_enter(&cpu)) {
        fprintf(stderr, "%s: no room for a frame\n", engine->name);
        abort();
    }
}

static void resume(const struct frame *f)
{
    for (unsigned i = 0; i < 15; i++)
        cpu.gpr[order[i]] = (&f->rax)[i];
    cpu.gpr[RSP] = f->rsp;
    cpu.rip = f->rip;
    cpu.rflags = f->rflags;
    if (!engine->interrupt_return(f->cs & 3, &cpu)) {
        fprintf(stderr, "%s: iretq of domain 0 is refused\n", engine->name);
        abort();
    }
}

uint64_t interpret(const struct engine *with, uint64_t seed, uint64_t index)
{
    struct frame f;

    engine = with;
    if (memory == NULL)
        memory = calloc(1, RAM);
    engine->reset(memory, RAM);
    xmm0[0] = xmm0[1] = 0;
    program_generate(&program, seed, index);
    supervisor_start(&program, &f);
    do {
        resume(&f);
        while (step())
            ;
        exception(&f);
    } while (supervisor_event(&program, &f));
    return supervisor_hash;
}

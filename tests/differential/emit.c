/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From operations to x86 instructions: into memory, for the processor, and as a list of what each does, for
 * interpreters. Nothing here depends on which side it is compiled for.
 */
#include "program.h"

struct slot slots[OPS + 1];

static uint8_t *code; /* of the slot */
static struct slot *slot;
static unsigned at;

static void insn(enum action action, unsigned reg, uint64_t value, const char *bytes, unsigned count)
{
    slot->insn[slot->insns++] =
        (struct insn){(uint8_t)at, (uint8_t)count, (uint8_t)action, (uint8_t)reg, value};
    for (unsigned i = 0; i < count; i++)
        code[at++] = (uint8_t)bytes[i];
}
#define INSN(action, bytes) insn(action, 0, 0, bytes, sizeof bytes - 1)

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

static void set(unsigned reg, uint64_t value)
{
    char bytes[10] = {(char)(0xb8 + reg)}; /* mov $imm32, zero extended */

    if (value >> 32 == 0) {
        for (unsigned i = 0; i < 4; i++)
            bytes[1 + i] = (char)(value >> 8 * i);
        insn(DO_SET, reg, value, bytes, 5);
        return;
    }
    bytes[0] = 0x48, bytes[1] = (char)(0xb8 + reg);
    for (unsigned i = 0; i < 8; i++)
        bytes[2 + i] = (char)(value >> 8 * i);
    insn(DO_SET, reg, value, bytes, 10);
}

static void go(unsigned offset)
{
    char bytes[2] = {(char)0xeb, (char)(offset - at - 2)};

    insn(DO_GO, offset, 0, bytes, 2);
}

static void go_next(void)
{
    uint32_t distance = SLOT - at - 5;
    char bytes[5] = {(char)0xe9, (char)distance, (char)(distance >> 8), 0, 0};

    insn(DO_GO_NEXT, 0, 0, bytes, 5);
}

/* The instruction without its operand size prefix: byte, others. */
static void sized(unsigned size, const char *byte, unsigned byte_count, const char *others,
                  unsigned other_count)
{
    char bytes[8];
    unsigned n = 0;

    if (size == 2)
        bytes[n++] = 0x66;
    if (size != 1)
        byte = others, byte_count = other_count;
    if (size == 8 && (uint8_t)byte[0] == 0xf0) /* lock comes before REX */
        bytes[n++] = (char)0xf0, byte++, byte_count--;
    if (size == 8 && (uint8_t)byte[0] == 0xf3)
        bytes[n++] = (char)0xf3, byte++, byte_count--;
    if (size == 8)
        bytes[n++] = 0x48;
    for (unsigned i = 0; i < byte_count; i++)
        bytes[n++] = byte[i];
    insn(DO_MAIN, 0, 0, bytes, n);
}
#define SIZED(size, byte, others) sized(size, byte, sizeof byte - 1, others, sizeof others - 1)

static void operation(const struct op *op, unsigned index)
{
    set(RDX, index);
    set(RDI, op->addr);
    switch (op->kind) {
    case OP_LOAD:
        if (op->size == 16) {
            INSN(DO_MAIN, "\x0f\x10\x07");            /* movups (%rdi), %xmm0 */
            INSN(DO_SET_XMM, "\x66\x48\x0f\x7e\xc0"); /* movq %xmm0, %rax */
        } else {
            SIZED(op->size, "\x8a\x07", "\x8b\x07");
        }
        break;
    case OP_STORE:
        set(RSI, op->value);
        if (op->size == 16) {
            INSN(DO_NOTHING, "\x66\x48\x0f\x6e\xc6"); /* movq %rsi, %xmm0 */
            INSN(DO_NOTHING, "\x66\x0f\x6c\xc0");     /* punpcklqdq %xmm0, %xmm0 */
            INSN(DO_MAIN, "\x0f\x11\x07");
        } else {
            SIZED(op->size, "\x40\x88\x37", "\x89\x37");
        }
        break;
    case OP_ADD:
        set(RSI, op->value);
        SIZED(op->size, "", "\x01\x37");
        break;
    case OP_LOCK_ADD:
        set(RSI, op->value);
        SIZED(op->size, "", "\xf0\x01\x37");
        break;
    case OP_XCHG:
        set(RSI, op->value);
        SIZED(op->size, "", "\x87\x37");
        break;
    case OP_CMPXCHG:
        set(RAX, op->value);
        set(RSI, op->value);
        SIZED(op->size, "", "\xf0\x0f\xb1\x37");
        break;
    case OP_CMPXCHG16B:
        set(RAX, op->value);
        INSN(DO_MAIN, "\xf0\x48\x0f\xc7\x0f");
        set(RDX, index);
        break;
    case OP_PUSH:
        set(RSI, op->value);
        INSN(DO_MAIN, "\x56");
        break;
    case OP_POP:
        INSN(DO_MAIN, "\x58"); /* rax */
        break;
    case OP_PUSH_MEM:
        INSN(DO_MAIN, "\xff\x37");
        break;
    case OP_POP_MEM:
        INSN(DO_MAIN, "\x8f\x07");
        break;
    case OP_CALL:
        go(STUB - 5);
        at = STUB - 5;
        INSN(DO_MAIN, "\xe8\x04\x00\x00\x00"); /* to STUB + 4 */
        INSN(DO_STOP, "\xcd\x30");
        at = STUB + 4;
        break;
    case OP_ENTER:
        set(RBP, op->value % 2 ? op->addr : STACK_END - 256);
        {
            char bytes[4] = {(char)0xc8, 16, 0, (char)op->count};
            insn(DO_MAIN, 0, 0, bytes, 4);
        }
        break;
    case OP_LEAVE:
        set(RBP, op->addr);
        INSN(DO_MAIN, "\xc9");
        break;
    case OP_MOVS:
    case OP_STOS:
    case OP_LODS:
        if (op->flags & FLAG_DOWN)
            insn(DO_DIRECTION, 1, 0, "\xfd", 1);
        else
            insn(DO_DIRECTION, 0, 0, "\xfc", 1);
        set(RCX, op->count);
        set(RSI, op->kind == OP_LODS ? op->addr : op->value);
        if (op->kind == OP_STOS)
            set(RAX, op->value);
        if (op->kind == OP_MOVS)
            SIZED(op->size, "\xf3\xa4", "\xf3\xa5");
        else if (op->kind == OP_STOS)
            SIZED(op->size, "\xf3\xaa", "\xf3\xab");
        else
            SIZED(op->size, "\xf3\xac", "\xf3\xad");
        break;
    case OP_XLAT:
        set(RBX, op->addr);
        set(RAX, op->value);
        INSN(DO_MAIN, "\xd7");
        break;
    case OP_PREFETCH:
        INSN(DO_MAIN, "\x0f\x18\x0f");
        break;
    case OP_JUMP:
        INSN(DO_MAIN, "\xff\xe7");
        break;
    case OP_GATE:
        go(STUB - 2);
        at = STUB - 2;
        INSN(DO_MAIN, "\xff\xd7");
        INSN(DO_STOP, "\xcd\x30");
        at = STUB + 2;
        break;
    case OP_GATE_JUMP:
        INSN(DO_MAIN, "\xff\xe7");
        break;
    case OP_RET:
        INSN(DO_MAIN, "\xc3");
        break;
    case OP_RET_IMM:
        INSN(DO_MAIN, "\xc2\x10\x00");
        break;
    case OP_FLAGS:
        set(RSI, op->value);
        INSN(DO_MAIN, "\x56");
        INSN(DO_POPF, "\x9d");
        break;
    case OP_RDMSR:
        set(RCX, op->count);
        INSN(DO_MAIN, "\x0f\x32");
        break;
    case OP_SYSCALL:
        INSN(DO_MAIN, "\x0f\x05");
        break;
    case OP_INT:
        INSN(DO_MAIN, "\xcd\x21");
        break;
    case OP_UD:
        INSN(DO_MAIN, "\x0f\x0b");
        break;
    }
    if (op->flags & FLAG_STOP)
        INSN(DO_STOP, "\xcd\x30");
    else
        go_next();
}

static void slot_start(unsigned index)
{
    uint64_t filler = FILLER * 0x0101010101010101ull;

    slot = &slots[index < OPS + 1 ? index : 0];
    code = world(SLOT_ADDR(index));
    at = 0;
    for (unsigned i = 0; i < SLOT; i += 8)
        *(uint64_t *)(code + i) = filler;
    if (index < OPS + 1)
        slot->insns = 0;
}

/* Slots that have no operation of a domain end at once; every slot has a stub. */
void emit(const struct program *p)
{
    for (unsigned i = 0; i <= OPS; i++) {
        bool calls = i < p->ops && (p->op[i].kind == OP_CALL || p->op[i].kind == OP_GATE);

        slot_start(i);
        if (i < p->ops && p->op[i].kind < K_FIRST)
            operation(&p->op[i], i);
        else
            INSN(DO_STOP, "\xcd\x30");
        if (!calls) {
            at = STUB;
            INSN(DO_STOP, "\xcd\x30");
        }
    }
    slot_start(OPS + 1);
    code[0] = 0xcd, code[1] = 0x30, code[2] = 0xc3;
}

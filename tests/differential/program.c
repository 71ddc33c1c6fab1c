/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which programs there are: the choice of operations and of addresses near where something changes.
 */
#include "program.h"

uint64_t program_without;
static uint64_t state;
static uint32_t focus;       /* a page of data that much of the program is about */
static uint8_t focus_domain; /* and a domain */

uint64_t program_random(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t program_below(uint64_t n)
{
    return (program_random() >> 16) % n;
}

static bool one_in(unsigned n)
{
    return program_below(n) == 0;
}

/* Bytes of 0x80 to 0xfe (invariant 2 of program.h). */
static uint64_t data(void)
{
    uint64_t value = program_random() | 0x8080808080808080u;

    return value - ((value & (value >> 1) & (value >> 2) & (value >> 3) & (value >> 4) & (value >> 5) &
                     (value >> 6) & 0x0101010101010101u)); /* 0xff becomes 0xfe */
}

/* An address near a boundary of a page, of an eighth of one, of a leaf entry or of a word. */
static uint64_t near(uint64_t start, uint64_t end)
{
    static const uint16_t grain[] = {4096, 512, 64, 4};
    uint64_t largest = end - start >= 4096 ? 0 : end - start >= 512 ? 1 : 2;
    uint64_t size = grain[largest + program_below(4 - largest)];
    uint64_t at = start + program_below((end - start) / size) * size;
    uint64_t to = at + program_below(25) - 16;

    return to < start || to >= end - 16 ? start + program_below(end - start - 16) : to;
}

static uint64_t address(bool store)
{
    if (one_in(3))
        return near(focus - 64, focus + 4096 + 64);
    switch (program_below(store ? 13 : 16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        return near(PLAIN, PLAIN_END);
    case 5:
    case 6:
    case 7:
    case 8:
        return near(ANY, ANY_END);
    case 9:
    case 10:
    case 11:
        return near(STACK - 64, STACK_END + 64);
    case 12:
        return (one_in(2) ? 0x100000000u : 0xf0000000u) + 4096 * program_below(16) + program_below(4000);
    case 13:
        return near(GATES, GATES + 0x400);
    case 14:
        return near(CODE, SLOT_ADDR(OPS));
    default:
        return near(CALLSTACK, CALLSTACK + 0x200);
    }
}

static uint64_t stub_or_data(unsigned at)
{
    return one_in(3) ? SLOT_ADDR(program_below(at + 1)) + STUB : data();
}

static uint64_t target(unsigned at)
{
    switch (program_below(4)) {
    case 0:
        return near(PLAIN, PLAIN_END);
    case 1:
        return near(STACK, STACK_END);
    case 2:
        return SLOT_ADDR(program_below(OPS)) + 0x80 + program_below(0x7f);
    default:
        return SLOT_ADDR(program_below(at + 1)) + STUB;
    }
}

static uint64_t gate_address(unsigned at, unsigned ops)
{
    uint64_t gate = GATES + 32 * (at + (one_in(3) ? program_below(ops - at) : 0));

    return one_in(12) ? gate + program_below(32) : gate;
}

/* Words of a region; mostly few, sometimes a page or all of it. */
static void region(struct op *op)
{
    static const uint32_t start[] = {PLAIN, ANY, CODE, GATES};
    static const uint32_t end[] = {PLAIN_END, ANY_END, CODE_END, GATES + 0x1000};
    unsigned which = (unsigned)program_below(8);

    which = which < 3 ? 0 : which < 6 ? 1 : which - 4;
    op->addr = near(start[which], end[which]) & ~3ull;
    op->count = 1 + (uint32_t)program_below(one_in(3) ? 1024 : 24);
    if (op->addr + op->count * 4 > end[which])
        op->count = (uint32_t)(end[which] - op->addr) / 4;
    op->size = (uint8_t)program_below(which == 0 ? 3 : 4); /* the permission */
    if (which >= 2)
        op->size = one_in(3) ? (uint8_t)program_below(2) : MMP_PERM_RX;
}

static void supervisor_op(struct op *op, unsigned at, unsigned ops)
{
    static const uint8_t kinds[] = {K_PERM, K_PERM, K_PERM,       K_PERM,  K_ENTRY, K_ENTRY, K_MERGE,
                                    K_OWN,  K_OWN,  K_DESCRIPTOR, K_STACK, K_STACK, K_RSP,   K_RSP,
                                    K_RSP,  K_RUN,  K_RUN,        K_RUN,   K_GATE,  K_ALIGN, K_LIMIT};

    op->kind = kinds[program_below(sizeof kinds)];
    op->domain = one_in(2) ? focus_domain : (uint8_t)(1 + program_below(DOMAINS));
    op->flags = one_in(4) ? FLAG_ALL : 0;
    op->value = program_random();
    switch (op->kind) {
    case K_PERM:
        region(op);
        break;
    case K_ENTRY:
        op->addr = one_in(2) ? focus : near(PLAIN, ANY_END) & ~4095ull;
        break;
    case K_STACK:
        op->addr = near(STACK, STACK_END) & ~7ull;
        break;
    case K_GATE:
        op->count = (uint32_t)(at + program_below(ops - at));
        break;
    case K_RSP:
        op->addr = one_in(3) ? address(true) : near(STACK, STACK_END);
        break;
    }
}

static void domain_op(struct op *op, unsigned at, unsigned ops)
{
    static const uint8_t sizes[] = {1, 2, 4, 8, 8, 16};
    static const uint8_t kinds[] = {
        OP_LOAD,  OP_LOAD,     OP_LOAD,     OP_LOAD,  OP_STORE,   OP_STORE,      OP_STORE,    OP_STORE,
        OP_STORE, OP_ADD,      OP_LOCK_ADD, OP_XCHG,  OP_CMPXCHG, OP_CMPXCHG16B, OP_PUSH,     OP_PUSH,
        OP_POP,   OP_PUSH_MEM, OP_POP_MEM,  OP_CALL,  OP_CALL,    OP_ENTER,      OP_LEAVE,    OP_MOVS,
        OP_MOVS,  OP_MOVS,     OP_STOS,     OP_STOS,  OP_LODS,    OP_XLAT,       OP_PREFETCH, OP_JUMP,
        OP_GATE,  OP_GATE,     OP_GATE,     OP_GATE,  OP_GATE,    OP_GATE_JUMP,  OP_RET,      OP_RET,
        OP_RET,   OP_RET,      OP_RET_IMM,  OP_FLAGS, OP_RDMSR,   OP_SYSCALL,    OP_INT,      OP_UD};
    bool string;

    op->kind = kinds[program_below(sizeof kinds)];
    if (at > 0 && one_in(3)) /* what belongs together: a call and its return, a forged one */
        op->kind = op[-1].kind == OP_GATE || op[-1].kind == OP_PUSH ? OP_RET
                   : op[-1].kind == K_RSP                           ? OP_PUSH
                                                                    : op->kind;
    string = op->kind == OP_MOVS || op->kind == OP_STOS || op->kind == OP_LODS;
    op->flags = (uint8_t)((one_in(4) ? FLAG_STOP : 0) | (string && one_in(3) ? FLAG_DOWN : 0));
    op->size = sizes[program_below(op->kind == OP_LOAD || op->kind == OP_STORE ? 6
                                   : string                                    ? 4
                                                                               : 2) +
                     (op->kind == OP_LOAD || op->kind == OP_STORE || string ? 0 : 2)];
    op->addr = address(op->kind != OP_LOAD && op->kind != OP_LODS && op->kind != OP_PUSH_MEM &&
                       op->kind != OP_PREFETCH);
    op->value = data();
    switch (op->kind) {
    case OP_CMPXCHG16B:
        op->addr &= ~15ull;
        break;
    case OP_PUSH:
        op->value = stub_or_data(at);
        break;
    case OP_MOVS:
        op->value = address(false);
        /* fallthrough */
    case OP_STOS:
    case OP_LODS:
        op->count = (uint32_t)program_below(14);
        break;
    case OP_ENTER:
        op->count = (uint32_t)program_below(3);
        op->addr = near(STACK, STACK_END);
        break;
    case OP_LEAVE:
        op->addr = near(STACK, STACK_END);
        break;
    case OP_JUMP:
        op->addr = target(at);
        break;
    case OP_GATE:
    case OP_GATE_JUMP:
        op->addr = gate_address(at, ops);
        break;
    case OP_FLAGS:
        op->value = 2 | (one_in(2) ? 0x400 : 0) | (one_in(2) ? 0x4000 : 0) | (one_in(2) ? 0x40000 : 0);
        break;
    case OP_RDMSR:
        op->count = (uint32_t)(MMP_MSR_BASE + program_below(0x30));
        break;
    }
}

void program_generate(struct program *p, uint64_t seed, uint64_t index)
{
    state = (seed << 32 | index) * 0xd1342543de82ef95u + 1;
    p->ops = 8 + (unsigned)program_below(OPS - 8);
    focus = (one_in(2) ? PLAIN : ANY) + 4096 * (uint32_t)program_below(2);
    focus_domain = (uint8_t)(1 + program_below(DOMAINS));
    for (unsigned i = 0; i < p->ops; i++) {
        struct op *op = &p->op[i];

        *op = (struct op){0};
        if (one_in(4)) {
            supervisor_op(op, i, p->ops);
            if (i > 0)
                p->op[i - 1].flags |= FLAG_STOP * (p->op[i - 1].kind < K_FIRST);
        } else {
            domain_op(op, i, p->ops);
        }
    }
    for (unsigned i = 0; i < p->ops; i++)
        if (program_without >> i & 1)
            p->op[i] = (struct op){.kind = K_NOTHING};
}

void program_print(const struct program *p)
{
    static const char *const names[] = {
        "load",     "store",   "add",   "lock add",     "xchg",  "cmpxchg", "cmpxchg16b", "push",  "pop",
        "push mem", "pop mem", "call",  "enter",        "leave", "movs",    "stos",       "lods",  "xlat",
        "prefetch", "jump",    "gate",  "gate by jump", "ret",   "ret 16",  "flags",      "rdmsr", "syscall",
        "int",      "ud",      "PERM",  "ENTRY",        "MERGE", "OWN",     "DESCRIPTOR", "STACK", "RSP",
        "RUN",      "GATE",    "ALIGN", "LIMIT",        "-"};
    _Static_assert(sizeof names / sizeof *names == KINDS, "a name for each");

    for (unsigned i = 0; i < p->ops; i++) {
        const struct op *op = &p->op[i];

        if (op->kind == K_NOTHING)
            continue;
        print("op "), print_hex(i), print(" "), print(names[op->kind]);
        print(" size "), print_hex(op->size), print(" addr "), print_hex(op->addr);
        print(" value "), print_hex(op->value), print(" count "), print_hex(op->count);
        print(" domain "), print_hex(op->domain), print(" flags "), print_hex(op->flags), print("\n");
    }
}

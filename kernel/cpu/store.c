/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Decodes the stores that compilers and C libraries use. It looks at nothing but the instruction and the
 * registers; whatever it does not know for certain it does not claim.
 */
#include "cpu/store.h"

#include <stddef.h>

#define RFLAGS_DOWN 0x400u

struct instruction {
    const struct registers *registers;
    const uint8_t *code, *next; /* next: behind what has been read */
    bool word, wide;            /* prefix 66; REX.W */
    uint8_t rex, repeat;        /* repeat: f2, f3 or 0 */
};

#define PLACE(name) offsetof(struct registers, name)

static uint64_t register_of(const struct registers *r, unsigned number)
{
    static const uint8_t places[16] = {PLACE(rax), PLACE(rcx), PLACE(rdx), PLACE(rbx), PLACE(rsp), PLACE(rbp),
                                       PLACE(rsi), PLACE(rdi), PLACE(r8),  PLACE(r9),  PLACE(r10), PLACE(r11),
                                       PLACE(r12), PLACE(r13), PLACE(r14), PLACE(r15)};

    return *(const uint64_t *)((const uint8_t *)r + places[number]);
}

/* False: an address that this file does not compute (fs, gs, 32-bit addresses), or a lock. */
static bool prefixes_read(struct instruction *i)
{
    for (;; i->next++) {
        switch (*i->next) {
        case 0x66:
            i->word = true;
            break;
        case 0xf2:
        case 0xf3:
            i->repeat = *i->next;
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
            break;
        case 0x64:
        case 0x65:
        case 0x67:
        case 0xf0:
            return false;
        default:
            if ((*i->next & 0xf0) == 0x40) {
                i->rex = *i->next++;
                i->wide = (i->rex & 8) != 0;
            }
            return true;
        }
        if (i->next - i->code >= STORE_CODE_BYTES - 8)
            return false;
    }
}

static int32_t displacement_read(struct instruction *i, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned n = 0; n < bytes; n++)
        value |= (uint32_t)*i->next++ << 8 * n;
    return bytes == 1 ? (int8_t)value : (int32_t)value;
}

/* The address of a memory operand; `behind` it come so many bytes of immediate. False: it is a register, or
 * the opcode's extension is not the one expected. */
static bool operand_read(struct instruction *i, bool extended, unsigned behind, uint64_t *address)
{
    uint8_t modrm = *i->next++, mode = modrm >> 6, base = modrm & 7;
    uint64_t at = 0;

    if (mode == 3 || (extended && (modrm >> 3 & 7) != 0))
        return false;
    if (base == 4) {
        uint8_t sib = *i->next++;
        unsigned index = (sib >> 3 & 7u) | (i->rex & 2u) << 2;

        base = sib & 7;
        if (index != 4)
            at = register_of(i->registers, index) << (sib >> 6);
        if (mode == 0 && base == 5)
            at += (uint64_t)(int64_t)displacement_read(i, 4);
        else
            at += register_of(i->registers, base | (i->rex & 1u) << 3);
    } else if (mode == 0 && base == 5) {
        at = (uint64_t)(int64_t)displacement_read(i, 4);
        at += i->registers->rip + (uint64_t)(i->next - i->code) + behind;
    } else {
        at = register_of(i->registers, base | (i->rex & 1u) << 3);
    }
    if (mode != 0)
        at += (uint64_t)(int64_t)displacement_read(i, mode == 1 ? 1 : 4);
    *address = at;
    return true;
}

static unsigned operand_bytes(const struct instruction *i)
{
    return i->wide ? 8 : i->word ? 2 : 4;
}

static bool string_decode(const struct instruction *i, unsigned bytes_each, uint64_t *from, uint64_t *bytes)
{
    *from = i->registers->rdi;
    *bytes = bytes_each;
    if (i->repeat == 0)
        return true;
    if ((i->registers->rflags & RFLAGS_DOWN) == 0 && i->registers->rcx <= UINT32_MAX)
        *bytes = i->registers->rcx * bytes_each;
    return true;
}

/* Opcodes behind 0f; 0: no plain store. */
static unsigned long_opcode_bytes(const struct instruction *i, uint8_t opcode)
{
    switch (opcode) {
    case 0x11:
        return i->repeat == 0xf3 ? 4 : i->repeat == 0xf2 ? 8 : 16;
    case 0x13:
    case 0x17:
        return i->repeat == 0 ? 8 : 0;
    case 0x29:
    case 0x2b:
        return i->repeat == 0 ? 16 : 0;
    case 0x7e:
        return i->repeat == 0 ? (i->wide ? 8 : 4) : 0;
    case 0x7f:
        return i->word || i->repeat == 0xf3 ? 16 : 8;
    case 0xc3:
        return i->wide ? 8 : 4;
    case 0xd6:
        return i->word ? 8 : 0;
    case 0xe7:
        return i->word ? 16 : 8;
    default:
        return (opcode & 0xf0) == 0x90 ? 1 : 0;
    }
}

bool store_decode(const struct registers *registers, const uint8_t *code, uint64_t *from, uint64_t *bytes)
{
    struct instruction i = {.registers = registers, .code = code, .next = code};
    unsigned behind = 0;
    bool extended = false;

    if (!prefixes_read(&i))
        return false;
    uint8_t opcode = *i.next++;
    switch (opcode) {
    case 0xa4:
    case 0xaa:
        return string_decode(&i, 1, from, bytes);
    case 0xa5:
    case 0xab:
        return string_decode(&i, operand_bytes(&i), from, bytes);
    case 0x88:
        *bytes = 1;
        break;
    case 0x89:
        *bytes = operand_bytes(&i);
        break;
    case 0xc6:
        *bytes = behind = 1;
        extended = true;
        break;
    case 0xc7:
        *bytes = operand_bytes(&i);
        behind = i.word && !i.wide ? 2 : 4;
        extended = true;
        break;
    case 0x0f:
        *bytes = long_opcode_bytes(&i, *i.next++);
        if (*bytes == 0)
            return false;
        break;
    default:
        return false;
    }
    return operand_read(&i, extended, behind, from);
}

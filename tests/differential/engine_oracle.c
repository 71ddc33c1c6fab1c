/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle: docs/mmp-manual.md read aloud, byte by byte, without a thought for speed. Offsets and kinds
 * stand here as numbers, as the manual prints them; tables are read by the plain reader of the host tests.
 */
#include "engine.h"
#include "mmp_tables.h"

static uint8_t *mem;
static uint64_t mem_size;

static uint64_t en, frame_align, running, root, dtbase, dtcount, gwlo, gwhi, sl, fb, xbase, xlimit, xsp, s0;
static uint64_t ring, ring_bytes, records;
static uint64_t fault_kind, fault_access, fault_pd, fault_size, fault_addr, fault_gate;

static void reset(uint8_t *memory, uint64_t size)
{
    mem = memory;
    mem_size = size;
    en = running = root = dtbase = dtcount = gwlo = gwhi = sl = fb = xbase = xlimit = xsp = s0 = 0;
    fault_kind = fault_access = fault_pd = fault_size = fault_addr = fault_gate = 0;
    ring = ring_bytes = records = 0;
    frame_align = 12;
}

static bool in_memory(uint64_t addr, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes; i++)
        if (addr + i >= mem_size)
            return false;
    return true;
}

static uint64_t get(uint64_t addr, int bytes)
{
    uint64_t value = 0;

    for (int i = bytes - 1; i >= 0; i--)
        value = value * 256 + mem[addr + (uint64_t)i];
    return value;
}

static void put(uint64_t addr, int bytes, uint64_t value)
{
    for (int i = 0; i < bytes; i++)
        mem[addr + (uint64_t)i] = (uint8_t)(value >> 8 * i);
}

static bool fault(uint64_t kind, uint64_t addr, uint64_t gate)
{
    fault_kind = kind;
    fault_access = fault_size = 0;
    fault_pd = running;
    fault_addr = addr;
    fault_gate = gate;
    return false;
}

static bool access_fault(uint64_t kind, uint64_t addr, int access, uint64_t size)
{
    fault(kind, addr, 0);
    fault_access = (uint64_t)access;
    fault_size = size;
    return false;
}

/* ---- Section 7.9, without the time and the count of instructions ---- */

static void record(uint64_t kind, uint64_t from, uint64_t rsp, uint64_t place)
{
    uint64_t at;

    if (!en || ring_bytes == 0)
        return;
    at = ring + records++ % (ring_bytes / 32) * 32;
    put(at + 8, 8, rsp);
    put(at + 16, 4, place);
    put(at + 24, 2, kind);
    put(at + 26, 2, from);
    put(at + 28, 2, running);
    put(at + 30, 2, 0);
}

/* ---- Section 4.4 ---- */

static bool check(uint64_t addr, unsigned size, int access)
{
    if (!en || running == 0)
        return true;
    for (uint64_t i = 0; i < size; i++) {
        uint64_t byte = addr + i, word = byte - byte % 4, entry;
        unsigned perm;
        bool ok;

        if (byte >= 0x100000000)
            return access_fault(1, byte, access, size);
        if (!plain_permission(mem, mem_size, (uint32_t)root, byte, &perm, &entry))
            return access_fault(2, entry, access, size);
        if (access == 0)
            ok = perm == 1 || perm == 2 || perm == 3;
        else if (access == 1)
            ok = perm == 2;
        else
            ok = perm == 3;
        if (access != 2 && sl <= word && word + 4 <= fb)
            ok = true;
        if (!ok)
            return access_fault(1, byte, access, size);
    }
    return true;
}

/* ---- Section 3.4 ---- */

static bool lookup(uint64_t id, uint64_t *tag, uint64_t *table)
{
    uint64_t index = id % 0x8000, at = dtbase + 16 * index;

    *tag = *table = 0;
    if (id == 0)
        return true;
    if (index >= dtcount || !in_memory(at, 16))
        return false;
    *table = get(at, 4);
    *tag = get(at + 4, 2);
    return get(at + 6, 2) % 2 == 1 && *tag != 0 && *tag / 0x8000 == id / 0x8000 && *table % 4096 == 0;
}

/* ---- Section 5 ---- */

static bool is_gate(uint64_t addr)
{
    return en && addr >= gwlo && addr < gwhi && addr % 0x400000 >= 0x3f0000;
}

#define CLEARED (0x100u | 0x400u | 0x4000u | 0x40000u)

static bool gate_enter(struct cpu *cpu)
{
    uint64_t gate = cpu->rip, rsp = cpu->gpr[RSP], pd, tag, table, nfb, address, from = running;
    static const int saved[] = {RBX, RBP, R12, R13, R14, R15};

    if (gate % 32 != 0)
        return fault(3, gate, gate);
    if (!in_memory(gate, 32) || get(gate, 4) != 0x47415445)
        return fault(4, gate, gate);
    pd = get(gate + 8, 2);
    if (!lookup(pd, &tag, &table))
        return fault(5, pd, gate);
    if (tag == running) {
        cpu->gpr[RAX] = get(gate + 12, 4);
        put(gate + 16, 8, get(gate + 16, 8) + 1);
        cpu->rip = get(gate + 4, 4);
        record(2, running, rsp + 8, gate);
        return true;
    }
    if (running == 0)
        return fault(6, gate, gate);
    if (rsp < sl || rsp + 8 > fb || rsp + 8 < rsp || !in_memory(rsp, 8))
        return fault(7, rsp, gate);
    if (xsp < xbase || xsp > xlimit || (xlimit - xsp) / 128 < 3 || !in_memory(xsp, 128))
        return fault(9, xsp, gate);
    if (tag == 0) {
        nfb = s0;
        if (!in_memory(s0 - 8, 8))
            return fault(8, s0, gate);
    } else {
        nfb = (rsp + 8) / (1ull << frame_align) * (1ull << frame_align);
        if (nfb < sl + 8)
            return fault(8, sl, gate);
    }
    address = get(rsp, 8);
    put(xsp, 8, address);
    put(xsp + 8, 8, rsp + 8);
    put(xsp + 16, 8, fb);
    put(xsp + 24, 2, running);
    put(xsp + 26, 2, 1);
    put(xsp + 28, 4, cpu->rflags);
    for (int i = 0; i < 6; i++)
        put(xsp + 32 + 8 * (uint64_t)i, 8, cpu->gpr[saved[i]]);
    put(xsp + 80, 8, gate);
    xsp += 128;
    put(nfb - 8, 8, address);
    fb = nfb;
    cpu->gpr[RSP] = nfb - 8;
    running = tag;
    root = table;
    for (int i = 0; i < 6; i++)
        cpu->gpr[saved[i]] = 0;
    cpu->gpr[R10] = cpu->gpr[R11] = 0;
    cpu->gpr[RAX] = get(gate + 12, 4);
    cpu->rflags &= ~(uint64_t)CLEARED;
    if (tag == 0)
        cpu->rflags &= ~0x200ull;
    put(gate + 16, 8, get(gate + 16, 8) + 1);
    put(gate + 24, 8, get(gate + 24, 8) + 1);
    cpu->rip = get(gate + 4, 4);
    record(1, from, rsp + 8, gate);
    return true;
}

/* ---- Section 6 ---- */

static bool is_gate_return(uint64_t rsp)
{
    return en && rsp == fb - 8;
}

static bool has_top(void)
{
    return xsp >= xbase && xsp <= xlimit && xsp - xbase >= 128 && in_memory(xsp - 128, 128);
}

static bool gate_return(struct cpu *cpu, uint64_t popped)
{
    static const int restored[] = {RBX, RBP, R12, R13, R14, R15},
                     cleared[] = {RCX, RSI, RDI, R8, R9, R10, R11};
    uint64_t top = xsp - 128, pd, tag, table, from = running;

    if (!has_top())
        return fault(10, xsp, 0);
    if (get(top + 26, 2) != 1)
        return fault(12, top, 0);
    if (popped != get(top, 8))
        return fault(11, popped, get(top + 80, 8));
    pd = get(top + 24, 2);
    if (!lookup(pd, &tag, &table))
        return fault(5, pd, get(top + 80, 8));
    if (running == 0)
        cpu->rflags = (cpu->rflags & ~0x200ull) | (get(top + 28, 4) & 0x200);
    cpu->rip = get(top, 8);
    cpu->gpr[RSP] = get(top + 8, 8);
    fb = get(top + 16, 8);
    for (int i = 0; i < 6; i++)
        cpu->gpr[restored[i]] = get(top + 32 + 8 * (uint64_t)i, 8);
    for (int i = 0; i < 7; i++)
        cpu->gpr[cleared[i]] = 0;
    cpu->rflags &= ~(uint64_t)CLEARED;
    xsp = top;
    running = tag;
    root = table;
    record(3, from, cpu->gpr[RSP], get(top + 80, 8));
    return true;
}

/* ---- Section 7.3 ---- */

static bool interrupt_enter(const struct cpu *cpu)
{
    uint64_t from;

    if (xsp < xbase || xsp > xlimit || xlimit - xsp < 128 || !in_memory(xsp, 128))
        return false;
    put(xsp, 8, cpu->rip);
    put(xsp + 8, 8, cpu->gpr[RSP]);
    put(xsp + 16, 8, fb);
    put(xsp + 24, 2, running);
    put(xsp + 26, 2, 2);
    put(xsp + 28, 4, cpu->rflags);
    xsp += 128;
    from = running;
    running = 0;
    record(4, from, cpu->gpr[RSP], cpu->rip);
    return true;
}

static bool interrupt_return(int cpl, const struct cpu *after)
{
    uint64_t top = xsp - 128, pd, tag, table, from = running;

    if (!has_top())
        return fault(10, xsp, 0);
    if (get(top + 26, 2) != 2)
        return fault(12, top, 0);
    pd = get(top + 24, 2);
    if (!lookup(pd, &tag, &table))
        return fault(5, pd, 0);
    if ((tag >= 0x8000) != (cpl == 3))
        return fault(13, pd, 0);
    fb = get(top + 16, 8);
    xsp = top;
    running = tag;
    root = table;
    record(5, from, after->gpr[RSP], after->rip);
    return true;
}

/* ---- Section 8, without ranges: the test writes none that is refused ---- */

static uint64_t *reg(uint32_t msr)
{
    switch (msr) {
    case 0x4d500002:
        return &dtbase;
    case 0x4d500003:
        return &dtcount;
    case 0x4d500004:
        return &gwlo;
    case 0x4d500005:
        return &gwhi;
    case 0x4d500007:
        return &fb;
    case 0x4d500008:
        return &sl;
    case 0x4d500009:
        return &xbase;
    case 0x4d50000a:
        return &xlimit;
    case 0x4d50000b:
        return &xsp;
    case 0x4d50000c:
        return &s0;
    case 0x4d500028:
        return &ring;
    case 0x4d500029:
        return &ring_bytes;
    case 0x4d50002a:
        return &records;
    case 0x4d500011:
        return &fault_addr;
    case 0x4d500012:
        return &fault_gate;
    default:
        return 0;
    }
}

static bool msr_write(uint32_t msr, uint64_t value)
{
    if (msr == 0x4d500000) {
        en = value % 2;
        frame_align = value / 256;
    } else if (reg(msr) != 0) {
        *reg(msr) = value;
    } else if (msr == 0x4d500006) {
        record(6, running, 0, value); /* the test writes 0 only */
    }
    return true;
}

static uint64_t msr_read(uint32_t msr)
{
    if (msr == 0x4d500010)
        return fault_kind | fault_access << 8 | fault_pd << 16 | fault_size << 32;
    return reg(msr) != 0 ? *reg(msr) : 0;
}

static uint16_t pdid(void)
{
    return (uint16_t)running;
}

const struct engine engine_oracle = {"oracle",         reset,          check,       is_gate,
                                     gate_enter,       is_gate_return, gate_return, interrupt_enter,
                                     interrupt_return, msr_write,      msr_read,    pdid};

/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "engine.h"
#include "model.h"

static struct mmp_state s;
static struct mmp_memory m;

static bool faulted(const struct mmp_fault *fault)
{
    mmp_fault_record(&s, fault);
    return false;
}

static void reset(uint8_t *memory, uint64_t size)
{
    m = (struct mmp_memory){memory, size};
    mmp_reset(&s);
}

static bool check(uint64_t addr, unsigned size, int access)
{
    struct mmp_fault fault;

    return mmp_check(&s, &m, addr, size, access, &fault) || faulted(&fault);
}

static bool is_gate(uint64_t addr)
{
    return mmp_is_gate(&s, addr);
}

static struct mmp_cpu registers_of(struct cpu *cpu)
{
    return (struct mmp_cpu){.gpr = cpu->gpr, .rip = cpu->rip, .rflags = (uint32_t)cpu->rflags};
}

static void back(struct cpu *cpu, const struct mmp_cpu *from)
{
    cpu->rip = from->rip;
    cpu->rflags = from->rflags;
}

static bool gate_enter(struct cpu *cpu)
{
    struct mmp_fault fault;
    struct mmp_cpu c = registers_of(cpu);

    if (mmp_gate_enter(&s, &m, &c, &fault) == MMP_CROSSING_FAULT)
        return faulted(&fault);
    back(cpu, &c);
    return true;
}

static bool is_gate_return(uint64_t rsp)
{
    return mmp_is_gate_return(&s, rsp);
}

static bool gate_return(struct cpu *cpu, uint64_t popped)
{
    struct mmp_fault fault;
    struct mmp_cpu c = registers_of(cpu);

    if (mmp_gate_return(&s, &m, &c, popped, &fault) == MMP_CROSSING_FAULT)
        return faulted(&fault);
    back(cpu, &c);
    return true;
}

static bool interrupt_enter(const struct cpu *cpu)
{
    struct cpu copy = *cpu;
    struct mmp_cpu c = registers_of(&copy);

    return mmp_interrupt_enter(&s, &m, &c);
}

static bool interrupt_return(int cpl, const struct cpu *after)
{
    struct mmp_fault fault;
    struct cpu copy = *after;
    struct mmp_cpu c = registers_of(&copy);
    uint16_t from = s.pdid;

    if (mmp_interrupt_return(&s, &m, cpl, &fault) == MMP_CROSSING_FAULT)
        return faulted(&fault);
    mmp_interrupt_returned(&s, &m, from, &c);
    return true;
}

static bool msr_write(uint32_t msr, uint64_t value)
{
    struct mmp_invalidate inval;

    return mmp_msr_write(&s, &m, msr, value, &inval) != MMP_MSR_REFUSED;
}

static uint64_t msr_read(uint32_t msr)
{
    uint64_t value = 0;

    mmp_msr_read(&s, msr, &value);
    return value;
}

static uint16_t pdid(void)
{
    return s.pdid;
}

const struct engine engine_model = {"model",          reset,          check,       is_gate,
                                    gate_enter,       is_gate_return, gate_return, interrupt_enter,
                                    interrupt_return, msr_write,      msr_read,    pdid};

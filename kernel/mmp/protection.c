/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The processor's MMP as a whole: is it there, switch it on, what did it say.
 */
#include "protection.h"

#include "mmp/arch.h"
#include "mmp/parts.h"
#include "mmp/registers.h"

/* Frame bases lie on page boundaries: no page of a stack is half one activation's and half another's (the
 * slow case of the emulator; a real PLB would hold more entries for it too). The price is stack space for
 * each crossing. */
#define FRAME_ALIGN_LOG2 12u
#define SELECTOR_SUPERVISOR 0x08u
#define SELECTOR_USER 0x18u

_Static_assert(PROTECTION_VECTOR == MMP_VECTOR, "vector of faults (manual 9)");

bool protection_present(void)
{
    uint32_t a = MMP_CPUID_LEAF, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return a == MMP_CPUID_MAGIC;
}

void protection_start(struct call_stack *first, uint64_t supervisor_stack)
{
    mmp_register_write(MMP_MSR_CTL, FRAME_ALIGN_LOG2 << MMP_CTL_ALIGN_SHIFT);
    mmp_domains_start();
    mmp_register_write(MMP_MSR_S0, supervisor_stack);
    mmp_register_write(MMP_MSR_SEL, SELECTOR_SUPERVISOR | SELECTOR_USER << 16);
    call_stack_switch(first);
    mmp_register_write(MMP_MSR_CTL, FRAME_ALIGN_LOG2 << MMP_CTL_ALIGN_SHIFT | MMP_CTL_EN);
}

struct protection_fault protection_fault(void)
{
    uint64_t info = mmp_register_read(MMP_MSR_FAULT_INFO);

    return (struct protection_fault){.kind = (uint8_t)info,
                                     .access = info >> 8 & 3,
                                     .id = (uint16_t)(info >> 16),
                                     .size = info >> 32 & 0xffff,
                                     .address = mmp_register_read(MMP_MSR_FAULT_ADDR),
                                     .gate = mmp_register_read(MMP_MSR_FAULT_GATE)};
}

const char *protection_fault_text(uint8_t kind)
{
    static const char *const text[] = {
        [MMP_FAULT_NONE] = "no fault",
        [MMP_FAULT_PERMISSION] = "no permission",
        [MMP_FAULT_MALFORMED] = "malformed permission table",
        [MMP_FAULT_GATE_ALIGN] = "jump into the middle of a gate",
        [MMP_FAULT_GATE_INVALID] = "jump to a gate that does not exist",
        [MMP_FAULT_GATE_DOMAIN] = "no such domain",
        [MMP_FAULT_GATE_CALLER] = "gate used by the supervisor",
        [MMP_FAULT_STACK_RANGE] = "stack pointer outside the stack",
        [MMP_FAULT_STACK_OVERFLOW] = "stack overflow",
        [MMP_FAULT_XSTACK_OVERFLOW] = "invocations nested too deep",
        [MMP_FAULT_XSTACK_UNDERFLOW] = "return without a call",
        [MMP_FAULT_RETURN_ADDRESS] = "return to another address than the caller's",
        [MMP_FAULT_RETURN_KIND] = "return of the wrong kind",
        [MMP_FAULT_PRIVILEGE] = "return to the wrong privilege",
    };

    return kind < sizeof text / sizeof *text ? text[kind] : "unknown fault";
}

bool protection_fault_is_closed(uint8_t kind)
{
    return kind == MMP_FAULT_GATE_DOMAIN;
}

bool protection_fault_is_access(uint8_t kind)
{
    return kind == MMP_FAULT_PERMISSION || kind == MMP_FAULT_MALFORMED;
}

void protection_counters(struct protection_counters *out)
{
    out->instructions = mmp_register_read(MMP_MSR_COUNT_INSNS);
    out->gated = mmp_register_read(MMP_MSR_COUNT_GATED);
    out->passed = mmp_register_read(MMP_MSR_COUNT_PASSED);
    out->returns = mmp_register_read(MMP_MSR_COUNT_RETURNS);
    out->faults = mmp_register_read(MMP_MSR_COUNT_FAULTS);
    out->switches = mmp_register_read(MMP_MSR_COUNT_SWITCHES);
    out->mixed = mmp_register_read(MMP_MSR_COUNT_MIXED);
    out->cycles = (mmp_register_read(MMP_MSR_CAPS) & MMP_CAPS_MODEL) != 0 ? mmp_register_read(MMP_MSR_CYCLES)
                                                                          : out->instructions;
}

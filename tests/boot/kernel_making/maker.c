/* SPDX-License-Identifier: BSD-2-Clause
 * Makes domains whose code it writes itself: a few instructions at a time. */
#include "making.h"
#include "timed_block.h"

#define PAGE 4096ul

static const uint8_t code[KINDS][64] = {
    [ANSWERS] = {0xb8, 42, 0, 0, 0, 0xc3}, /* mov $42, %eax; ret */
    [FAILS] = {0x0f, 0x0b},                /* ud2 */
    [LOOPS] = {0xeb, 0xfe},                /* jmp . */
    [WAITS] = {0x48, 0x83, 0xec, 0x08, 0x48, 0xb8, 0,    0,
               0,    0,    0,    0,    0,    0,    0xff, 0xd0, /* sub $8, %rsp; mov $gate, %rax; call *%rax */
               0x48, 0x83, 0xc4, 0x08, 0xc3},                  /* add $8, %rsp; ret */
};
static long gates[KINDS];

SHOJI_EXPORT component_t maker_make(void)
{
    long pd = mmp_alloc_PD(SUP_PD_USER, 0, 0), slot, wait;

    if (pd < 0)
        return (component_t)pd;
    slot = mmp_pd_slot((component_t)pd);
    if (mmp_alloc_at(MAKER, (uint64_t)slot, PAGE) != slot)
        return 0;
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned i = 0; i < 64; i++)
            ((volatile uint8_t *)slot)[kind * 64 + i] = code[kind][i];
    wait = mmp_set_gate((uint64_t)timed_block, 3, (component_t)pd);
    *(volatile uint64_t *)(slot + WAITS * 64 + 6) = (uint64_t)wait;
    if (wait < 0 || mmp_set_perm((uint64_t)slot, PAGE, 3, (component_t)pd) != SHOJI_OK)
        return 0;
    for (unsigned kind = 0; kind < KINDS; kind++)
        if ((gates[kind] = mmp_set_gate((uint64_t)slot + kind * 64, 3, DRIVER)) < 0)
            return 0;
    return (component_t)pd;
}

SHOJI_EXPORT long maker_gate(uint32_t kind)
{
    return kind < KINDS ? gates[kind] : SHOJI_EINVAL;
}

SHOJI_EXPORT long maker_open(component_t pd)
{
    long status = mmp_open_PD(pd);

    return status;
}

SHOJI_EXPORT long maker_reset(component_t pd)
{
    long status = mmp_reset_PD(pd);

    return status;
}

SHOJI_EXPORT long maker_free(component_t pd)
{
    long slot = mmp_pd_slot(pd), status = mmp_free_PD(pd, 1);

    return status == SHOJI_OK ? mmp_free(MAKER, (uint64_t)slot, PAGE) : status;
}

SHOJI_EXPORT long component_init(component_t self)
{
    return self == MAKER ? SHOJI_OK : SHOJI_EINVAL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Owns what the attacker is after, and lends it some of it. */
#include "denials.h"
#include "mmp/arch.h"

static uint32_t wall[WALL_BYTES / 4] __attribute__((aligned(4096)));

__asm__(".pushsection .text.lent, \"ax\"\n.balign 4096\n.globl lent\n.hidden lent\nlent:\n\tmov $42, "
        "%eax\n\tret\n.balign 4096\n.popsection");
extern const char lent[];

static uint32_t pattern(uint32_t i)
{
    return 0x5eed0000u + i * 3;
}

SHOJI_EXPORT long victim_wall(void)
{
    return (long)wall;
}

SHOJI_EXPORT long victim_function(void)
{
    return (long)lent;
}

SHOJI_EXPORT long victim_check(void)
{
    for (uint32_t i = 0; i < WALL_BYTES / 4; i++)
        if (wall[i] != pattern(i))
            return SHOJI_EINVAL;
    return SHOJI_OK;
}

SHOJI_EXPORT long victim_lend_function(uint64_t perm)
{
    return mmp_set_perm((uintptr_t)lent, 64, (uint32_t)perm, ATTACKER);
}

SHOJI_EXPORT long victim_lend_page(uint64_t perm)
{
    return mmp_set_perm((uintptr_t)wall + 4096, 4096, (uint32_t)perm, ATTACKER);
}

SHOJI_EXPORT long component_init(component_t self)
{
    uintptr_t at = (uintptr_t)wall;

    (void)self;
    for (uint32_t i = 0; i < WALL_BYTES / 4; i++)
        wall[i] = pattern(i);
    if (mmp_set_perm(at + ISLAND, ISLAND_BYTES, MMP_PERM_RW, ATTACKER) != SHOJI_OK ||
        mmp_set_perm(at + LONE_WORD, 4, MMP_PERM_RO, ATTACKER) != SHOJI_OK ||
        mmp_set_perm(at + PAGE_TAIL, 8, MMP_PERM_RW, ATTACKER) != SHOJI_OK)
        return SHOJI_EINVAL;
    /* What a component may not do with mmp_set_perm itself. */
    if (mmp_set_perm(at + 2, 4, MMP_PERM_RW, ATTACKER) != SHOJI_EINVAL ||
        mmp_set_perm(at, 4, MMP_PERM_RX, ATTACKER) != SHOJI_EPERM ||
        mmp_set_perm((uintptr_t)lent, 4, MMP_PERM_RW, ATTACKER) != SHOJI_EPERM ||
        mmp_set_perm((at & ~0x3ffffful) + 0x3f0000, 32, MMP_PERM_RX, ATTACKER) != SHOJI_EPERM ||
        mmp_set_perm(0x100000, 4, MMP_PERM_RW, ATTACKER) != SHOJI_EPERM ||
        mmp_set_perm(at, 4, MMP_PERM_RO, 99) != SHOJI_ENOENT)
        return SHOJI_EINVAL;
    return SHOJI_OK;
}

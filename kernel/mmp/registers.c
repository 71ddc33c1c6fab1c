/* SPDX-License-Identifier: BSD-2-Clause
 *
 * MMP registers are model-specific registers.
 */
#include "mmp/registers.h"

uint64_t mmp_register_read(uint32_t number)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number) : "memory");
    return (uint64_t)high << 32 | low;
}

void mmp_register_write(uint32_t number, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

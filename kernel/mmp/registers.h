/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Access to the MMP registers (docs/mmp-manual.md, 8). Host tests put a fake in place of registers.c.
 */
#ifndef KERNEL_MMP_REGISTERS_H
#define KERNEL_MMP_REGISTERS_H

#include <stdint.h>

uint64_t mmp_register_read(uint32_t number);
void mmp_register_write(uint32_t number, uint64_t value);

#endif

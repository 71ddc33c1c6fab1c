/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which bytes an instruction is about to store to, read from the instruction itself.
 */
#ifndef KERNEL_CPU_STORE_H
#define KERNEL_CPU_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"

#define STORE_CODE_BYTES 15 /* an instruction is no longer */

/* `code` is what registers->rip points to, STORE_CODE_BYTES of it. True for the plain stores: mov, setcc,
 * movnti, the SSE moves, stos and movs. Of a repeated one that counts upwards, all that is left to do: so
 * much will have been stored once the instruction is over, unless it faults. False: anything else,
 * instructions that also load from there among them; nobody knows then. */
bool store_decode(const struct registers *registers, const uint8_t *code, uint64_t *from, uint64_t *bytes);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs a program on the host; what it returns is what the kernel computes for it on the processor.
 */
#ifndef INTERPRETER_H
#define INTERPRETER_H

#include <stdint.h>

struct engine;
uint64_t interpret(const struct engine *with, uint64_t seed, uint64_t index);

#endif

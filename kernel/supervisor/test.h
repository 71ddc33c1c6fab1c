/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The end of a test: QEMU's isa-debug-exit device. Where there is none, nothing happens.
 */
#ifndef KERNEL_SUPERVISOR_TEST_H
#define KERNEL_SUPERVISOR_TEST_H

#include <stdint.h>

#define TEST_EXIT_PANIC 0x7e

void test_exit(uint32_t code);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Group test: components of boot tests end the emulation.
 */
#include "supervisor/test.h"

#include "console.h"
#include "cpu/io.h"
#include "supervisor/calls.h"

#define DEBUG_EXIT_PORT 0xf4

void test_exit(uint32_t code)
{
    console_flush();
    port_write32(DEBUG_EXIT_PORT, code);
}

SUPERVISOR_CALL(sup_exit, uint64_t code, component_t)
{
    test_exit((uint32_t)code);
    for (;;) /* QEMU ends a moment later */
        __asm__ volatile("cli; hlt");
}

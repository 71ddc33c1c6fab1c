/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Multiboot 1: what the boot loader expects and leaves (Multiboot Specification 0.6.96, section 3).
 */
#ifndef KERNEL_BOOT_MULTIBOOT_H
#define KERNEL_BOOT_MULTIBOOT_H

#define MULTIBOOT_HEADER_MAGIC 0x1badb002
#define MULTIBOOT_HEADER_FLAGS 0x3 /* modules on pages, memory information */
#define MULTIBOOT_LOADED 0x2badb002
#define MULTIBOOT_HAS_MEMORY 0x1
#define MULTIBOOT_HAS_MODULES 0x8

#ifndef __ASSEMBLER__
#include <stdint.h>

struct multiboot_info {
    uint32_t flags, memory_low, memory_high /* KiB above 1 MiB */, boot_device, command_line;
    uint32_t module_count, modules;
};
struct multiboot_module {
    uint32_t from, end, command_line, reserved;
};
_Static_assert(sizeof(struct multiboot_module) == 16, "multiboot module");
#endif

#endif

# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel. The top-level Makefile includes it; `make -f kernel/kernel.mk kernel` works too.
#
#   build/kernel/shoji.elf      what is booted: ELF32, because QEMU's -kernel takes no other multiboot image
#   build/kernel/shoji.sym.elf  the same with symbols, ELF64, for debuggers
BUILD ?= build
Q ?= @
KERNEL_OUT := $(BUILD)/kernel
include components/stubs/stubs.mk

KERNEL_SOURCES := $(sort $(wildcard kernel/*.c kernel/*/*.c kernel/*/*.S))
KERNEL_OBJECTS := $(patsubst kernel/%,$(KERNEL_OUT)/%.o,$(KERNEL_SOURCES))
# -mno-red-zone is not needed (interrupts have stacks of their own) but costs nothing; no SSE: those registers are the components'.
KERNEL_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -ffreestanding -fno-pic -fno-pie -mcmodel=small -mno-red-zone \
    -mgeneral-regs-only -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing \
    -Ikernel -Ikernel/include -Immp_hw/include -I$(INTERFACE_OUT)

.PHONY: kernel
kernel: $(KERNEL_OUT)/shoji.elf

$(KERNEL_OUT)/shoji.elf: $(KERNEL_OUT)/shoji.sym.elf
	$(Q)objcopy --strip-all -O elf32-i386 $< $@

$(KERNEL_OUT)/shoji.sym.elf: $(KERNEL_OBJECTS) kernel/boot/kernel.ld
	@echo '  LD      $@'
	$(Q)ld -m elf_x86_64 -nostdlib -static -z max-page-size=4096 --no-warn-rwx-segments -T kernel/boot/kernel.ld -o $@ $(KERNEL_OBJECTS)

$(KERNEL_OUT)/%.o: kernel/% kernel/kernel.mk | $(INTERFACE_STAMP)
	@mkdir -p $(@D)
	@echo '  CC      $<'
	$(Q)gcc $(KERNEL_CFLAGS) -MMD -MP -c $< -o $@

-include $(KERNEL_OBJECTS:.o=.d)

include tests/boot/kernel.mk
test-boot-built: kernel kernel-boot-tests

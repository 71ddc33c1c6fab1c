# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel's own boot tests: tiny components without a C library. Each folder tests/boot/kernel_X holds X.manifest and one .c or .S
# file for each component, or a folder of .c files if it is more than that; here they become build/tests/kernel_X/*.elf. How they are
# linked: components/runtime/component.ld.
include components/component.mk
BUILD ?= build
Q ?= @
KERNEL_TEST_FOLDERS := $(wildcard tests/boot/kernel_*/) tests/boot/denials/
KERNEL_TEST_SOURCES := $(wildcard $(addsuffix *.c,$(KERNEL_TEST_FOLDERS)) $(addsuffix *.S,$(KERNEL_TEST_FOLDERS)))
KERNEL_TEST_PARTS := $(wildcard tests/boot/kernel_*/*/*.c)
KERNEL_TEST_IMAGES := $(patsubst tests/boot/%/,$(BUILD)/tests/%.elf,$(sort $(dir $(KERNEL_TEST_PARTS)))) $(addsuffix .elf,$(basename $(patsubst tests/boot/%,$(BUILD)/tests/%,$(KERNEL_TEST_SOURCES))))
KERNEL_TEST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -ffreestanding -fPIC -fno-plt -fvisibility=hidden -mno-red-zone \
    -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-optimize-sibling-calls -mgeneral-regs-only \
    -Itests/boot -Icomponents/interface -Icomponents -Icomponents/image -Ikernel/include -Immp_hw/include -I$(INTERFACE_OUT)
KERNEL_TEST_LDFLAGS := -nostdlib -shared -Wl,-T,components/runtime/component.ld -Wl,-Bsymbolic -Wl,-z,now -Wl,-z,noexecstack \
    -Wl,-z,max-page-size=4096 -Wl,-z,text -Wl,-z,norelro -Wl,--hash-style=sysv -Wl,--build-id=none

# A component that loads another has its file in its image (.incbin).
$(BUILD)/tests/kernel_pd/loader.elf: $(BUILD)/tests/kernel_pd/child.elf
$(BUILD)/tests/kernel_pd/loader.elf: KERNEL_TEST_CFLAGS += -Wa,-I$(BUILD)/tests/kernel_pd

.PHONY: kernel-boot-tests
kernel-boot-tests: $(KERNEL_TEST_IMAGES)

$(BUILD)/tests/%.elf: tests/boot/%.c tests/boot/kernel.mk components/runtime/component.ld components/lines | $(INTERFACE_STAMP)
	@mkdir -p $(@D)
	$(Q)gcc -I$(<D) $(KERNEL_TEST_CFLAGS) $(KERNEL_TEST_LDFLAGS) -MMD -MF $(@:.elf=.d) -o $@ $<
	@components/lines $@ $@.lines && objcopy --add-section .shoji_lines=$@.lines $@ && rm $@.lines

$(BUILD)/tests/%.elf: tests/boot/%.S tests/boot/kernel.mk components/runtime/component.ld components/lines | $(INTERFACE_STAMP)
	@mkdir -p $(@D)
	$(Q)gcc -I$(<D) $(KERNEL_TEST_CFLAGS) $(KERNEL_TEST_LDFLAGS) -MMD -MF $(@:.elf=.d) -o $@ $<
	@components/lines $@ $@.lines && objcopy --add-section .shoji_lines=$@.lines $@ && rm $@.lines

define kernel_test_folder
$(1): $(wildcard $(2)*.[ch] $(2)../*.h kernel/include/shoji/*.h) tests/boot/kernel.mk components/runtime/component.ld components/lines | $(INTERFACE_STAMP)
	@mkdir -p $$(@D)
	$$(Q)gcc $$(KERNEL_TEST_CFLAGS) $$(KERNEL_TEST_LDFLAGS) -o $$@ $$(filter %.c,$$^)
endef
$(foreach folder,$(sort $(dir $(KERNEL_TEST_PARTS))),$(eval $(call kernel_test_folder,$(patsubst tests/boot/%/,$(BUILD)/tests/%.elf,$(folder)),$(folder))))

-include $(KERNEL_TEST_IMAGES:.elf=.d)

# The web server's driver, gone bad: tests/boot/test_dma.py.
evil_vnic.sources := tests/boot/evil_vnic/evil_vnic.c webserver/vnic/queue.c
evil_vnic.includes := webserver/vnic
$(eval $(call component,evil_vnic))
kernel-boot-tests: $(BUILD)/components/evil_vnic.elf

# SPDX-License-Identifier: BSD-2-Clause
#
# The boot test of heaps: components with the runtime and the C library, in build/components. What is booted: test_heap.py.
heap_images_before := $(COMPONENT_IMAGES)
heap_user.sources   := tests/boot/heap/user.c
heap_peer.sources   := tests/boot/heap/peer.c
heap_driver.sources := tests/boot/heap/driver.c
$(foreach name,heap_user heap_peer heap_driver,$(eval $(call component,$(name))))
HEAP_TEST_IMAGES := $(patsubst %,$(BUILD)/components/%.elf,heap_user heap_peer heap_driver)
COMPONENT_IMAGES := $(heap_images_before)

test-boot-built: $(HEAP_TEST_IMAGES)

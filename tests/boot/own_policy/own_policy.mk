# SPDX-License-Identifier: BSD-2-Clause
# Policies for test_own_policy.py, built as one's own are (policy/policy.mk): build/tests/own_policy/NAME.elf.

wild_images_before := $(COMPONENT_IMAGES)
define wild_policy
wild_policy_$(1).sources := tests/boot/own_policy/$(1).c policy/own.c
wild_policy_$(1).includes := .
$(call component,wild_policy_$(1))
test-boot-built: $(BUILD)/tests/own_policy/$(1).elf
$(BUILD)/tests/own_policy/$(1).elf: $(COMPONENT_OUT)/wild_policy_$(1).elf
	@mkdir -p $$(@D)
	@cp $$< $$@
endef
$(foreach name,$(patsubst tests/boot/own_policy/%.c,%,$(wildcard tests/boot/own_policy/*.c)),$(eval $(call wild_policy,$(name))))
COMPONENT_IMAGES := $(wild_images_before)

test-boot-built: $(BUILD)/policy/hottest.elf

# SPDX-License-Identifier: BSD-2-Clause
# The components of tests/boot/turns, linked with the runtime like any of the system's.
turns_judge.sources := $(addprefix tests/boot/turns/,judge.c locks.c priorities.c events.c budgets.c)
turns_judge.includes := components/scheduler
turns_eater.sources := tests/boot/turns/eater.c

# These are no part of the system that `make image` builds.
turns_images_before := $(COMPONENT_IMAGES)
$(eval $(call component,turns_judge))
$(eval $(call component,turns_eater))
COMPONENT_IMAGES := $(turns_images_before)

test-boot-built: $(COMPONENT_OUT)/turns_judge.elf $(COMPONENT_OUT)/turns_eater.elf

# SPDX-License-Identifier: BSD-2-Clause
# The policy library: its sources, for whoever compiles them in; the replayer, a program for this machine; and own policies.
#
# An own policy is one file, policy/own/NAME.c (docs/policy.md, "Your own policy"):
#   build/policy/NAME.so     for the replayer
#   build/policy/NAME.elf    a component, for PUT /v1/policy/code
include components/component.mk

POLICY_SOURCES := $(sort $(wildcard policy/*.c))
REPLAYER_SOURCES := $(POLICY_SOURCES) $(sort $(wildcard policy/replayer/*.c))
REPLAYER_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -I. -isystem $(BUILD)/src/yyjson/src

.PHONY: replay policy policy-load

$(BUILD)/policy/replay: $(REPLAYER_SOURCES) $(wildcard policy/*.h policy/replayer/*.h) policy/policy.mk $(BUILD)/third-party/yyjson.stamp
	@mkdir -p $(@D)
	@echo '  HOSTCC  $@'
	@gcc $(REPLAYER_CFLAGS) $(REPLAYER_SOURCES) $(BUILD)/src/yyjson/src/yyjson.c -o $@

replay: $(BUILD)/policy/replay    ## play a recorded trace under a policy: TRACE=file, ARGS='--mode adaptive --cost 1680' (docs/policy.md)
	@test -n '$(TRACE)' || { echo 'make replay: expected TRACE=file; docs/policy.md says what is in it' >&2; exit 2; }
	@$(BUILD)/policy/replay $(ARGS) $(TRACE)

# ---- Own policies ----

policy:                 ## begin and build a policy of your own: NAME=mine makes policy/own/mine.c and its test (docs/policy.md)
	@policy/new '$(NAME)'
	@$(MAKE) --no-print-directory $(BUILD)/policy/$(NAME).so $(BUILD)/policy/$(NAME).elf

policy-load:            ## build it and load it into the system that `make start` started, in place of what decides there: NAME=mine
	@policy/new --check '$(NAME)'
	@$(MAKE) --no-print-directory $(BUILD)/policy/$(NAME).elf
	@policy/load '$(NAME)'

$(BUILD)/policy/%.so: policy/own/%.c policy/own.c policy/decide.h policy/policy.mk
	@mkdir -p $(@D)
	@echo '  HOSTCC  $@'
	@gcc -std=gnu11 -O2 -g -Wall -Wextra -Werror -fPIC -fvisibility=hidden -shared -I. $< policy/own.c -o $@

# They are no part of the system that `make image` builds.
policy_images_before := $(COMPONENT_IMAGES)
define own_policy
policy_$(1).sources := policy/own/$(1).c policy/own.c
policy_$(1).includes := .
$(call component,policy_$(1))
$(BUILD)/policy/$(1).elf: $(COMPONENT_OUT)/policy_$(1).elf
	@mkdir -p $$(@D)
	@cp $$< $$@
endef
$(foreach name,$(patsubst policy/own/%.c,%,$(wildcard policy/own/*.c)),$(eval $(call own_policy,$(name))))
COMPONENT_IMAGES := $(policy_images_before)

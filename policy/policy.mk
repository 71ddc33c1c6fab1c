# SPDX-License-Identifier: BSD-2-Clause
# The policy library: its sources, for whoever compiles them in; and the replayer, a program for this machine.

POLICY_SOURCES := $(sort $(wildcard policy/*.c))
REPLAYER_SOURCES := $(POLICY_SOURCES) $(sort $(wildcard policy/replayer/*.c))
REPLAYER_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -I. -isystem $(BUILD)/src/yyjson/src

.PHONY: replay

$(BUILD)/policy/replay: $(REPLAYER_SOURCES) $(wildcard policy/*.h policy/replayer/*.h) policy/policy.mk $(BUILD)/third-party/yyjson.stamp
	@mkdir -p $(@D)
	@echo '  HOSTCC  $@'
	@gcc $(REPLAYER_CFLAGS) $(REPLAYER_SOURCES) $(BUILD)/src/yyjson/src/yyjson.c -o $@

replay: $(BUILD)/policy/replay    ## play a recorded trace under a policy: TRACE=file, ARGS='--mode adaptive --cost 1680' (docs/policy.md)
	@test -n '$(TRACE)' || { echo 'make replay: expected TRACE=file; docs/policy.md says what is in it' >&2; exit 2; }
	@$(BUILD)/policy/replay $(ARGS) $(TRACE)

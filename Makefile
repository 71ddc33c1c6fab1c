# SPDX-License-Identifier: BSD-2-Clause
# Shoji. `make help` lists what there is to make; each folder's own .mk says how. All output goes below build/.

BUILD := build
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.PHONY: help clean FORCE

# The address of the site and of the control interface on this machine.
PORT ?= 8080
CONTROL_PORT ?= 8081
export PORT CONTROL_PORT

FRAGMENTS := kernel/kernel.mk policy/policy.mk components/components.mk webserver/webserver.mk tests/tests.mk
include boot/boot.mk
ifneq ($(GOALS_THAT_BUILD),)
include $(FRAGMENTS)
endif

help:                   ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile boot/boot.mk $(FRAGMENTS) $(wildcard tests/*/*.mk)

clean: stop             ## remove build/; what was fetched and built outside Shoji stays in the user's cache
	rm -rf $(BUILD)

FORCE:

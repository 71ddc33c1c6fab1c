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

include boot/boot.mk
-include kernel/kernel.mk
-include components/components.mk
-include webserver/webserver.mk
-include policy/policy.mk
-include mmp_hw/mmp_hw.mk
-include tests/tests.mk

help:                   ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(filter %Makefile %.mk,$(MAKEFILE_LIST))

clean: stop             ## remove build/; what was fetched and built outside Shoji stays in the user's cache
	rm -rf $(BUILD)

FORCE:

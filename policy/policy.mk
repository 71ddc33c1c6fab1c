# SPDX-License-Identifier: BSD-2-Clause
# The policy library: its sources, for whoever compiles them in.

POLICY_SOURCES := $(sort $(wildcard policy/*.c))

# SPDX-License-Identifier: BSD-2-Clause
#
# The general components. What the variables mean: components/component.mk.
include components/component.mk

timed_block.sources := components/timed_block/timed_block.c
$(eval $(call component,timed_block))

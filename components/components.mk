# SPDX-License-Identifier: BSD-2-Clause
#
# The general components. What the variables mean: components/component.mk.
include components/component.mk

scheduler.sources := $(addprefix components/scheduler/,scheduler.c run_queue.c)
scheduler.lto := yes
$(eval $(call component,scheduler))

terminal_printer.sources := components/terminal_printer/terminal_printer.c
$(eval $(call component,terminal_printer))

memory_mapper.sources := components/memory_mapper/memory_mapper.c
$(eval $(call component,memory_mapper))

timed_block.sources := components/timed_block/timed_block.c
$(eval $(call component,timed_block))

lock.sources := components/lock/lock.c
$(eval $(call component,lock))

event_manager.sources := $(addprefix components/event_manager/,event_manager.c events.c)
event_manager.lto := yes
$(eval $(call component,event_manager))

# SPDX-License-Identifier: BSD-2-Clause
#
# The general components. What the variables mean: components/component.mk.
include components/component.mk

.PHONY: component interfaces
component:              ## make a new component: NAME=counter [KIND=program|server] [ID=N]; REMOVE=1 takes it out again; without NAME: how
	@components/new $(if $(NAME),'$(NAME)') $(if $(KIND),--kind '$(KIND)') $(if $(ID),--id '$(ID)') $(if $(REMOVE),--remove)

interfaces: image       ## derive build/interface/interfaces.{json,md}: every function, its contract, and which components offer it
	@components/stubs/derive describe $(INTERFACE_OUT) webserver/webserver.manifest $(COMPONENT_OUT) $(INTERFACE_HEADERS)
	@echo '  $(INTERFACE_OUT)/interfaces.json, interfaces.md'

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

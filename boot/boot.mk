# SPDX-License-Identifier: BSD-2-Clause
# Booting: what is not Shoji's own (boot/thirdparty), the emulator, and the targets that run the system.
#
# For the other fragments:
#   build/newlib/{include,lib}, build/src/{lwip,yyjson,llhttp}    symlinks into the user's cache
#   build/dashboard          the same: the dashboard's bundle, flat; $(DASHBOARD_STAMP) is its stamp
#   $(THIRD_PARTY_STAMPS)    prerequisite of whatever is compiled from these; newer when one of them has changed
#   image                    phony, defined by webserver/: builds the modules and build/system/modules.list

.PHONY: qemu qemu-plain run start stop console run-iso debug audit trace iso upload

THIRD_PARTY := newlib lwip yyjson llhttp
THIRD_PARTY_STAMPS := $(THIRD_PARTY:%=$(BUILD)/third-party/%.stamp)
DASHBOARD_STAMP := $(BUILD)/third-party/dashboard.stamp
KERNEL := $(BUILD)/kernel/shoji.elf
ISO := $(BUILD)/boot/shoji.iso

# Compilers and libraries come first: what is included next asks the compiler for its folders while make reads it.
GOALS_THAT_BUILD := $(filter-out help clean stop trace console,$(MAKECMDGOALS))
PACKAGES_STAMP := $(BUILD)/third-party/packages.stamp
ifneq ($(GOALS_THAT_BUILD),)
ifneq ($(shell test $(PACKAGES_STAMP) -nt boot/thirdparty/packages || \
    { boot/thirdparty/packages build >&2 && mkdir -p $(dir $(PACKAGES_STAMP)) && touch $(PACKAGES_STAMP); } || echo failed),)
$(error packages are missing)
endif
endif

$(THIRD_PARTY_STAMPS) &: FORCE
	@boot/thirdparty/get $(THIRD_PARTY)

$(DASHBOARD_STAMP): FORCE
	@boot/thirdparty/get dashboard

# A file of one of them may be a prerequisite by name: it is there once its stamp is.
$(BUILD)/newlib/%: | $(BUILD)/third-party/newlib.stamp
	@test -e $@
$(BUILD)/src/%: | $(THIRD_PARTY_STAMPS)
	@test -e $@

qemu:                   ## build the emulator with the MMP CPU; after a change only what depends on it
	@boot/thirdparty/get qemu

qemu-plain:             ## build the same emulator without it, to compare with
	@boot/thirdparty/get qemu-plain

run: $(KERNEL) image qemu       ## boot the system here, serial console in the foreground; Ctrl-C stops it (PORT, CONTROL_PORT, PCAP)
	@boot/run

start: $(KERNEL) image qemu     ## boot it in the background; returns when the first request is answered
	@boot/run start

stop:                   ## stop what `make start` started
	@if [ -e $(BUILD)/run/pid ]; then boot/run stop; fi

upload: $(if $(FILE),,$(if $(NAME),$(BUILD)/components/$(NAME).elf))    ## build a component and put it into the running system (NAME=, UNDER=another name, FILE= in place of building, MEMORY=64K TIME=100, REMOVE=1)
	@test -n '$(NAME)' || { echo 'make upload NAME=counter: which component?' >&2; exit 2; }
	@boot/upload $(if $(MEMORY),--memory $(MEMORY)) $(if $(TIME),--time $(TIME)) $(if $(REMOVE),--remove) $(or $(UNDER),$(NAME)) $(if $(REMOVE),,$(or $(FILE),$(BUILD)/components/$(NAME).elf))

console:                ## the serial console of what `make start` started, with its shell; Ctrl-] leaves it
	@boot/run console

run-iso: iso qemu       ## boot a GRUB CD image of the same system
	@boot/run --iso $(ISO)

debug: $(KERNEL) image qemu     ## boot it stopped under gdb, with symbols of all components and commands for domains and gates
	@boot/thirdparty/packages debug
	@boot/run debug

audit: $(KERNEL) image qemu $(BUILD)/boot/touched.so $(if $(SYSTEM),$(BUILD)/$(SYSTEM)/modules.list)    ## everything reachable, from the running tables, against webserver/webserver.rules (AUDIT='--running', '--help'; SYSTEM=examples: another than make start's)
	@boot/audit $(if $(SYSTEM),--system '$(SYSTEM)') $(AUDIT)

trace:                  ## record the running system and write build/trace.json, for Perfetto (DURATION=500 in milliseconds)
	@boot/trace $(or $(DURATION),500)

test-boot-built: $(BUILD)/boot/touched.so
$(BUILD)/boot/%.so: boot/plugin/%.c | qemu
	@mkdir -p $(@D)
	@gcc -O2 -Wall -Wextra -Werror -shared -fPIC $$(pkg-config --cflags glib-2.0) -I$(BUILD)/qemu/include $< -o $@

iso: $(ISO)
test-boot-built: iso
$(ISO): $(KERNEL) image boot/make-iso
	@boot/thirdparty/packages iso
	@boot/make-iso $@ $(KERNEL) $(BUILD)/system/modules.list

# SPDX-License-Identifier: BSD-2-Clause
#
# How a component is compiled and linked. components/components.mk and webserver/webserver.mk include this file and declare:
#
#     tcp.sources  := webserver/tcp/tcp.c build/lwip/src/core/pbuf.c ...     relative to the repository's root
#     tcp.includes := webserver/tcp build/lwip/src/include                   (optional) further -I folders
#     $(eval $(call component,tcp))
#
# and get $(BUILD)/components/tcp.elf (the loadable file) and $(BUILD)/components/tcp.debug (its debug sections); whatever folder a
# component's source is in, its output is in build/components. $(COMPONENT_IMAGES) collects the .elf files. More, all optional:
#
#     tcp.threads := yes      several threads call malloc in it: the heap gets a mutex (needs edges to lock and scheduler)
#     tcp.float   := yes      may use SSE; others are compiled with general registers only
#     tcp.flags   := -D...    further compiler flags, after the common ones
#     tcp.foreign := PATTERN  sources (make patterns) that are not ours: compiled without -Wextra -Werror
#     tcp.lto     := yes      compiled as one program when it is linked: where a call goes from file to file in what every request does.
#     tcp.needs   := FILE...  what must exist before anything of it is compiled (fetched sources, generated headers)
#     tcp.libc    := no       without newlib and runtime: freestanding headers only, and nothing is linked with it but its own sources
#
# A source ends in .c, .cc (C++) or .rs (Rust); its flags: components/languages.mk. What each may do: docs/components.md.
#
# What comes out, and why each flag: see components/runtime/component.ld and docs/architecture.md, "Component images".
ifndef COMPONENT_MK
COMPONENT_MK := components/component.mk

BUILD ?= build
NEWLIB ?= $(BUILD)/newlib
CC = gcc
OBJCOPY ?= objcopy
# make Q= shows the commands.
Q ?= @

include components/stubs/stubs.mk components/languages.mk

COMPONENT_OUT := $(BUILD)/components
COMPONENT_IMAGES :=

# -fPIC and not -fPIE: gcc takes extern data to be in the same image for PIE, but shoji_global and pool_NAME are not.
# -fno-optimize-sibling-calls: a gate takes what is at the top of the stack as the return address into the running domain. A call of
# another component in tail position, made into a jump, would name an address of our caller's.
COMPONENT_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fPIC -fno-semantic-interposition -fno-plt -fvisibility=hidden \
    -mno-red-zone -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
    -fno-optimize-sibling-calls -fno-common -fno-strict-aliasing -nostdinc -isystem $(NEWLIB)/include -isystem $(shell $(CC) -print-file-name=include) \
    -Icomponents/interface -Icomponents/runtime -Icomponents/atomic -Ikernel/include -I$(INTERFACE_OUT)
COMPONENT_WARNINGS := -Wall -Wextra -Werror
COMPONENT_LTO := -flto=1 -flto-partition=one

# -shared: undefined symbols stay in .dynsym. -Bsymbolic, --exclude-libs: calls inside the image are direct, and nothing of newlib
# or the runtime is exported. --hash-style=sysv: DT_HASH tells a loader how many symbols there are. --wrap: newlib's heap is behind the
# runtime's (heap.c), and what is lent is noted (lend.c).
COMPONENT_LDFLAGS := -nostdlib -shared -Wl,-T,components/runtime/component.ld -Wl,-Bsymbolic -Wl,--exclude-libs,ALL \
    -Wl,--gc-sections -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,-z,text -Wl,-z,norelro \
    -Wl,--hash-style=sysv -Wl,--build-id=none -Wl,--fatal-warnings \
    $(foreach function,_malloc_r _free_r _realloc_r _calloc_r _memalign_r _malloc_usable_size_r mmp_set_perm mprot_export sup_device_perm,-Wl,--wrap=$(function))

RUNTIME_SOURCES := $(addprefix components/runtime/,assert.c exit.c heap.c lend.c mutex.c print.c slabs.c statistics.c system.c)
RUNTIME_OBJECTS := $(RUNTIME_SOURCES:%.c=$(COMPONENT_OUT)/runtime/%.o)
RUNTIME_LIBRARY := $(COMPONENT_OUT)/runtime/libruntime.a
COMPONENT_LIBGCC := $(shell $(CC) -print-libgcc-file-name)

# The C library comes first: another makefile says how (build/newlib); nothing is compiled before its headers are there.
$(RUNTIME_OBJECTS): $(COMPONENT_OUT)/runtime/%.o: %.c $(COMPONENT_MK) | $(NEWLIB)/lib/libc.a $(INTERFACE_STAMP)
	@mkdir -p $(@D)
	@echo '  CC      $<'
	$(Q)$(CC) $(COMPONENT_CFLAGS) -mgeneral-regs-only $(COMPONENT_WARNINGS) -MMD -MP -c $< -o $@

$(RUNTIME_LIBRARY): $(RUNTIME_OBJECTS)
	@rm -f $@
	$(Q)ar rcs $@ $^

-include $(RUNTIME_OBJECTS:.o=.d)

# An object of component $(1) from source $(2), by the compiler of its language.
define component_object
$(COMPONENT_OUT)/$(1)/$(basename $(2)).o: $(2) $(COMPONENT_MK) $($(1).needs) $(COMPILER_NEEDS$(suffix $(2))) | $(NEWLIB)/lib/libc.a $(INTERFACE_STAMP)
	@mkdir -p $$(@D)
	@echo '  $(COMPILER_NAME$(suffix $(2)))  $(1): $(2)'
	$$(Q)$(call compile$(suffix $(2)),$(1),$(2))
endef

define compile.c
$$(CC) $$(COMPONENT_CFLAGS) $(if $(filter no,$($(1).libc)),-nostdinc -isystem $(FREESTANDING_HEADERS)) \
	    $(if $(filter yes,$($(1).float)),,-mgeneral-regs-only) \
	    $(if $(filter $($(1).foreign),$(2)),-w,$$(COMPONENT_WARNINGS)) $(addprefix -I,$($(1).includes)) \
	    -DCOMPONENT_NAME='"$(1)"' $(if $(filter yes,$($(1).lto)),$(COMPONENT_LTO)) $($(1).flags) -MMD -MP -c $$< -o $$@
endef

# $(call component,NAME)
define component
$(1).all_sources := $$(if $$(filter no,$$($(1).libc)),,components/runtime/name.c) $$(if $$(filter yes,$$($(1).threads)),components/runtime/heap_lock.c) $$($(1).sources)
$(1).objects := $$(addprefix $(COMPONENT_OUT)/$(1)/,$$(addsuffix .o,$$(basename $$($(1).all_sources))))
$(1).libraries := $$(if $$(filter no,$$($(1).libc)),,$(RUNTIME_LIBRARY) $(NEWLIB)/lib/libc.a) $$(if $$(filter %.rs,$$($(1).sources)),$$(RUST_CORE)) $(COMPONENT_LIBGCC)
COMPONENT_IMAGES += $(COMPONENT_OUT)/$(1).elf

$$(foreach source,$$($(1).all_sources),$$(eval $$(call component_object,$(1),$$(source))))

$(COMPONENT_OUT)/$(1).elf: $$($(1).objects) $(RUNTIME_LIBRARY) $(BUILD)/third-party/newlib.stamp components/runtime/component.ld components/lines
	@echo '  LD      $$@'
	$$(Q)$$(CC) $$(if $$(filter yes,$$($(1).lto)),$(COMPONENT_CFLAGS) $$(if $$(filter yes,$$($(1).float)),,-mgeneral-regs-only) $(COMPONENT_LTO)) $(COMPONENT_LDFLAGS) -Wl,-soname,$(1) -Wl,-Map,$(COMPONENT_OUT)/$(1).map -o $$@.whole $$($(1).objects) \
	    -Wl,--start-group $$($(1).libraries) -Wl,--end-group
	$$(Q)$$(OBJCOPY) --only-keep-debug $$@.whole $(COMPONENT_OUT)/$(1).debug
	$$(Q)components/lines $$@.whole $$@.lines
	$$(Q)$$(OBJCOPY) --strip-debug --add-gnu-debuglink=$(COMPONENT_OUT)/$(1).debug --add-section .shoji_lines=$$@.lines $$@.whole $$@
	@rm -f $$@.whole $$@.lines

-include $$($(1).objects:.o=.d)
endef

endif

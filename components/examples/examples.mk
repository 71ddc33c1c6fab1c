# SPDX-License-Identifier: BSD-2-Clause
#
# Programs in other languages than C with the runtime, in a system of their own: the web server with them, build/examples/modules.list.
# The one in Rust is part of it where there is a compiler: docs/components.md.
.PHONY: image-examples

EXAMPLES := without_libc newlib cpp $(if $(RUSTC),rust)
without_libc.sources := components/examples/without_libc/without_libc.c
without_libc.libc := no
newlib.sources := components/examples/newlib/newlib.c
cpp.sources := components/examples/cpp/cpp.cc
cpp.libc := no
rust.sources := components/examples/rust/rust.rs

examples_before := $(COMPONENT_IMAGES)
$(foreach name,$(EXAMPLES),$(eval $(call component,$(name))))
COMPONENT_IMAGES := $(examples_before)

EXAMPLES_MANIFEST := $(BUILD)/examples/webserver.manifest
EXAMPLES_IMAGES := $(WEBSERVER_IMAGES) $(EXAMPLES:%=$(COMPONENT_OUT)/%.elf)
image-examples: $(BUILD)/examples/modules.list
EXAMPLES_PARTS := $(foreach name,$(EXAMPLES),components/examples/$(name)/$(name).manifest)
$(eval $(call words_file,$(BUILD)/examples/parts,$(EXAMPLES_PARTS)))
$(EXAMPLES_MANIFEST): components/compose $(WEBSERVER_MANIFEST) $(EXAMPLES_PARTS) $(BUILD)/examples/parts
	@mkdir -p $(@D)
	$(Q)components/compose $@ $(WEBSERVER_MANIFEST) $(EXAMPLES_PARTS)
$(BUILD)/examples/modules.list: $(EXAMPLES_MANIFEST) $(EXAMPLES_IMAGES)
	$(call modules_list,$<,$(EXAMPLES_IMAGES))
	@$(if $(RUSTC),,echo 'examples: no rustc here: without the program in Rust')

test-boot-built: image-examples

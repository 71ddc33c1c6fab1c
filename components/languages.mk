# SPDX-License-Identifier: BSD-2-Clause
#
# The languages of components besides C (component.mk): what a source in .cc or .rs is compiled with. docs/components.md says what each may do.
#
#   C++     freestanding: no exceptions, no run-time types, no static constructors (component.ld refuses them), no C++ library
#   Rust    no_std, panic=abort, no crates but `shoji`, derived from the interfaces; if rustc is on this machine: $(RUSTC), else empty.
#           Its core library is the one that came with rustc for this machine, which is compiled with SSE: as with NAME.float := yes
ifndef LANGUAGES_MK
LANGUAGES_MK := components/languages.mk

CXX = g++
CXX_STAMP := $(BUILD)/third-party/cxx.stamp
FREESTANDING_HEADERS := $(shell $(CC) -print-file-name=include)
COMPILER_NAME.c := CC    #
COMPILER_NAME.cc := CXX   #
COMPILER_NAME.rs := RUSTC #
COMPILER_NEEDS.cc = $(LANGUAGES_MK) $(CXX_STAMP)
COMPILER_NEEDS.rs = $(LANGUAGES_MK) $(RUST_SHOJI)

define compile.cc
$$(CXX) $$(patsubst -std=%,-std=gnu++20,$$(COMPONENT_CFLAGS)) -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit \
	    $(if $(filter yes,$($(1).float)),,-mgeneral-regs-only) $$(COMPONENT_WARNINGS) $(addprefix -I,$($(1).includes)) \
	    -DCOMPONENT_NAME='"$(1)"' $($(1).flags) -MMD -MP -c $$< -o $$@
endef

$(CXX_STAMP): boot/thirdparty/packages
	@boot/thirdparty/packages cxx
	@mkdir -p $(@D) && touch $@

# An extern function may be another component's: a call of it must not become a jump (component.mk, -fno-optimize-sibling-calls). rustc has no
# such flag, so the derived crate lets something follow each call.
RUSTC := $(firstword $(shell command -v rustc) $(wildcard $(HOME)/.cargo/bin/rustc))
RUST_CORE = $(eval RUST_CORE := $(call rust_core,$(shell $(RUSTC) --print target-libdir)))$(RUST_CORE)
rust_core = $(or $(wildcard $(1)/libcore-*.rlib),$(error $(RUSTC) has no core library in $(1))) $(wildcard $(1)/libcompiler_builtins-*.rlib)
RUST_FLAGS := --edition 2021 -C panic=abort -C opt-level=2 -C relocation-model=pic -C no-redzone=yes -C force-unwind-tables=no \
    -C debuginfo=2 -C codegen-units=1 -D warnings
RUST_SHOJI := $(INTERFACE_OUT)/rust/libshoji.rlib

define compile.rs
MAKEFLAGS= $$(RUSTC) $$(RUST_FLAGS) --crate-type lib --crate-name $(1) --extern shoji=$(RUST_SHOJI) $($(1).flags) --emit=obj=$$@,dep-info=$$(@:.o=.d) $$<
endef

$(RUST_SHOJI): $(INTERFACE_STAMP) $(LANGUAGES_MK)
	@echo '  RUSTC   $(INTERFACE_OUT)/rust/shoji.rs'
	$(Q)MAKEFLAGS= $(RUSTC) $(RUST_FLAGS) --crate-type rlib --crate-name shoji -o $@ $(INTERFACE_OUT)/rust/shoji.rs
endif

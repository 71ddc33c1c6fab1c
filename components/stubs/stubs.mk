# SPDX-License-Identifier: BSD-2-Clause
#
# What is derived from the interfaces' headers (docs/interfaces.md), into build/interface. Sources include it as served/NAME.h,
# instances/NAME.h; nothing is compiled before $(INTERFACE_STAMP).
ifndef INTERFACE_STAMP
INTERFACE_OUT := $(BUILD)/interface
INTERFACE_STAMP := $(INTERFACE_OUT)/stamp
INTERFACE_HEADERS := $(filter-out %/export.h,$(wildcard components/interface/*.h)) kernel/include/shoji/status.h kernel/include/shoji/supervisor.h \
    components/runtime/runtime.h
INTERFACE_TEST_HEADERS := tests/boot/kernel_boundaries/boundaries.h tests/boot/kernel_pd/pd.h

$(INTERFACE_STAMP): $(INTERFACE_HEADERS) $(INTERFACE_TEST_HEADERS) components/interface/export.h components/interface $(wildcard components/stubs/*) | $(PACKAGES_STAMP)
	@mkdir -p $(@D)
	@echo '  STUBS   $(INTERFACE_OUT)'
	$(Q)components/stubs/derive stubs $(INTERFACE_OUT) $(INTERFACE_HEADERS) $(INTERFACE_TEST_HEADERS)
	@touch $@

# The folder itself: it is newer when a header is no more. Only what has changed is written: what includes the rest is not compiled again.
$(INTERFACE_OUT)/served/%.h $(INTERFACE_OUT)/instances/%.h: $(INTERFACE_STAMP) ;
endif

# SPDX-License-Identifier: BSD-2-Clause
# The tests. `make test` runs all of them, also after a failure, and ends with the line `N passed, N failed`.
#
# A host test is one file tests/host/test_*.c; comment lines in it say what it is linked with:
#   // links: path path...       sources, from the repository's root
#   // includes: path path...    folders of headers
#   // flags: flag flag...       anything else for the compiler and the linker
# A boot test is for pytest, below tests/boot. What it boots is built first: a fragment adds it as a prerequisite of
# test-boot-built.

.PHONY: test test-host test-boot test-boot-built

RESULTS := $(BUILD)/results
PYTEST := PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider

test:                   ## all tests
	@boot/thirdparty/packages test
	@rm -rf $(RESULTS)
	-@$(MAKE) --no-print-directory test-host
	-@$(MAKE) --no-print-directory test-boot
	@tests/summary $(RESULTS) host boot

test-host: $(THIRD_PARTY_STAMPS)    ## the tests that need no boot: cmocka, compiled for this machine (TEST=part of a name)
	@boot/thirdparty/packages test
	@rm -rf $(RESULTS)/host
	@tests/run-host $(RESULTS)/host $(TEST)

test-boot: $(KERNEL) image qemu test-boot-built     ## the tests that boot the system, by pytest (TEST=part of a name)
	@boot/thirdparty/packages test
	@rm -rf $(RESULTS)/boot
	@$(PYTEST) tests/boot --junitxml=$(RESULTS)/boot/pytest.xml $(if $(TEST),-k $(TEST))

test-boot-built:

-include tests/bench/bench.mk

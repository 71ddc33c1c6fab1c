# SPDX-License-Identifier: BSD-2-Clause
# The tests. `make test` runs all of them, also after a failure, and ends with the line `N passed, N failed`; right above it, each test that failed
# and why, in a line.
#
# A host test is one file tests/host/test_*.py, for pytest, tests/host/test_*.mjs, for Node.js' runner, or tests/host/test_*.c; comment lines in the latter say what
# it is linked with:
#   // links: path path...       sources, from the repository's root
#   // includes: path path...    folders of headers
#   // flags: flag flag...       anything else for the compiler and the linker
#   // with: path path...        files with such lines that several tests have in common
# A boot test is for pytest, below tests/boot. What it boots is built first: a fragment adds it as a prerequisite of
# test-boot-built.

.PHONY: test test-host test-boot test-boot-built

RESULTS := $(BUILD)/results
SUITES := host boot
# Seconds after which a boot test that goes on says where it is: whoever ends it then knows.
SUSPICIOUS := 1200
PYTEST := PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider

test:                   ## all tests
	@boot/thirdparty/packages test profile browser
	@rm -rf $(RESULTS)
	@for suite in $(SUITES); do \
	    $(MAKE) --no-print-directory test-$$suite || { mkdir -p $(RESULTS)/$$suite; touch $(RESULTS)/$$suite/failed; }; \
	done
	@tests/summary $(RESULTS) $(SUITES)

test-host: $(THIRD_PARTY_STAMPS) $(INTERFACE_STAMP)    ## the tests that need no boot, by cmocka and pytest (TEST=part of a name)
	@boot/thirdparty/packages test profile browser
	@rm -rf $(RESULTS)/host
	@tests/run-host $(RESULTS)/host $(if $(TEST),'$(TEST)')

test-boot: $(KERNEL) image qemu test-boot-built     ## the tests that boot the system, by pytest (TEST=part of a name)
	@boot/thirdparty/packages test profile browser
	@rm -rf $(RESULTS)/boot
	@$(PYTEST) -o faulthandler_timeout=$(SUSPICIOUS) tests/boot --junitxml=$(RESULTS)/boot/pytest.xml $(if $(TEST),-k '$(TEST)')

test-boot-built:

-include tests/bench/bench.mk
-include tests/kills/kills.mk
-include tests/fuzz/fuzz.mk
-include tests/paper/paper.mk
-include tests/differential/differential.mk
-include tests/pictures/pictures.mk
-include tests/boot/heap/heap.mk
-include tests/boot/turns/turns.mk
-include tests/boot/own_policy/own_policy.mk
-include tests/boot/upload/upload.mk

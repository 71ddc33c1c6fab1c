# SPDX-License-Identifier: BSD-2-Clause
# Fuzzing of the code that reads and writes permission tables, gates and call stacks: libFuzzer with clang's sanitizers. Each
# fuzz_*.c is a program; comment lines in it say what it is linked with, as in host tests. What was found stays in
# build/fuzz/NAME/corpus and is where the next run begins; an input that fails is build/fuzz/NAME/crash-*.

.PHONY: fuzz fuzz-packages

SECONDS ?= 60
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CC := clang -std=gnu11 -O1 -g -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

fuzz: fuzz-packages $(FUZZ_NAMES:%=$(BUILD)/fuzz/%/fuzz)   ## fuzz the table code, gates and encoders (SECONDS=60 for each, TEST=how a name begins)
	@for name in $(foreach name,$(FUZZ_NAMES),$(if $(findstring /$(TEST),/$(name)),$(name))); do \
	    dir=$(BUILD)/fuzz/$$name; mkdir -p $$dir/corpus; \
	    echo "fuzz $$name: $(SECONDS) s"; \
	    $$dir/fuzz -max_total_time=$(SECONDS) -max_len=2048 -len_control=0 -use_value_profile=1 -print_final_stats=1 -artifact_prefix=$$dir/ \
	        $$dir/corpus >$$dir/log 2>&1 || { tail -40 $$dir/log; exit 1; }; \
	    grep -E 'number_of_executed_units|cov:' $$dir/log | tail -2; \
	done

fuzz-packages:
	@boot/thirdparty/packages fuzz

# A program is one command over all its sources; they are few and small.
$(BUILD)/fuzz/%/fuzz: tests/fuzz/fuzz_%.c $(wildcard mmp_hw/model/*.[ch] mmp_hw/tables/*.[ch] mmp_hw/include/mmp/*.h) \
    tests/host/mmp_tables.c tests/host/mmp_tables.h tests/host/seeded.c tests/fuzz/input.h tests/fuzz/fuzz.mk | fuzz-packages
	@mkdir -p $(@D)
	$(FUZZ_CC) $(patsubst %,-I%,$(shell sed -n 's|^// includes:||p' $<)) -o $@ $< $(shell sed -n 's|^// links:||p' $<)

# SPDX-License-Identifier: BSD-2-Clause
# The bench: `make bench` builds what the wanted parts need and measures. Figures: docs/benchmarks.md.

.PHONY: bench profile bench-micro bench-policy bench-loops bench-web bench-watching bench-peer

BENCH := $(BUILD)/bench
comma := ,
BENCH_PARTS := $(or $(strip $(subst $(comma), ,$(ONLY))),micro policy loops web peer)

bench: $(BENCH_PARTS:%=bench-%)   ## measure: figures beside their goals (ONLY=micro,policy,loops,web,watching,peer; ROUNDS)
	@boot/thirdparty/packages test
	@/usr/bin/python3 tests/bench/bench.py --only "$(BENCH_PARTS)" --rounds $(or $(ROUNDS),0)

bench-micro: $(KERNEL) qemu $(BENCH)/micro/modules.list
bench-policy: $(BENCH)/policy/periods
bench-loops: bench-web qemu-plain $(BENCH)/loops/loops
bench-web: $(KERNEL) image qemu $(BENCH)/insncount.so
bench-watching: bench-web
bench-peer: bench-web qemu-plain bench-peer-guest

# ---- micro: a system of its own ----
bench_client.sources  := $(addprefix tests/bench/micro/,client.c timed.c)
bench_client.includes := mmp_hw/include
bench_server.sources  := tests/bench/micro/server.c
bench_server.includes := mmp_hw/include
# These are no part of the system that `make image` builds.
bench_images_before := $(COMPONENT_IMAGES)
$(eval $(call component,bench_client))
$(eval $(call component,bench_server))
COMPONENT_IMAGES := $(bench_images_before)

MICRO_MANIFEST := tests/bench/micro/micro.manifest
MICRO_IMAGES := $(sort $(shell awk '$$1 == "component" { print "$(BUILD)/components/" $$4 }' $(MICRO_MANIFEST)))

$(BENCH)/micro/modules.list: $(MICRO_MANIFEST) $(MICRO_IMAGES)
	@mkdir -p $(@D)
	@{ echo '$(MICRO_MANIFEST) micro.manifest'; for image in $(MICRO_IMAGES); do echo "$$image $${image##*/}"; done; } >$@

# ---- policy: a program for this machine, compiled as components are ----
$(BENCH)/policy/periods: tests/bench/policy/periods.c $(POLICY_SOURCES) $(wildcard policy/*.h)
	@boot/thirdparty/packages paper
	@mkdir -p $(@D)
	@gcc -std=gnu11 -O2 -g -mgeneral-regs-only -Wall -Wextra -Werror -I. tests/bench/policy/periods.c $(POLICY_SOURCES) -o $@

# ---- loops: a guest of its own ----
LOOPS_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -fno-pic -fno-pie -fno-stack-protector -mno-red-zone \
    -mgeneral-regs-only -fcf-protection=none -fno-asynchronous-unwind-tables -Immp_hw/include
LOOPS_OBJECTS := $(addprefix $(BENCH)/loops/,boot.o loops.o main.o)

$(BENCH)/loops/%.o: tests/bench/loops/%.S tests/bench/loops/layout.h tests/bench/bench.mk
	@mkdir -p $(@D)
	@gcc $(LOOPS_CFLAGS) -c $< -o $@
$(BENCH)/loops/%.o: tests/bench/loops/%.c tests/bench/loops/layout.h mmp_hw/include/mmp/arch.h tests/bench/bench.mk
	@mkdir -p $(@D)
	@gcc $(LOOPS_CFLAGS) -c $< -o $@
# The request loop is the web server's own code. In user mode, so in one object that the linker script tells from the rest.
LOOPS_REQUEST := tests/bench/loops/request.c webserver/http_parser/request.c webserver/http_parser/reply.c $(LLHTTP_SOURCES)
$(BENCH)/loops/user.o: $(LOOPS_REQUEST) webserver/http_parser/request.h webserver/http_parser/reply.h $(THIRD_PARTY_STAMPS) tests/bench/bench.mk
	@mkdir -p $(BENCH)/loops/user
	@for source in $(LOOPS_REQUEST); do \
	    gcc $(LOOPS_CFLAGS) -Wno-unused-parameter -Wno-unused-variable -Wno-unused-but-set-variable -ffunction-sections \
	        -fdata-sections -isystem $(BUILD)/newlib/include -Iwebserver -I$(LLHTTP)/include -Itests/bench/loops \
	        -c $$source -o $(BENCH)/loops/user/$$(echo $$source | tr / -).o || exit 1; \
	done
	@ld -r --no-warn-execstack --gc-sections -e loop_request $(foreach source,$(LOOPS_REQUEST),$(BENCH)/loops/user/$(subst /,-,$(source)).o) \
	    $(BUILD)/newlib/lib/libc.a -o $@

# QEMU's multiboot loader takes 32-bit files only.
$(BENCH)/loops/loops: $(LOOPS_OBJECTS) $(BENCH)/loops/user.o tests/bench/loops/loops.ld
	@ld -m elf_x86_64 -nostdlib -static -n -z noexecstack --no-warn-rwx-segments -T tests/bench/loops/loops.ld $(LOOPS_OBJECTS) $(BENCH)/loops/user.o -o $@.64
	@objcopy -I elf64-x86-64 -O elf32-i386 $@.64 $@

# ---- where a request's instructions go ----
profile: $(KERNEL) image qemu $(BENCH)/addresses.so     ## where a request's instructions go (URL=/hw, KEPT=1 or PIPELINED=1, REQUESTS, CONCURRENCY, LAYOUT=merged, FUNCTIONS=8, BASE=a profile.csv)
	@boot/thirdparty/packages test profile
	@/usr/bin/python3 tests/bench/profiling.py $(if $(URL),--url '$(URL)') $(if $(KEPT),--kept) $(if $(PIPELINED),--pipelined) \
	    $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(CONCURRENCY),--concurrency $(CONCURRENCY)) $(if $(LAYOUT),--layout $(LAYOUT)) \
	    $(if $(FUNCTIONS),--functions $(FUNCTIONS)) $(if $(BASE),--base '$(BASE)')

test-boot-built: $(BENCH)/addresses.so

# ---- the plugins that count instructions ----
$(BENCH)/%.so: tests/bench/plugin/%.c | qemu
	@mkdir -p $(@D)
	@gcc -O2 -Wall -Wextra -Werror -shared -fPIC $$(pkg-config --cflags glib-2.0) -I$(BUILD)/qemu/include $< -o $@

# ---- the peer guest: $(BENCH)/peer is a link into the user's cache ----
.PHONY: bench-peer-guest
bench-peer-guest:
	@tests/bench/peer/get $(BENCH)/peer

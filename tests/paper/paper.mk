# SPDX-License-Identifier: BSD-2-Clause
# The papers' figures: `make paper-mmp` measures this tree and writes build/paper/mmp. What they mean: docs/paper-mmp.md.

.PHONY: paper-mmp paper-mpd

PAPER := $(BUILD)/paper
PAPER_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Immp_hw/include -Immp_hw/model -Immp_hw/tables -Itests/paper/tool
PAPER_SOURCES := $(wildcard tests/paper/tool/*.c mmp_hw/model/*.c mmp_hw/tables/*.c)
PAPER_HEADERS := $(wildcard tests/paper/tool/*.h mmp_hw/model/*.h mmp_hw/tables/*.h mmp_hw/include/mmp/*.h)

paper-mmp: $(PAPER)/tool $(PAPER)/classes.so $(PAPER)/calls.so $(KERNEL) image image-heaps qemu   ## figures of the MMP papers, measured here (ONLY=space,reach,writing,web; AGAIN=1)
	@boot/thirdparty/packages test paper
	@/usr/bin/python3 tests/paper/paper.py --only "$(ONLY)" $(if $(AGAIN),--again)

$(PAPER)/tool: $(PAPER_SOURCES) $(PAPER_HEADERS)
	@mkdir -p $(@D)
	@gcc $(PAPER_CFLAGS) $(PAPER_SOURCES) -o $@

$(PAPER)/%.so: tests/paper/plugin/%.c | qemu
	@mkdir -p $(@D)
	@gcc -O2 -Wall -Wextra -Werror -shared -fPIC $$(pkg-config --cflags glib-2.0) -I$(BUILD)/qemu/include $< -o $@

# The evaluation of the paper on mutable protection domains: build/paper/mpd, docs/paper-mpd.md.
paper-mpd: $(KERNEL) image qemu qemu-plain bench-micro bench-peer-guest $(BUILD)/policy/replay  ## the evaluation of the MPD paper, done again here (ONLY=primitives,throughput,walls,edges,adaptive,charged; AGAIN=1)
	@boot/thirdparty/packages test paper
	@/usr/bin/python3 tests/paper/evaluation.py --only "$(ONLY)" $(if $(AGAIN),--again)

# SPDX-License-Identifier: BSD-2-Clause
# Components killed under load: `make kills` does for long what tests/boot/test_failing.py does for some seconds.

.PHONY: kills

kills: $(KERNEL) image qemu $(BUILD)/tests/kernel_killer/killer.elf     ## kill components at random under load (DURATION=600 seconds, SEED, EVERY=0.5, WALLS=1: they move meanwhile)
	@boot/thirdparty/packages test profile
	@/usr/bin/python3 tests/kills/kills.py $(if $(DURATION),--duration $(DURATION)) $(if $(SEED),--seed $(SEED)) $(if $(EVERY),--every $(EVERY)) $(if $(WALLS),--walls)

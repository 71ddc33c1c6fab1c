# SPDX-License-Identifier: BSD-2-Clause
# The differential test, for as long as one likes: SEED=n PROGRAMS=n, MMP_CPU=mmp,... for another mode.
.PHONY: fuzz-differential
fuzz-differential: qemu  ## random programs on the processor, its model and an oracle (SEED=1 PROGRAMS=1000000)
	@PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/differential/differential.py --seed $(or $(SEED),1) \
	    --programs $(or $(PROGRAMS),1000000) --cpu $(or $(MMP_CPU),mmp)

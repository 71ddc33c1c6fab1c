# SPDX-License-Identifier: BSD-2-Clause
"""Random programs on the emulated processor, the hardware model and the oracle: tests/differential/.

SEED=n is another set of programs; `make fuzz-differential` runs more of them.
"""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "differential"))
import differential  # noqa: E402  the folder is not a package

SEED = int(os.environ.get("SEED", "1"))

# Processor: how many programs.
CPUS = {"mmp": 10000, "mmp,model=on": 1000}


@pytest.mark.parametrize("cpu", CPUS)
def test_programs(cpu, tmp_path):
    test = differential.Differential(tmp_path, cpu)
    bad = test.mismatches(SEED, 0, CPUS[cpu])
    assert not bad, f"{len(bad)} programs differ\n{test.explain(SEED, bad[0])}"

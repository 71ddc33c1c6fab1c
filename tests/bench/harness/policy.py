# SPDX-License-Identifier: BSD-2-Clause
"""Part `policy`: what a period of the adaptive policy costs, in host instructions that callgrind counts, one count for
each call of policy_period. The program is compiled as components are (-O2, general registers), so the counts stand for
the guest's too. tests/bench/policy/periods.c says what the periods are given."""

import math
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.child import BenchError, progress
from harness.figure import at_most
from harness.guest import REPOSITORY

PART = "policy"
PROGRAM = "build/bench/policy/periods"
PERIODS_A_SECOND = 4
CLOCK = 1e9  # instructions a second that the share of the processor is of
SIZES = ((125, 2500), (250, 5000), (500, 10000), (1000, 20000))


def measure(report, options):
    progress("policy")
    if not shutil.which("valgrind"):
        raise BenchError("valgrind is missing: boot/thirdparty/packages paper installs it")
    small = periods(25, 97)
    second = max(sum(small[i:i + PERIODS_A_SECOND]) for i in range(len(small) - PERIODS_A_SECOND + 1))
    report.add(PART, "25 components, 97 edges: a period, mean", mean(small), "instructions")
    report.add(PART, "the same, most", max(small), "instructions", None, "", small)
    report.add(PART, "the same, the worst second of four periods", 100 * second / CLOCK, "%", at_most(0.25),
               "of a processor that executes 10⁹ instructions a second")
    means, most = [], []
    for components, edges in SIZES:
        each = periods(components, edges)
        means.append(mean(each))
        most.append(max(each))
        report.add(PART, f"{components:,} components, {edges:,} edges: a period, mean", means[-1], "instructions")
        report.add(PART, "the same, most", most[-1], "instructions", at_most(20e6) if components == 1000 else None, "", each)
    report.add(PART, "growth of the mean: exponent from 125 to 1,000 components", exponent(means), "",
               note="1: as components and edges, 2: as their square")


def mean(values):
    return sum(values) / len(values)


def exponent(values):
    return math.log(values[-1] / values[0]) / math.log(SIZES[-1][0] / SIZES[0][0])


def periods(components, edges):
    """Instructions of each period, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=policy_period", "--dump-after=policy_period", "--combine-dumps=no",
             f"--callgrind-out-file={out}", REPOSITORY / PROGRAM, str(components), str(edges)],
            capture_output=True, text=True, timeout=900)
        said = len(done.stdout.splitlines())
        dumps = sorted(Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        counts = [int(match[1]) for dump in dumps
                  if (match := re.search(r"^(?:summary|totals):\s*(\d+)", dump.read_text(), re.M)) and int(match[1])]
    if done.returncode or said == 0 or len(counts) != said:
        raise BenchError(f"callgrind counted {len(counts)} periods of {said}:\n{done.stderr[-2000:]}")
    return counts

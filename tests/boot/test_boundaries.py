# SPDX-License-Identifier: BSD-2-Clause
"""Walls that move at every instruction: tests/boot/kernel_boundaries makes each kind of move at each instruction boundary of a
conversation between components, one run for each, by an interrupt after 1, 2, 3, ... instructions (-icount shift=0), and looks at
answers, buffers, counts and domains itself. Here it is checked that no boundary was missed: a second boot, one instruction a
translation block, has the emulator write down each instruction, gates included, and the two lists must be the same.
"""

import pathlib
import re

import pytest
import rig

FOLDER = rig.REPOSITORY / "tests/boot/kernel_boundaries"
COMPONENTS = "0x8000000+0x10000000"
KINDS = 15


def images():
    return sorted((rig.REPOSITORY / "build/tests/kernel_boundaries").glob("*.elf"))


@pytest.fixture(scope="module")
def said():
    status, lines = rig.boot(FOLDER / "boundaries.manifest", images(), "-icount", "shift=0", seconds=300)
    assert (status, lines[-1]) == (rig.ENDED, "done"), "\n".join(line for line in lines if not line.startswith("boundary "))
    return lines


@pytest.fixture(scope="module")
def references(said):
    """{name: instruction addresses, in order}"""
    found = {}
    for line in said:
        if line.startswith("reference "):
            place = found[line.removeprefix("reference ")] = []
        elif line.startswith("boundary "):
            place.append(int(line.split(" ")[1], 16))
    return found


def executed(log):
    """The addresses of all instructions of components. A block that was not begun, for something was to be looked at first, is
    written down again."""
    addresses = []
    with open(log, encoding="ascii", errors="replace") as lines:
        for line in lines:
            if match := re.match(r"Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/", line):
                addresses.append(int(match[1], 16))
            elif line.startswith("Stopped execution"):
                addresses.pop()
    return addresses


def test_no_boundary_is_missing(references, tmp_path):
    log = pathlib.Path(tmp_path) / "executed"
    status, lines = rig.boot(FOLDER / "once.manifest", images(), "-accel", "tcg,one-insn-per-tb=on", "-d", "exec,nochain", "-D", log,
                             "-dfilter", COMPONENTS)
    assert status == rig.ENDED, "\n".join(lines)
    addresses = executed(log)
    assert [len(reference) > 200 for reference in references.values()] == [True, True]
    for name, reference in references.items():
        # Nothing but the conversation begins behind the gate to sup_moves_at and ends with the gate to sup_moves_hit.
        begins = [i for i in range(len(addresses)) if addresses[i : i + len(reference)] == reference]
        assert len(begins) == 1, name
        assert addresses.count(reference[-1]) == 2 and addresses.count(addresses[begins[0] - 1]) == 2
        assert sum(address % 0x400000 >= 0x3F0000 for address in reference) >= 9     # gates are boundaries too


def test_moves_at_every_boundary(said, references, record_property, capsys):
    """The driver has checked each run; here only that it made them all."""
    lines = re.findall(r"^runs (\d+), boundaries (\d+), domain reused (\d+), stale after it (\d+): (.*)$", "\n".join(said), re.M)
    assert len(lines) == KINDS
    for runs, boundaries, _, _, kind in lines:
        assert int(boundaries) == len(references["sleeper" if kind.endswith("sleeper inside") else "alone"]), kind
        assert int(runs) > int(boundaries)
    by_kind = {kind: (int(reused), int(stale)) for _, _, reused, stale, kind in lines}
    assert by_kind["split third"][0] > 50 and by_kind["split server, sleeper inside"][1] > 10  # both ways of a split were taken
    (runs, moves), = re.findall(r"^runs (\d+), moves (\d+): any moves$", "\n".join(said), re.M)
    assert int(runs) == 2000 and int(moves) > 5000
    total = f"{sum(int(line[0]) for line in lines)} runs at {sum(int(line[1]) for line in lines)} boundaries, {runs} with {moves} moves"
    record_property("runs", total)
    with capsys.disabled():
        print(f"[{total}]", end=" ")

# SPDX-License-Identifier: BSD-2-Clause
"""`make profile`: every executed instruction is attributed once, the sums are whole, and the code that is not in the guest's
memory is refused."""

import csv
import io
import pathlib
import random
import re
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests/bench"))

from harness.child import BenchError  # noqa: E402
from profiler import counts, crossings, program, tables  # noqa: E402

SOURCE = """
    .globl one, two
    .type one, @function
    .type two, @function
    .text
    one: nop; nop; ret
    two: nop; ret
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A component's image: two functions in one executable segment."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "x.s").write_text(SOURCE)
    subprocess.run(["gcc", "-nostdlib", "-shared", "-o", folder / "x.elf", folder / "x.s"], check=True)
    return folder / "x.elf"


def text_of(path):
    with open(path, "rb") as file:
        ((first, end, data, starts, names),) = program.code(file)
    assert end - first == len(data) == 5 and names == ["one", "two"] and starts == [first, first + 3]
    return first, data


@pytest.mark.parametrize("pages", [0, 1, 37, 500])
def test_the_load_address_is_found(image, pages):
    first, data = text_of(image)
    memory = bytearray(program.SLOT_BYTES)
    at = pages * program.PAGE + first
    memory[at:at + len(data)] = data
    regions = program.component("x", image, 3, bytes(memory))
    base = program.SLOTS_BASE + 3 * program.SLOT_BYTES + at
    code = program.Program(regions, ["w", "v", "u", "x"])
    assert [code.place(base + i) for i in range(5)] == [("x", "one")] * 3 + [("x", "two")] * 2
    assert code.place(base - 1) == code.place(base + 5) == (program.NOBODY, "?")
    gate = program.SLOTS_BASE + 3 * program.SLOT_BYTES + program.GATES_OFFSET
    assert code.place(gate) == (program.GATES, "of x") and code.place(gate - 1) == (program.NOBODY, "?")
    assert code.place(program.SLOTS_BASE + 5 * program.SLOT_BYTES - 1) == (program.NOBODY, "?")


def test_an_image_built_anew_is_refused(image):
    first, data = text_of(image)
    memory = bytearray(program.SLOT_BYTES)
    memory[first:first + len(data)] = data
    memory[first + 1] ^= 1
    with pytest.raises(BenchError, match="not in the guest's memory"):
        program.component("x", image, 0, bytes(memory))


def test_regions_may_not_overlap():
    with pytest.raises(BenchError, match="a and b overlap"):
        program.Program([program.Region(0, 10, "a", [0], ["f"]), program.Region(9, 20, "b", [9], ["g"])])


def records(pairs, lost=0):
    return b"".join(address.to_bytes(8, sys.byteorder) + count.to_bytes(8, sys.byteorder) for address, count in [(len(pairs), lost), *pairs])


def test_counts(tmp_path):
    file = tmp_path / "counts"
    counted = counts.AddressCounts("addresses.so", file)
    assert counted.argument == f"addresses.so,counts={file}"
    file.write_bytes(records([(5, 10), (9, 1)]) + bytes(64))
    before = counted.read()
    file.write_bytes(records([(5, 12), (9, 1), (7, 3)]))
    assert counts.difference(counted.read(), before) == {5: 2, 7: 3}
    file.write_bytes(records([(5, 12)], lost=1))
    with pytest.raises(BenchError, match="no room for 1 "):
        counted.read()


class Memory:
    """A monitor that knows gates only."""

    def __init__(self, gates):
        self.gates = gates  # {slot: [(kind, target, invocations, crossed)]}

    def memory(self, address, size, _):
        slot = (address - program.SLOTS_BASE) // program.SLOT_BYTES
        data = b"".join(crossings.GATE.pack(kind, target, 1, 0, 2, n, crossed) for kind, target, n, crossed in self.gates.get(slot, []))
        return data.ljust(size, b"\0")


def test_crossings():
    call = crossings.CALL
    before = crossings.gates(Memory({1: [(call, 70, 5, 5), (call, 80, 1, 0), (0, 90, 9, 9)]}), ["a", "b"], None)
    after = crossings.gates(Memory({0: [(call, 80, 2, 1)], 1: [(call, 70, 105, 50), (call, 80, 1, 0), (call, 70, 1, 1)]}), ["a", "b"], None)
    rows = crossings.between(after, before, lambda address: ("s", f"f{address}"))
    assert rows == [("b", "s", "f70", 101, 46), ("a", "s", "f80", 2, 1)]


def random_profile(seed):
    chance = random.Random(seed)
    owners = ["tcp", "vnic", "ip", program.SUPERVISOR, program.GATES]
    executed = {(chance.choice(owners), f"f{chance.randrange(40)}"): chance.randrange(1, 10**6) for _ in range(100)}
    return tables.Profile("title", chance.randrange(1, 5000), executed, [("ip", "vnic", "f", 7, 3), ("tcp", "vnic", "g", 2, 2)])


@pytest.mark.parametrize("seed", range(20))
def test_the_sums_are_the_total(seed):
    profile = random_profile(seed)
    total = sum(profile.executed.values())
    assert profile.total() == total == sum(count for _, count in profile.owners())
    assert total == sum(count for owner, _ in profile.owners() for _, count in profile.functions(owner))
    rows = list(csv.DictReader(io.StringIO(tables.instructions_csv(profile))))
    assert total == sum(int(row["executed"]) for row in rows) and len(rows) == len(profile.executed)
    assert profile.entered() == {"vnic": 5}
    # What is shown adds up but for rounding: the components, and in each the functions with what is not named.
    shown = re.findall(r"^( *)(\S.*?) {2,}([\d,.]+)  ", tables.text(profile, 3).split("invocations a request")[0], re.M)
    shown = [(bool(indent), name, float(number.replace(",", ""))) for indent, name, number in shown]
    whole = [number for inside, name, number in shown if not inside and name != "total"]
    parts = [number for inside, _, number in shown if inside]
    assert sum(whole) == pytest.approx(total / profile.requests, abs=1)
    assert sum(parts) == pytest.approx(total / profile.requests, abs=2)


def test_beside_another_profile(tmp_path):
    profile = random_profile(1)
    (tmp_path / "profile.csv").write_text(tables.instructions_csv(profile))
    base = tables.base_read(tmp_path / "profile.csv")
    assert sum(base.values()) == pytest.approx(profile.total() / profile.requests)
    for line in tables.text(profile, 3, base).split("\n\n")[1].splitlines()[1:]:
        words = line.split()
        assert words[-1] == next(word for word in words if "." in word), line  # its own instructions, in the column `before`


def test_picture(tmp_path):
    tables.picture(random_profile(2), tmp_path / "one.svg")
    tables.picture(random_profile(2), tmp_path / "two.svg")
    drawn = (tmp_path / "one.svg").read_text()
    assert drawn == (tmp_path / "two.svg").read_text()
    for name in ("tcp", "vnic", "ip", program.SUPERVISOR):
        assert f">{name}</text>" in drawn

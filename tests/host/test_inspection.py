# SPDX-License-Identifier: BSD-2-Clause
"""boot/inspection: the table walker against the plain table reader of the host tests (C, no code in common), and the audit's rules."""

import ctypes
import pathlib
import random
import struct
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "boot"))
sys.dont_write_bytecode = True

from inspection import rules, tables  # noqa: E402

SIZE = 0x40000


class Memory:
    """A small memory with tables in it; the lowest page is never a table."""

    def __init__(self):
        self.bytes = bytearray(SIZE)
        self.next = 0x1000

    def read(self, address, bytes_):
        return bytes(self.bytes[address : address + bytes_])

    def table(self, bytes_, words):
        self.next = (self.next + bytes_ - 1) // bytes_ * bytes_
        address, self.next = self.next, self.next + bytes_
        assert self.next <= SIZE
        struct.pack_into(f"<{len(words)}I", self.bytes, address, *words)
        return address


def bitmap(choose):
    return choose.getrandbits(16) << 16 | 1


def runs(choose):
    mid, last = sorted(choose.choices(range(1024), k=2))
    return 3 | choose.getrandbits(2) << 2 | mid << 4 | choose.getrandbits(2) << 14 | last << 16 | choose.getrandbits(2) << 26


def run_length(choose, memory, wide):
    def entry():
        if choose.random() < 0.3:
            words = [choose.getrandbits(32) for _ in range(4 if wide else 1)]
            return memory.table(16 if wide else 4, words)
        return choose.choice((0, 1, 2, choose.getrandbits(30) << 2 | 3, choose.getrandbits(30) << 2 | 3))

    words = [entry() for _ in range(16 if wide else 64)]
    return memory.table(64 if wide else 256, words) | 2 | (4 if wide else 0)


def random_tables(choose):
    memory = Memory()

    def mid_entry():
        kind = choose.random()
        if kind < 0.2:
            return memory.table(256, [choose.getrandbits(32) for _ in range(64)])
        if kind < 0.5:
            return run_length(choose, memory, kind < 0.35)
        return choose.choice((0, bitmap(choose), runs(choose)))

    def root_entry():
        if choose.random() < 0.4:
            mid = [0] * 1024
            for i in choose.sample(range(1024), 6):
                mid[i] = mid_entry()
            return memory.table(4096, mid)
        return choose.choice((0, bitmap(choose), runs(choose)))

    root = [0] * 1024
    for i in choose.sample(range(1024), 8):
        root[i] = root_entry()
    return memory, memory.table(4096, root)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """plain_permission of mmp_tables.c as a function."""
    library = tmp_path_factory.mktemp("plain") / "plain.so"
    sources = ["tests/host/mmp_tables.c", "tests/host/seeded.c", "mmp_hw/model/permission.c", "mmp_hw/model/table.c",
               "mmp_hw/model/runlength.c", "mmp_hw/model/spt.c", "mmp_hw/model/domain.c", "mmp_hw/model/register.c",
               "mmp_hw/model/trace.c"]
    flags = ["-shared", "-fPIC", "-O1", "-w", "-Immp_hw/include", "-Immp_hw/model", "-Itests/host"]
    subprocess.run(["gcc", *flags, "-o", library, *sources, "-lcmocka"], cwd=ROOT, check=True)
    function = ctypes.CDLL(str(library)).plain_permission
    function.restype = ctypes.c_bool
    function.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint64,
                         ctypes.POINTER(ctypes.c_uint), ctypes.POINTER(ctypes.c_uint64)]

    def permission(memory, root, address):
        held = (ctypes.c_char * SIZE).from_buffer(memory.bytes)
        found, entry = ctypes.c_uint(), ctypes.c_uint64()
        assert function(ctypes.addressof(held), SIZE, root, address, found, entry), hex(entry.value)
        return found.value

    return permission


@pytest.mark.parametrize("seed", range(30))
def test_walker_against_the_plain_reader(plain, seed):
    choose = random.Random(seed)
    memory, root = random_tables(choose)
    found = list(tables.Walker(memory).runs(root))
    assert all(a[1] <= b[0] and not (a[1] == b[0] and a[2] == b[2]) for a, b in zip(found, found[1:]))
    # Both sides of each border, and words anywhere.
    addresses = {address & ~3 for start, end, _ in found for address in (start, start - 4, end, end - 4) if 0 <= address < 1 << 32}
    addresses = sorted(addresses if len(addresses) < 3000 else choose.sample(sorted(addresses), 3000))
    addresses += [choose.randrange(1 << 30) * 4 for _ in range(500)]
    starts = [run[0] for run in found]
    import bisect
    for address in addresses:
        at = bisect.bisect_right(starts, address) - 1
        permission = found[at][2] if at >= 0 and address < found[at][1] else 0
        assert permission == plain(memory, root, address), hex(address)


@pytest.mark.parametrize("entry", [0x0000_0005, 0x1234_0005, 0x1000_0003, 0x0000_0023, 0x0000_1042, 0x0000_1004])
def test_malformed_entries_are_named(entry):
    memory = Memory()
    root = memory.table(4096, [0] * 5 + [entry])
    with pytest.raises(tables.Malformed, match=f"0x{root + 20:x}"):
        list(tables.Walker(memory).runs(root))


# ---- Rules ----

def grant(who, start, end, right, what):
    return {"component": who, "from": start, "to": end, "words": (end - start) // 4, "right": right, "what": what}


def system(**changes):
    """Two components, each with its own memory, a pool, and a chain a -> b -> c of gates."""
    memory = {
        "a": [grant("a", 0, 100, "read-execute", "component a"), grant("a", 100, 200, "read-write", "component a")],
        "b": [grant("b", 1000, 1100, "read-write", "component b"), grant("b", 9000, 9100, "read-write", "pool p")],
        "c": [grant("c", 9000, 9100, "read", "pool p"), grant("c", 5000, 5100, "read-write", "device")],
    }
    for name, more in changes.items():
        memory[name] += more
    gates = [{"client": x, "may call": [x], "server": y, "function": f, "invocations": 0} for x, y, f in
             (("a", "b", "f"), ("b", "c", "g"), ("c", "supervisor", "pd_merge"))]
    return {"domains": [{"domain": n, "components": [name], "memory": grants} for n, (name, grants) in enumerate(memory.items())],
            "gates": gates}


HANDED = "no writing to component:* but handed over by a"
LENT = grant("b", 300, 308, "read-write", "component a")


def broken(tmp_path, sentence, audit):
    path = tmp_path / "rules"
    path.write_text(f"# comment\nname: {sentence}\n")
    (rule,) = rules.read(path, ["a", "b", "c"])
    return rules.breaches(rule, audit)


@pytest.mark.parametrize(
    "sentence, more, breaches",
    [
        ("no path from a to c", {}, ["there is a path: a -> b.f -> c.g"]),
        ("no path from c to a", {}, []),
        ("no access to component:a", {}, []),
        ("no access to component:a", {"b": [grant("b", 100, 104, "read", "component a")]}, ["b has the right to read"]),
        ("no access to component:a but by b", {"b": [grant("b", 100, 104, "read", "component a")]}, []),
        ("no writing to component:*", {"b": [grant("b", 100, 104, "read", "component a")]}, []),
        ("no writing to component:*", {"b": [grant("b", 100, 104, "read-write", "component a")]}, ["b has the right"]),
        (HANDED, {"b": [LENT]}, []),
        (HANDED, {"b": [LENT], "a": [grant("a", 300, 310, "read", "component a")]}, []),
        # Shared, and not handed over: with the owner, with a third one, or in part.
        (HANDED, {"b": [LENT], "a": [grant("a", 300, 310, "read-write", "component a")]}, ["b has the right to read-write"]),
        (HANDED, {"b": [LENT], "c": [grant("c", 306, 310, "read-write", "component a")]}, ["b has the right", "c has the right"]),
        ("no writing to component:* but handed over by c", {"b": [LENT]}, ["b has the right"]),
        ("no writing to component:* but by b but handed over by c", {"b": [LENT]}, []),
        ("no writing to component:*", {"b": [LENT]}, ["b has the right"]),
        ("no access to pool:p but by b", {}, ["c has the right to read [0x2328, 0x238c) of pool p"]),
        ("no access to supervisor", {"c": [grant("c", 0, 4, "read", "supervisor")]}, ["c has the right"]),
        ("one writer for each word", {}, []),
        ("one writer for each word", {"c": [grant("c", 9096, 9104, "read-write", "pool p")]}, ["b and c may both write"]),
        ("one writer for each word but pool:*", {"c": [grant("c", 9096, 9104, "read-write", "pool p")]}, []),
        ("no code that somebody may write", {}, []),
        ("no code that somebody may write", {"b": [grant("b", 96, 100, "read-write", "component a")]}, ["a may execute what b"]),
        ("calls of pd_* only by c", {}, []),
        ("calls of pd_* only by a", {}, ["c may call supervisor.pd_merge"]),
        ("devices only for c", {}, []),
        ("devices only for a", {}, ["c may read-write"]),
    ],
)
def test_rules(tmp_path, sentence, more, breaches):
    found = broken(tmp_path, sentence, system(**more))
    assert len(found) == len(breaches) and all(text in got for text, got in zip(breaches, found)), found


@pytest.mark.parametrize(
    "line, said",
    [
        ("nothing here", "expected `NAME: sentence`"),
        ("x: nobody may do this", "is none of the sentences"),
        ("x: no path from a to nobody", "no component `nobody`"),
        ("x: no access to memory", "`memory` is no region"),
        ("x: no access to component:z", "no component `z`"),
        ("x: no writing to component:a but handed over by z", "no component `z`"),
    ],
)
def test_wrong_rules_are_named(tmp_path, line, said):
    path = tmp_path / "rules"
    path.write_text(f"\n{line}\n")
    with pytest.raises(rules.Unreadable) as reason:
        rules.read(path, ["a", "b", "c"])
    assert said in str(reason.value) and f"{path}:2" in str(reason.value)

# SPDX-License-Identifier: BSD-2-Clause
"""Whose instruction is at an address: of which component and function. Components are told by their ELF files, and by
where the guest's memory holds their code: nothing here computes a load address.

 1. Regions do not overlap; what lies in none belongs to NOBODY.
"""

import bisect
import dataclasses
import pathlib

from elftools.elf.elffile import ELFFile
from harness.child import BenchError

SUPERVISOR = "supervisor"
GATES = "gates"  # the processor counts one instruction at each gate, whoever's it is
NOBODY = "other"
PAGE = 4096
# kernel/memory_map.h: component slots, in the manifest's order; at the end of each the component's gates.
SLOTS_BASE, SLOT_BYTES, GATES_OFFSET = 0x8000000, 0x400000, 0x3f0000
EXECUTE = 1  # of p_flags


@dataclasses.dataclass(frozen=True)
class Region:
    first: int
    end: int
    owner: str
    starts: list     # of its functions, ascending
    functions: list  # their names

    def function(self, address):
        at = bisect.bisect_right(self.starts, address) - 1
        return self.functions[at] if at >= 0 else "?"


class Program:
    def __init__(self, regions, components=()):
        self.components = list(components)  # names in the order of their slots
        self.regions = sorted(regions, key=lambda region: region.first)
        self.firsts = [region.first for region in self.regions]
        for one, next_one in zip(self.regions, self.regions[1:]):
            if one.end > next_one.first:
                raise BenchError(f"code of {one.owner} and {next_one.owner} overlaps")

    def place(self, address):
        """(owner, function)"""
        at = bisect.bisect_right(self.firsts, address) - 1
        slot, offset = divmod(address - SLOTS_BASE, SLOT_BYTES)
        if 0 <= slot < len(self.components) and offset >= GATES_OFFSET:
            return GATES, f"of {self.components[slot]}"
        if at < 0 or address >= self.regions[at].end:
            return NOBODY, "?"
        return self.regions[at].owner, self.regions[at].function(address)


def code(file, base=0):
    """[(first, end, bytes, starts, names)] of an ELF file's executable segments, loaded `base` further on."""
    elf = ELFFile(file)
    table = elf.get_section_by_name(".symtab")
    symbols = [] if table is None else table.iter_symbols()
    kinds = ("STT_FUNC", "STT_NOTYPE")  # the latter are labels of assembly files
    named = [(s["st_value"] + base, s.name) for s in symbols if s["st_info"]["type"] in kinds and s.name and s["st_shndx"] != "SHN_UNDEF"]
    for segment in elf.iter_segments("PT_LOAD"):
        if not segment["p_flags"] & EXECUTE:
            continue
        first = segment["p_vaddr"] + base
        end = first + segment["p_filesz"]
        inside = sorted({at: name for at, name in sorted(named) if first <= at < end}.items())
        yield first, end, segment.data(), [at for at, _ in inside], [name for _, name in inside]


def supervisor(path):
    """The kernel's code is not told apart from its data by a segment: what is executed there is its own."""
    with open(path, "rb") as file:
        return [Region(first, end, SUPERVISOR, starts, names) for first, end, _, starts, names in code(file)]


def component(name, path, slot, memory):
    """`memory`: the bytes of its slot. Its text has no relocations, so it is there as it is in the file."""
    with open(path, "rb") as file:
        texts = list(code(file))
        for base in range(0, SLOT_BYTES, PAGE):
            if all(memory.startswith(data, base + first) for first, _, data, _, _ in texts):
                break
        else:
            raise BenchError(f"{path}: its code is not in the guest's memory: built anew since it was booted?")
        at = SLOTS_BASE + slot * SLOT_BYTES + base
        return [Region(first, end, name, starts, names) for first, end, _, starts, names in code(file, at)]


def loaded(monitor, kernel, modules, scratch):
    """The Program that the guest behind a monitor executes. `modules`: what it was booted with, a list of (path, name), the manifest first."""
    images = {name: path for path, name in modules[1:]}
    text = pathlib.Path(modules[0][0]).read_text()
    components = [words[1:4] for line in text.splitlines() if (words := line.split("#")[0].split())[:1] == ["component"]]
    regions = supervisor(kernel)
    for slot, (name, _, image) in enumerate(components):
        memory = monitor.memory(SLOTS_BASE + slot * SLOT_BYTES, SLOT_BYTES, scratch)
        regions += component(name, images[image], slot, memory)
    return Program(regions, [name for name, _, _ in components])

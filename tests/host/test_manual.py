# SPDX-License-Identifier: BSD-2-Clause
"""The numbers in the tables of docs/mmp-manual.md are those of mmp_hw/include/mmp/arch.h, and none is missing."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = (ROOT / "mmp_hw/include/mmp/arch.h").read_text()
MANUAL = (ROOT / "docs/mmp-manual.md").read_text()

NUMBER = r"(0x[0-9a-fA-F]+|[0-9]+)"


def header_numbers():
    """Name and value of every constant of the header; macros with parameters are not constants."""
    lines = re.findall(rf"^#define (MMP_\w+)[ \t]+{NUMBER}u?(?=\s|$)", HEADER, re.MULTILINE)
    return {name: int(value, 0) for name, value in lines}


def manual_rows():
    """Name and number of every table row that has both in its first two cells."""
    rows = re.findall(rf"^\| `(MMP_\w+)` \| {NUMBER} \|", MANUAL, re.MULTILINE)
    return [(name, int(value, 0)) for name, value in rows]


def test_header_is_understood():
    defined = re.findall(r"^#define (MMP_\w+)[ \t]", HEADER, re.MULTILINE)
    assert len(defined) > 100
    assert set(defined) == set(header_numbers())


def test_every_number_of_the_manual_is_the_header_s():
    header = header_numbers()
    wrong = [(name, number) for name, number in manual_rows() if header.get(name) != number]
    assert wrong == []


def test_every_row_with_a_name_has_a_number():
    named = re.findall(r"^\| `(MMP_\w+)` \|", MANUAL, re.MULTILINE)
    assert sorted(named) == sorted(name for name, _ in manual_rows())


def test_every_number_of_the_header_is_in_the_manual_once():
    names = [name for name, _ in manual_rows()]
    assert sorted(names) == sorted(header_numbers())


def test_every_name_that_the_manual_mentions_exists():
    mentioned = set(re.findall(r"\b(MMP_[A-Z][A-Z0-9_]*[A-Z0-9])\b", MANUAL))
    known = set(header_numbers()) | {"MMP_" + name[len("MMP_MSR_"):] for name in header_numbers()
                                     if name.startswith("MMP_MSR_")}
    # A register may be called by its short name, with a field behind a dot: MMP_CTL.EN.
    assert mentioned - known == set()


def test_every_fault_that_the_text_names_exists():
    """A fault's bare name in the text (GATE_ALIGN) is one of the table of section 9."""
    faults = {name[len("MMP_FAULT_"):] for name in header_numbers() if name.startswith("MMP_FAULT_")}
    bare = set(re.findall(r"\(([A-Z]+_[A-Z_]+|PRIVILEGE)\)", MANUAL))
    assert bare and bare <= faults


def test_sections_are_numbered_in_order():
    sections = [int(n) for n in re.findall(r"^## (\d+)\. ", MANUAL, re.MULTILINE)]
    assert sections == list(range(1, len(sections) + 1))


def test_sections_that_sources_cite_exist():
    cited = set()
    for path in list((ROOT / "mmp_hw").rglob("*.[ch]")):
        cited |= set(re.findall(r"\(manual (\d+(?:\.\d+)?)", path.read_text()))
    numbers = set(re.findall(r"^## (\d+)\. ", MANUAL, re.MULTILINE)) | set(
        re.findall(r"^(\d+\.\d+) ", MANUAL, re.MULTILINE))
    assert cited and cited <= numbers

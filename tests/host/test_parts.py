# SPDX-License-Identifier: BSD-2-Clause
"""Mtop decides, Mbot writes: kernel/mmp is all of the kernel that knows the hardware's tables, and small enough to read in one sitting; what it
offers is kernel/protection.h, which names nothing of it."""

import re
from pathlib import Path

KERNEL = Path(__file__).resolve().parents[2] / "kernel"
MBOT = KERNEL / "mmp"
ONE_SITTING = 1250  # lines, comments and all; Mondrix's had 1,720

# The memory that the processor reads as tables, and what of it a file may have by its address: nothing outside.
TABLES = {"roots": "domain.c", "descriptors": "domain.c", "mid_tables": "view.c", "leaf_tables": "view.c"}


def sources(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in {".c", ".h", ".S"})


def test_mbot_can_be_read_in_one_sitting():
    lines = {path.name: len(path.read_text().splitlines()) for path in sources(MBOT)}
    assert sum(lines.values()) <= ONE_SITTING, lines


def test_only_mbot_knows_the_hardware():
    wrong = []
    for path in sources(KERNEL):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        if MBOT not in path.parents and re.search(r'#\s*include\s*["<]mmp/|\bMMP_[A-Z]', text):
            wrong.append(path.relative_to(KERNEL).as_posix())
    assert wrong == []


def test_tables_are_mbots_alone():
    for name, file in TABLES.items():
        definitions = [path for path in sources(KERNEL) if re.search(rf"^\w[\w ]*\b{name}\[", path.read_text(), re.MULTILINE)]
        assert [path.name for path in definitions] == [file], (name, definitions)
        assert re.search(rf"^static .*\b{name}\[", (MBOT / file).read_text(), re.MULTILINE), f"{name} is to be static"
    # No pointer to one of them leaves: what the header hands out is opaque.
    header = (KERNEL / "protection.h").read_text()
    assert not re.search(r"^uint32_t \*|^struct descriptor", header, re.MULTILINE)


def test_the_seam_names_no_mechanism():
    header = (KERNEL / "protection.h").read_text()
    code = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    assert not re.search(r"\bMMP|\bmmp/|\bPLB\b|\bmid\b|\bleaf\b|\broot table", code)


def test_mtop_includes_the_seam_and_not_what_is_behind_it():
    for folder in ("layout", "supervisor"):
        for path in sources(KERNEL / folder):
            assert not re.search(r'#\s*include\s*"(\.\./)?mmp/', path.read_text()), path

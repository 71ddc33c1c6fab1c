# SPDX-License-Identifier: BSD-2-Clause
"""Each file whose kind has comments says in its first lines which of the two licences it is under, and it is the one that LICENSE says."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {"build", ".git", "node_modules", "__pycache__", ".pytest_cache"}
SAYS = re.compile(r"SPDX-License-Identifier: (\S+)")
IN_QEMU = re.compile(r"mmp_hw/(model|qemu)/|(boot|tests/\w+)/plugin/")    # built into it, or loaded by it
# Kinds without comments, pictures, prose, records, and files of others' formats whose bytes are the point.
SILENT = {".md", ".png", ".svg", ".patch", ".trace", ".txt", ".ico", ".asc", ".gz", ".bin", ".decisions"}
WITHOUT = {
    "LICENSE",
    "webserver/static_content/files/hw",    # what `/hw` answers, to the byte
    "tests/boot/kernel_hello/expected",     # what the console says, to the byte
}


def files():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        for name in names:
            path = Path(folder) / name
            yield path, path.relative_to(ROOT).as_posix()


def wants_none(path, name):
    commentless = path.suffix == ".json" and not name.startswith("mmp_hw/qemu/files/qapi/")
    return path.suffix in SILENT or name.endswith(".md.in") or name in WITHOUT or commentless or path.name.startswith(".")


def said(path):
    return SAYS.search("\n".join(path.read_text(errors="replace").splitlines()[:5]))


def test_each_file_says_its_licence():
    silent = [name for path, name in files() if not wants_none(path, name) and not said(path)]
    assert silent == [], "no line with SPDX-License-Identifier within the first five"


def test_it_is_the_right_one():
    wrong = []
    for path, name in files():
        found = said(path) if path.suffix not in SILENT else None
        if found and found[1] != ("GPL-2.0-or-later" if IN_QEMU.match(name) else "BSD-2-Clause"):
            wrong.append((name, found[1]))
    assert wrong == []


def test_enough_was_looked_at():
    """The walk finds what there is."""
    looked = {name for path, name in files() if not wants_none(path, name)}
    assert len(looked) > 600 and {"Makefile", "boot/run", "kernel/main.c", "policy/policy.h", "webserver/webserver.manifest",
                                  "mmp_hw/qemu/files/target/i386/tcg/system/mmp/trace.h"} <= looked

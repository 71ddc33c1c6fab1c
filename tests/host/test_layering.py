# SPDX-License-Identifier: BSD-2-Clause
"""Who may include whom. A folder sees only what the table below lets it see; headers from outside the repository
(newlib, lwIP, QEMU) are not looked at, but where a folder has to do without a library."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {".c", ".cc", ".h", ".S", ".inc", ".ld", ".lds"}
LAYERS = ("mmp_hw", "kernel", "policy", "components", "webserver", "boot")

# mmp_hw/qemu is compiled inside QEMU's tree, where there is nothing of the repository but the model.
ELSEWHERE = "mmp_hw/qemu/"

# Code that several components compile, each for itself.
LIBRARIES = ("components/runtime/", "components/atomic/", "components/image/", "webserver/http_parser/request.h",
             "webserver/http_parser/reply.h", "webserver/http_parser/range.h", "webserver/fd_api/slots.h", "webserver/connection_manager/connections.h")
SHARED_BY_COMPONENTS = LIBRARIES + ("components/interface/", "kernel/include/shoji/")

# Folder: what of the repository it may include besides itself. The first folder that fits decides.
MAY_INCLUDE = (
    ("mmp_hw/include/", ()),
    ("mmp_hw/model/", ("mmp_hw/include/",)),
    ("mmp_hw/tables/", ("mmp_hw/include/",)),
    ("policy/replayer/", ("policy/",)),
    ("policy/", ()),
    ("kernel/include/", ()),
    ("kernel/", ("mmp_hw/include/mmp/arch.h",)),
    ("components/interface/", ("kernel/include/shoji/",)),
    ("components/atomic/", ()),
    ("components/runtime/", SHARED_BY_COMPONENTS),
    ("components/mpd_manager/", SHARED_BY_COMPONENTS + ("policy/",)),
    ("components/examples/*/", SHARED_BY_COMPONENTS),
    ("components/*/", SHARED_BY_COMPONENTS),
    ("webserver/*/", SHARED_BY_COMPONENTS),
    ("boot/", ("kernel/include/shoji/",)),
)

FREESTANDING = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "stdnoreturn.h", "limits.h", "string.h", "assert.h"}

# In angle brackets these are no headers of ours, although we have some of the same name.
OF_THE_C_LIBRARY = {"elf.h"}

# Folders that have no library but these headers.
WITHOUT_LIBRARY = {"mmp_hw/include/": FREESTANDING, "mmp_hw/model/": FREESTANDING,
                   "mmp_hw/tables/": FREESTANDING, "policy/": FREESTANDING}


def sources():
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in SOURCES and path.is_file() and not name.startswith(ELSEWHERE):
                yield name


def includes(path):
    """Each include of a file: its name, and whether it is in quotes."""
    text = (ROOT / path).read_text()
    for bracket, name in re.findall(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', text, re.MULTILINE):
        yield name, bracket == '"'


def folder_rule(path):
    """The folder of MAY_INCLUDE that the file is in, spelled out, and what it may include."""
    for pattern, allowed in MAY_INCLUDE:
        found = re.match(pattern.replace("*", "[^/]+"), path)
        if found:
            return found.group(), allowed
    return None, ()


def test_every_source_has_a_rule():
    assert [path for path in sources() if folder_rule(path)[0] is None] == []


def test_includes_stay_in_their_layer():
    every = list(sources())
    assert len(every) > 20
    wrong = []
    for path in every:
        folder, allowed = folder_rule(path)
        for name, quoted in includes(path):
            if not quoted and name in OF_THE_C_LIBRARY:
                continue
            could_be = [other for other in every if other == name or other.endswith("/" + name)]
            if could_be and not any(other.startswith((folder,) + allowed) for other in could_be):
                wrong.append(f"{path} includes {name}")
    assert wrong == []


def test_no_include_climbs_out_of_its_folder():
    wrong = [f"{path}: {name}" for path in sources() for name, _ in includes(path)
             if ".." in name.split("/") or name.startswith("/")]
    assert wrong == []


def test_folders_without_a_library_use_none():
    wrong = [f"{path}: {name}" for path in sources() for name, quoted in includes(path)
             if not quoted and name not in WITHOUT_LIBRARY.get(folder_rule(path)[0], {name})]
    assert wrong == []


def makefiles():
    return [ROOT / "Makefile"] + [path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.mk"))]


def test_makefiles_open_no_other_door():
    """A header could also slip in by its short name through a -I folder."""
    for makefile in makefiles():
        text = makefile.read_text()
        assert set(re.findall(r"-I ?(mmp_hw/[\w/.-]*)", text)) <= {"mmp_hw/include"}, makefile
        for folders in re.findall(r"^\S+\.includes\s*:?=(.*)$", text, re.MULTILINE):
            assert not re.search(r"\b(kernel|mmp_hw)\b", folders), makefile
    component = (ROOT / "components/component.mk").read_text()
    assert set(re.findall(r"-I ?(kernel[\w/.-]*|mmp_hw[\w/.-]*)", component)) == {"kernel/include"}


def test_layers_know_nothing_of_their_users():
    """What a lower layer must not even name: the hardware and the policy know no kernel, the kernel no component."""
    wrong = []
    for path in sources():
        text = (ROOT / path).read_text()
        if path.startswith(("mmp_hw/model/", "mmp_hw/include/", "policy/")) and re.search(r'"(shoji|kernel)/', text):
            wrong.append(path)
        if path.startswith("mmp_hw/model/") and re.search(r"\bqemu|\bCPUX86State\b|\bmalloc\b|\bprintf\b", text):
            wrong.append(path)
    assert wrong == []

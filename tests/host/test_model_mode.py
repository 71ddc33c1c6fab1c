# SPDX-License-Identifier: BSD-2-Clause
"""docs/model-mode.md lists every property of -cpu mmp, each once and with the value that it has at first, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GLUE = ROOT / "mmp_hw/qemu/files/target/i386/tcg/system/mmp"
OPTIONS = (GLUE / "options.h").read_text()
TIMING = (GLUE / "timing.c").read_text()
MONDRIX = re.search(r"mmp_machine_mondrix = \{(.*?)\n\};", (ROOT / "mmp_hw/model/machine_make.c").read_text(), re.S)[1]
MONDRIX = re.sub(r"/\*.*?\*/", "", MONDRIX, flags=re.S)
DOCUMENT = (ROOT / "docs/model-mode.md").read_text()


def documented():
    """[(name, value at first)] of the table of properties."""
    return re.findall(r"^\| `([a-z0-9-]+)` \| (\w[\w-]*) \|", DOCUMENT, re.M)


def properties():
    """{name: value at first} of the header's list; None where the shape says it. The second name of `model` is x86's doing."""
    found = {}
    for line in OPTIONS.splitlines():
        if match := re.search(r'MMP_NUMBER\("([a-z0-9-]+)"', line):
            found[match[1]] = None
        elif match := re.search(r'DEFINE_PROP_BOOL\("([a-z0-9-]+)".*, (true|false)\)', line):
            found[match[1].replace("mmp-model", "model")] = "on" if match[2] == "true" else "off"
        elif match := re.search(r'DEFINE_PROP_STRING\("([a-z0-9-]+)"', line):
            found[match[1]] = None
    return found


def number_of(field):
    """A number of mmp_machine_mondrix; 0 if it names none."""
    if match := re.fullmatch(r"(l1i|l1d|l2)\.(bytes|ways|line)", field):
        values = re.search(rf"\.{match[1]} = \{{(\d+), (\d+), (\d+)\}}", MONDRIX)
        return int(values[1 + ("bytes", "ways", "line").index(match[2])])
    outer, _, inner = field.rpartition(".")
    part = re.search(rf"\.{outer} =\s*\{{(.*?)\}}", MONDRIX, re.S)[1] if outer else MONDRIX
    value = re.search(rf"\.{inner} = (0x[0-9a-f]+|\d+)", part)
    return int(value[1], 0) if value else 0


def test_every_property_is_documented_once():
    names = [name for name, _ in documented()]
    assert len(names) > 20 and sorted(names) == sorted(properties())


def test_what_they_are_at_first():
    fields = {}
    for name, field in re.findall(r'NUMBER\("([a-z0-9-]+)", \w+, ([\w.]+)\)', TIMING):
        fields.setdefault(name, []).append(field)
    for name, value in documented():
        switch = properties()[name]
        if switch is not None:
            assert value == switch, name
        elif name in fields:
            assert {number_of(field) for field in fields[name]} == {int(value, 0)}, name
        else:
            assert name in ("crossing-cycles", "plb-replacement", "sidecars"), name
    said = dict(documented())
    assert int(said["crossing-cycles"]) == int(said["gate-cycles"]) + int(said["return-cycles"])
    words = {"MMP_REPLACE_LRU": "lru", "MMP_SIDECAR_NONE": "none"}
    assert said["plb-replacement"] == words[re.search(r"\.replacement = (\w+)", MONDRIX)[1]]
    assert said["sidecars"] == words[re.search(r"\.sidecars = (\w+)", MONDRIX)[1]]


def test_every_number_reaches_the_shape():
    numbers = {name for name in re.findall(r'MMP_NUMBER\("([a-z0-9-]+)"', OPTIONS)}
    assert numbers == set(re.findall(r'NUMBER\("([a-z0-9-]+)", \w+, [\w.]+\)', TIMING)) | {"crossing-cycles"}


def test_words_are_those_that_are_understood():
    for name in ("replacements", "sidecars"):
        words = re.search(rf"{name}\[\] = \{{ (.*?), NULL", TIMING)[1].replace('"', "").split(", ")
        row = re.search(r"^\| `(?:plb-replacement|sidecars)` \| " + words[0] + r" \|.*$", DOCUMENT, re.M)[0]
        assert all(f"`{word}`" in row for word in words)

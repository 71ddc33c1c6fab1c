# SPDX-License-Identifier: BSD-2-Clause
"""The attack suite: tests/boot/attacks/ is a kernel of its own, each of whose cases tries what the manual forbids.

The emulator is $QEMU or build/qemu/bin/qemu-system-x86_64. docs/attacks.md is the list of the cases, and this test
holds it to what the kernel says of itself.
"""

import pathlib

import pytest

import bare_kernel

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SOURCES = pathlib.Path(__file__).resolve().parent / "attacks"
DOCUMENT = REPOSITORY / "docs/attacks.md"

# Two network cards on one wire, whose accesses to memory can be checked; what passes there is kept.
CARDS = ["-device", "mmp-dma"]
for card in ("card", "peer"):
    CARDS += ["-netdev", f"hubport,id={card},hubid=0", "-device", f"virtio-net-pci,netdev={card},disable-legacy=on,romfile="]

HONEST = bytes.fromhex("ffffffffffffffff")  # how packets begin that may be sent: to everybody
PATTERN = b"\xa5" * 8  # what the memory holds that no device may read

# Ways of translating that differ in what is cached and chained; icount also makes interrupts exact. Model mode
# checks each access otherwise.
WAYS = {
    "plain": [],
    "icount": ["-icount", "shift=0,sleep=off", "-append", "exact"],
    "model": ["-cpu", "mmp,model=on"],
}


@pytest.fixture(scope="session")
def kernel(tmp_path_factory):
    return bare_kernel.build(tmp_path_factory.mktemp("attacks"), sorted(SOURCES.glob("*.[cS]")), wrap="trapped")


@pytest.fixture(scope="session")
def booted_wire():
    """What passed between the two cards, by way."""
    return {}


@pytest.fixture(scope="session")
def booted(kernel, booted_wire):
    """The lines that the kernel prints, by way; each is booted once."""
    lines, wire = {}, booted_wire

    def boot(way):
        if way not in lines:
            capture = kernel.parent / f"{way}.pcap"
            dump = ["-object", f"filter-dump,id=dump,netdev=card,file={capture}"]
            lines[way] = bare_kernel.boot(kernel, *WAYS[way], *CARDS, *dump).splitlines()
            wire[way] = capture.read_bytes()
        return lines[way]

    return boot


@pytest.mark.parametrize("way", WAYS)
def test_attacks(booted, booted_wire, way):
    lines = booted(way)
    assert [line for line in lines if line.startswith("FAIL")] == []
    assert lines and lines[-1] == "done"
    assert len([line for line in lines if line.startswith("ok ")]) >= 40
    assert HONEST in booted_wire[way]
    assert PATTERN not in booted_wire[way]


def test_document(booted):
    """Every row of the document is a case, with the same words, and the other way round."""
    cases = [line.removeprefix("row ") for line in booted("plain") if line.startswith("row ")]
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    rows = [row for row in rows if not row.startswith("| case |")]
    assert rows == cases

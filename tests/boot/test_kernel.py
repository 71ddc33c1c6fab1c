# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's own boot tests: tests/boot/kernel_*, and boots that must stop with a sentence."""

import re
import struct

import pytest
import rig

HELLO = rig.REPOSITORY / "tests/boot/kernel_hello/hello.manifest"
IMAGES = [rig.REPOSITORY / f"build/tests/kernel_hello/{name}.elf" for name in ("printer", "asker")]


def test_hello():
    """Two components, one gate; the callee knows who called."""
    status, lines = rig.boot_folder("kernel_hello")
    assert (status, lines[-1]) == (rig.ENDED, "2 hello"), "\n".join(lines)
    assert sum(line.startswith("component: ") for line in lines) == 2


def test_prefix():
    """A client of two instances of one program tells them apart by an edge's prefix."""
    status, lines = rig.boot_folder("kernel_prefix")
    assert (status, lines[-1]) == (rig.ENDED, "prefix"), "\n".join(lines)


def test_moves():
    """Merges and splits of two components while a thread is inside the call between them."""
    status, lines = rig.boot_folder("kernel_moves")
    assert (status, lines[-1]) == (rig.ENDED, "move"), "\n".join(lines)


def test_memory():
    """Memory is given back, in part too, and comes back at a place; who was lent it has it no longer."""
    status, lines = rig.boot_folder("kernel_memory")
    assert (status, lines[-1]) == (rig.ENDED, "memory"), "\n".join(lines)


def test_share():
    """Rights that may be passed on: as far as they go, to whom, who may take them back."""
    status, lines = rig.boot_folder("kernel_share")
    assert (status, lines[-1]) == (rig.ENDED, "share"), "\n".join(lines)


def test_group():
    """Ownership passed on, exports to everybody, group domains: who sees what, who may decide."""
    status, lines = rig.boot_folder("kernel_group")
    assert (status, lines[-1]) == (rig.ENDED, "group"), "\n".join(lines)


def test_stack():
    """Stack segments, and words of frames that are opened to a callee until the invocation returns."""
    status, lines = rig.boot_folder("kernel_stack")
    assert (status, lines[-1]) == (rig.ENDED, "stack"), "\n".join(lines)


def test_pd():
    """Protection domains made at run time, a component loaded into them by an ordinary one: calls, faults, refusals, the end."""
    status, lines = rig.boot_folder("kernel_pd")
    assert (status, lines[-1]) == (rig.ENDED, "pd"), "\n".join(lines)
    told = [line for line in lines if line.startswith("fault: told ")]
    assert len(told) == 107
    for index in (0, 102, 104, 106):  # before, while the file is none, when it is not told any more, in somebody else's pages
        assert re.match(r"fault: told \(.*\) in \? at 0x[0-9a-f]+ \(\+0x[0-9a-f]+\): ", told[index]), told[index]
    for index in (1, 103, 105):
        assert re.match(r"fault: told \(.*\) in child_fault\+0x[0-9a-f]+ at 0x[0-9a-f]+ \(\+0x[0-9a-f]+, child\.c:\d+\): ", told[index]), told[index]


def test_threads():
    """Preemption keeps registers; an entry that returns, or faults, is entered anew, the latter eight times."""
    status, lines = rig.boot_folder("kernel_threads")
    assert status == rig.ENDED, "\n".join(lines)
    faults = [line for line in lines if line.startswith("fault: worker (domain 2, thread faults) in faults_thread+")]
    assert len(faults) == 8
    assert all(line.endswith("; called by nobody; thread begins anew") for line in faults[:-1])
    assert faults[-1].endswith("; thread ended")
    assert {"c3", "d1", "d2"} <= set(lines)


def stopped(manifest, images=IMAGES, **keywords):
    """The sentence with which a boot stops that must not succeed."""
    status, lines = rig.boot(manifest, images, **keywords)
    assert status == rig.PANIC, "\n".join(lines)
    return lines[-1]


def changed(folder, old, new):
    path = folder / "changed.manifest"
    text = HELLO.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_processor_without_mmp():
    assert stopped(HELLO, cpu="qemu64") == "panic: this processor has no MMP. Shoji needs -cpu mmp: start it with `make run`"


def test_little_memory():
    assert re.fullmatch(r"panic: \d+ MiB of memory: needs 512 MiB \(-m 512M\)", stopped(HELLO, memory="256"))


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        (
            "edge asker   printer supervisor:test",
            "edge asker supervisor:test",
            "component asker: symbol term_print: no edge of the manifest leads to a component that offers it",
        ),
        (
            "edge printer supervisor:console",
            "",
            "component printer: symbol sup_console_write: no edge of the manifest leads to a component that offers it",
        ),
        (
            "edge printer supervisor:console",
            "edge printer supervisor:layout",
            "component printer: symbol sup_console_write: no edge of the manifest leads to a component that offers it",
        ),
        ("printer.elf memory 64K", "other.elf memory 64K", "component printer: no boot module other.elf"),
        (
            "printer.elf memory 64K",
            "printer.elf memory 4032K",
            r"component printer: image \(12K\) and budget \(4032K\) are more than the 4032K of a slot",
        ),
        ("system hello", "", "changed.manifest:5: expected `system NAME` first"),
        ("edge printer", "edge prnter", "changed.manifest:8: no component `prnter`: expected one that a line above declares"),
    ],
)
def test_manifest_that_does_not_fit(tmp_path, old, new, sentence):
    assert re.fullmatch(f"panic: {sentence}", stopped(changed(tmp_path, old, new)))


def test_thread_that_is_not_there(tmp_path):
    manifest = tmp_path / "thread.manifest"
    text = (rig.REPOSITORY / "tests/boot/kernel_threads/threads.manifest").read_text()
    manifest.write_text(text.replace("spins_thread", "spin_thread"))
    images = [rig.REPOSITORY / f"build/tests/kernel_threads/{name}.elf" for name in ("scheduler", "worker")]
    assert stopped(manifest, images) == "panic: thread spins: component worker exports no function spin_thread"


# Offsets in an ELF file's header and its first program header (at 64).
@pytest.mark.parametrize(
    "offset, value, sentence",
    [
        (0, b"\x7fELG", "not an ELF file"),
        (4, b"\x01", "not for x86-64"),
        (16, struct.pack("<H", 2), r"not a shared object \(ET_DYN\)"),
        (18, struct.pack("<H", 3), "not for x86-64"),
        (32, struct.pack("<Q", 1 << 40), "program headers outside the file"),
        (56, struct.pack("<H", 33), "program headers outside the file"),
        (64 + 4, struct.pack("<I", 7), "a segment is writable and executable"),
        (64 + 8, struct.pack("<Q", 1 << 63), "a segment lies outside the file"),
        (64 + 16, struct.pack("<Q", 0x800), "a segment does not begin on a page"),
        (64 + 16, struct.pack("<Q", 0xFFFFFFFFFFFFF000), "the image does not fit into its slot"),
        (64 + 40, struct.pack("<Q", 0x3F0001), "the image does not fit into its slot"),
        (64 + 40, struct.pack("<Q", 0x2001), "segments overlap or are not in order"),
        (64 + 40, struct.pack("<Q", 1), "a segment lies outside the file"),
    ],
)
def test_hostile_image(tmp_path, offset, value, sentence):
    image = tmp_path / "printer.elf"
    data = bytearray(IMAGES[0].read_bytes())
    data[offset : offset + len(value)] = value
    image.write_bytes(data)
    assert re.fullmatch(f"panic: component printer: printer.elf: {sentence}", stopped(HELLO, [image, IMAGES[1]]))

# SPDX-License-Identifier: BSD-2-Clause
"""Boot tests of the MMP CPU: tests/boot/cpu/ is a kernel of its own, each of whose lines is a test here.

The emulator is $QEMU or build/qemu/bin/qemu-system-x86_64.
"""

import os
import pathlib
import subprocess
import time

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SOURCES = pathlib.Path(__file__).resolve().parent / "cpu"
QEMU = os.environ.get("QEMU", str(REPOSITORY / "build/qemu/bin/qemu-system-x86_64"))
FIRMWARE = [
    option
    for folder in ("/usr/share/seabios", "/usr/share/qemu")
    if os.path.isdir(folder)
    for option in ("-L", folder)
]
CFLAGS = (
    "-ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -fno-stack-protector "
    "-fno-asynchronous-unwind-tables -fcf-protection=none -O2 -Wall -Wextra -Werror -Wa,--noexecstack"
).split()

# Ways of translating that differ in what is cached and chained. The counter is exact in all of them.
WAYS = {
    "plain": [],
    "icount": ["-icount", "shift=0,sleep=off"],
    "one-by-one": ["-accel", "tcg,one-insn-per-tb=on"],
    "logged": ["-d", "int,exec", "-D", os.devnull],
}


@pytest.fixture(scope="session")
def kernel(tmp_path_factory):
    """The test kernel, linked as the 32-bit ELF that multiboot wants."""
    out = tmp_path_factory.mktemp("cpu")
    objects = []
    for source in ("start.S", "snippets.S", "rig.c", "main.c"):
        objects.append(out / f"{source}.o")
        command = ["gcc", *CFLAGS, f"-I{REPOSITORY}/mmp_hw/include", "-c", SOURCES / source, "-o", objects[-1]]
        subprocess.run(command, check=True)
    image64, image = out / "cpu.elf64", out / "cpu.elf"
    link = ["ld", "-nostdlib", "-static", "-z", "max-page-size=4096", "-T", SOURCES / "link.ld", "-o", image64]
    subprocess.run([*link, *objects], check=True)
    subprocess.run(["objcopy", "-O", "elf32-i386", image64, image], check=True)
    return image


def machine(kernel, *options, cpu="mmp"):
    """The command that boots the kernel; its serial port is standard output."""
    return [
        *(QEMU, *FIRMWARE, "-cpu", cpu, "-m", "256", "-display", "none", "-vga", "none", "-net", "none"),
        *("-no-reboot", "-kernel", str(kernel), *options),
    ]


def boot(kernel, *options):
    command = machine(kernel, "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4", *options)
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize("way", WAYS)
def test_kernel(kernel, way):
    lines, errors = boot(kernel, *WAYS[way])
    assert [line for line in lines if line.startswith("FAIL")] == []
    assert lines and lines[-1] == "done", errors
    assert len([line for line in lines if line.startswith("ok ")]) >= 45


def test_one_processor_only(kernel):
    lines, errors = boot(kernel, "-smp", "2")
    assert lines == [] and "one processor" in errors


def monitor(kernel, console, *commands):
    """What the monitor answers once the kernel has run; it has no way to exit, and halts."""
    options = ("-serial", f"file:{console}", "-monitor", "stdio")
    process = subprocess.Popen(
        machine(kernel, *options), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        for _ in range(600):
            if console.exists() and "done" in console.read_text():
                break
            time.sleep(0.1)
        out, _ = process.communicate("".join(f"{command}\n" for command in (*commands, "quit")), timeout=60)
    finally:
        process.kill()
    return out


def test_monitor(kernel, tmp_path):
    out = monitor(kernel, tmp_path / "console", "info mmp", "info mmp 0x100000", "xp /4xw 0x23f0000", "migrate file:x")
    assert "MMP enabled, domain 0000" in out
    assert "frame alignment 4096" in out
    assert "last fault: kind 1 in domain 8001" in out
    assert "gated" in out and "instructions" in out
    assert "100000: not mediated" in out
    assert "0x47415445" in out  # the monitor is not mediated
    assert "-cpu mmp cannot be saved or migrated" in out


def test_other_processors_have_none(kernel):
    command = machine(kernel, "-serial", "null", "-monitor", "stdio", cpu="qemu64")
    done = subprocess.run(command, input="info mmp\nquit\n", capture_output=True, text=True, timeout=60, check=False)
    assert "no MMP unit" in done.stdout

# SPDX-License-Identifier: BSD-2-Clause
"""Kernels that are nothing but a test: the start-up code and the rig of tests/boot/cpu with other cases linked to it."""

import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
RIG = pathlib.Path(__file__).resolve().parent / "cpu"
QEMU = os.environ.get("QEMU", str(REPOSITORY / "build/qemu/bin/qemu-system-x86_64"))
FIRMWARE = [
    option
    for folder in ("/usr/share/seabios", "/usr/share/qemu")
    if os.path.isdir(folder)
    for option in ("-L", folder)
]
CFLAGS = (
    "-ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -fno-stack-protector -fno-strict-aliasing "
    "-fno-asynchronous-unwind-tables -fcf-protection=none -O2 -Wall -Wextra -Werror -Wa,--noexecstack"
).split()


def build(out, sources, wrap=None, flags=()):
    """The 32-bit ELF that multiboot wants, of these sources and the rig; wrap: a function that they intercept."""
    objects = []
    for source in [RIG / "start.S", RIG / "rig.c", *sources]:
        objects.append(out / f"{source.name}.o")
        include = [f"-I{REPOSITORY}/mmp_hw/include", f"-I{RIG}"]
        subprocess.run(["gcc", *CFLAGS, *flags, *include, "-c", source, "-o", objects[-1]], check=True)
    image64, image = out / "kernel.elf64", out / "kernel.elf"
    link = ["ld", "-nostdlib", "-static", "-z", "max-page-size=4096", "-T", RIG / "link.ld", "-o", image64]
    subprocess.run([*link, *([f"--wrap={wrap}"] if wrap else []), *objects], check=True)
    subprocess.run(["objcopy", "-O", "elf32-i386", image64, image], check=True)
    return image


def boot(kernel, *options, cpu="mmp", timeout=300):
    """What the kernel prints on the serial port until it ends by isa-debug-exit."""
    command = [
        *(QEMU, *FIRMWARE, "-cpu", cpu, "-m", "256", "-display", "none", "-vga", "none", "-net", "none"),
        *("-no-reboot", "-kernel", str(kernel), "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4", *options),
    ]
    done = subprocess.run(command, capture_output=True, timeout=timeout, check=False)
    return done.stdout.decode(errors="replace")

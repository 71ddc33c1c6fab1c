# SPDX-License-Identifier: BSD-2-Clause
"""Boots small systems of the kernel's own tests: a manifest and the components that build/tests/FOLDER holds.

The emulator is $QEMU or build/qemu/bin/qemu-system-x86_64. `make kernel kernel-boot-tests` builds what is booted.
"""

import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
QEMU = os.environ.get("QEMU") or str(REPOSITORY / "build/qemu/bin/qemu-system-x86_64")
KERNEL = REPOSITORY / "build/kernel/shoji.elf"
FIRMWARE = [
    option
    for folder in ("/usr/share/seabios", "/usr/share/qemu")
    if os.path.isdir(folder)
    for option in ("-L", folder)
]
SECONDS = 300
PANIC = 0x7E << 1 | 1
ENDED = 1  # sup_exit(0)


def boot(manifest, images, *options, cpu="mmp", memory="512", seconds=SECONDS):
    """Runs until the system ends itself. Returns QEMU's status and the console's lines."""
    modules = ",".join(map(str, [manifest, *images]))
    command = [
        *(QEMU, *FIRMWARE, "-cpu", cpu, "-m", memory, "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio"),
        *("-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", str(KERNEL), "-initrd", modules, *options),
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False)
    return done.returncode, done.stdout.decode(errors="replace").replace("\r", "").splitlines()


def boot_folder(name, *options, **keywords):
    """The test of tests/boot/NAME: its one manifest, and every component that was built of it."""
    folder = REPOSITORY / "tests/boot" / name
    (manifest,) = folder.glob("*.manifest")
    images = sorted((REPOSITORY / "build/tests" / name).glob("*.elf"))
    return boot(manifest, images, *options, **keywords)

# SPDX-License-Identifier: BSD-2-Clause
"""The peer: Linux and nginx as a guest of plain QEMU, on a tap device of its own. Same machine as Shoji's but for the
processor and the kernel's way in."""

import pathlib
import sys
import time

from harness import network
from harness.guest import REPOSITORY, Guest
from harness.load import first_answer

sys.path.insert(0, str(REPOSITORY / "boot"))
import machine  # noqa: E402

HOST, ADDRESS, MAC = "10.0.3.2", "10.0.3.15", "52:54:00:12:34:57"
TAP = "peer0"
KERNEL_LINE = "quiet mitigations=off nokaslr nowatchdog panic=-1 console=ttyS0"


def tap():
    network.tap(TAP, HOST, ADDRESS, MAC)


def url(path):
    return f"http://{ADDRESS}{path}"


class Peer(Guest):
    def __init__(self, qemu, guest, run="build/bench/peer-run", plugin=""):
        (REPOSITORY / run).mkdir(parents=True, exist_ok=True)
        guest = pathlib.Path(guest)
        super().__init__("peer", [
            qemu, "-machine", "pc,usb=off,vmport=off,hpet=off,smbus=off", "-accel", "tcg", "-cpu", "max", "-m", "512",
            "-smp", "1", "-display", "none", "-vga", "none", "-nodefaults", "-no-user-config", "-no-reboot",
            *(word for folder in machine.FIRMWARE for word in ("-L", folder)),
            "-serial", f"file:{run}/console.log", "-monitor", f"unix:{run}/monitor.sock,server=on,wait=off",
            "-kernel", str(guest / "vmlinuz"), "-initrd", str(guest / "initrd.gz"), "-append", KERNEL_LINE,
            "-netdev", f"tap,id=net,ifname={TAP},script=no,downscript=no",
            "-device", f"virtio-net-pci,netdev=net,mac={MAC},disable-legacy=on,romfile=",
            *(["-plugin", plugin] if plugin else []),
        ], run)

    def wait_ready(self):
        """Seconds from QEMU's start to the first answer."""
        first_answer(ADDRESS, 80, "/file", self.alive)
        seconds = time.monotonic() - self.started
        self.attach()
        return seconds

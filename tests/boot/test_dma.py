# SPDX-License-Identifier: BSD-2-Clause
"""A network driver that attacks by its device, and by its own loads and stores: tests/boot/kernel_dma, and in the web
server tests/boot/evil_vnic.

In the former the host plays the wire: it sends packets all the time, so that there is always one to receive, and keeps
all that comes.
"""

import re
import socket
import struct
import subprocess
import threading
import time

import pytest

import rig
import test_web

SERVERS = "scheduler terminal_printer memory_mapper lock timed_block event_manager".split()
SECRET = b"\xa5" * 4  # tests/boot/kernel_dma/dma.h


class Wire(threading.Thread):
    """The other end of the card's wire."""

    def __init__(self, folder, payload):
        super().__init__(daemon=True)
        self.ours, self.cards = folder / "ours", folder / "card"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.ours))
        self.socket.setblocking(False)
        self.frame = b"\xff" * 6 + b"\x02" * 6 + b"\x88\xb5" + b"\0\0" + payload
        self.frame += bytes(64 - len(self.frame))
        self.got, self.stopped = [], False

    def run(self):
        while not self.stopped:
            try:
                self.socket.sendto(self.frame, str(self.cards))
            except OSError:
                pass  # nobody there yet, or full
            self.receive()
            time.sleep(0.005)
        self.receive()

    def receive(self):
        try:
            while True:
                self.got.append(self.socket.recv(4096))
        except BlockingIOError:
            pass

    def options(self):
        return [
            *("-device", "mmp-dma", "-netdev"),
            f"dgram,id=net,local.type=unix,local.path={self.cards},remote.type=unix,remote.path={self.ours}",
            *("-device", "virtio-net-pci,netdev=net,disable-legacy=on,romfile="),
        ]


def tables():
    """Where the kernel's root tables, leaf tables and descriptors of domains lie."""
    symbols = subprocess.run(["nm", rig.KERNEL.with_name("shoji.sym.elf")], capture_output=True, text=True, check=True).stdout
    return [int(re.search(rf"^(\w+) b {name}$", symbols, re.M)[1], 16) for name in ("roots", "leaf_tables", "descriptors")]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Console lines, and the frames that came out of the card."""
    wire = Wire(tmp_path_factory.mktemp("dma"), struct.pack("<3I", *tables()))
    images = [rig.REPOSITORY / f"build/components/{name}.elf" for name in SERVERS]
    images += sorted((rig.REPOSITORY / "build/tests/kernel_dma").glob("*.elf"))
    wire.start()
    try:
        status, lines = rig.boot(rig.REPOSITORY / "tests/boot/kernel_dma/dma.manifest", images, *wire.options())
    finally:
        wire.stopped = True
        wire.join()
    print("\n".join(lines))
    assert (status, lines[-1]) == (rig.ENDED, "all tried")
    return lines, wire.got


NO = "no permission; "
NOTHING = NO + "nothing allows it"
SUPERVISOR = "a word of the supervisor; " + NOTHING
VICTIM = r"a word of victim \(data\); " + NOTHING
OWN = r"a word of vnic \(data\); " + NO + "sup_device_perm by vnic would allow it"
NET = "a word of pool net; " + NO
BETWEEN = NET + "sup_device_perm by vnic would allow it"
MANIFEST = NET + "`device vnic virtio-net checked net ...` would allow it"

# What the device tries first that is denied: how far behind what it is told, and whose word that is.
DEVICE = {
    "read_supervisor": ("load at", 0, SUPERVISOR),
    "read_roots": ("load at", 0, SUPERVISOR),
    "read_victim": ("load at", 0, VICTIM),
    "read_between": ("load at", 0, BETWEEN),
    "read_across": ("load at", 32, BETWEEN),
    "read_before": ("load at", 0, BETWEEN),
    "read_beyond": ("load at", 0, MANIFEST),
    "read_stack": ("load at", 0, "a word of thread scheduler's stack; " + NOTHING),
    "write_supervisor": ("store to", 0, SUPERVISOR),
    "write_roots": ("store to", 0, SUPERVISOR),
    "write_leaves": ("store to", 0, SUPERVISOR),
    "write_descriptors": ("store to", 0, SUPERVISOR),
    "write_victim": ("store to", 0, VICTIM),
    "write_packet_to_send": ("store to", 0, MANIFEST),
    "write_between": ("store to", 0, BETWEEN),
    "write_across": ("store to", 60, BETWEEN),
    "write_interrupt": ("store to", 0, "nobody's word; " + NOTHING),
    "write_nothing": ("store to", 0, SUPERVISOR),
    "descriptors_of_victim": ("load at", 0, VICTIM),
    "available_of_victim": ("load at", 2, VICTIM),
    "used_of_victim": ("load at", 0, VICTIM),
    "used_in_tables": ("load at", 0, SUPERVISOR),
    "taken_back": ("load at", 0, OWN),
}
PROCESSOR = {
    f"{how}_{what}": how
    for how in ("load", "store")
    for what in ("payload", "payload_to_send", "header", "beside_header", "header_to_send")
    if how == "store" or what in ("payload", "payload_to_send", "header")
}


def part(lines, name):
    """The lines between the announcement of an attack and its outcome, and the address that it aims at."""
    (begin,) = [n for n, line in enumerate(lines) if line.startswith(f"attack {name} ")]
    end = next(n for n in range(begin, len(lines)) if lines[n].startswith(f"{name}: "))
    return lines[begin + 1 : end], lines[end], int(lines[begin].split()[2], 16)


def test_all_are_known(ran):
    assert {line.split()[1] for line in ran[0] if line.startswith("attack ")} == {*DEVICE, *PROCESSOR}
    assert "vnic got what it should not" not in ran[0]


@pytest.mark.parametrize("name", DEVICE)
def test_device(ran, name):
    lines, outcome, address = part(ran[0], name)
    tried, behind, why = DEVICE[name]
    report = (
        rf"fault: vnic \(device virtio-net, domain 128\): {tried} 0x{address + behind:08x}, {why}; \d+ denied; "
        "the device is stopped, rebooting vnic"
    )
    assert re.fullmatch(report, lines[0]), lines
    assert re.fullmatch(r"reboot: vnic runs again \(\d+\)", lines[1]) and len(lines) == 2, lines
    assert outcome == f"{name}: denied"


@pytest.mark.parametrize("name", PROCESSOR)
def test_processor(ran, name):
    """vnic has no right to a packet: neither to its payload nor to a word of its headers."""
    lines, outcome, address = part(ran[0], name)
    tried, right = ("load of 4 bytes at", "ro") if PROCESSOR[name] == "load" else ("store of 4 bytes to", "rw")
    assert f": {tried} 0x{address:08x}, a word of pool net; no permission; `pool net ... {right} vnic` would allow it;" in lines[0]
    assert lines[0].startswith("fault: vnic (domain ") and lines[0].endswith("; called by driver; rebooting vnic")
    assert outcome == f"{name}: denied"


def test_nothing_leaked(ran):
    """Of what nobody may send nothing came; of what may be sent all did."""
    assert [frame for frame in ran[1] if SECRET in frame] == []
    numbers = {frame[20] for frame in ran[1] if frame[6:12] == b"\x02" * 6}
    assert numbers >= set(range(1, len(DEVICE) + len(PROCESSOR) + 1))


def test_a_machine_that_cannot_check():
    """Then a device that is to be checked stops the boot."""
    images = [rig.REPOSITORY / f"build/components/{name}.elf" for name in SERVERS]
    images += sorted((rig.REPOSITORY / "build/tests/kernel_dma").glob("*.elf"))
    card = ("-netdev", "hubport,id=net,hubid=0", "-device", "virtio-net-pci,netdev=net,disable-legacy=on,romfile=")
    status, lines = rig.boot(rig.REPOSITORY / "tests/boot/kernel_dma/dma.manifest", images, *card)
    assert (status, lines[-1]) == (rig.PANIC, "panic: device virtio-net of vnic: this machine cannot check it (-device mmp-dma)")


# ---- The web server ----


def test_off_by_default(tmp_path):
    """Without `checked` the same driver serves, and its device may do everything."""
    text = (rig.REPOSITORY / "webserver/webserver.manifest").read_text()
    text = re.sub(r"^device vnic .*$", "device vnic virtio-net", text, flags=re.M)
    text = re.sub(r"^pool net .*$", "pool net 1M rw vnic tcp at ip", text, flags=re.M)
    (tmp_path / "webserver.manifest").write_text(text)
    modules = (rig.REPOSITORY / "build/webserver/modules.list").read_text()
    modules = modules.replace("webserver/webserver.manifest", str(tmp_path / "webserver.manifest"), 1)
    (tmp_path / "modules.list").write_text(modules)
    system = test_web.System(tmp_path / "run", str(tmp_path / "modules.list"))
    try:
        assert all(system.get().body == test_web.HELLO for _ in range(20))
        assert system.faults() == []
    finally:
        system.running.stop()



def text_of_the_supervisor(address, count):
    """Bytes of the kernel's image, as they lie in memory."""
    image = rig.KERNEL.read_bytes()
    (table, entry, entries) = struct.unpack_from("<I10xHH", image, 28)
    for n in range(entries):
        kind, offset, at, _, size = struct.unpack_from("<5I", image, table + n * entry)
        if kind == 1 and at <= address < at + size:
            return image[offset + address - at :][:count]
    raise ValueError(f"{address:#x} is not the kernel's")


EVIL = [
    r"fault: vnic \(device virtio-net, domain 128\): load at 0x00101000, a word of the supervisor; .*, rebooting vnic",
    r"fault: vnic \(device virtio-net, domain 128\): store to 0x00101000, a word of the supervisor; .*, rebooting vnic",
    r"fault: vnic \(domain \d+, thread \w+\) in vnic_send.*: load of 1 byte at 0x[0-9a-f]+, a word of pool net; .*; rebooting vnic",
]


def test_the_web_server_goes_on(tmp_path):
    """Its driver goes bad every 150 packets, and is rebooted; requests are answered, at most after a packet is sent again."""
    evil = tmp_path / "vnic.elf"
    evil.write_bytes((rig.REPOSITORY / "build/components/evil_vnic.elf").read_bytes())
    modules = (rig.REPOSITORY / "build/webserver/modules.list").read_text()
    (tmp_path / "modules.list").write_text(modules.replace("build/components/vnic.elf", str(evil)))
    capture = tmp_path / "wire.pcap"
    system = test_web.System(tmp_path / "run", str(tmp_path / "modules.list"), pcap=str(capture))
    merged = 0
    asked = answered = wrong = 0
    seen = set()
    try:
        while asked < 200 or (asked < 1000 and len(seen) < len(EVIL)):  # which evil comes next is chance
            asked += 1
            try:
                reply = system.get()
                wrong += (reply.status, reply.body) != (200, test_web.HELLO)
                answered += 1
            except OSError:
                pass
            seen = {n for line in system.faults() for n, kind in enumerate(EVIL) if re.fullmatch(kind, line)}
        vnic = next(component for component in system.graph()["components"] if component["name"] == "vnic")
        faults = system.faults()
        # In one domain with ip vnic has ip's rights; its device has what it had.
        assert system.ask("POST", "/v1/merge", {"into": "ip", "from": "vnic"}).status == 200
        while merged < 800 and not any(line.endswith("the device is stopped, rebooting vnic ip") for line in system.faults()):
            merged += 1
            assert system.get().body == test_web.HELLO
        assert merged < 800
    finally:
        system.running.stop()
    print(f"{asked} requests, {answered} answered", *faults, sep="\n")
    assert wrong == 0 and answered >= asked * 0.98
    assert seen == {0, 1, 2} and abs(vnic["reboots"] - len(faults)) <= 1
    assert all(any(re.fullmatch(kind, line) for kind in EVIL) for line in faults)
    assert text_of_the_supervisor(0x101000, 32) not in capture.read_bytes()

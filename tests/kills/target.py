# SPDX-License-Identifier: BSD-2-Clause
"""A running web server with the component `killer` in it, whose memory lies in a file (memfd) that is mapped here: so orders reach the
killer, and its tables can be looked at, whatever has just been killed.

 1. One order at a time: kill() returns when everybody runs again.
"""

import dataclasses
import http.client
import json
import mmap
import os
import pathlib
import re
import struct
import sys
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "boot"), str(REPOSITORY / "tests/bench")]

import machine  # noqa: E402
import running  # noqa: E402
from ports import free_port  # noqa: E402
from profiler import program  # noqa: E402

KILLER = "build/tests/kernel_killer/killer.elf"
MODULES = "build/webserver/modules.list"
MEMORY = 512 << 20
ORDER, BEGUN, FALLEN, DONE = range(0, 32, 8)  # kernel_killer/killer.c
GLOBAL_TICKS = 0x4400000                    # struct shoji_global, shoji/supervisor.h
PATIENCE = 20


class Lost(Exception):
    """The system has ended, or does not come back."""


@dataclasses.dataclass(frozen=True)
class Kill:
    component: str
    fallen: frozenset  # names: those of its domain, and who was on one stack with them in a stale one
    begin: float       # the host's clock: shortly before
    end: float         # everybody runs again
    ticks: tuple = (0, 0)  # the same by the system's own clock


def with_killer(manifest):
    """The manifest's text, with the killer as one component more, and where its pool comes to lie."""
    added = {
        "edge": "component killer 200 killer.elf memory 64K\n",
        "pool": "edge killer scheduler supervisor:test supervisor:layout\n",
        "device": "pool kills 512K rw killer\n",
    }
    lines, slots = [], 0
    for line in manifest.splitlines():
        word = (line.split() or [""])[0]
        slots += word in ("component", "pool")
        lines.append(added.pop(word, "") + line)
    return "\n".join([*lines, "thread killer killer killer_thread priority 1", ""]), program.SLOTS_BASE + (slots + 1) * program.SLOT_BYTES


class Target:
    def __init__(self, run, modules=MODULES):
        folder = REPOSITORY / run
        folder.mkdir(parents=True, exist_ok=True)
        lines = (REPOSITORY / modules).read_text().splitlines()
        text, self.orders = with_killer((REPOSITORY / lines[0].split()[0]).read_text())
        self.components = {words[1]: int(words[2]) for line in text.splitlines() if (words := line.split())[:1] == ["component"]}
        self.images = {words[1]: words[3] for line in text.splitlines() if (words := line.split())[:1] == ["component"]}
        (folder / "webserver.manifest").write_text(text)
        (folder / "modules.list").write_text("\n".join(
            [f"{folder / 'webserver.manifest'} webserver.manifest", *lines[1:], f"{KILLER} {pathlib.Path(KILLER).name}", ""]))
        self.web, self.control = free_port(), free_port()
        self.memory = None
        self.number = 0
        self.lock = threading.Lock()
        with open(os.memfd_create("shoji-memory"), "r+b") as file:    # on no disk: each page that the guest writes would be written there, too
            file.truncate(MEMORY)
            path = f"/proc/{os.getpid()}/fd/{file.fileno()}"
            self.running = running.Running(machine.Machine(
                modules=f"{run}/modules.list", port=self.web, control_port=self.control, qemu=os.environ.get("QEMU") or machine.QEMU,
                extra=("-object", f"memory-backend-file,id=ram,size={MEMORY},mem-path={path},share=on", "-machine", "memory-backend=ram")), run)
            self.running.start()
            try:
                self.running.wait_for(self.running.ready, PATIENCE, "answer")
                self.memory = mmap.mmap(file.fileno(), MEMORY)
            except BaseException:
                self.running.stop()
                raise

    def stop(self):
        self.running.stop()
        if self.memory is not None:
            self.memory.close()

    def word(self, address):
        return struct.unpack_from("=Q", self.memory, address)[0]

    def ticks(self):
        """Of 10 ms, since the system's boot."""
        return self.word(GLOBAL_TICKS)

    def order(self, name):
        """Tells the killer; the order's number."""
        self.number += 1
        order = self.number << 8 | self.components[name]
        struct.pack_into("=Q", self.memory, self.orders + ORDER, order)
        return order

    def kill(self, name):
        """Kills the component, with all of its domain."""
        with self.lock:
            ordered, tick = time.monotonic(), self.ticks()
            order = self.order(name)
            begin = max(ordered, self.wait(BEGUN, order, f"{name} was to be killed"))
            self.wait(DONE, order, f"{name} was killed")
            fallen = self.word(self.orders + FALLEN)
            return Kill(name, frozenset(n for i, n in enumerate(self.components) if fallen >> i & 1), begin, time.monotonic(),
                        (tick, self.ticks()))

    def wait(self, word, order, what):
        """A time when the word was not `order` yet, the last one that is known."""
        before, end = 0.0, time.monotonic() + PATIENCE
        while True:
            now = time.monotonic()
            if self.word(self.orders + word) == order:
                return before
            before = now
            if now > end or not self.running.alive():
                raise Lost(f"{what}: nothing happens any more; the console's end:\n" + self.running.console()[-2000:])
            time.sleep(0.001)

    def token(self):
        """The control interface's; each reboot of mpd_manager makes another one."""
        return re.findall(r"^control token: ([0-9a-fA-F]+)$", self.running.console(), re.M)[-1]

    def ask(self, method, path, body=None):
        """(status, JSON) of the control interface; OSError or http.client.HTTPException if there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.control, timeout=5)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Authorization": f"Bearer {self.token()}"})
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()

    def faults(self):
        """What the console tells of faults that nobody ordered."""
        return [line for line in self.running.console().splitlines() if re.match("fault|panic", line) and not line.endswith("is killed")]

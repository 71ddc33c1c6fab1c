# SPDX-License-Identifier: BSD-2-Clause
"""A guest in QEMU: its process, its monitor, its counters. What its command line is, others say."""

import pathlib
import re
import socket
import struct
import time

from harness import child
from harness.child import BenchError

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


class Monitor:
    """QEMU's human monitor on a Unix socket: one command, one answer."""

    PROMPT = b"(qemu) "

    def __init__(self, path, seconds=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(seconds)

        def connected():
            try:
                self.socket.connect(str(path))
                return True
            except OSError:
                return False

        if not child.wait_until(connected, seconds):
            raise BenchError(f"{path}: QEMU's monitor does not answer")
        self._answer()

    def command(self, line):
        self.socket.sendall(line.encode() + b"\n")
        # It echoes what is typed, with its line editor's escapes, up to the first line's end.
        echo_and_answer = self._answer().decode(errors="replace").replace("\r", "")
        return echo_and_answer.split("\n", 1)[1] if "\n" in echo_and_answer else ""

    def memory(self, address, size, scratch):
        """Bytes of the guest's physical memory, by way of the file `scratch`."""
        scratch = pathlib.Path(scratch).absolute()
        said = self.command(f'pmemsave {address:#x} {size:#x} "{scratch}"')
        try:
            data = scratch.read_bytes()
        except OSError:
            data = b""
        scratch.unlink(missing_ok=True)
        if len(data) != size:
            raise BenchError(f"`pmemsave` wrote {len(data)} of {size} bytes: {said.strip()}")
        return data

    def counters(self):
        """The MMP CPU's own counters: {"instructions": n, "gated": n, ...}."""
        said = self.command("info mmp")
        found = {name: int(value) for name, value in re.findall(r"\b(instructions|gated|passed|returns|faults|switches|"
                                                                r"mixed accesses) (\d+)", said)}
        if len(found) != 7 or "not counted" in said:
            raise BenchError(f"`info mmp` shows not all counters:\n{said}")
        return found

    def close(self):
        self.socket.close()

    def _answer(self):
        got = b""
        while not got.endswith(self.PROMPT):
            piece = self.socket.recv(65536)
            if not piece:
                raise BenchError("QEMU closed its monitor")
            got += piece
        return got[: -len(self.PROMPT)]


class Guest:
    """One running QEMU. `run` is the folder, relative to the repository, in which the command line puts monitor.sock."""

    def __init__(self, name, command, run):
        self.name = name
        self.folder = REPOSITORY / run
        self.log = self.folder / "qemu.log"
        self.monitor_path = self.folder / "monitor.sock"
        self.monitor_path.unlink(missing_ok=True)
        self.started = time.monotonic()
        self.process = child.start(command, self.log, cwd=REPOSITORY)
        self.monitor = None

    def attach(self):
        self.monitor = Monitor(self.monitor_path)

    def alive(self):
        return self.process.poll() is None

    def check(self):
        if not self.alive():
            raise BenchError(f"{self.name}: QEMU ended with status {self.process.returncode}:\n"
                             + child.last_lines(self.log.read_text(errors="replace")))

    def pause(self):
        self.monitor.command("stop")

    def resume(self):
        self.monitor.command("cont")

    def counters(self):
        return self.monitor.counters()

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) * 1024

    def stop(self):
        if self.monitor:
            self.monitor.close()
        child.stop(self.process)


class PluginCount:
    """The instruction counting plugin's file: how to ask QEMU for it, and what it says."""

    def __init__(self, plugin, file, accesses=False):
        self.file = pathlib.Path(file)
        self.argument = f"{plugin},counts={file}" + (",accesses=on" if accesses else "")

    def read(self):
        """(instructions, data accesses)"""
        return struct.unpack("=2Q", self.file.read_bytes()[:16])

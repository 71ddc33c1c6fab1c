# SPDX-License-Identifier: BSD-2-Clause
"""Shoji as a guest: the machine of boot/, on a tap device, and its control interface."""

import http.client
import json
import re
import socket
import sys
import time

from harness import child, network
from harness.child import BenchError
from harness.guest import REPOSITORY, Guest
from harness.load import first_answer

sys.path.insert(0, str(REPOSITORY / "boot"))
import machine  # noqa: E402

HOST, ADDRESS, MAC = "10.0.2.2", "10.0.2.15", "52:54:00:12:34:56"
TAP = "shoji0"
CONTROL_PORT = 8081
URL = f"http://{ADDRESS}/hw"


def tap():
    network.tap(TAP, HOST, ADDRESS, MAC)


class Shoji(Guest):
    def __init__(self, run="build/bench/shoji", plugin="", modules=machine.Machine.modules, cpu="mmp"):
        (REPOSITORY / run).mkdir(parents=True, exist_ok=True)
        self.console = REPOSITORY / run / "console.log"
        self.console.write_text("")
        try:
            command = machine.Machine(modules=modules, tap=TAP, plugin=plugin, cpu=cpu).command(
                f"file,path={run}/console.log", run)
        except machine.Unusable as reason:
            raise BenchError(str(reason)) from None
        super().__init__("shoji", command, run)

    def wait_ready(self):
        """Seconds from QEMU's start to the first answer."""
        try:
            first_answer(ADDRESS, 80, "/hw", self.alive)
        except BenchError as error:
            raise BenchError(f"{error}; the console's end:\n" + child.last_lines(self.console.read_text(errors="replace"))) \
                from None
        seconds = time.monotonic() - self.started
        self.attach()
        return seconds

    def token(self):
        found = []

        def told():
            found[:] = re.findall(r"^control token: ([0-9a-fA-F]+)\s*$", self.console.read_text(errors="replace"), re.M)
            return bool(found)

        if not child.wait_until(told, 10):
            raise BenchError("the console tells no control token")
        return found[0]

    def control(self, method, path, body=None):
        """One request, once the control interface listens; it may do so a little later than the site."""
        if not child.wait_until(self.control_listens, 10):
            raise BenchError("nobody listens on the control port")
        connection = http.client.HTTPConnection(ADDRESS, CONTROL_PORT, timeout=10)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Authorization": f"Bearer {self.token()}"})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise BenchError(f"control interface, {method} {path}: {error}") from None
        finally:
            connection.close()
        if answer.status >= 300:
            raise BenchError(f"control interface, {method} {path}: {answer.status} {text.strip()}")
        return text

    def control_listens(self):
        try:
            socket.create_connection((ADDRESS, CONTROL_PORT), timeout=1).close()
            return True
        except OSError:
            return False

    def layout(self, mode):
        """isolated or merged, and it must be so afterwards."""
        self.control("PUT", "/v1/policy", {"mode": mode})

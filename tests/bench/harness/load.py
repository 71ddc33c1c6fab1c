# SPDX-License-Identifier: BSD-2-Clause
"""Load on a guest's web server, by ApacheBench and httperf. A run that lost a request is an error, not a figure."""

import dataclasses
import re
import socket
import time
import urllib.parse

from harness.child import BenchError, run

BODY_BYTES = 11  # hello world


@dataclasses.dataclass(frozen=True)
class Load:
    requests: int
    rate: float  # a second
    longest_ms: float


def load(url, requests, concurrency, kept):
    command = ["ab", "-q", "-n", str(requests), "-c", str(concurrency), *(["-k"] if kept else []), url]
    said = run(command, 120)

    def field(name):
        found = re.search(rf"^{name}:\s+([0-9.]+)", said, re.M)
        return float(found[1]) if found else 0.0

    if field("Complete requests") != requests or field("Failed requests") or field("Non-2xx responses") \
            or field("Document Length") != BODY_BYTES:
        raise BenchError(f"{' '.join(command)}: not every request got its {BODY_BYTES} bytes:\n{said}")
    if kept and field("Keep-Alive requests") < requests - concurrency:
        raise BenchError(f"{' '.join(command)}: connections were not kept: {field('Keep-Alive requests'):.0f} of {requests}")
    longest = re.search(r"^\s+100%\s+(\d+)", said, re.M)
    return Load(requests, field("Requests per second"), float(longest[1]) if longest else 0.0)


def pipelined(url, requests, calls=20):
    """`calls` requests a connection, sent at once, as the paper's load: one connection after the other."""
    place = urllib.parse.urlsplit(url)
    connections = -(-requests // calls)
    command = ["httperf", "--hog", f"--server={place.hostname}", f"--port={place.port or 80}", f"--uri={place.path}",
               f"--num-conns={connections}", f"--num-calls={calls}", f"--burst-length={calls}", "--timeout=10"]
    said = run(command, 120)
    found = re.search(r"^Total: .* requests (\d+) replies (\d+) test-duration ([0-9.]+) s", said, re.M)
    size = re.search(r"^Reply size .* content ([0-9.]+) ", said, re.M)
    asked = connections * calls
    if found is None or int(found[1]) != asked or int(found[2]) != asked or f"2xx={asked} " not in said \
            or size is None or float(size[1]) != BODY_BYTES:
        raise BenchError(f"{' '.join(command)}: not every request got its {BODY_BYTES} bytes:\n{said}")
    return Load(asked, asked / float(found[3]), 0.0)


def first_answer(address, port, path, alive, seconds=60):
    """Seconds since the call until the first whole answer. Each try is a connection of its own and short, because a SYN
    that nobody hears is repeated only after a second."""
    began = time.monotonic()
    request = f"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n".encode()
    while time.monotonic() - began < seconds:
        if not alive():
            raise BenchError("the guest ended before it answered")
        try:
            with socket.create_connection((address, port), timeout=0.1) as connection:
                connection.settimeout(1)
                connection.sendall(request)
                answer = b""
                while piece := connection.recv(4096):
                    answer += piece
            if b" 200 " in answer.split(b"\r\n", 1)[0] and answer.endswith(b"hello world"):
                return time.monotonic() - began
        except OSError:
            pass
        time.sleep(0.005)
    raise BenchError(f"no answer from {address}:{port}{path} in {seconds} s")

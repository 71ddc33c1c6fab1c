# SPDX-License-Identifier: BSD-2-Clause
"""Part `watching`: what a request costs while somebody watches: nobody, ten viewers of the dashboard's events, /metrics asked for all the time,
a trace being recorded. One guest, the ways in turn, several rounds; figures are sums over the rounds, in guest instructions."""

import contextlib
import http.client
import json
import socket
import threading
import time

from harness import shoji
from harness.child import BenchError, progress
from harness.figure import at_most
from harness.load import load

PART = "watching"
ROUNDS = 8
REQUESTS = 6000
WARM_UP = 2000
CONCURRENCY = 8
VIEWERS = 10
SCRAPE_SECONDS = 15     # how often Prometheus asks, unless it is told otherwise
SETTLE_SECONDS = 2.5    # graphs have been sent, and connections that were closed have gone
IDLE_SECONDS = 3
GOAL = at_most(2)       # per cent


class Viewer:
    """Reads events on a thread of its own and counts the ticks."""

    def __init__(self):
        self.socket = socket.create_connection((shoji.ADDRESS, shoji.CONTROL_PORT), timeout=30)
        self.socket.sendall(b"GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n")
        self.ticks, self.tail, self.head = 0, b"", b""
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        with contextlib.suppress(OSError):
            while got := self.socket.recv(65536):
                self.head = (self.head + got)[:64]
                seen = self.tail + got
                self.ticks += seen.count(b"event: tick\n")
                self.tail = seen[-len(b"event: tick"):]

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.socket.close()


@contextlib.contextmanager
def nobody(guest):
    yield


@contextlib.contextmanager
def dashboard(guest):
    viewers = [Viewer() for _ in range(VIEWERS)]
    try:
        time.sleep(SETTLE_SECONDS)
        before, began = [viewer.ticks for viewer in viewers], time.monotonic()
        yield
        least = int((time.monotonic() - began) / 2)
        time.sleep(1.5)
        for viewer, ticks in zip(viewers, before):
            if viewer.ticks - ticks < max(1, least):
                raise BenchError(f"a viewer was told {viewer.ticks - ticks} ticks where {least} were due; it began with {viewer.head!r}")
    finally:
        for viewer in viewers:
            viewer.close()


@contextlib.contextmanager
def trace(guest):
    guest.control("POST", "/v1/trace", {"on": True})
    try:
        yield
    finally:
        guest.control("POST", "/v1/trace", {"on": False})
    if not json.loads(guest.control("GET", "/v1/trace/state")).get("records"):
        raise BenchError("nothing was recorded")


WAYS = {"nobody watches": nobody, f"{VIEWERS} viewers of the dashboard": dashboard, "a trace is recorded": trace}


def measure(report, options):
    shoji.tap()
    guest = shoji.Shoji()
    try:
        guest.wait_ready()
        guest.layout("isolated")
        load(shoji.URL, WARM_UP, CONCURRENCY, True)
        ways(report, guest, options.rounds or ROUNDS)
        metrics(report, guest)
        guest.check()
    finally:
        guest.stop()


def asked(guest):
    """Instructions and seconds of the requests."""
    before, began = guest.counters()["instructions"], time.monotonic()
    load(shoji.URL, REQUESTS, CONCURRENCY, True)
    return guest.counters()["instructions"] - before, time.monotonic() - began


def ways(report, guest, rounds):
    """Each round begins with another way, so that none has the machine's better moments."""
    samples = {name: [] for name in WAYS}
    for i in range(rounds):
        progress(f"watching, round {i + 1} of {rounds}")
        order = list(WAYS)[i % len(WAYS):] + list(WAYS)[:i % len(WAYS)]
        for name in order:
            with WAYS[name](guest):
                samples[name].append(asked(guest))
            time.sleep(SETTLE_SECONDS)
    costs = {name: [instructions / REQUESTS for instructions, _ in each] for name, each in samples.items()}
    (off, *_), busy = costs.values(), sum(n for n, _ in samples["nobody watches"]) / sum(s for _, s in samples["nobody watches"])
    for name, each in costs.items():
        report.add(PART, f"/hw, kept connection, {CONCURRENCY} at a time: {name}", sum(each) / rounds, "instructions", None,
                   f"{min(each):,.0f} to {max(each):,.0f} in {rounds} rounds", each)
    for name in list(WAYS)[1:]:
        report.add(PART, f"{name}: more than nobody", 100 * (sum(costs[name]) / sum(off) - 1), "%", GOAL)
    idle(report, guest, busy)
    guest.busy = busy


def idle(report, guest, busy):
    """What ten viewers take by themselves, each second, as a share of what the server executes a second under load."""
    def a_second():
        before, began = guest.counters()["instructions"], time.monotonic()
        time.sleep(IDLE_SECONDS)
        return (guest.counters()["instructions"] - before) / (time.monotonic() - began)

    alone = a_second()
    with dashboard(guest):
        watched = a_second()
    report.add(PART, f"idle: {VIEWERS} viewers, more than nobody", watched - alone, "instructions/s", None,
               f"{alone:,.0f} without them; {100 * (watched - alone) / busy:.2g} % of the {busy / 1e6:.1f} million a second under load")


def metrics(report, guest):
    """One scrape, and the share of scrapes at Prometheus' usual pace."""
    count = 20
    connection = http.client.HTTPConnection(shoji.ADDRESS, shoji.CONTROL_PORT, timeout=10)
    before = guest.counters()["instructions"]
    for _ in range(count):
        connection.request("GET", "/metrics")
        if b"shoji_domains 25" not in connection.getresponse().read():
            raise BenchError("/metrics tells no 25 domains")
    scrape = (guest.counters()["instructions"] - before) / count
    connection.close()
    report.add(PART, "/metrics, asked for once", scrape, "instructions", None)
    report.add(PART, f"/metrics every {SCRAPE_SECONDS} s: more than nobody", 100 * scrape / SCRAPE_SECONDS / guest.busy, "%", GOAL)

# SPDX-License-Identifier: BSD-2-Clause
"""The web server as a guest of the evaluation: what is set, what is counted, and the paper's workloads."""

import dataclasses
import json
import re
import time

from harness import load, shoji
from harness.guest import REPOSITORY
from inspection import emulator

COMPOSITE = 1680  # cycles of an invocation between domains: 0.7 us at 2.4 GHz (TSE11, Table 2)
CONCURRENCY = 24  # the paper's, for static content (5.2)
COMPONENTS = 25


def ids():
    """Components by name: the paper's numbers."""
    manifest = (REPOSITORY / "webserver/webserver.manifest").read_text()
    return {name: int(number) for name, number in re.findall(r"^component (\w+)\s+(\d+)", manifest, re.M)}


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    path: str
    pipelined: bool

    def ask(self, requests):
        url = f"http://{shoji.ADDRESS}{self.path}"
        return load.pipelined(url, requests) if self.pipelined else load.load(url, requests, CONCURRENCY, False)


STATIC = Workload("static, HTTP 1.0", "/hw", False)
CGI = Workload("CGI, HTTP 1.0", "/cgi/hw", False)
CGI_PIPELINED = Workload("CGI, HTTP 1.1 by twenties", "/cgi/hw", True)
FIVE = (  # TSE11, 5.4
    Workload("1: CGI A, HTTP 1.0", "/cgi/hw", False),
    Workload("2: CGI B, HTTP 1.1 by twenties", "/cgi/HW", True),
    Workload("3: static, HTTP 1.0", "/hw", False),
    Workload("4: CGI A, HTTP 1.1 by twenties", "/cgi/hw", True),
    Workload("5: CGI B, HTTP 1.0", "/cgi/HW", False),
)


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """Counts since boot: the processor's, and of each edge between components (invocations, gated)."""
    at: float
    cycles: int
    edges: dict
    domains: dict  # component: number of its domain

    def since(self, before):
        return {edge: (n - before.edges[edge][0], g - before.edges[edge][1]) for edge, (n, g) in self.edges.items()}

    def crossings_since(self, before):
        return sum(g for _, g in self.since(before).values())


class Site(shoji.Shoji):
    def __init__(self, run="build/paper/mpd-run", **keywords):
        super().__init__(run, **keywords)
        self.wait_ready()

    def set(self, **members):
        self.control("PUT", "/v1/policy", members)

    def policy(self):
        return json.loads(self.control("GET", "/v1/policy"))

    def layout_now(self):
        return json.loads(self.control("GET", "/v1/partition"))["domains"]

    def model(self):
        """Cycles and crossings so far, in model mode: those of gates and of walks of the permission tables apart."""
        look = emulator.Emulator(str(self.folder))
        try:
            told = look.mmp()
        finally:
            look.close()
        causes = told["model"]["cycles-by-cause"]
        return {"cycles": told["model"]["cycles"], "plb": causes[3], "gate": causes[4], "gated": told["counters"]["gated"]}

    def merge(self, into, from_):
        self.control("POST", "/v1/merge", {"into": into, "from": from_})

    def snapshot(self):
        graph = json.loads(self.control("GET", "/v1/graph"))
        edges = {(edge["client"], edge["server"]): (edge["invocations"], edge["gated"])
                 for edge in graph["edges"] if edge["server"] != "supervisor"}
        return Snapshot(time.monotonic(), graph["counters"]["cycles"], edges,
                        {component["name"]: component["domain"] for component in graph["components"]})

    def measured(self, workload, requests):
        """Cycles and component crossings a request, and the edges' counts, of so many requests."""
        workload.ask(max(requests // 10, 40))
        before = self.snapshot()
        workload.ask(requests)
        after = self.snapshot()
        return {"cycles": (after.cycles - before.cycles) / requests, "crossings": after.crossings_since(before) / requests,
                "edges": {f"{client} {server}": n for (client, server), (n, _) in after.since(before).items()}}


def rate(cycles, crossings, cost, here=1):
    """Requests in a million cycles of a processor on which a crossing costs `cost` cycles, and which is like this one otherwise."""
    return 1e6 / (cycles + crossings * (cost - here))

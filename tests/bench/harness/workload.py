# SPDX-License-Identifier: BSD-2-Clause
"""The kinds of request that are measured: a static answer and one by CGI, on new and on kept connections, and pipelined. Each
has its goals for Shoji with all components isolated."""

import dataclasses

from harness import load
from harness.figure import Goal, at_most

CALLS = 20  # pipelined requests a connection, as in the paper (TSE11, 4.2)
NEW, KEPT, PIPELINED = "new", "kept", "pipelined"


@dataclasses.dataclass(frozen=True)
class Workload:
    what: str            # /hw or CGI
    connections: str     # NEW, KEPT, PIPELINED
    goal: Goal           # instructions a request
    path: str            # Shoji's
    peer: tuple          # (path, name) of nginx's counterparts

    @property
    def name(self):
        return f"{self.what}, pipelined by {CALLS}" if self.connections == PIPELINED else f"{self.what}, {self.connections} connection"

    def concurrencies(self, several):
        """How many connections at once it is measured with. Pipelined ones come one after the other."""
        return (1,) if self.connections == PIPELINED else several

    def ask(self, address, requests, concurrency, path=None):
        """The Load; exactly so many requests have been answered."""
        url = f"http://{address}{path or self.path}"
        if self.connections == PIPELINED:
            return load.pipelined(url, requests, CALLS)
        return load.load(url, requests, concurrency, self.connections == KEPT)


STATIC = ("/file", "nginx, a file"), ("/module", "nginx, answered inside it")
FASTCGI = (("/fastcgi", "nginx, FastCGI"),)
WORKLOADS = (
    Workload("/hw", NEW, at_most(20000), "/hw", STATIC),
    Workload("/hw", KEPT, at_most(7000), "/hw", STATIC),
    Workload("/hw", PIPELINED, at_most(4000), "/hw", STATIC),
    Workload("CGI", NEW, at_most(25000), "/cgi/hw", FASTCGI),
    Workload("CGI", KEPT, at_most(10000), "/cgi/hw", FASTCGI),
)

# SPDX-License-Identifier: BSD-2-Clause
"""Through which components the requests of a kind go: measured, by the counts that the processor keeps in the gates, while
only such requests are made."""

import collections
import time

from asking import Client
from profiler import crossings, program

ASKED = 200
OFTEN = 0.05  # invocations a request: less is not the request's own (timers, a table that grows)


class Mapped:
    """The target's memory, as crossings.gates wants it."""

    def __init__(self, target):
        self.target = target

    def memory(self, address, size, _):
        return self.target.memory[address:address + size]


def gates(target):
    return crossings.gates(Mapped(target), list(target.components), None)


def owner(target, address):
    slot = (address - program.SLOTS_BASE) // program.SLOT_BYTES
    return list(target.components)[slot] if 0 <= slot < len(target.components) else "supervisor"


def measured(target, kind):
    """Names. Client and server of each gate that is used in such requests are of the path."""
    client = Client(kind, target)
    before = gates(target)
    client.start()
    while client.answered < ASKED and not client.failed:
        time.sleep(0.01)
    client.stopped = True
    client.join()
    if client.failed:
        raise AssertionError(f"{kind.name}: {client.failed[0].what} before anybody was killed")
    used = collections.Counter()
    for asking, server, _, count, _ in crossings.between(gates(target), before, lambda address: (owner(target, address), "")):
        used[asking, server] += count
    return frozenset(name for pair, count in used.items() if count >= OFTEN * client.answered and pair[0] != "killer" for name in pair)

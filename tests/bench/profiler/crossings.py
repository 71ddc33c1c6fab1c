# SPDX-License-Identifier: BSD-2-Clause
"""Invocations by gate: who called what how often, and how often it crossed domains, from the counters that the processor
keeps in the gates themselves (docs/mmp-manual.md, 5.1)."""

import collections
import struct

from profiler.program import GATES_OFFSET, SLOT_BYTES, SLOTS_BASE

GATE = struct.Struct("<IIHHIQQ")  # kind, target, PD-ID, -, badge, invocations, crossed
CALL = 0x47415445


def gates(monitor, names, scratch):
    """{(client, target): (invocations, crossed)}, of components `names` in the order of their slots."""
    found = collections.Counter(), collections.Counter()
    for slot, name in enumerate(names):
        memory = monitor.memory(SLOTS_BASE + slot * SLOT_BYTES + GATES_OFFSET, SLOT_BYTES - GATES_OFFSET, scratch)
        for kind, target, _, _, _, invocations, crossed in GATE.iter_unpack(memory):
            if kind == CALL:
                found[0][name, target] += invocations
                found[1][name, target] += crossed
    return {key: (found[0][key], found[1][key]) for key in found[0]}


def between(after, before, place):
    """[(client, server, function, invocations, crossed)] of what was invoked in between, most first. `place` names an address."""
    rows = []
    for (client, target), (invocations, crossed) in after.items():
        was = before.get((client, target), (0, 0))
        if invocations != was[0]:
            rows.append((client, *place(target), invocations - was[0], crossed - was[1]))
    return sorted(rows, key=lambda row: (-row[3], row[:3]))

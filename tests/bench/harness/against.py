# SPDX-License-Identifier: BSD-2-Clause
"""Part `peer`: Shoji beside Linux and nginx, each a guest of its own emulator on this machine. Both are up; the one that is
not asked is stopped by its monitor, and they take turns, so that both see the same machine."""

import statistics

from harness import peer, shoji
from harness.child import progress
from harness.guest import REPOSITORY, PluginCount
from harness.workload import PIPELINED, WORKLOADS

PART = "peer"
ROUNDS = 5
REQUESTS = 5000
PIPELINED_REQUESTS = 2000
COUNTED = 1000
WARM_UP = 200
CONCURRENCY = 8
SHOJI = {"isolated": "Shoji, isolated", "merged": "Shoji, merged"}


def measure(report, options):
    shoji.tap()
    peer.tap()
    rates(report, options)
    instructions(report, options)


def names(work):
    """{who: name} of all that are asked this; the peer is asked by a path."""
    return {**SHOJI, **dict(work.peer)}


def rates(report, options):
    ours, theirs = shoji.Shoji(), None
    try:
        ours.wait_ready()
        ours.pause()
        theirs = peer.Peer(options.qemu_plain, options.peer)
        first = theirs.wait_ready()
        theirs.pause()
        rounds = options.rounds or ROUNDS
        samples = {}
        for i in range(rounds):
            progress(f"peer, round {i + 1} of {rounds}")
            for work in WORKLOADS:
                for who in names(work):
                    samples.setdefault((work, who), []).append(rate(ours, theirs, work, who))
        report.add(PART, "Linux and nginx: first answer after QEMU's start", first * 1000, "ms")
        report.add(PART, "Linux and nginx: QEMU's resident memory", theirs.resident_bytes() / 2**20, "MiB")
        report.add(PART, "Shoji: QEMU's resident memory", ours.resident_bytes() / 2**20, "MiB")
    finally:
        ours.stop()
        if theirs:
            theirs.stop()
    for work in WORKLOADS:
        for who, name in names(work).items():
            every = samples[work, who]
            report.add(PART, f"{work.name}: {name}", statistics.median(every), "requests/s", None,
                       f"{min(every):,.0f} to {max(every):,.0f}", every)
        for other, name in names(work).items():
            if other == "isolated":
                continue
            every = [a / b for a, b in zip(samples[work, "isolated"], samples[work, other])]
            report.add(PART, f"{work.name}: Shoji, isolated / {name}", statistics.median(every), "", None,
                       f"{min(every):.2f} to {max(every):.2f}", every)


def rate(ours, theirs, work, who):
    guest, address, path = (ours, shoji.ADDRESS, work.path) if who in SHOJI else (theirs, peer.ADDRESS, who)
    guest.resume()
    try:
        if guest is ours:
            ours.layout(who)
        work.ask(address, WARM_UP, CONCURRENCY, path)
        return work.ask(address, PIPELINED_REQUESTS if work.connections == PIPELINED else REQUESTS, CONCURRENCY, path).rate
    finally:
        guest.check()
        guest.pause()


def instructions(report, options):
    """One yardstick for both: the plugin. In starts of their own, because it slows the guests."""
    progress("peer, instructions")
    counts = {}
    count = PluginCount(options.plugin, REPOSITORY / "build/bench/shoji.count")
    guest = shoji.Shoji(plugin=count.argument)
    try:
        guest.wait_ready()
        guest.layout("isolated")
        for work in WORKLOADS:
            counts[work, "isolated"] = counted(count, work, shoji.ADDRESS, work.path)
    finally:
        guest.stop()
    count = PluginCount(options.plugin, REPOSITORY / "build/bench/peer.count")
    guest = peer.Peer(options.qemu_plain, options.peer, plugin=count.argument)
    try:
        guest.wait_ready()
        for work in WORKLOADS:
            for path, _ in work.peer:
                counts[work, path] = counted(count, work, peer.ADDRESS, path)
    finally:
        guest.stop()
    for work in WORKLOADS:
        for who, name in (("isolated", SHOJI["isolated"]), *work.peer):
            report.add(PART, f"{work.name}: {name}", counts[work, who], "instructions", None,
                       "" if who == "isolated" else f"{counts[work, who] / counts[work, 'isolated']:.2f} times Shoji's")


def counted(count, work, address, path):
    work.ask(address, WARM_UP, CONCURRENCY, path)
    before, _ = count.read()
    work.ask(address, COUNTED, CONCURRENCY, path)
    after, _ = count.read()
    return (after - before) / COUNTED

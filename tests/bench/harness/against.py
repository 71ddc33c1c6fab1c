# SPDX-License-Identifier: BSD-2-Clause
"""Part `peer`: Shoji beside Linux and nginx, each a guest of its own emulator on this machine. Both are up; the one that is
not asked is stopped by its monitor, and they take turns, so that both see the same machine."""

import statistics

from harness import peer, shoji
from harness.child import progress
from harness.guest import REPOSITORY, PluginCount
from harness.load import load
from harness.web import KINDS, WARM_UP

PART = "peer"
ROUNDS = 5
REQUESTS = 5000
COUNTED = 1000
CONCURRENCY = 8
PATHS = {"file": "nginx, a file", "module": "nginx, answered inside it"}


def measure(report, options):
    shoji.tap()
    peer.tap()
    rates(report, options)
    instructions(report, options)


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
            for kind, kept in KINDS.items():
                for who in ("isolated", "file", "merged", "module"):
                    samples.setdefault((kind, who), []).append(rate(ours, theirs, who, kept))
        report.add(PART, "Linux and nginx: first answer after QEMU's start", first * 1000, "ms")
        report.add(PART, "Linux and nginx: QEMU's resident memory", theirs.resident_bytes() / 2**20, "MiB")
        report.add(PART, "Shoji: QEMU's resident memory", ours.resident_bytes() / 2**20, "MiB")
    finally:
        ours.stop()
        if theirs:
            theirs.stop()
    for kind in KINDS:
        for who, name in (("isolated", "Shoji, isolated"), ("merged", "Shoji, merged"), *PATHS.items()):
            every = samples[kind, who]
            report.add(PART, f"{kind} connection: {name}", statistics.median(every), "requests/s", None,
                       f"{min(every):,.0f} to {max(every):,.0f}", every)
        for other, name in (*PATHS.items(), ("merged", "Shoji, merged")):
            every = [a / b for a, b in zip(samples[kind, "isolated"], samples[kind, other])]
            report.add(PART, f"{kind} connection: Shoji, isolated / {name}", statistics.median(every), "", None,
                       f"{min(every):.2f} to {max(every):.2f}", every)


def rate(ours, theirs, who, kept):
    guest, url = (theirs, peer.url(f"/{who}")) if who in PATHS else (ours, shoji.URL)
    guest.resume()
    try:
        if guest is ours:
            ours.layout(who)
        load(url, WARM_UP, CONCURRENCY, kept)
        return load(url, REQUESTS, CONCURRENCY, kept).rate
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
        for kind, kept in KINDS.items():
            counts[kind, "isolated"] = counted(count, shoji.URL, kept)
    finally:
        guest.stop()
    count = PluginCount(options.plugin, REPOSITORY / "build/bench/peer.count")
    guest = peer.Peer(options.qemu_plain, options.peer, plugin=count.argument)
    try:
        guest.wait_ready()
        for kind, kept in KINDS.items():
            for path in PATHS:
                counts[kind, path] = counted(count, peer.url(f"/{path}"), kept)
    finally:
        guest.stop()
    for kind in KINDS:
        for who, name in (("isolated", "Shoji, isolated"), *PATHS.items()):
            report.add(PART, f"{kind} connection: {name}", counts[kind, who], "instructions", None,
                       "" if who == "isolated" else f"{counts[kind, who] / counts[kind, 'isolated']:.2f} times Shoji's")


def counted(count, url, kept):
    load(url, WARM_UP, CONCURRENCY, kept)
    before, _ = count.read()
    load(url, COUNTED, CONCURRENCY, kept)
    after, _ = count.read()
    return (after - before) / COUNTED

# SPDX-License-Identifier: BSD-2-Clause
"""Part `web`: what a request costs, in guest instructions by the processor's own counter, which the emulator's
monitor tells before and after a number of requests. Everything the guest executes meanwhile is included."""

import statistics
import time

from harness import shoji
from harness.child import BenchError, progress
from harness.figure import at_most
from harness.guest import REPOSITORY, PluginCount
from harness.load import load
from harness.workload import KEPT, NEW, WORKLOADS

PART = "web"
STARTS = 5
ROUNDS = 3
REQUESTS = 1000
WARM_UP = 200
CONCURRENCIES = (1, 8)
IDLE_AFTER, IDLE_SECONDS = 8, 10  # when what the load has left is over; several windows of the policy's
RATIO_GOAL = at_most(1.05)
FIRST_ANSWER_GOAL = at_most(1500)
MIXED_GOAL = at_most(2)


def measure(report, options):
    shoji.tap()
    starts(report)
    guest = shoji.Shoji()
    try:
        guest.wait_ready()
        requests(report, guest, options.rounds or ROUNDS)
        idle(report, guest)
        report.add(PART, "QEMU's resident memory after the load", guest.resident_bytes() / 2**20, "MiB")
        guest.check()
    finally:
        guest.stop()
    mixed_share(report, options, PART)


def starts(report):
    seconds = []
    for i in range(STARTS):
        progress(f"web, start {i + 1} of {STARTS}")
        guest = shoji.Shoji()
        try:
            seconds.append(guest.wait_ready() * 1000)
        finally:
            guest.stop()
    report.add(PART, "first answer after QEMU's start", statistics.median(seconds), "ms", FIRST_ANSWER_GOAL,
               f"{min(seconds):.0f} to {max(seconds):.0f} in {STARTS} starts", seconds)


def requests(report, guest, rounds):
    samples = {}
    for i in range(rounds):
        for mode in ("isolated", "merged"):
            progress(f"web, round {i + 1} of {rounds}, {mode}")
            guest.layout(mode)
            load(shoji.URL, WARM_UP, max(CONCURRENCIES), True)
            for work in WORKLOADS:
                for concurrency in work.concurrencies(CONCURRENCIES):
                    samples.setdefault((mode, concurrency, work), []).append(costs(guest, work, concurrency))
    middle = {
        key: {what: statistics.median(s[what] for s in each) for what in each[0]} for key, each in samples.items()
    }
    check_layouts(samples)
    for work in WORKLOADS:
        for concurrency in work.concurrencies(CONCURRENCIES):
            isolated, merged = (middle[mode, concurrency, work] for mode in ("isolated", "merged"))
            where = f"{work.name}, {concurrency} at a time"
            for mode, goal in (("isolated", work.goal), ("merged", None)):
                every = [s["instructions"] for s in samples[mode, concurrency, work]]
                report.add(PART, f"{where}: {mode}", statistics.median(every), "instructions", goal,
                           f"{min(every):,.0f} to {max(every):,.0f}", every)
            report.add(PART, f"{where}: isolated / merged", isolated["instructions"] / merged["instructions"], "", RATIO_GOAL)
            report.add(PART, f"{where}: crossings, isolated", isolated["gated"], "", None,
                       f"merged {merged['gated']:.1f}, and {merged['passed']:.1f} invocations within domains")


def check_layouts(samples):
    """The layout must be what a figure's name says: no invocation stays within a domain when all are isolated; merged, only
    those of the supervisor cross."""
    for (mode, *_), each in samples.items():
        for s in each:
            wrong = s["passed"] if mode == "isolated" else s["gated"] - s["passed"]
            if wrong > 0:
                raise BenchError(f"{mode}: {s['gated']:.1f} crossings, {s['passed']:.1f} invocations within domains a request")


def costs(guest, work, concurrency):
    before = guest.counters()
    work.ask(shoji.ADDRESS, REQUESTS, concurrency)
    after = guest.counters()
    return {name: (after[name] - before[name]) / REQUESTS for name in before}


def idle(report, guest):
    progress("web, idle")
    time.sleep(IDLE_AFTER)
    before, began = guest.counters(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    after, ended = guest.counters(), time.monotonic()
    report.add(PART, "idle", (after["instructions"] - before["instructions"]) / (ended - began), "instructions/s", None,
               "timer ticks; included in the figures above")


def mixed_share(report, options, part):
    """With the plugin, which slows the guest but changes nothing that is counted here."""
    progress(f"{part}, accesses")
    shoji.tap()
    count = PluginCount(options.plugin, REPOSITORY / "build/bench/shoji.count", accesses=True)
    guest = shoji.Shoji(plugin=count.argument)
    try:
        guest.wait_ready()
        guest.layout("isolated")
        load(shoji.URL, WARM_UP, 8, True)
        for kind, kept in ((NEW, False), (KEPT, True)):
            (_, accesses), counters = count.read(), guest.counters()
            load(shoji.URL, REQUESTS, 8, kept)
            (_, accesses_after), counters_after = count.read(), guest.counters()
            mixed = counters_after["mixed accesses"] - counters["mixed accesses"]
            report.add(part, f"{kind} connection: loads and stores that met a page of mixed permissions",
                       100 * mixed / (accesses_after - accesses), "%", MIXED_GOAL,
                       f"{mixed / REQUESTS:,.0f} of {(accesses_after - accesses) / REQUESTS:,.0f} a request")
    finally:
        guest.stop()

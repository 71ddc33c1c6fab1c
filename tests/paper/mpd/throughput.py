# SPDX-License-Identifier: BSD-2-Clause
"""Fig. 4 of TSE11: throughput isolated and merged, static and CGI, beside Linux and nginx under the same kind of emulator."""

import statistics

from figures import Table, plot
from harness import against, peer, shoji
from harness.guest import REPOSITORY

from mpd import site

ROUNDS = 3
REQUESTS = 3000
WARM_UP = 200
PAPER = {"static": (6891.5, 10402.72), "CGI": (6170.74, 10194.28), "file": 5139.61, "module": 6121.27, "FastCGI": 2106.39}
OURS = {"static": "/hw", "CGI": "/cgi/hw"}
THEIRS = {"file": "/file", "module": "/module", "FastCGI": "/fastcgi"}


def measure(run):
    if not run.network or not run.peer:
        print("paper-mpd: Fig. 4 is left out:", run.why_no_network or "no peer guest")
        return
    made_from = [REPOSITORY / "build/kernel/shoji.elf", *sorted((REPOSITORY / "build/components").glob("*.elf")), run.peer]
    rates = run.steps.get("throughput", made_from, lambda: rounds(run))
    table = Table("fig-4", "Throughput (TSE11, Fig. 4)", "requests a second by the clock, new connections, 24 at once; only ratios within this run mean something",
                  ["", "requests/s", "of Shoji, isolated, static", "TSE11, requests/s", "TSE11, of isolated, static"])
    base = median(rates["isolated static"])
    for kind in OURS:
        for mode, paper in zip(("isolated", "merged"), PAPER[kind]):
            add(table, f"Shoji, {mode}, {kind}", median(rates[f"{mode} {kind}"]), base, paper)
    for name in THEIRS:
        add(table, f"Linux and nginx, {name} (TSE11: Apache)", median(rates[name]), base, PAPER[name])
    ratios = {kind: median(rates[f"merged {kind}"]) / median(rates[f"isolated {kind}"]) for kind in OURS}
    table.remarks.append(
        f"Merged over isolated: {ratios['static']:.2f} static, {ratios['CGI']:.2f} CGI; in TSE11 1.51 and 1.65. There an invocation between domains takes 1,680 "
        "cycles, here one instruction: a wall costs next to nothing on this processor, so merging gains next to nothing. What the same server would gain on "
        "costlier walls is in the table of charged costs.")
    run.write(table)
    plot(run.folder, "fig-4", lambda axes: draw(axes, rates), width=8)


def median(values):
    return statistics.median(values)


def add(table, name, rate, base, paper):
    table.add(name, round(rate), rate / base, paper, paper / PAPER["static"][0])


def rounds(run):
    shoji.tap()
    peer.tap()
    ours, theirs = site.Site(), None
    try:
        ours.pause()
        theirs = peer.Peer(str(REPOSITORY / "build/qemu-plain/bin/qemu-system-x86_64"), str(run.peer.parent))
        theirs.wait_ready()
        theirs.pause()
        rates = {}
        for _ in range(ROUNDS):
            for mode in ("isolated", "merged"):
                for kind, path in OURS.items():
                    rates.setdefault(f"{mode} {kind}", []).append(rate(ours, shoji.ADDRESS, path, mode))
            for name, path in THEIRS.items():
                rates.setdefault(name, []).append(rate(theirs, peer.ADDRESS, path))
        return rates
    finally:
        ours.stop()
        if theirs:
            theirs.stop()


def rate(guest, address, path, mode=None):
    guest.resume()
    try:
        if mode:
            guest.layout(mode)
        url = f"http://{address}{path}"
        against.shoji.first_answer(address, 80, path, guest.alive)
        site.load.load(url, WARM_UP, site.CONCURRENCY, False)
        return site.load.load(url, REQUESTS, site.CONCURRENCY, False).rate
    finally:
        guest.check()
        guest.pause()


def draw(axes, rates):
    base = median(rates["isolated static"])
    bars = [(f"{mode}\n{kind}", median(rates[f"{mode} {kind}"]) / base, paper / PAPER["static"][0])
            for kind in OURS for mode, paper in zip(("isolated", "merged"), PAPER[kind])]
    bars += [(f"{name}\n(nginx;\nApache)", median(rates[name]) / base, PAPER[name] / PAPER["static"][0]) for name in THEIRS]
    for i, (_, here, paper) in enumerate(bars):
        axes.bar(i - 0.2, here, 0.38, color="tab:blue", label="here" if i == 0 else None)
        axes.bar(i + 0.2, paper, 0.38, color="0.7", label="TSE11" if i == 0 else None)
    axes.set_xticks(range(len(bars)), [name for name, *_ in bars], fontsize=8)
    axes.set_ylabel("throughput, of isolated static")
    axes.legend()
